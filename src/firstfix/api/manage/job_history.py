"""`/api/jobs/manage`: what happened to a job (`list_commits`), and putting it back (`restore_commit`)."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct, UnsetType

from firstfix.api.exchange import RawJson
from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.fields import Limit, Offset
from firstfix.api.manage.job_list import READ_JOBS
from firstfix.api.manage.job_names import JobName, find_named, find_reference
from firstfix.api.manage.job_object import changed_job, open_sealed
from firstfix.api.manage.job_reads import PATH
from firstfix.api.manage.job_writes import JobUpdated
from firstfix.api.manage.names import SCHEDULED_STATES, SUBSTATES, manage_name
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply
from firstfix.api.work_reads import read_in
from firstfix.domain.history.views import Change
from firstfix.domain.jobs import past
from firstfix.domain.jobs.references import get_calendar
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid

_AMOUNTS: Final = frozenset({"client_budget", "contractor_budget", "vat_percentage"})
_NUMBERED: Final = {"scheduled_state": SCHEDULED_STATES, "substate": SUBSTATES}
_PRICED: Final = {"unit_cost": "unitCost", "unit_price": "unitPrice"}
_LISTED: Final[Mapping[str, Mapping[str, str]]] = {
    "slots": {"uuid": "uuid", "starts_at": "scheduledOn", "minutes": "duration", "crew": "crew"},
    "tasks": {
        "uuid": "uuid",
        "name": "name",
        "note": "note",
        "is_done": "done",
        "assignee_id": "assignee",
        "asset_id": "asset",
        **_PRICED,
        "items": "items",
    },
    "items": {"uuid": "uuid", "name": "name", "quantity": "quantity", **_PRICED},
    "labor": {"person_id": "user", "name": "name", "minutes": "quantity", "rate": "unitPrice", "cost": "unitCost"},
    "case_notes": {"uuid": "uuid", "is_pinned": "is_pinned", "updated_at": "updated_at"},
    "attachments": {"uuid": "uuid", "name": "name", "caption": "caption", "task": "task"},
}
"""Of lists of things: what is told of each, under the field API's names."""
_INNER_AMOUNTS: Final = frozenset({"unit_cost", "unit_price", "quantity", "rate", "cost"})


class FieldChange(Struct, kw_only=True):
    """A field before and after; ids have their names beside them."""

    field: str
    before: Any = msgspec.field(name="from")
    after: Any = msgspec.field(name="to")
    from_name: Any | UnsetType = UNSET
    to_name: Any | UnsetType = UNSET


class JobCommit(Struct, kw_only=True):
    """One change of the job; nobody's are the system's own."""

    commit_id: UUID
    at: datetime
    by_id: int | None
    by_name: str | None
    action: str
    changes: list[FieldChange]


class CommitFilters(JobName, kw_only=True):
    """Whose history, and which part of it."""

    limit: Limit = 50
    offset: Offset = 0


class CommitName(JobName, kw_only=True):
    """Which job, and which of its commits."""

    commit_id: str


@operation("GET", PATH, action="list_commits", key=READ_JOBS, operation_id="listJobCommits", reply=Listed[JobCommit])
async def list_job_commits(work: Work, query: CommitFilters) -> Reply:
    """List the changes of a job, newest first."""
    job = await find_named(work, query, usual="uuid")
    told = await past.list_job_commits(work, job.id, limit=query.limit, offset=query.offset)
    zone = (await get_calendar(work, job.branch_id)).zone
    return Reply(
        data=[
            JobCommit(
                commit_id=commit.id,
                at=commit.at,
                by_id=commit.by_id,
                by_name=commit.by_name,
                action=commit.action,
                changes=[written for change in commit.changes for written in _write(change, zone)],
            )
            for commit in told.commits
        ],
        count=told.count,
    )


@operation("POST", PATH, action="restore_commit", key=MANAGE_JOBS, operation_id="restoreJobCommit", reply=JobUpdated)
async def restore_commit(work: Work, data: CommitName) -> Reply:
    """Put the fields of a job back as they stood after a commit, as a new commit."""
    commit = find_uuid(data.commit_id)
    if commit is None:
        raise invalid_parameter("commit_id")
    restored = await past.restore_commit(work, await find_reference(work, data, usual="uuid"), commit)
    (objects,) = await read_in(work, changed_job, {"job_id": restored.ids.id}) or ("[]",)
    top = {"approval_required": True} if restored.is_approval_required else {}
    return Reply(data=RawJson(open_sealed(objects, work.keys)[1:-1]), top=top)


def _write(change: Change, zone: ZoneInfo) -> Iterator[FieldChange]:
    if change.field == "scheduled_at":
        # The wire's field is the date; only a change of the time alone is told as the field API does.
        day_before, day_after = _local_date(change.before, zone), _local_date(change.after, zone)
        if day_before != day_after:
            yield FieldChange(field="date_works_start_date", before=day_before, after=day_after)
            return
    yield FieldChange(
        field=manage_name(change.field),
        before=_value(change.field, change.before),
        after=_value(change.field, change.after),
        from_name=change.name_before,
        to_name=change.name_after,
    )


def _value(field: str, value: Any) -> Any:  # noqa: ANN401 (whatever an event keeps)
    """Write what an event keeps of a field as the wires do."""
    if value is None:
        return None
    if field in _AMOUNTS:
        return Decimal(value)
    if field in _NUMBERED:
        return _NUMBERED[field][value]
    if field in _LISTED:
        return [_thing(_LISTED[field], thing) for thing in value]
    return value


def _thing(names: Mapping[str, str], thing: Mapping[str, Any]) -> dict[str, Any]:
    return {
        wire: Decimal(thing[name]) if name in _INNER_AMOUNTS else _value(name, thing[name])
        for name, wire in names.items()
        if name in thing
    }


def _local_date(instant: str | None, zone: ZoneInfo) -> date | None:
    return None if instant is None else datetime.fromisoformat(instant).astimezone(zone).date()
