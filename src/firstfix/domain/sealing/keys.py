"""Does the ring fit the database."""

from uuid import uuid4

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.sealing.models import SealingKey
from firstfix.kit.sealing import KeyRing, SealingError

_FIELD = "sealing_keys.proof"
_PROOF = "firstfix"


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
