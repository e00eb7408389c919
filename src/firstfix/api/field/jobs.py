"""One job: reading, making, changing and deleting it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import Answer, Exchange, RawJson
from firstfix.api.field.job_lists import READ_JOBS
from firstfix.api.field.job_shape import Job, JobShape, Part
from firstfix.api.field.labor_body import LaborBody, read_labor
from firstfix.api.field.operations import operation
from firstfix.api.field.signatures import with_signatures
from firstfix.api.field.task_body import TaskBody, read_tasks
from firstfix.api.field.wire import Ref, SchemaMismatch, job_key, link_to, parse_time, uuid_of
from firstfix.api.hot_reads import HotReads
from firstfix.api.services import Services
from firstfix.api.work_reads import read_in
from firstfix.domain.jobs import commands, dispatching
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft
from firstfix.domain.organisations.queries import is_enterprise
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.work import Work

_MADE_OF: Final[Mapping[Part, tuple[str, ...]]] = {
    "tasks": ("tasks",),
    "labor": ("labor",),
    "crew": ("lead", "crew"),
    "dependencies": ("predecessor", "successor"),
    "signatures": (),
}
"""What gives a new job each of its parts."""


class DependenciesBody(Struct, kw_only=True):
    """The jobs before and after: absent leaves as it is, null clears."""

    predecessor: Ref | UnsetType | None = UNSET
    successor: Ref | UnsetType | None = UNSET


class TimeWindowBody(Struct, rename="camel", kw_only=True):
    """When work may begin and must be done: absent leaves as it is, null clears."""

    start_after: str | UnsetType | None = UNSET
    deadline: str | UnsetType | None = UNSET


class Body(Struct, rename="camel", kw_only=True):
    """What the body of a job may hold; what else stands in it is read-only or unknown, and ignored."""

    description: str | UnsetType | None = UNSET
    est_duration: int | UnsetType | None = UNSET
    contact: Ref | UnsetType | None = UNSET
    asset: Ref | UnsetType | None = UNSET
    job_type: Ref | UnsetType | None = UNSET
    job_lead: Ref | UnsetType | None = UNSET
    crew: list[Ref] | UnsetType | None = UNSET
    group: Ref | UnsetType | None = UNSET
    dependencies: DependenciesBody | UnsetType | None = UNSET
    time_window: TimeWindowBody | UnsetType | None = UNSET
    tasks: list[TaskBody] | UnsetType | None = UNSET
    notification_delta: Annotated[int, Meta(ge=0)] | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


class NewJob(Body, rename="camel", kw_only=True):
    """The body of a new job."""

    scheduled_on: str
    location: Ref
    labor: list[LaborBody] | UnsetType | None = UNSET


class JobPatch(Body, rename="camel", kw_only=True):
    """The body of an update: absent leaves as it is, null clears. Labor is ignored.

    A job without a date shows `scheduledOn: null`: that may be posted back, and nothing else be cleared by it.
    """

    scheduled_on: str | UnsetType | None = UNSET
    location: Ref | UnsetType = UNSET


@operation("GET", "/job/{job_ref:str}", key=READ_JOBS, operation_id="getJob", reply=Job)
async def get_job(reads: HotReads, exchange: Exchange, services: Services, job_ref: str) -> RawJson:
    """Fetch all information on a job."""
    body, signatures = await reads.row(*job_read(job_ref, exchange.base_url))
    if body is None:
        raise JobNotFound(job_ref)
    ring = services.database.keys
    return RawJson(with_signatures(body, signatures, person_id=reads.person_id, base_url=exchange.base_url, ring=ring))


def job_read(job_ref: str, base_url: str, *, lacking: frozenset[Part] = frozenset()) -> tuple[JobShape, dict[str, Any]]:
    """Give the statement that fetches a job by its uuid or its `jobId`, and its parameters; see `JobShape`."""
    key, value = job_key(job_ref)
    return JobShape(key, lacking), {key: value, "base_url": base_url}


@operation("POST", "/job/", key=MANAGE_JOBS, operation_id="createJob", status=201, reply=Job)
async def create_job(work: Work, exchange: Exchange, data: NewJob) -> Answer:
    """Make a job."""
    given = {name: value for name, value in _values(data).items() if value is not None}
    if "first_contact" in given:
        given["contacts"] = (given.pop("first_contact"),)
    given["tasks"] = read_tasks(data.tasks or (), is_new=True)
    given["labor"] = read_labor(data.labor or ())
    if await is_enterprise(work):
        given["branch"] = _group(data.group)
    ids = await commands.create_job(work, JobDraft(**given))
    read = await read_in(work, *job_read(ids.uuid.hex, exchange.base_url, lacking=_lacking(given)))
    if read is None:
        raise JobNotFound(ids.reference)
    link = link_to(exchange, f"/job/{ids.uuid.hex}")
    body = b'{"link":' + msgspec.json.encode(link) + b"," + read[0].encode()[1:]
    return Answer(status=201, body=body, headers={"Location": link.url})


@operation("POST", "/job/{job_ref:str}", key=MANAGE_JOBS, operation_id="updateJob", status=204)
async def update_job(work: Work, job_ref: str, data: JobPatch) -> None:
    """Change a job, unless it is on a mobile device."""
    given = _values(data)
    if data.tasks is not UNSET:
        given["tasks"] = read_tasks(data.tasks or (), is_new=False)
    if data.scheduled_on is None and (await get_visible_job(work, job_ref)).scheduled_at is not None:
        raise SchemaMismatch("Expected `str`, got `null`", path="scheduledOn")
    if data.group is not UNSET and await is_enterprise(work):
        given["branch"] = _group(data.group)
    await commands.update_job(work, job_ref, JobChanges(**given), only_off_device=True)


@operation("DELETE", "/job/{job_ref:str}", key=MANAGE_JOBS, operation_id="deleteJob", status=204)
async def delete_job(work: Work, job_ref: str) -> None:
    """Delete a job, unless it is on a mobile device."""
    await commands.delete_job(work, job_ref, only_off_device=True)


@operation("POST", "/job/{job_ref:str}/dispatch", key=MANAGE_JOBS, operation_id="dispatchJob", status=303)
async def dispatch_job(work: Work, exchange: Exchange, job_ref: str) -> Answer:
    """Dispatch a deferred job: it becomes a new one, at `Location`."""
    ids = await dispatching.dispatch_job(work, job_ref)
    return Answer(status=303, headers={"Location": f"{exchange.base_url}/job/{ids.uuid.hex}"})


def _lacking(given: Mapping[str, Any]) -> frozenset[Part]:
    """Tell what a new job has none of, by its core values."""
    return frozenset(part for part, names in _MADE_OF.items() if not any(given.get(name) for name in names))


def _values(data: NewJob | JobPatch) -> dict[str, Any]:
    """Give what a body says by its core names."""
    values: dict[str, Any] = {}
    if data.scheduled_on is not UNSET and data.scheduled_on is not None:
        values["scheduled_at"] = parse_time(data.scheduled_on, path="scheduledOn")
    if data.description is not UNSET:
        values["description"] = data.description or ""
    if data.est_duration is not UNSET:
        values["estimated_minutes"] = data.est_duration
    if data.notification_delta is not UNSET:
        values["notification_delta"] = data.notification_delta
    if data.custom_fields is not UNSET:
        values["custom_fields"] = data.custom_fields
    if data.crew is not UNSET:
        values["crew"] = tuple(uuid_of(member, "User", field="crew") for member in data.crew or ())
    for name, entity, ref in (
        ("location", "Location", data.location),
        ("first_contact", "Contact", data.contact),
        ("asset", "Asset", data.asset),
        ("job_type", "JobType", data.job_type),
        ("lead", "User", data.job_lead),
    ):
        if ref is not UNSET:
            values[name] = None if ref is None else uuid_of(ref, entity, field=name)
    return values | _dependencies(data.dependencies) | _time_window(data.time_window)


def _dependencies(given: DependenciesBody | UnsetType | None) -> dict[str, UUID | None]:
    if given is UNSET:
        return {}
    sides = DependenciesBody(predecessor=None, successor=None) if given is None else given
    return {
        name: None if ref is None else uuid_of(ref, "Job", field=name)
        for name, ref in (("predecessor", sides.predecessor), ("successor", sides.successor))
        if ref is not UNSET
    }


def _time_window(given: TimeWindowBody | UnsetType | None) -> dict[str, datetime | None]:
    if given is UNSET:
        return {}
    window = TimeWindowBody(start_after=None, deadline=None) if given is None else given
    return {
        name: None if moment is None else parse_time(moment, path=f"timeWindow.{path}")
        for name, path, moment in (
            ("window_starts_at", "startAfter", window.start_after),
            ("window_ends_at", "deadline", window.deadline),
        )
        if moment is not UNSET
    }


def _group(ref: Ref | UnsetType | None) -> UUID:
    """Read the group that a job must name where the organisation works with groups."""
    if ref is UNSET or ref is None:
        raise SchemaMismatch("Object missing required field `group`", path="group")
    return uuid_of(ref, "Group", field="branch")
