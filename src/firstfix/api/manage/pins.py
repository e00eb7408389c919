"""The caller's own pins."""

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.fields import Page
from firstfix.api.manage.job_names import JobName, find_reference
from firstfix.api.manage.job_object import JobObject, job_objects, open_sealed
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply
from firstfix.api.services import Services
from firstfix.domain.people.permissions import TOGGLE_PINS
from firstfix.domain.pins.commands import flip_pin, set_pin
from firstfix.domain.work import AccountType, Work


class PinToggle(JobName, kw_only=True):
    """Which job; `pinned` sets instead of flipping."""

    pinned: bool | None = None


class PinState(Struct):
    is_pinned: bool


class Pinned(Struct):
    """What came of it."""

    success: bool
    data: PinState
    message: str
    is_pinned: bool


@operation("POST", "/api/jobs/toggle-pin", key=TOGGLE_PINS, operation_id="togglePin", reply=Pinned)
async def toggle_pin(work: Work, data: PinToggle) -> Reply:
    """Flip the caller's pin on a job, or set it where `pinned` is given."""
    job = await find_reference(work, data, usual="job_uuid")
    if data.pinned is None:
        is_pinned = await flip_pin(work, job=job)
    else:
        is_pinned = data.pinned
        await set_pin(work, job=job, pinned=is_pinned)
    message = "Job pinned to your dashboard" if is_pinned else "Job unpinned from your dashboard"
    return Reply(data=PinState(is_pinned), message=message, top={"is_pinned": is_pinned})


@operation("GET", "/api/dashboard/pinned-jobs", key=TOGGLE_PINS, operation_id="listPinnedJobs", reply=Listed[JobObject])
async def list_pinned_jobs(reads: HotReads, services: Services, query: Page) -> Reply:
    """List the jobs that the caller has pinned and can still see, newest pin first."""
    objects, count = await reads.row(pinned_jobs, {"limit": query.limit, "offset": query.offset})
    return Reply(data=RawJson(open_sealed(objects, services.database.keys)), count=count)


def pinned_jobs(visible: str, account_type: AccountType) -> str:
    """Write the statement."""
    source = f"""
    FROM pins JOIN jobs ON jobs.organisation_id = pins.organisation_id AND jobs.id = pins.job_id
    WHERE pins.organisation_id = me.organisation_id AND pins.person_id = me.person_id AND {visible}"""
    page = f"""
    SELECT jobs.*, pins.pinned_at {source}
    ORDER BY pins.pinned_at DESC, jobs.id DESC OFFSET %(offset)s LIMIT %(limit)s"""
    order = "jobs.pinned_at DESC, jobs.id DESC"
    return f"SELECT {job_objects(page, order, account_type)}, (SELECT count(*) {source})"
