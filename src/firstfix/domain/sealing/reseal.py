"""Sealing again with the ring's writer what other keys have sealed, while people work."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Engine, text

from firstfix.domain.sealing.columns import SEALED_COLUMNS, SealedColumn
from firstfix.kit.sealing import KeyRing

_BATCH = 500


def reseal(engine: Engine, ring: KeyRing, *, progress: Callable[[SealedColumn, int], None]) -> int:
    """Seal every column's values again that the writer has not sealed.

    Each batch is a transaction, and each value is changed only where it is still the one that was read, so it may be
    interrupted, repeated and run beside people at work. Values in events stay: history is not rewritten.

    Args:
        engine: The owner's.
        ring: Opens the old values and seals the new ones.
        progress: Told of each batch.

    Returns:
        How many values were changed.

    Raises:
        SealingError: A value does not open.
    """
    return sum(_reseal_column(engine, ring, column, progress) for column in SEALED_COLUMNS)


def _reseal_column(
    engine: Engine, ring: KeyRing, column: SealedColumn, progress: Callable[[SealedColumn, int], None]
) -> int:
    names = {"table": column.table, "column": column.column}
    changed_count = 0
    with engine.connect().execution_options(stream_results=True, yield_per=_BATCH) as reading:
        old = reading.execute(text(_READ.format(**names)), {"writer": ring.writer})
        for batch in old.partitions():
            changes = [
                {
                    "organisation_id": row.organisation_id,
                    "uuid": row.uuid,
                    "old": row.sealed,
                    "new": _sealed_again(ring, row.sealed, row.uuid, column.field),
                }
                for row in batch
            ]
            with engine.begin() as writing:
                columns = {name: [change[name] for change in changes] for name in changes[0]}
                changed_count += writing.execute(text(_WRITE.format(**names)), columns).rowcount
            progress(column, len(changes))
    return changed_count


def _sealed_again(ring: KeyRing, sealed: str, record: UUID, field: str) -> str:
    return ring.seal(ring.open(sealed, record=record, field=field), record=record, field=field)


_READ = """
SELECT organisation_id, uuid, {column} AS sealed FROM {table}
WHERE {column} IS NOT NULL AND split_part({column}, '.', 2) <> :writer
"""
_WRITE = """
UPDATE {table} SET {column} = changes.new
FROM unnest(cast(:organisation_id AS bigint[]), cast(:uuid AS uuid[]), cast(:old AS text[]), cast(:new AS text[]))
    AS changes (organisation_id, uuid, old, new)
WHERE {table}.organisation_id IS NOT DISTINCT FROM changes.organisation_id AND {table}.uuid = changes.uuid
  AND {table}.{column} = changes.old
"""
