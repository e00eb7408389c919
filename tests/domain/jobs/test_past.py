"""The past of a job: what it tells, and going back to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim, PermissionMissing
from firstfix.domain.errors import Conflict, ReferenceArchived
from firstfix.domain.history.commands import write_events
from firstfix.domain.history.errors import CommitNotFound
from firstfix.domain.jobs import errors
from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.dispatching import dispatch_job
from firstfix.domain.jobs.past import CommitOutdated, list_job_commits, restore_commit
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds, JobUpdate
from firstfix.domain.people.permissions import CHANGE_BRANCH, MANAGE_JOBS, PROGRESS_JOBS, REOPEN_JOBS
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from tests.conftest import actor_of
from tests.domain.jobs.conftest import START, MakeJob, acting, contacts_of, crew_of, read
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold

Result = TypeVar("Result")

FIELDS = (
    *("title", "description", "status_id", "priority_id", "job_type_id", "location_id", "branch_id", "agent_id"),
    *("contractor_id", "client_budget", "contractor_budget", "vat_percentage", "scheduled_at", "works_end_on"),
    *("time_range_id", "payment_status_id", "invoice_no", "quote_no", "works_order_ref", "estimated_minutes"),
)
SEALED = ("access_details", "private_contact_name", "private_contact_email")


async def commit_of(work: Work, ids: JobIds) -> UUID:
    """Write what was recorded and return the newest commit of a job."""
    await write_events(work)
    past = await list_job_commits(work, ids.id, limit=1)
    return past.commits[0].id


async def shown(work: Work, ids: JobIds) -> dict[str, Any]:
    """Read everything that an update by the manage API can set."""
    job = await read(work, ids)
    opened = {
        name: work.keys.find_open(getattr(job, f"{name}_sealed"), record=job.uuid, field=f"jobs.{name}")
        for name in SEALED
    }
    return {name: getattr(job, name) for name in FIELDS} | opened | {"contacts": await contacts_of(work, ids)}


async def test_fields_come_back_as_they_stood_after_a_commit(
    work: Work, make_job: MakeJob, home: TestOrganisation
) -> None:
    job = await make_job(title="First", access_details="Key safe 1", client_budget=Decimal(250), contractor=None)
    await write_events(work)
    changed = JobChanges(
        title="Second",
        access_details="Key safe 2",
        contacts=(home.contact_id,),
        contractor=home["contractor1"].id,
        scheduled_at=START + timedelta(days=1, hours=2),
        works_end_on=date(2030, 1, 9),
    )
    await update_job(work, job.id, changed)
    second, wanted = await commit_of(work, job), await shown(work, job)
    await update_job(
        work,
        job.id,
        JobChanges(
            title="Third",
            access_details=None,
            client_budget=None,
            contacts=(),
            contractor=None,
            works_start_on=date(2030, 2, 1),
            works_end_on=None,
            time_range=home.ids["time_ranges"]["Evening"],
        ),
    )
    await write_events(work)
    assert await shown(work, job) != wanted

    restored = await restore_commit(work, job.id, second)

    assert restored == JobUpdate(ids=job, is_changed=True, is_approval_required=False)
    assert await shown(work, job) == wanted
    assert [event.action for event in work.events] == ["restored"]
    await write_events(work)
    past = await list_job_commits(work, job.id, limit=9)
    assert [commit.action for commit in past.commits] == ["restored", "updated", "updated", "created"]
    assert {change.field for change in past.commits[0].changes} == {
        *("title", "access_details", "client_budget", "contact_ids", "contractor_id"),
        *("scheduled_at", "works_end_on", "time_range_id"),
    }


async def test_an_end_that_was_set_does_not_follow_the_start_back(work: Work, make_job: MakeJob) -> None:
    job = await make_job(works_end_on=date(2030, 1, 9))
    made = await commit_of(work, job)
    await update_job(work, job.id, JobChanges(works_start_on=date(2030, 1, 5)))
    await write_events(work)

    await restore_commit(work, job.id, made)

    assert ((await read(work, job)).scheduled_at, (await read(work, job)).works_end_on) == (START, date(2030, 1, 9))


async def test_crew_plan_and_work_stay_as_they_are(work: Work, make_job: MakeJob, home: TestOrganisation) -> None:
    job = await make_job()
    made = await commit_of(work, job)
    await update_job(work, job.id, JobChanges(lead=home["engineer1"].id, title="Else", window_ends_at=START))
    await write_events(work)

    await restore_commit(work, job.id, made)

    after = await read(work, job)
    assert (after.title, after.lead_id, after.window_ends_at) != ("Else", None, None)
    assert (after.lead_id, await crew_of(work, job)) == (home["engineer1"].id, [home["engineer1"].id])
    assert after.window_ends_at == START


async def test_going_back_to_what_is_there_writes_nothing(work: Work, make_job: MakeJob) -> None:
    job = await make_job()
    made = await commit_of(work, job)
    before = (await read(work, job)).updated_at

    restored = await restore_commit(work, job.uuid, made)

    assert restored.is_changed is False
    assert work.events == []
    assert (await read(work, job)).updated_at == before


async def test_sealed_values_come_back_over_a_dispatch(work: Work, make_job: MakeJob) -> None:
    old = await make_job(scheduled_at=datetime(2050, 1, 1, tzinfo=UTC), notification_delta=2, access_details="One")
    made = await commit_of(work, old)
    await update_job(work, old.id, JobChanges(access_details="Two"))
    await write_events(work)
    new = await dispatch_job(work, old.id)
    await update_job(work, new.id, JobChanges(access_details="Three"))
    await write_events(work)

    await restore_commit(work, new.uuid, made)

    assert (await shown(work, new))["access_details"] == "One"


async def test_a_commit_of_another_job_or_of_none_is_not_found(work: Work, make_job: MakeJob) -> None:
    job, other = await make_job(), await make_job()
    foreign = await commit_of(work, other)

    for commit in (foreign, uuid4()):
        with pytest.raises(CommitNotFound):
            await restore_commit(work, job.id, commit)
    await delete_job(work, other.id)
    with pytest.raises(errors.JobNotFound):
        await restore_commit(work, other.id, foreign)


WAIT = (
    "UPDATE jobs SET gate_status = 'pending', gate_wanted_status_id = status_id, gate_asked_at = now() WHERE id = :id"
)
MOVE_TO = (
    "UPDATE jobs SET status_id = statuses.id, stage = statuses.stage FROM statuses"
    " WHERE jobs.id = :id AND statuses.name ="
)


@pytest.mark.parametrize(
    ("then", "since", "refusal"),
    [
        ({"title": "Then"}, f"{MOVE_TO} 'Archived'", errors.JobArchived),
        ({"invoice_no": "I-1"}, f"{MOVE_TO} 'Invoiced'", errors.FieldFrozen),
        (
            {"status": "In progress"},
            f"{MOVE_TO} 'Cancelled'",
            errors.MoveNotAllowed,
        ),
        (
            {"status": "In progress"},
            WAIT,
            errors.ApprovalPending,
        ),
        ({"job_type": "Roofing"}, "UPDATE job_types SET archived_at = now() WHERE name = 'Roofing'", ReferenceArchived),
        (
            {"branch": "South"},
            "UPDATE branches SET is_active = false WHERE name = 'South' AND :id > 0",
            errors.BranchDisabled,
        ),
        ({"time_range": "Evening"}, "DELETE FROM time_ranges WHERE name = 'Evening'", CommitOutdated),
    ],
)
async def test_what_a_rule_forbids_is_refused_and_changes_nothing(
    work: Work,
    make_job: MakeJob,
    *,
    home: TestOrganisation,
    then: dict[str, str],
    since: str,
    refusal: type[Conflict],
) -> None:
    tables = {"status": "statuses", "job_type": "job_types", "branch": "branches", "time_range": "time_ranges"}
    given = {name: home.ids[tables[name]][value] if name in tables else value for name, value in then.items()}
    later: dict[str, Any] = {"status": home.ids["statuses"]["Complete"], "job_type": home.ids["job_types"]["Plumbing"]}
    later |= {"branch": home.ids["branches"]["North"], "time_range": None, "title": "Now", "invoice_no": "I-2"}
    job = await make_job(**given)
    made = await commit_of(work, job)
    await update_job(work, job.id, JobChanges(**{name: later[name] for name in then}))
    await write_events(work)
    await work.session.execute(text(since), {"id": job.id} if ":id" in since else {})
    before = await shown(work, job)
    work.actor = msgspec.structs.replace(work.actor, keys=work.actor.keys - {REOPEN_JOBS})

    with pytest.raises(refusal) as refused:
        await restore_commit(work, job.id, made)

    assert isinstance(refused.value, Conflict)
    assert await shown(work, job) == before
    assert work.events == []


async def test_a_status_that_needs_approval_opens_its_gate(
    work: Work, make_job: MakeJob, home: TestOrganisation
) -> None:
    statuses = home.ids["statuses"]
    job = await make_job(status=statuses["In progress"])
    await update_job(work, job.id, JobChanges(status=statuses["Complete"]))
    complete = await commit_of(work, job)
    await update_job(work, job.id, JobChanges(status=statuses["In progress"], title="Else"))
    await write_events(work)
    await work.session.execute(
        text("UPDATE statuses SET requires_approval = true WHERE id = :id"), {"id": statuses["Complete"]}
    )

    restored = await restore_commit(work, job.id, complete)

    after = await read(work, job)
    assert restored.is_approval_required is True
    assert (after.status_id, after.gate_status) == (statuses["In progress"], "pending")
    assert after.title != "Else"


async def test_who_may_not_change_a_field_does_not_put_it_back(
    work: Work, make_job: MakeJob, home: TestOrganisation
) -> None:
    job = await make_job(branch=home.ids["branches"]["South"])
    made = await commit_of(work, job)
    await update_job(work, job.id, JobChanges(branch=home.ids["branches"]["North"], title="Else"))
    await write_events(work)
    admin = actor_of(home, "admin")

    for lacking in (
        msgspec.structs.replace(admin, keys=admin.keys - {CHANGE_BRANCH}),
        msgspec.structs.replace(admin, keys=frozenset({PROGRESS_JOBS})),
    ):
        with pytest.raises(PermissionMissing):
            await restore_commit(acting(work, lacking), job.id, made)
    assert (await read(work, job)).title == "Else"


async def test_the_past_names_no_job_and_no_invoice_that_the_reader_does_not_see(
    work: Work, make_job: MakeJob, home: TestOrganisation
) -> None:
    seen, hidden = await make_job(), await make_job(branch=home.ids["branches"]["South"])
    job = await make_job(client_budget=Decimal(9))
    for predecessor in (hidden, None, seen, None):
        await update_job(work, job.id, JobChanges(predecessor=None if predecessor is None else predecessor.uuid))
    await write_events(work)
    await work.session.execute(
        text(
            "INSERT INTO events (source, entity, entity_id, entity_uuid, action, changes)"
            """ VALUES ('field', 'job', :id, :uuid, 'updated', '{"invoice": [null, "00000007"]}')"""
        ),
        {"id": job.id, "uuid": job.uuid},
    )

    async def told(label: str) -> dict[str, set[str]]:
        reader = acting(work, actor_of(home, label))
        commits = (await list_job_commits(reader, job.id, limit=99)).commits
        changes = [change for commit in commits for change in commit.changes]
        return {
            name: {value for change in changes if change.field == name for value in (change.before, change.after)}
            - {None}
            for name in ("predecessor", "invoice", "client_budget")
        }

    everything = {"predecessor": {seen.reference, hidden.reference}, "invoice": {"00000007"}, "client_budget": {"9"}}
    assert await told("admin") == everything
    assert await told("agent1") == everything | {"predecessor": {seen.reference}, "invoice": set()}
    assert await told("contractor1") == {name: set() for name in everything}


def _edits(home: TestOrganisation) -> st.SearchStrategy[dict[str, Any]]:
    """Give changes such as the manage API makes, of whatever the rules allow at any time."""
    words, amounts = st.sampled_from(["One", "Two", None]), st.sampled_from([Decimal("1.50"), Decimal(200), None])

    def of(table: str, *, or_none: bool = False) -> st.SearchStrategy[Any]:
        found = st.sampled_from(sorted(home.ids[table].values()))
        return found | st.none() if or_none else found

    open_statuses = [home.ids["statuses"][name] for name in ("New", "Assigned", "Booked", "In progress", "Complete")]
    days = st.dates(date(2030, 1, 1), date(2030, 12, 31))
    return st.fixed_dictionaries(
        {},
        optional={
            "title": st.sampled_from(["One", "Two"]),
            "description": st.sampled_from(["", "Some", "More"]),
            "status": st.sampled_from(open_statuses),
            "priority": of("priorities"),
            "job_type": of("job_types"),
            "branch": of("branches"),
            "payment_status": of("payment_statuses", or_none=True),
            "time_range": of("time_ranges", or_none=True),
            "agent": st.sampled_from([home["agent1"].id, None]),
            "contractor": st.sampled_from([home["contractor1"].id, home["contractor2"].id, None]),
            "contacts": st.sampled_from([(), (home.contact_id,)]),
            "works_start_on": days | st.none(),
            "works_end_on": st.sampled_from([date(2031, 1, 1), None]),
            "client_budget": amounts,
            "contractor_budget": amounts,
            "vat_percentage": st.sampled_from([Decimal(5), Decimal("17.50")]),
            **dict.fromkeys(("invoice_no", "quote_no", "works_order_ref", *SEALED), words),
        },
    )


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_whatever_has_changed_since_a_job_goes_back_to_any_of_its_commits(
    work: Work, make_job: MakeJob, home: TestOrganisation, data: st.DataObject
) -> None:
    job = await make_job()
    pasts = [(await commit_of(work, job), await shown(work, job))]
    for changes in data.draw(st.lists(_edits(home), max_size=6)):
        await update_job(work, job.id, JobChanges(**changes))
        pasts.append((await commit_of(work, job), await shown(work, job)))

    for commit, then in data.draw(st.lists(st.sampled_from(pasts), max_size=4)):
        await restore_commit(work, job.id, commit)
        await write_events(work)
        assert await shown(work, job) == then


# Races on connections of their own -----------------------------------------------------------------------------------


class Caller:
    """The administrator, who opens works of their own."""

    def __init__(self, database: Database, organisation: TestOrganisation) -> None:
        self._database = database
        self._claim = Claim("api_key", organisation["admin"].api_key)

    async def run(self, command: Callable[[Work], Awaitable[Result]], hold: Hold | None = None) -> Result:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="manage") as work:
            result = await command(work)
            if hold is not None:
                await hold(work)
            return result


@pytest.fixture
async def caller(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Caller]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=4, reads=2))
    yield Caller(database, organisation)
    await database.close()


@pytest.fixture
async def made(caller: Caller, organisation: TestOrganisation) -> tuple[int, UUID]:
    """Make a job whose title is `First`; give it and its commit."""
    job = await caller.run(lambda work: create_job(work, JobDraft(location=organisation.location_id, title="First")))
    past = await caller.run(lambda work: list_job_commits(work, job.id, limit=1))
    return job.id, past.commits[0].id


async def test_a_restore_that_waits_for_an_update_undoes_that_too(caller: Caller, made: tuple[int, UUID]) -> None:
    job_id, commit = made

    update = asyncio.create_task(
        caller.run(lambda work: update_job(work, job_id, JobChanges(title="Second")), hold := Hold())
    )
    await hold.begun()
    restored = await caller.run(lambda work: restore_commit(work, job_id, commit))
    await update

    assert restored.is_changed is True
    assert (await caller.run(lambda work: get_visible_job(work, job_id))).title == "First"
    past = await caller.run(lambda work: list_job_commits(work, job_id, limit=9))
    assert [commit.action for commit in past.commits] == ["restored", "updated", "created"]


async def test_an_update_that_waits_for_a_restore_is_judged_by_it(caller: Caller, made: tuple[int, UUID]) -> None:
    job_id, commit = made
    await caller.run(lambda work: update_job(work, job_id, JobChanges(title="Second")))
    read_at = (await caller.run(lambda work: get_visible_job(work, job_id))).updated_at

    restore = asyncio.create_task(caller.run(lambda work: restore_commit(work, job_id, commit), hold := Hold()))
    await hold.begun()
    with pytest.raises(errors.JobChangedMeanwhile):
        await caller.run(lambda work: update_job(work, job_id, JobChanges(title="Third"), expected_updated_at=read_at))
    await restore

    assert (await caller.run(lambda work: get_visible_job(work, job_id))).title == "First"
