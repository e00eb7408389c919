"""`GET /api/jobs/manage?action=list_commits`: what happened to a job."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct, UnsetType

from firstfix.api.manage.fields import Limit, Offset
from firstfix.api.manage.job_list import READ_JOBS
from firstfix.api.manage.job_names import JobName, find_named
from firstfix.api.manage.job_object import BUDGET_HIDDEN_FROM, SEALED
from firstfix.api.manage.job_reads import PATH
from firstfix.api.manage.names import manage_name
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply
from firstfix.domain.history.queries import list_commits
from firstfix.domain.history.views import Change
from firstfix.domain.jobs.references import get_calendar
from firstfix.domain.work import Work

_AMOUNTS: Final = frozenset({"client_budget", "contractor_budget", "vat_percentage", "total_amount"})
_SEALED_FOR: Final = {name: f"jobs.{name}" for name in SEALED}


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


@operation("GET", PATH, action="list_commits", key=READ_JOBS, operation_id="listJobCommits", reply=Listed[JobCommit])
async def list_job_commits(work: Work, query: CommitFilters) -> Reply:
    """List the changes of a job, newest first."""
    job = await find_named(work, query, usual="uuid")
    hidden = frozenset({"client_budget"}) if work.actor.account_type in BUDGET_HIDDEN_FROM else frozenset[str]()
    commits, count = await list_commits(
        work,
        entity="job",
        entity_id=job.id,
        sealed=_SEALED_FOR,
        limit=query.limit,
        offset=query.offset,
        hidden_fields=hidden,
    )
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
            for commit in commits
        ],
        count=count,
    )


def _write(change: Change, zone: ZoneInfo) -> Iterator[FieldChange]:
    if change.field == "scheduled_at":
        # The wire's field is the date; only a change of the time alone is told as the field API does.
        day_before, day_after = _local_date(change.before, zone), _local_date(change.after, zone)
        if day_before != day_after:
            yield FieldChange(field="date_works_start_date", before=day_before, after=day_after)
            return
    before, after = change.before, change.after
    if change.field in _AMOUNTS:
        before, after = _amount(before), _amount(after)
    yield FieldChange(
        field=manage_name(change.field),
        before=before,
        after=after,
        from_name=change.name_before,
        to_name=change.name_after,
    )


def _local_date(instant: str | None, zone: ZoneInfo) -> date | None:
    return None if instant is None else datetime.fromisoformat(instant).astimezone(zone).date()


def _amount(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
