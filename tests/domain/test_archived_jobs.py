"""An archived job is read and no longer changed, whatever wants to change it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from firstfix.domain.approvals.gates import decide_gate
from firstfix.domain.errors import Conflict
from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.dispatching import dispatch_job
from firstfix.domain.jobs.task_commands import add_task, delete_task, update_task
from firstfix.domain.jobs.views import JobChanges, JobDraft, TaskEdit
from firstfix.domain.people.permissions import DELETE_CLOSED_JOBS
from firstfix.domain.pins.commands import flip_pin, set_pin
from firstfix.domain.recalls.commands import close_recall, raise_recall
from firstfix.domain.scheduling.commands import cancel_job, move_crew_member
from firstfix.domain.scheduling.views import Step
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.domain.jobs.conftest import acting
from tests.factories.organisations import TestOrganisation

ATTEMPTS: dict[str, Callable[[Work, UUID, int], Awaitable[object]]] = {
    "a field": lambda work, job, _: update_job(work, job, JobChanges(title="Title")),
    "nothing": lambda work, job, _: update_job(work, job, JobChanges()),
    "its status": lambda work, job, status: update_job(work, job, JobChanges(status=status)),
    "its tasks": lambda work, job, _: update_job(work, job, JobChanges(tasks=())),
    "its slots": lambda work, job, _: update_job(work, job, JobChanges(slots=())),
    "a task more": lambda work, job, _: add_task(work, job, TaskEdit(task=1)),
    "a task": lambda work, job, _: update_task(work, job, "0", TaskEdit(is_done=True)),
    "a task less": lambda work, job, _: delete_task(work, job, "0"),
    "what comes before it": lambda work, job, _: update_job(work, job, JobChanges(predecessor=None)),
    "its crew": lambda work, job, _: move_crew_member(work, job, person=_lead_of(work), step=Step.TRAVEL),
    "its cancellation": lambda work, job, _: cancel_job(work, job),
    "its dispatch": lambda work, job, _: dispatch_job(work, job),
    "a recall": lambda work, job, _: raise_recall(work, job, reason="It leaks again."),
    "the end of a recall": lambda work, job, _: close_recall(work, job, outcome="standard"),
    "a gate": lambda work, job, _: decide_gate(work, job, is_approved=True),
    "a pin": lambda work, job, _: set_pin(work, job=job, pinned=True),
    "a flip": lambda work, job, _: flip_pin(work, job=job),
    "its deletion by who may delete open ones": lambda work, job, _: delete_job(_without_key(work), job),
}


def _lead_of(work: Work) -> int:
    assert work.actor.person_id is not None
    return work.actor.person_id


def _without_key(work: Work) -> Work:
    keys = work.actor.keys - {DELETE_CLOSED_JOBS}
    return acting(work, msgspec.structs.replace(work.actor, keys=keys))


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_an_archived_job_does_not_take(work: Work, home: TestOrganisation, attempt: str) -> None:
    draft = JobDraft(location=home.location_id, lead=home["admin"].id)
    job = (await create_job(work, draft)).uuid
    await update_job(work, job, JobChanges(status=home.ids["statuses"]["Archived"]))
    before = await work.session.scalar(text("SELECT to_jsonb(jobs) FROM jobs WHERE uuid = :job"), {"job": job})
    told = len(work.events)

    with pytest.raises(Conflict):
        await ATTEMPTS[attempt](work, job, home.ids["statuses"]["Complete"])

    after = await work.session.scalar(text("SELECT to_jsonb(jobs) FROM jobs WHERE uuid = :job"), {"job": job})
    assert (after, len(work.events)) == (before, told)


async def test_an_archived_job_is_nobodys_neighbour(work: Work, home: TestOrganisation) -> None:
    archived, other = [(await create_job(work, JobDraft(location=home.location_id))).uuid for _ in range(2)]
    await update_job(work, archived, JobChanges(status=home.ids["statuses"]["Archived"]))

    for changes in (JobChanges(predecessor=archived), JobChanges(successor=archived)):
        with pytest.raises(Conflict):
            await update_job(work, other, changes)


async def test_who_has_the_key_deletes_an_archived_job(work: Work, home: TestOrganisation) -> None:
    job = (await create_job(work, JobDraft(location=home.location_id))).uuid
    await update_job(work, job, JobChanges(status=home.ids["statuses"]["Archived"]))

    await delete_job(acting(work, actor_of(home, "manager")), job)
