"""Making a job."""

from datetime import UTC, datetime

from sqlalchemy import select

from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation


async def test_a_job_needs_a_location_only(work: Work, home: TestOrganisation) -> None:
    ids = await create_job(work, JobDraft(location=home.location_id, lead=home["engineer1"].uuid, scheduled_at=datetime(2030,1,2,9,30,tzinfo=UTC), description="Boiler\nfoo", access_details="key under mat"))
    job = await get_visible_job(work, ids.reference)
    assert job.title == "Boiler"
    print(work.events)
    r = await update_job(work, ids.uuid.hex, JobChanges(lead=home["engineer2"].id, works_start_on=datetime(2030,7,2).date(), job_type=None, status=home.ids["statuses"]["Complete"], access_details="x", estimated_minutes=20))
    print(r, work.events[-1])
    await delete_job(work, ids.id)
