"""Does the ring fit the database, and what is sealed with which key."""

from uuid import uuid4

from msgspec import Struct
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.sealing.columns import SEALED_COLUMNS
from firstfix.domain.sealing.models import SealingKey
from firstfix.kit.sealing import KeyRing, SealingError

_FIELD = "sealing_keys.proof"
_PROOF = "firstfix"


class KeyUse(Struct, frozen=True):
    """How many values of one column, or of `events`, a key has sealed."""

    key_id: str
    place: str
    values_count: int


def require_fitting_ring(connection: Connection, ring: KeyRing) -> None:
    """See that the ring holds every key that this database has met, and let it meet new ones.

    Raises:
        SealingError: A key is missing, or another one stands under its id.
    """
    met = set(connection.scalars(select(SealingKey.id)))
    for key_id in ring.keys.keys() - met:
        record = uuid4()
        proof = KeyRing(writer=key_id, keys=ring.keys).seal(_PROOF, record=record, field=_FIELD)
        row = insert(SealingKey).values(id=key_id, uuid=record, proof=proof)
        connection.execute(row.on_conflict_do_nothing())  # of two that start at once, the second is checked below
    for key in connection.execute(select(SealingKey.id, SealingKey.uuid, SealingKey.proof).order_by(SealingKey.id)):
        if key.id not in ring.keys:
            raise SealingError(f"The key ring lacks the key {key.id}, which this database uses: bring its file back.")
        try:
            ring.open(key.proof, record=key.uuid, field=_FIELD)
        except SealingError as error:
            message = f"The key {key.id} of the ring is another one than this database uses: bring its key file back."
            raise SealingError(message) from error


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
