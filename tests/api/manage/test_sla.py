"""How jobs stand to what is promised about them, over HTTP."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.api.manage.conftest import JOBS, Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.promises import promise, work_round_the_clock

STATUS, BREACHED = "/api/jobs/sla-status", "/api/sla-breached-jobs"
HOUR = timedelta(hours=1)


@pytest.fixture
def organisation(make_organisation: MakeOrganisation, owner_engine: Engine) -> TestOrganisation:
    """An organisation that answers medium jobs within an hour and has them done within four, by day and by night."""
    organisation = make_organisation(time_zone="UTC")
    work_round_the_clock(owner_engine, organisation)
    promise(organisation)
    return organisation


def raise_job(organisation: TestOrganisation, hours_ago: float, status: str = "New", **values: Any) -> UUID:  # noqa: ANN401
    """Insert a job that was raised so long ago."""
    raised_at = now(organisation) - hours_ago * HOUR
    status_id = organisation.ids["statuses"][status]
    return organisation.insert_job(created_at=raised_at, status_id=status_id, **values)[1]


def now(organisation: TestOrganisation) -> datetime:
    moment: datetime = organisation.execute("SELECT date_trunc('second', now()) AS at")[0].at
    return moment


async def test_jobs_tell_how_they_stand(office: Office, organisation: TestOrganisation) -> None:
    within, overdue, breached = (raise_job(organisation, hours) for hours in (0.5, 2, 5))
    cancelled = raise_job(organisation, 5, "Cancelled")
    unpromised = raise_job(organisation, 5, priority_id=organisation.ids["priorities"]["Low"])

    told = [(await office.read(str(uuid)))["sla_status"] for uuid in (within, overdue, breached, cancelled, unpromised)]

    assert told == ["within", "overdue", "breached", None, None]
    for status, uuid in (("within", within), ("overdue", overdue), ("breached", breached)):
        reply = (await office.get(JOBS, sla_status=status)).json()
        assert ([job["uuid"] for job in reply["data"]], reply["count"]) == ([str(uuid)], 1)
        assert reply["data"][0]["sla_status"] == status


async def test_the_list_and_its_summary(office: Office, organisation: TestOrganisation) -> None:
    within, overdue, breached = (raise_job(organisation, hours) for hours in (0.5, 2, 5))
    raise_job(organisation, 5, priority_id=organisation.ids["priorities"]["Low"])

    reply = (await office.get(STATUS)).json()

    assert (reply["success"], reply["count"]) == (True, 3)
    assert [item["job_uuid"] for item in reply["data"]] == [str(uuid) for uuid in (within, overdue, breached)]
    assert reply["summary"] == {"within": 1, "overdue": 1, "breached": 1}
    one = (await office.get(STATUS, status="overdue", limit=1)).json()
    assert ([item["job_uuid"] for item in one["data"]], one["count"]) == ([str(overdue)], 1)
    assert one["summary"] == reply["summary"]
    last = (await office.get(STATUS, limit=1, offset=2)).json()
    assert ([item["job_uuid"] for item in last["data"]], last["count"]) == ([str(breached)], 3)


async def test_what_is_told_of_a_job(office: Office, organisation: TestOrganisation) -> None:
    at = now(organisation) - 5 * HOUR
    _, uuid = organisation.insert_job(created_at=at)

    (item,) = (await office.get(STATUS)).json()["data"]

    assert item == {
        "job_uuid": str(uuid),
        "job_ref": item["job_ref"],
        "job_title": "Boiler not firing",
        "priority_name": "Medium",
        "sla_status": "breached",
        "response_due_at": told_at(at + HOUR),
        "responded_at": None,
        "resolution_due_at": told_at(at + 4 * HOUR),
        "completed_at": None,
        "paused_minutes": 0,
        "hours_remaining": 0.0,
        "hours_overdue": 1.0,
    }


async def test_hours_of_what_is_done_are_those_of_then(office: Office, organisation: TestOrganisation) -> None:
    at = now(organisation) - 50 * HOUR
    done_at = at + 2.5 * HOUR
    raise_job(organisation, 50, "Complete", responded_at=at, completed_at=done_at)

    (item,) = (await office.get(STATUS)).json()["data"]

    assert (item["sla_status"], item["completed_at"]) == ("within", told_at(done_at))
    assert (item["hours_remaining"], item["hours_overdue"]) == (1.5, 0.0)


async def test_of_a_paused_job_deadlines_are_told_as_if_it_went_on_now(
    office: Office, organisation: TestOrganisation
) -> None:
    at = now(organisation) - 50 * HOUR
    raise_job(organisation, 50, "Awaiting quote", clock_stopped_at=at + HOUR / 2)

    (item,) = (await office.get(STATUS)).json()["data"]

    assert item["sla_status"] == "within"
    assert item["paused_minutes"] in {2970, 2971}
    assert item["hours_remaining"] == 3.5
    assert datetime.fromisoformat(item["resolution_due_at"]) - now(organisation) > 3.4 * HOUR
    assert datetime.fromisoformat(item["response_due_at"]) - now(organisation) > 0.4 * HOUR


async def test_one_job_is_told_of_by_its_uuid(office: Office, organisation: TestOrganisation) -> None:
    promised = raise_job(organisation, 2)
    unpromised = raise_job(organisation, 2, priority_id=organisation.ids["priorities"]["Low"])

    one = (await office.get(STATUS, job_uuid=promised.hex)).json()
    assert ([item["job_uuid"] for item in one["data"]], one["count"]) == ([str(promised)], 1)
    assert one["summary"] == {"within": 0, "overdue": 1, "breached": 0}
    other = (await office.get(STATUS, job_uuid=unpromised)).json()
    assert (other["data"][0]["sla_status"], other["data"][0]["resolution_due_at"], other["count"]) == (None, None, 1)
    nothing = (await office.get(STATUS, job_uuid="00000000-0000-4000-8000-000000000000")).json()
    assert (nothing["data"], nothing["count"]) == ([], 0)
    assert (await office.get(STATUS, job_uuid="x")).status_code == 400
    assert (await office.get(STATUS, status="late")).json()["field"] == "status"


async def test_one_branchs_jobs_alone(office: Office, organisation: TestOrganisation) -> None:
    branches = organisation.ids["branches"]
    raise_job(organisation, 2)
    south = raise_job(organisation, 2, branch_id=branches["South"])

    reply = (await office.get(STATUS, branch_id=branches["South"])).json()

    assert [item["job_uuid"] for item in reply["data"]] == [str(south)]
    assert reply["summary"] == {"within": 0, "overdue": 1, "breached": 0}
    assert (await office.get(STATUS, branch_id=2**62)).json()["count"] == 0


async def test_everybody_is_told_of_the_jobs_that_they_see(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    branches, contractor = organisation.ids["branches"], organisation["contractor1"]
    north = raise_job(organisation, 5)
    south = raise_job(organisation, 5, branch_id=branches["South"], contractor_id=contractor.id)

    seen = {}
    for label in ("agent1", "agent2", "contractor1", "contractor2", "landlord1"):
        reply = (await enter(organisation, label).get(STATUS)).json()
        seen[label] = ([item["job_uuid"] for item in reply["data"]], reply["summary"]["breached"])
    assert seen == {
        "agent1": ([str(north)], 1),
        "agent2": ([str(south)], 1),
        "contractor1": ([str(south)], 1),
        "contractor2": ([], 0),
        "landlord1": ([str(north)], 1),
    }
    stranger = enter(make_organisation(), "admin")
    assert (await stranger.get(STATUS)).json()["summary"] == {"within": 0, "overdue": 0, "breached": 0}
    assert (await stranger.get(BREACHED)).json()["data"]["by_branch"] == []
    assert (await enter(organisation, "agent1").get(BREACHED)).status_code == 403


async def test_breached_jobs_by_branch_agent_and_contractor(office: Office, organisation: TestOrganisation) -> None:
    branches, agent, contractor = organisation.ids["branches"], organisation["agent1"], organisation["contractor1"]
    promise(organisation, priority_id=organisation.ids["priorities"]["High"])
    first = raise_job(organisation, 6, agent_id=agent.id, contractor_id=contractor.id)
    second = raise_job(organisation, 5, agent_id=agent.id)
    third = raise_job(organisation, 9, branch_id=branches["South"], priority_id=organisation.ids["priorities"]["High"])
    raise_job(organisation, 2)
    raise_job(organisation, 9, "Cancelled")

    report = (await office.get(BREACHED)).json()["data"]

    assert [
        (branch["branch_id"], branch["branch_name"], branch["breached_count"]) for branch in report["by_branch"]
    ] == [
        (branches["North"], "North", 2),
        (branches["South"], "South", 1),
    ]
    north, south = (branch["jobs"] for branch in report["by_branch"])
    assert [job["uuid"] for job in north] == [str(second), str(first)]
    assert [job["uuid"] for job in south] == [str(third)]
    assert north[1] == {
        "ID": north[1]["ID"],
        "uuid": str(first),
        "job_ref": north[1]["job_ref"],
        "job_title": "Boiler not firing",
        "priority_name": "Medium",
        "sla_deadline": north[1]["sla_deadline"],
        "hours_overdue": 2.0,
        "agent_name": agent.name,
        "contractor_name": contractor.name,
    }
    assert report["by_agent"] == [{"agent_id": agent.id, "agent_name": agent.name, "breached_count": 2}]
    assert report["by_contractor"] == [
        {"contractor_id": contractor.id, "contractor_name": contractor.name, "breached_count": 1}
    ]
    assert report["summary"] == {
        "total_breached": 3,
        "emergency_priority": 0,
        "high_priority": 1,
        "medium_priority": 2,
        "low_priority": 0,
    }
    page = (await office.get(BREACHED, limit=1, offset=1)).json()["data"]
    assert [[job["uuid"] for job in branch["jobs"]] for branch in page["by_branch"]] == [[str(first)], []]
    assert page["summary"] == report["summary"]


def told_at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
