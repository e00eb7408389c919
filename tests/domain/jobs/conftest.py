"""What tests of jobs share: short ways to make a job and to read what became of it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from firstfix.domain.jobs.commands import create_job
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobDraft, JobIds
from firstfix.domain.work import Actor, Work
from tests.factories.organisations import TestOrganisation

START = datetime(2030, 1, 2, 9, 30, tzinfo=UTC)

MakeJob = Callable[..., Awaitable[JobIds]]


@pytest.fixture
def make_job(work: Work, home: TestOrganisation) -> MakeJob:
    """Make a job by the command, at the organisation's own location and scheduled unless said otherwise."""

    async def make(**draft: Any) -> JobIds:  # noqa: ANN401 (whatever a draft takes)
        return await create_job(work, JobDraft(**{"location": home.location_id, "scheduled_at": START, **draft}))

    return make


def acting(work: Work, actor: Actor) -> Work:
    """Go on with the same transaction as somebody else."""
    return Work(work.session, actor=actor, now=work.now, keys=work.keys, source=work.source)


async def read(work: Work, ids: JobIds) -> Job:
    """Read a job again."""
    return await get_visible_job(work, ids.id)


async def slots_of(work: Work, ids: JobIds) -> list[tuple[datetime, int, list[int]]]:
    """Read a job's slots: start, minutes, people in their order."""
    rows = await work.session.execute(
        text(
            "SELECT starts_at, minutes, ARRAY(SELECT person_id FROM time_slot_people"
            " WHERE time_slot_id = time_slots.id ORDER BY position, person_id) AS people"
            " FROM time_slots WHERE job_id = :id ORDER BY starts_at, id"
        ),
        {"id": ids.id},
    )
    return [(row.starts_at, row.minutes, row.people) for row in rows]


async def crew_of(work: Work, ids: JobIds) -> list[int]:
    """Read a job's crew, in its order."""
    rows = await work.session.scalars(
        text("SELECT person_id FROM job_crew WHERE job_id = :id ORDER BY position, person_id"), {"id": ids.id}
    )
    return list(rows)


async def contacts_of(work: Work, ids: JobIds) -> list[int]:
    """Read a job's contacts, in their order."""
    rows = await work.session.scalars(
        text("SELECT contact_id FROM job_contacts WHERE job_id = :id ORDER BY position, contact_id"), {"id": ids.id}
    )
    return list(rows)
