"""Races about remedials between real connections: nothing comes to follow from itself."""

import asyncio
from collections import Counter

from sqlalchemy import text

from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.views import JobChanges, JobUpdate
from firstfix.domain.remedials.commands import link_remedial, unlink_remedial
from firstfix.domain.remedials.errors import AlreadyRemedial, NoRemedial, RemedialCycle
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, ROUNDS, Run, at_once, race, told_of
from tests.factories.waiting import until


async def link(work: Work, parent: int, remedial: int) -> int:
    return await link_remedial(work, parent=parent, remedial=remedial)


def links(organisation: TestOrganisation) -> list[tuple[int, int]]:
    rows = organisation.execute(
        "SELECT parent_id, remedial_id FROM remedial_links WHERE organisation_id = :o", o=organisation.id
    )
    return [(row.parent_id, row.remedial_id) for row in rows]


async def test_of_both_directions_at_once_one_is_linked(run: Run, organisation: TestOrganisation) -> None:
    for _ in range(ROUNDS):
        jobs = [organisation.insert_job()[0] for _ in range(2)]
        pairs = [(jobs[n % 2], jobs[1 - n % 2]) for n in range(CONTENDERS)]

        outcomes = await at_once(run(link, *pair) for pair in pairs)

        # Half of them come too late for the same link, half for the other way round.
        assert outcomes == {int: 1, AlreadyRemedial: CONTENDERS // 2 - 1, RemedialCycle: CONTENDERS // 2}
        assert [len(told_of(organisation, job)) for job in jobs] == [1, 1]


async def test_a_circle_of_four_is_not_closed_by_four_at_once(run: Run, organisation: TestOrganisation) -> None:
    for _ in range(ROUNDS):
        jobs = [organisation.insert_job()[0] for _ in range(4)]
        before = len(links(organisation))

        outcomes = await at_once(run(link, jobs[n], jobs[(n + 1) % 4]) for n in range(4))

        assert outcomes == {int: 3, RemedialCycle: 1}
        assert len(links(organisation)) == before + 3


async def test_links_of_other_jobs_wait_too_for_together_they_could_close_a_circle(
    run: Run, organisation: TestOrganisation
) -> None:
    first, second, third, fourth = (organisation.insert_job()[0] for _ in range(4))
    await run(link, first, second)
    await run(link, third, fourth)

    assert isinstance(await race(run, (link, second, third), (link, fourth, first)), RemedialCycle)


async def test_of_two_parents_at_once_a_job_gets_one(run: Run, organisation: TestOrganisation) -> None:
    remedial, *parents = (organisation.insert_job()[0] for _ in range(11))

    outcomes = await at_once(run(link, parent, remedial) for parent in parents)

    assert outcomes == {int: 1, AlreadyRemedial: 9}


async def test_a_link_that_waits_for_the_deletion_of_an_end_finds_nothing(
    run: Run, organisation: TestOrganisation
) -> None:
    parent, remedial = (organisation.insert_job()[0] for _ in range(2))

    assert isinstance(await race(run, (delete_job, parent), (link, parent, remedial)), JobNotFound)
    assert links(organisation) == []


async def test_a_job_is_unlinked_once(run: Run, organisation: TestOrganisation) -> None:
    parent, remedial = (organisation.insert_job()[0] for _ in range(2))
    await run(link, parent, remedial)

    outcomes = await asyncio.gather(*(run(unlink_remedial, remedial) for _ in range(10)), return_exceptions=True)

    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, NoRemedial: 9}
    assert len(told_of(organisation, remedial)) == 2


async def test_a_link_and_a_dependency_the_other_way_round_do_not_wait_for_each_other(
    run: Run, organisation: TestOrganisation
) -> None:
    """A dependency locks its job before the job that it names, a link the older one first."""
    (older, older_uuid), (newer, _) = (organisation.insert_job() for _ in range(2))
    waiting = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")

    with organisation.owner.connect() as holder:
        holder.execute(text("SELECT FROM jobs WHERE id = :id FOR UPDATE"), {"id": older})

        def are_waiting(count: int) -> bool:
            with organisation.owner.connect() as looking:
                return bool((looking.scalar(waiting) or 0) >= count)

        linking = asyncio.ensure_future(run(link, older, newer))
        await until(lambda: are_waiting(1))
        depending = asyncio.ensure_future(run(update_job, newer, JobChanges(predecessor=older_uuid)))
        await until(lambda: are_waiting(2))
        holder.rollback()
        outcomes = await asyncio.gather(linking, depending, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [int, JobUpdate]
