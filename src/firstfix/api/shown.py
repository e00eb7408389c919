"""How the APIs for people and offices show what is stored, as SQL."""


def instant(column: str) -> str:
    """Give SQL that writes a time as `2024-06-01T14:00:00Z`."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def full_name(table: str) -> str:
    """Give SQL of a person's name."""
    return f"btrim({table}.first_name || ' ' || {table}.last_name)"
