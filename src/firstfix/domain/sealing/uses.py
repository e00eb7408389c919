"""What is sealed with which key."""

from msgspec import Struct
from sqlalchemy import Connection, text

from firstfix.domain.sealing.columns import SEALED_COLUMNS


class KeyUse(Struct, frozen=True):
    """How many values of one column, or of `events`, a key has sealed."""

    key_id: str
    place: str
    values_count: int


def count_key_uses(connection: Connection) -> list[KeyUse]:
    """Count what is sealed with which key, over all organisations: the connection is the owner's."""
    uses = []
    for column in SEALED_COLUMNS:
        counted = connection.execute(text(_COUNT.format(column=column.column, table=column.table)))
        uses += [KeyUse(row.key_id, column.field, row.values_count) for row in counted]
    counted = connection.execute(text(_COUNT_IN_EVENTS))
    uses += [KeyUse(row.key_id, "events", row.values_count) for row in counted]
    return uses


_COUNT = """
SELECT split_part({column}, '.', 2) AS key_id, count(*) AS values_count FROM {table}
WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1
"""
_COUNT_IN_EVENTS = r"""
SELECT found[1] AS key_id, count(*) AS values_count
FROM events, LATERAL regexp_matches(changes::text, '"v1\.([a-z0-9]{1,16})\.', 'g') AS found
WHERE strpos(changes::text, '"v1.') > 0 GROUP BY 1 ORDER BY 1
"""
