"""How the APIs for people and offices show what is stored, as SQL."""


def instant(column: str) -> str:
    """Give SQL that writes a time as `2024-06-01T14:00:00Z`."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def works_end_on(zone: str) -> str:
    """Give SQL of the date on which a job's works should end, in its zone: what was set, else its last slot's.

    The database keeps the end of that day. Noon is on the same day in the zones to which an office may have moved.
    """
    return f"coalesce(jobs.works_end_on, ((jobs.works_due_at - interval '12 hours') AT TIME ZONE {zone})::date)"


def full_name(table: str) -> str:
    """Give SQL of a person's name."""
    return f"btrim({table}.first_name || ' ' || {table}.last_name)"
