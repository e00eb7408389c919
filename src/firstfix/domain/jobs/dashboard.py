"""What the dashboard counts, as SQL: for statements that authenticate by themselves.

How many jobs are at a stage is summed from the kept counters. The rest is counted by index over what is small: the
jobs that are open, those in recall, those made today, those that stand on today's calendar.
"""

from msgspec import Struct

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.calendar import calendar_days_sql
from firstfix.domain.work import AccountType


class TypeCount(Struct, kw_only=True):
    """How many open jobs are of a type."""

    job_type_id: int
    job_type_name: str
    count: int


class DashboardCounts(Struct, kw_only=True):
    """Jobs that the reader sees, in numbers.

    Today is that of the reader's own time zone, else of the organisation's.

    Args:
        accepted: At stage assigned: somebody has taken them on, and has not begun.
        recalls: In recall.
        new_today: Made today.
        completed: At stage complete: done, and not closed yet.
        no_contractor: Open, and assigned to no contractor.
        booked_today: On today's calendar, and not cancelled.
        by_type: Open jobs by type, most first.
    """

    accepted: int
    recalls: int
    new_today: int
    completed: int
    no_contractor: int
    booked_today: int
    by_type: list[TypeCount]


_COUNTED_BY_BRANCH = {
    AccountType.STAFF: "true",
    AccountType.AGENT: "job_counts.branch_id = ANY (me.branch_ids)",
    AccountType.LANDLORD: "job_counts.branch_id = ANY (me.branch_ids)",
}
"""Who sees jobs by branch or all: the counters tell those apart."""


def dashboard_counts_sql(visible: str, account_type: AccountType) -> str:
    """Write the statement that counts. Its one column is the JSON of `DashboardCounts`."""
    booked = calendar_days_sql(
        f"{visible} AND jobs.stage <> {int(Stage.CANCELLED)}", first="today.day", last="today.day"
    )
    return f"""
WITH today AS MATERIALIZED (
    SELECT date_trunc('day', now(), home.zone) AS begins_at, (now() AT TIME ZONE home.zone)::date AS day
    FROM people JOIN organisations ON organisations.id = people.organisation_id
    CROSS JOIN LATERAL (SELECT coalesce(people.time_zone, organisations.time_zone) AS zone) AS home
    WHERE people.organisation_id = me.organisation_id AND people.id = me.person_id
), open_jobs AS MATERIALIZED (
    SELECT jobs.job_type_id, count(*) AS count, count(*) FILTER (WHERE jobs.contractor_id IS NULL) AS no_contractor
    FROM jobs WHERE jobs.stage <= {int(Stage.IN_PROGRESS)} AND {visible} GROUP BY jobs.job_type_id
)
SELECT row_to_json(counts)::text FROM (SELECT
    ({_at_stage(Stage.ASSIGNED, visible, account_type)}) AS accepted,
    (SELECT count(*) FROM jobs WHERE jobs.is_recall AND {visible}) AS recalls,
    (SELECT count(*) FROM jobs WHERE jobs.created_at >= today.begins_at AND {visible}) AS new_today,
    ({_at_stage(Stage.COMPLETE, visible, account_type)}) AS completed,
    (SELECT coalesce(sum(open_jobs.no_contractor), 0)::bigint FROM open_jobs) AS no_contractor,
    (SELECT count(*) FROM ({booked}) AS booked) AS booked_today,
    (SELECT coalesce(json_agg(types), '[]') FROM (
        SELECT open_jobs.job_type_id, job_types.name AS job_type_name, open_jobs.count
        FROM open_jobs
        JOIN job_types ON job_types.organisation_id = me.organisation_id AND job_types.id = open_jobs.job_type_id
        ORDER BY open_jobs.count DESC, job_types.position, job_types.id
    ) AS types) AS by_type
    FROM today
) AS counts"""  # noqa: S608 (pieces of ours)


def _at_stage(stage: Stage, visible: str, account_type: AccountType) -> str:
    if account_type not in _COUNTED_BY_BRANCH:
        return f"SELECT count(*) FROM jobs WHERE jobs.stage = {int(stage)} AND {visible}"  # noqa: S608 (as above)
    return f"""SELECT coalesce(sum(job_counts.jobs_count), 0)::bigint FROM job_counts
        JOIN statuses ON statuses.organisation_id = job_counts.organisation_id AND statuses.id = job_counts.status_id
        WHERE statuses.stage = {int(stage)} AND {_COUNTED_BY_BRANCH[account_type]}"""  # noqa: S608 (as above)
