"""On which days jobs stand: as SQL, for statements that authenticate by themselves.

Days are those of the branch's time zone. A job whose works have an end stands on each day from their start to it.
Without one it stands on the day of its start and on those on which a time slot starts.
"""

from typing import Final

ZONE: Final = "coalesce(branches.time_zone, organisations.time_zone)"
"""SQL of a job's time zone, where its branch and organisation are joined."""
STARTS_ON: Final = f"(jobs.scheduled_at AT TIME ZONE {ZONE})::date"

# No zone is further than 14 hours from UTC: what lies outside of that cannot be on the days, and needs no zone.
_WINDOW = (
    "{column} >= {first}::timestamp AT TIME ZONE 'UTC' - interval '14 hours'"
    " AND {column} < {last}::timestamp AT TIME ZONE 'UTC' + interval '38 hours'"
)
_HOME = """
    JOIN branches ON branches.organisation_id = jobs.organisation_id AND branches.id = jobs.branch_id
    JOIN organisations ON organisations.id = jobs.organisation_id"""


def calendar_days_sql(where: str, *, first: str, last: str) -> str:
    """Give a SELECT of `job_id` and `day`, each pair once.

    Args:
        where: Which jobs: the predicate on `jobs` for the reader's eyes, and whatever filters there are.
        first: SQL of the first day.
        last: SQL of the last one.
    """
    # Every date is at most infinity. It is said because the planner takes a range for a narrow one and reads the index
    # of ends, where for a bound on one side it expects a third of the table.
    return f"""
SELECT jobs.id AS job_id, days.day::date AS day
FROM jobs {_HOME}
CROSS JOIN LATERAL generate_series(
    greatest({STARTS_ON}, {first})::timestamp, least(jobs.works_end_on, {last})::timestamp, interval '1 day'
) AS days (day)
WHERE jobs.works_end_on BETWEEN {first} AND 'infinity'::date
  AND jobs.scheduled_at < {last}::timestamp AT TIME ZONE 'UTC' + interval '38 hours' AND {where}
UNION
SELECT jobs.id, {STARTS_ON}
FROM jobs {_HOME}
WHERE {_WINDOW.format(column="jobs.scheduled_at", first=first, last=last)} AND jobs.works_end_on IS NULL
  AND {STARTS_ON} BETWEEN {first} AND {last} AND {where}
UNION
SELECT jobs.id, (time_slots.starts_at AT TIME ZONE {ZONE})::date
FROM time_slots
JOIN jobs ON jobs.organisation_id = time_slots.organisation_id AND jobs.id = time_slots.job_id {_HOME}
WHERE {_WINDOW.format(column="time_slots.starts_at", first=first, last=last)} AND jobs.works_end_on IS NULL
  AND (time_slots.starts_at AT TIME ZONE {ZONE})::date BETWEEN {first} AND {last} AND {where}"""  # noqa: S608 (ours)
