"""Deleting a job."""

import msgspec
import pytest
from sqlalchemy import text

from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.errors import JobClosed, JobNotFound, JobOnDevice
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.people.permissions import DELETE_CLOSED_JOBS
from firstfix.domain.work import Work
from tests.conftest import MakeOrganisation, actor_of
from tests.domain.jobs.conftest import MakeJob, acting
from tests.factories.organisations import TestOrganisation


async def test_all_that_hangs_on_a_job_goes_with_it(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(lead=home["engineer1"].id, contacts=(home.contact_id,))

    assert await delete_job(work, ids.reference) == ids

    with pytest.raises(JobNotFound):
        await get_visible_job(work, ids.id)
    for table in ("job_crew", "job_contacts", "time_slots"):
        left = await work.session.scalar(text(f"SELECT count(*) FROM {table} WHERE job_id = :id"), {"id": ids.id})  # noqa: S608
        assert left == 0
    event = work.events[-1]
    assert (event.action, event.entity_uuid, event.label, event.changes) == ("deleted", ids.uuid, ids.reference, {})


async def test_a_job_is_deleted_once(work: Work, make_job: MakeJob) -> None:
    ids = await make_job()
    await delete_job(work, ids.id)

    with pytest.raises(JobNotFound):
        await delete_job(work, ids.id)


@pytest.mark.parametrize("status", ["Invoiced", "Archived"])
async def test_a_closed_job_is_deleted_by_who_may(
    work: Work, home: TestOrganisation, make_job: MakeJob, status: str
) -> None:
    ids = await make_job()
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Complete"]))
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"][status]))
    admin = actor_of(home, "admin")

    with pytest.raises(JobClosed):
        await delete_job(acting(work, msgspec.structs.replace(admin, keys=admin.keys - {DELETE_CLOSED_JOBS})), ids.id)
    await delete_job(work, ids.id)


async def test_a_job_on_a_device_stays(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(status=home.ids["statuses"]["In progress"])

    with pytest.raises(JobOnDevice):
        await delete_job(work, ids.id, only_off_device=True)
    await delete_job(work, ids.id)


async def test_strangers_delete_nothing(
    work: Work, home: TestOrganisation, make_job: MakeJob, make_organisation: MakeOrganisation
) -> None:
    ids, stranger = await make_job(contractor=home["contractor1"].id), make_organisation()
    _, theirs = stranger.insert_job()

    for actor in (actor_of(home, "agent2"), actor_of(home, "contractor2"), actor_of(home, "tenant1")):
        with pytest.raises(JobNotFound):
            await delete_job(acting(work, actor), ids.id)
    with pytest.raises(JobNotFound):
        await delete_job(work, theirs)
