"""The calendar: which jobs stand on which days."""

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct, field

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.fields import Id
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Reply
from firstfix.api.problems import BadRequest
from firstfix.api.shown import full_name, works_end_on
from firstfix.domain.jobs.calendar import STARTS_ON, ZONE, calendar_days_sql
from firstfix.domain.people.permissions import READ_CALENDAR
from firstfix.domain.work import AccountType

MOST_DAYS = 366


class CalendarQuery(Struct, kw_only=True):
    """Which days, first and last included, at most 366; `from_date` and `to_date` are other names for the two.

    An id that nothing has gives an empty calendar.
    """

    start_date: date | None = None
    end_date: date | None = None
    from_date: date | None = None
    to_date: date | None = None
    branch_id: Id | None = None
    contractor_id: Id | None = None


class CalendarJob(Struct, kw_only=True):
    """A job on a day. `booked_to_complete` is the date on which its works end."""

    id: int = field(name="ID")
    uuid: UUID
    job_ref: str
    job_title: str
    status_name: str
    priority_name: str
    contractor_name: str | None
    full_address: str
    booked_to_complete: date


class DateRange(Struct):
    start: date
    end: date


class Calendar(Struct):
    """Jobs by day, of days that have some; `total_jobs` counts one that stands on several days once."""

    success: bool
    data: dict[str, list[CalendarJob]]
    message: str
    total_jobs: int
    date_range: DateRange


@operation("GET", "/api/calendar-jobs", key=READ_CALENDAR, operation_id="listCalendarJobs", reply=Calendar)
async def list_calendar_jobs(reads: HotReads, query: CalendarQuery) -> Reply:
    """List the jobs that stand on some days, by day of the branch's time zone."""
    first = _one_of(query, "start_date", "from_date")
    last = _one_of(query, "end_date", "to_date")
    if last < first:
        raise BadRequest("The calendar cannot end before it starts.", field="end_date")
    if (last - first).days >= MOST_DAYS:
        raise BadRequest(f"A calendar has at most {MOST_DAYS} days.", field="end_date")
    filters = {name: value for name in _CONDITIONS if (value := getattr(query, name)) is not None}
    parameters: dict[str, Any] = {"first": first, "last": last, **filters}
    days, total = await reads.row(CalendarStatement(tuple(filters)), parameters)
    top = {"total_jobs": total, "date_range": DateRange(first, last)}
    return Reply(data=RawJson(days.encode()), top=top)


class CalendarStatement(Struct, frozen=True):
    """The statement of a calendar: one for each set of filters."""

    filters: tuple[str, ...] = ()

    def __call__(self, visible: str, account_type: AccountType) -> str:  # noqa: ARG002 (the predicate says it all)
        """Write the statement."""
        where = " AND ".join((visible, *(_CONDITIONS[name] for name in self.filters)))
        return _STATEMENT.format(days=calendar_days_sql(where, first="%(first)s::date", last="%(last)s::date"))


def _one_of(query: CalendarQuery, usual: str, other: str) -> date:
    """Take a date that has two names.

    Raises:
        BadRequest: It is given under neither, or differently under both.
    """
    given = {value for name in (usual, other) if (value := getattr(query, name)) is not None}
    if len(given) > 1:
        raise BadRequest(f"{usual} and {other} are different dates.", field=usual)
    if not given:
        raise invalid_parameter(usual)
    day: date = given.pop()
    return day


_CONDITIONS = {
    "branch_id": "jobs.branch_id = %(branch_id)s::bigint",
    "contractor_id": "jobs.contractor_id = %(contractor_id)s::bigint",
}
# What is told of a job is written once, on however many days it stands.
_STATEMENT = f"""
WITH days AS MATERIALIZED ({{days}}), told AS MATERIALIZED (
    SELECT jobs.id, jobs.scheduled_at, json_build_object(
        'ID', jobs.id, 'uuid', jobs.uuid, 'job_ref', jobs.reference, 'job_title', jobs.title,
        'status_name', statuses.name, 'priority_name', priorities.name,
        'contractor_name', {full_name("contractors")},
        'full_address', locations.full_address,
        'booked_to_complete', coalesce({works_end_on(ZONE)}, {STARTS_ON})
    ) AS job
    FROM (SELECT DISTINCT days.job_id FROM days) AS booked
    JOIN jobs ON jobs.organisation_id = me.organisation_id AND jobs.id = booked.job_id
    JOIN organisations ON organisations.id = jobs.organisation_id
    JOIN branches ON branches.organisation_id = jobs.organisation_id AND branches.id = jobs.branch_id
    JOIN statuses ON statuses.organisation_id = jobs.organisation_id AND statuses.id = jobs.status_id
    JOIN priorities ON priorities.organisation_id = jobs.organisation_id AND priorities.id = jobs.priority_id
    JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
    LEFT JOIN people AS contractors
        ON contractors.organisation_id = jobs.organisation_id AND contractors.id = jobs.contractor_id
)
SELECT (
    SELECT coalesce(json_object_agg(listed.day, listed.jobs ORDER BY listed.day), '{{{{}}}}')::text FROM (
        SELECT days.day, json_agg(told.job ORDER BY told.scheduled_at, told.id) AS jobs
        FROM days JOIN told ON told.id = days.job_id GROUP BY days.day
    ) AS listed
), (SELECT count(*) FROM told)"""  # noqa: S608 (pieces of ours)
