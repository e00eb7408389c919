"""Races about what jobs are sorted into, between real connections: the database settles them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, time
from typing import Any
from uuid import UUID

import httpx
import pytest

from firstfix.domain.catalogue import lookups
from firstfix.domain.catalogue.commands import change_job_type, remove_job_type
from firstfix.domain.catalogue.errors import StageLeftEmpty
from firstfix.domain.choices import LastOne
from firstfix.domain.errors import EntityInUse
from firstfix.domain.jobs.commands import create_job
from firstfix.domain.jobs.views import JobDraft
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run, race
from tests.factories.servers import TestServer
from tests.factories.waiting import Hold


async def race_of_request(
    run: Run, first: tuple[Any, ...], send: Callable[[], Awaitable[httpx.Response]]
) -> httpx.Response:
    """Let a request wait for the first, and give its reply."""
    hold = Hold()
    begun = asyncio.ensure_future(run(*first, hold=hold))
    await hold.begun()
    reply = await send()
    await begun
    return reply


def uuid_of(organisation: TestOrganisation, table: str, name: str) -> UUID:
    (row,) = organisation.execute(
        f"SELECT uuid FROM {table} WHERE organisation_id = :o AND name = :name",  # noqa: S608 (names of ours)
        o=organisation.id,
        name=name,
    )
    uuid: UUID = row.uuid
    return uuid


async def new_job(work: Work, draft: JobDraft) -> int:
    return (await create_job(work, draft)).id


def job_body(organisation: TestOrganisation, **values: object) -> dict[str, object]:
    """A job of the manage API."""
    return {
        "job_title": "Boiler",
        "job_description": "Cold.",
        "priority_id": organisation.ids["priorities"]["Medium"],
        "status_id": organisation.ids["statuses"]["New"],
        "job_type_id": organisation.ids["job_types"]["Plumbing"],
        "address_id": organisation.location_id,
        **values,
    }


@pytest.fixture
async def manage(server: TestServer, organisation: TestOrganisation) -> AsyncIterator[httpx.AsyncClient]:
    admin = organisation["admin"]
    async with server.client() as client:
        token = (await client.post("/api/auth/login", json={"email": admin.email, "password": admin.password})).json()
        client.headers["Authorization"] = f"Bearer {token['token']}"
        csrf = await client.get("/api/security/csrf-token")
        client.headers["X-CSRF-Token"] = csrf.json()["data"]["token"]
        yield client


def jobs_of(organisation: TestOrganisation) -> list[tuple[int, int]]:
    rows = organisation.execute(
        "SELECT j.stage, s.stage AS of_status FROM jobs j JOIN statuses s ON s.id = j.status_id"
        " WHERE j.organisation_id = :o",
        o=organisation.id,
    )
    return [tuple(row) for row in rows]


async def test_a_job_in_a_status_that_is_just_removed_is_refused(
    run: Run, organisation: TestOrganisation, manage: httpx.AsyncClient
) -> None:
    status = uuid_of(organisation, "statuses", "Booked")
    body = {"action": "create", **job_body(organisation, status_id=organisation.ids["statuses"]["Booked"])}

    outcome = await race_of_request(
        run, (lookups.remove_status, status), lambda: manage.post("/api/jobs/manage", json=body)
    )

    assert (outcome.status_code, outcome.json()["code"]) == (409, "request.contended")
    assert outcome.headers["Retry-After"] == "1"
    assert jobs_of(organisation) == []


async def test_a_status_that_just_got_a_job_stays(run: Run, organisation: TestOrganisation) -> None:
    status = organisation.ids["statuses"]["Booked"]
    draft = JobDraft(location=organisation.location_id, status=status)

    outcome = await race(run, (new_job, draft), (lookups.remove_status, uuid_of(organisation, "statuses", "Booked")))

    assert isinstance(outcome, EntityInUse)
    assert len(jobs_of(organisation)) == 1


async def test_no_job_is_left_behind_by_the_stage_of_its_status(
    run: Run, organisation: TestOrganisation, manage: httpx.AsyncClient
) -> None:
    status = uuid_of(organisation, "statuses", "Booked")
    body = {"action": "create", **job_body(organisation, status_id=organisation.ids["statuses"]["Booked"])}

    outcome = await race_of_request(
        run,
        (lookups.change_status, status, {"stage": 2}),
        lambda: manage.post("/api/jobs/manage", json=body),
    )

    assert outcome.status_code == 409
    assert jobs_of(organisation) == []


async def test_the_stage_of_a_status_that_just_got_a_job_stays(run: Run, organisation: TestOrganisation) -> None:
    draft = JobDraft(location=organisation.location_id, status=organisation.ids["statuses"]["Booked"])

    outcome = await race(
        run,
        (new_job, draft),
        (lookups.change_status, uuid_of(organisation, "statuses", "Booked"), {"stage": 2}),
    )

    assert isinstance(outcome, EntityInUse)
    assert jobs_of(organisation) == [(1, 1)]


async def test_of_two_who_take_the_last_two_of_a_stage_one_is_refused(run: Run, organisation: TestOrganisation) -> None:
    first, second = (uuid_of(organisation, "statuses", name) for name in ("Assigned", "Booked"))

    outcome = await race(run, (lookups.remove_status, first), (lookups.remove_status, second))

    assert isinstance(outcome, StageLeftEmpty)


async def test_of_two_who_gate_the_last_two_one_is_refused(run: Run, organisation: TestOrganisation) -> None:
    first, second = (uuid_of(organisation, "statuses", name) for name in ("New", "Awaiting quote"))
    gated = {"requires_approval": True}

    outcome = await race(run, (lookups.change_status, first, gated), (lookups.change_status, second, gated))

    assert isinstance(outcome, StageLeftEmpty)


async def test_of_two_who_take_the_last_two_types_one_is_refused(run: Run, organisation: TestOrganisation) -> None:
    organisation.execute("UPDATE job_types SET is_default = false WHERE organisation_id = :o", o=organisation.id)
    organisation.execute(
        "UPDATE job_types SET archived_at = now() WHERE organisation_id = :o AND name NOT IN ('Glazing', 'Roofing')",
        o=organisation.id,
    )
    first, second = (uuid_of(organisation, "job_types", name) for name in ("Glazing", "Roofing"))

    outcome = await race(run, (change_job_type, first, {"is_archived": True}), (remove_job_type, second))

    assert isinstance(outcome, LastOne)


async def test_of_two_who_make_their_own_the_default_one_stays(run: Run, organisation: TestOrganisation) -> None:
    first, second = (uuid_of(organisation, "priorities", name) for name in ("High", "Low"))
    chosen = {"is_default": True}

    await race(run, (lookups.change_priority, first, chosen), (lookups.change_priority, second, chosen))

    defaults = organisation.execute(
        "SELECT name FROM priorities WHERE is_default AND organisation_id = :o", o=organisation.id
    )
    assert [row.name for row in defaults] == ["Low"]


async def test_a_job_booked_into_times_that_just_changed_begins_at_the_new_ones(
    run: Run, organisation: TestOrganisation
) -> None:
    morning = uuid_of(organisation, "time_ranges", "Morning")
    body = JobDraft(
        location=organisation.location_id,
        works_start_on=date(2030, 1, 15),
        time_range=organisation.ids["time_ranges"]["Morning"],
    )

    job = await race(run, (lookups.change_time_range, morning, {"start_time": time(10)}), (new_job, body))

    (row,) = organisation.execute("SELECT scheduled_at FROM jobs WHERE id = :id", id=job)
    assert row.scheduled_at.hour == 10


async def test_the_times_that_a_job_was_just_booked_into_stay(run: Run, organisation: TestOrganisation) -> None:
    morning = uuid_of(organisation, "time_ranges", "Morning")
    draft = JobDraft(
        location=organisation.location_id,
        works_start_on=date(2030, 1, 15),
        time_range=organisation.ids["time_ranges"]["Morning"],
    )

    outcome = await race(run, (new_job, draft), (lookups.change_time_range, morning, {"start_time": time(10)}))

    assert isinstance(outcome, EntityInUse)
