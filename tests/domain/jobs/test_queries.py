"""The gate to a job: who sees which, by which name."""

from collections.abc import Iterable

import pytest

from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobIds, JobReference
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.domain.jobs.conftest import MakeJob, acting
from tests.factories.organisations import TestOrganisation


async def test_a_job_is_found_by_each_of_its_names(work: Work, make_job: MakeJob) -> None:
    ids = await make_job()
    names: Iterable[JobReference] = (ids.id, ids.uuid, ids.uuid.hex, str(ids.uuid).upper(), ids.reference)

    assert {(await get_visible_job(work, name)).id for name in names} == {ids.id}


@pytest.mark.parametrize("name", [0, -1, 2**63, "J", "j1", "", "J0", "%", "a\0b", "0" * 32, "x" * 100_000])
async def test_other_names_find_nothing(work: Work, make_job: MakeJob, name: JobReference) -> None:
    await make_job()

    with pytest.raises(JobNotFound, match="No Job with id="):
        await get_visible_job(work, name)


@pytest.mark.parametrize("for_update", [False, True])
async def test_everybody_sees_their_own(
    work: Work, home: TestOrganisation, make_job: MakeJob, *, for_update: bool
) -> None:
    north = await make_job(contractor=home["contractor1"].id, contacts=(home.contact_id,))
    south = await make_job(branch=home.ids["branches"]["South"])

    seen = {
        who: await _seen(acting(work, actor_of(home, who)), (north, south), for_update=for_update)
        for who in ("admin", "engineer1", "agent1", "agent2", "landlord1", "contractor1", "contractor2", "tenant1")
    }

    assert seen == {
        "admin": [north, south],
        "engineer1": [north, south],
        "agent1": [north],
        "agent2": [south],
        "landlord1": [north],
        "contractor1": [north],
        "contractor2": [],
        "tenant1": [north],
    }


async def _seen(work: Work, jobs: Iterable[JobIds], *, for_update: bool) -> list[JobIds]:
    seen = []
    for ids in jobs:
        try:
            await get_visible_job(work, ids.uuid, for_update=for_update)
        except JobNotFound:
            continue
        seen.append(ids)
    return seen
