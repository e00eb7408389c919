"""Remedials as commands: what follows from what."""

from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from firstfix.domain.jobs.errors import JobArchived, JobNotFound
from firstfix.domain.remedials.commands import link_remedial, unlink_remedial
from firstfix.domain.remedials.errors import AlreadyRemedial, NoRemedial, RemedialCycle
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.factories.organisations import TestOrganisation


def acting(work: Work, home: TestOrganisation, who: str) -> Work:
    return Work(work.session, actor=actor_of(home, who), now=work.now, keys=work.keys, source="manage")


async def link(work: Work, parent: int, remedial: int, reason: str | None = None) -> int:
    return await link_remedial(work, parent=parent, remedial=remedial, reason=reason)


async def links(work: Work, *jobs: int) -> set[tuple[int, int]]:
    rows = await work.session.execute(
        text("SELECT parent_id, remedial_id FROM remedial_links WHERE remedial_id = ANY (:jobs)"), {"jobs": list(jobs)}
    )
    return {(row.parent_id, row.remedial_id) for row in rows}


async def test_the_history_of_both_jobs_tells_of_a_link_and_of_its_end(work: Work, home: TestOrganisation) -> None:
    above, below = uuid4().hex[:9], uuid4().hex[:9]
    parent, _ = home.insert_job(reference=above)
    remedial, _ = home.insert_job(reference=below)

    await link(work, parent, remedial, "The leak came back.")
    await unlink_remedial(work, remedial)

    assert [(event.action, event.entity, event.entity_id, event.changes) for event in work.events] == [
        ("updated", "job", parent, {"remedial_job": (None, below)}),
        ("updated", "job", remedial, {"parent_job": (None, above), "remedial_reason": (None, "The leak came back.")}),
        ("updated", "job", parent, {"remedial_job": (below, None)}),
        ("updated", "job", remedial, {"parent_job": (above, None), "remedial_reason": ("The leak came back.", None)}),
    ]
    assert await links(work, remedial) == set()


async def test_a_job_has_one_parent_at_most_and_any_number_of_remedials(work: Work, home: TestOrganisation) -> None:
    first, second, remedial, another = (home.insert_job()[0] for _ in range(4))
    await link(work, first, remedial)
    await link(work, first, another)

    for parent in (first, second):
        with pytest.raises(AlreadyRemedial):
            await link(work, parent, remedial)
    await unlink_remedial(work, remedial)
    await link(work, second, remedial)

    assert await links(work, remedial, another) == {(second, remedial), (first, another)}


async def test_nothing_follows_from_itself(work: Work, home: TestOrganisation) -> None:
    jobs = [home.insert_job()[0] for _ in range(4)]
    for parent, remedial in pairwise(jobs):
        await link(work, parent, remedial)

    for parent in jobs:
        with pytest.raises(RemedialCycle):
            await link(work, parent, jobs[0])


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
async def test_whatever_is_linked_nothing_follows_from_itself(
    work: Work, home: TestOrganisation, pairs: list[tuple[int, int]]
) -> None:
    jobs = [home.insert_job()[0] for _ in range(5)]
    parents: dict[int, int] = {}
    for parent, remedial in pairs:
        above = [parent]
        while above[-1] in parents:
            above.append(parents[above[-1]])
        refusal = RemedialCycle if remedial in above else AlreadyRemedial if remedial in parents else None
        if refusal is None:
            await link(work, jobs[parent], jobs[remedial])
            parents[remedial] = parent
        else:
            with pytest.raises(refusal):
                await link(work, jobs[parent], jobs[remedial])

    assert await links(work, *jobs) == {(jobs[above], jobs[below]) for below, above in parents.items()}


async def test_the_parent_may_be_at_any_stage_and_an_archived_remedial_does_not_change(
    work: Work, home: TestOrganisation
) -> None:
    archived = home.ids["statuses"]["Archived"]
    parent, _ = home.insert_job(status_id=archived)
    remedial, _ = home.insert_job()
    old, _ = home.insert_job(status_id=archived)

    await link(work, parent, remedial)
    with pytest.raises(JobArchived):
        await link(work, parent, old)
    await work.session.execute(
        text("UPDATE jobs SET stage = 5, status_id = :status WHERE id = :id"), {"status": archived, "id": remedial}
    )
    with pytest.raises(JobArchived):
        await unlink_remedial(work, remedial)


async def test_both_ends_must_be_seen(work: Work, home: TestOrganisation) -> None:
    seen, _ = home.insert_job()
    hidden, _ = home.insert_job(branch_id=home.ids["branches"]["South"])
    agent = acting(work, home, "agent1")

    for parent, remedial in ((seen, hidden), (hidden, seen), (hidden, hidden), (seen, 2**62)):
        with pytest.raises(JobNotFound):
            await link(agent, parent, remedial)
    await link(work, hidden, seen)
    with pytest.raises(NoRemedial):
        await unlink_remedial(agent, seen)
    with pytest.raises(AlreadyRemedial):
        await link(agent, home.insert_job()[0], seen)
    await unlink_remedial(work, seen)


async def test_who_is_nobodys_remedial_is_not_unlinked(work: Work, home: TestOrganisation) -> None:
    parent, _ = home.insert_job()
    remedial, _ = home.insert_job()
    await link(work, parent, remedial)

    with pytest.raises(NoRemedial):
        await unlink_remedial(work, parent)
    await unlink_remedial(work, remedial)
    with pytest.raises(NoRemedial):
        await unlink_remedial(work, remedial)


@pytest.mark.parametrize("gone", [0, 1])
async def test_a_link_goes_with_either_job(work: Work, home: TestOrganisation, gone: int) -> None:
    jobs = [home.insert_job()[0] for _ in range(2)]
    await link(work, jobs[0], jobs[1])

    await work.session.execute(text("DELETE FROM jobs WHERE id = :id"), {"id": jobs[gone]})

    assert await links(work, *jobs) == set()
