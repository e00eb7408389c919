"""What tests of scheduling share: short ways to have a job with a crew, and to move it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from firstfix.domain.jobs.commands import create_job
from firstfix.domain.jobs.views import JobDraft, JobIds
from firstfix.domain.scheduling.commands import move_crew_member
from firstfix.domain.scheduling.views import CrewMove, Step
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation

MakeJob = Callable[..., Awaitable[JobIds]]


class Stretch(NamedTuple):
    """A row of worked hours."""

    starts_at: datetime
    ends_at: datetime | None
    is_travel: bool
    pause_reason: str | None


@pytest.fixture
def make_job(work: Work, home: TestOrganisation) -> MakeJob:
    """Make a job with a lead, engineer 1, and a mate, engineer 2, unless said otherwise."""

    async def make(**draft: Any) -> JobIds:  # noqa: ANN401 (whatever a draft takes)
        people = {"lead": home["engineer1"].id, "crew": (home["engineer2"].id,)}
        return await create_job(work, JobDraft(**{"location": home.location_id, **people, **draft}))

    return make


async def move(work: Work, ids: JobIds, person: int, step: str, **details: Any) -> CrewMove:  # noqa: ANN401
    """Take a step; a pause has a reason."""
    reason = {"reason": "lunch"} if step == "pause" else {}
    return await move_crew_member(work, ids.id, person=person, step=Step(step), **{**reason, **details})


async def hours_of(work: Work, ids: JobIds, person: int) -> list[Stretch]:
    """Read somebody's hours on a job, in order."""
    rows = await work.session.execute(
        text(
            "SELECT starts_at, ends_at, is_travel, pause_reason FROM worked_hours"
            " WHERE job_id = :job AND person_id = :person ORDER BY starts_at, id"
        ),
        {"job": ids.id, "person": person},
    )
    return [Stretch(*row) for row in rows]


async def states_of(work: Work, ids: JobIds) -> list[int]:
    """Read how far everybody of a crew is, in its order."""
    rows = await work.session.scalars(
        text("SELECT state FROM job_crew WHERE job_id = :job ORDER BY position, person_id"), {"job": ids.id}
    )
    return list(rows)
