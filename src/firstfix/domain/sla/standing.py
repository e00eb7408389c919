"""How a job stands to what is promised about it, as SQL: what is stored is compared with the time of the read."""

from typing import Final, Literal

from firstfix.domain.jobs.models import NEVER

SlaStatus = Literal["within", "overdue", "breached"]

SLA_STATUS: Final = (
    "CASE WHEN jobs.breached_from < now() THEN 'breached' WHEN jobs.overdue_from < now() THEN 'overdue'"
    " WHEN jobs.breached_from IS NOT NULL THEN 'within' END"
)
"""SQL of a job's status; null where nothing is promised, or nothing any more."""

HAS_SLA: Final = "jobs.breached_from IS NOT NULL"
STANDS: Final[dict[SlaStatus, str]] = {
    "within": "jobs.overdue_from >= now() AND jobs.breached_from >= now()",
    # With a constant that the planner can compare, and so sees that an index holds all of them.
    "overdue": f"jobs.overdue_from < {NEVER} AND jobs.overdue_from < now() AND jobs.breached_from >= now()",
    "breached": "jobs.breached_from < now()",
}
"""SQL of the predicate on `jobs` for each status."""

CLOCK: Final = """
CROSS JOIN LATERAL (
    SELECT jobs.stage >= 3 AS is_done, CASE WHEN jobs.stage < 3 AND jobs.clock_stopped_at IS NOT NULL
        THEN working_seconds_until(jobs.organisation_id, jobs.branch_id, now())
            - working_seconds_until(jobs.organisation_id, jobs.branch_id, jobs.clock_stopped_at)
        ELSE 0 END AS standing_seconds OFFSET 0
) AS clock
CROSS JOIN LATERAL (
    SELECT CASE WHEN clock.standing_seconds = 0 THEN jobs.resolution_due_at
        ELSE working_moment(jobs.organisation_id, jobs.branch_id,
            working_seconds_until(jobs.organisation_id, jobs.branch_id, jobs.resolution_due_at)
            + clock.standing_seconds) END AS resolution_at,
    CASE WHEN clock.standing_seconds = 0 OR jobs.responded_at IS NOT NULL THEN jobs.response_due_at
        ELSE working_moment(jobs.organisation_id, jobs.branch_id,
            working_seconds_until(jobs.organisation_id, jobs.branch_id, jobs.response_due_at)
            + clock.standing_seconds) END AS response_at,
    CASE WHEN clock.is_done THEN jobs.clock_stopped_at ELSE now() END AS until OFFSET 0
) AS due"""
"""SQL beside `jobs` of where a job's clock is: of one that is paused, as if it went on now."""

HOURS_REMAINING: Final = "round((greatest(0, extract(epoch FROM due.resolution_at - due.until)) / 3600)::numeric, 1)"
HOURS_OVERDUE: Final = "round((greatest(0, extract(epoch FROM due.until - due.resolution_at)) / 3600)::numeric, 1)"
PAUSED_MINUTES: Final = "(jobs.paused_seconds + clock.standing_seconds) / 60"
"""SQL beside `CLOCK`. Hours are those of a clock on the wall, until and since the job's deadline."""
