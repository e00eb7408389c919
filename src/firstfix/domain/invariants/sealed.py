"""Invariants of sealed values: each opens with its own record and field, with no other, by keys of the ring."""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from firstfix.domain.sealing.columns import EVENT_TABLES, SEALED_COLUMNS
from firstfix.domain.sealing.uses import count_key_uses
from firstfix.kit.sealing import KeyRing, SealingError

SAMPLE: Final = 5_000
_FETCH = 1_000
_NOBODY: Final = UUID(int=0)


def find_missing_keys(connection: Connection, ring: KeyRing) -> Iterator[str]:
    """Find keys that seal values and are not in the ring (I12)."""
    for use in count_key_uses(connection):
        if use.key_id not in ring.keys:
            yield f"key {use.key_id} seals {use.values_count} values of {use.place}"


def find_unopenable(connection: Connection, ring: KeyRing, *, every: bool) -> Iterator[str]:
    """Find sealed values that do not open where they are, or open elsewhere too (I11).

    Args:
        connection: The owner's, in a transaction.
        ring: The keys.
        every: Try every value, instead of some thousand of each column.
    """
    for column in SEALED_COLUMNS:
        rows = _some(connection, _VALUES.format(table=column.table, column=column.column), every=every)
        for row in rows:
            if not _opens_only_here(ring, row.sealed, row.uuid, column.field):
                yield f"{column.field} of {row.uuid}"
    for row in _some(connection, _IN_EVENTS, every=every):
        field = f"{EVENT_TABLES.get(row.entity, row.entity)}.{row.name}"
        if not _opens_only_here(ring, row.sealed, row.uuid, field):
            yield f"{field} of {row.uuid} in event {row.id}"


def _opens_only_here(ring: KeyRing, sealed: str, record: UUID, field: str) -> bool:
    return _opens(ring, sealed, record, field) and not _opens(ring, sealed, _NOBODY, field)


def _opens(ring: KeyRing, sealed: str, record: UUID, field: str) -> bool:
    try:
        ring.open(sealed, record=record, field=field)
    except SealingError:
        return False
    return True


def _some(connection: Connection, query: str, *, every: bool) -> Iterable[Row[*tuple[object, ...]]]:
    """Read all, or a random part of what there is."""
    limited = query if every else f"{query} ORDER BY random() LIMIT {SAMPLE}"
    return connection.execution_options(yield_per=_FETCH).execute(text(limited))


_VALUES = "SELECT uuid, {column} AS sealed FROM {table} WHERE {column} IS NOT NULL"
_IN_EVENTS = """
SELECT e.id, e.entity, e.entity_uuid AS uuid, change.key AS name, sealed.value AS sealed
FROM events e, jsonb_each(e.changes) AS change, jsonb_array_elements_text(change.value) AS sealed
WHERE strpos(e.changes::text, '"v1.') > 0 AND sealed.value LIKE 'v1.%'
"""
