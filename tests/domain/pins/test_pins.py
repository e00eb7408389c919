"""Pins as commands."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.pins.commands import flip_pin, set_pin
from firstfix.domain.pins.errors import ArchivedJobPinned
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation


async def pinned_ids(work: Work) -> list[int]:
    mine = await work.session.scalars(
        text("SELECT job_id FROM pins WHERE person_id = :person"), {"person": work.actor.person_id}
    )
    return list(mine)


async def test_pinning_twice_is_the_same_as_pinning_once(work: Work, home: TestOrganisation) -> None:
    job_id, uuid = home.insert_job()

    changes = [await set_pin(work, job=uuid, pinned=True) for _ in range(2)]

    assert changes == [True, False]
    assert await pinned_ids(work) == [job_id]
    assert [(event.entity, event.action, event.entity_id) for event in work.events] == [("pin", "pinned", job_id)]


async def test_letting_go_of_what_is_not_pinned_changes_nothing(work: Work, home: TestOrganisation) -> None:
    job_id, _ = home.insert_job()

    assert await set_pin(work, job=job_id, pinned=False) is False
    assert work.events == []


async def test_a_job_of_somebody_else_cannot_be_pinned(work: Work, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()

    for job in (job_id, uuid, "J99999"):
        with pytest.raises(JobNotFound):
            await flip_pin(work, job=job)


async def test_an_archived_job_is_let_go_and_not_pinned(work: Work, home: TestOrganisation) -> None:
    job_id, _ = home.insert_job()
    await set_pin(work, job=job_id, pinned=True)
    await work.session.execute(
        text("UPDATE jobs SET status_id = :status, stage = 5 WHERE id = :id"),
        {"status": home.ids["statuses"]["Archived"], "id": job_id},
    )

    with pytest.raises(ArchivedJobPinned):
        await set_pin(work, job=job_id, pinned=True)
    assert await flip_pin(work, job=job_id) is False
    with pytest.raises(ArchivedJobPinned):
        await flip_pin(work, job=job_id)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(["flip", "pin", "unpin"]), max_size=8))
async def test_a_pin_is_what_the_last_steps_made_it(work: Work, home: TestOrganisation, steps: list[str]) -> None:
    job_id, _ = home.insert_job()
    is_pinned = False
    for step in steps:
        if step == "flip":
            is_pinned = not is_pinned
            assert await flip_pin(work, job=job_id) is is_pinned
        else:
            changes = is_pinned is not (step == "pin")
            is_pinned = step == "pin"
            assert await set_pin(work, job=job_id, pinned=is_pinned) is changes

    assert (job_id in await pinned_ids(work)) is is_pinned
