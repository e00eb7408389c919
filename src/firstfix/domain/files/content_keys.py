"""The key of each organisation's files. It never changes; the key of the ring that seals it does."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.files.models import ContentKey
from firstfix.domain.files.ports import ContentDamaged
from firstfix.domain.work import Work
from firstfix.kit.sealed_content import new_key
from firstfix.kit.sealing import KeyRing, SealingError

_FIELD = "content_keys.key"
_KEYS = select(ContentKey.uuid, ContentKey.key_sealed)


async def get_content_key(work: Work) -> bytes:
    """Give the organisation's key, which is made where there is none yet. Of two that make it at once, one is kept.

    Nothing may be sealed with it before the work is committed.

    Raises:
        SealingError: The ring does not open it.
    """
    row = (await work.session.execute(_KEYS)).one_or_none()
    if row is None:
        await work.session.execute(insert(ContentKey).values(_new_row(work.keys)).on_conflict_do_nothing())
        row = (await work.session.execute(_KEYS)).one()
    return _open(row, work.keys)


def add_content_key(connection: Connection, ring: KeyRing) -> None:
    """Give an organisation its key, unless it has one, in a transaction of the owner's that works for it."""
    connection.execute(insert(ContentKey).values(_new_row(ring)).on_conflict_do_nothing())


class OwnersContentKeys:
    """The keys of all organisations, as the owner of the database reads them."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        self._connection = connection
        self._ring = ring
        self._keys: dict[int, bytes] = {}

    async def content_key(self, organisation_id: int) -> bytes:
        """Give an organisation's key, as stores ask for it; refusals as `find`."""
        return self.find(organisation_id)

    def find(self, organisation_id: int) -> bytes:
        """Give an organisation's key.

        Raises:
            ContentDamaged: It has none that opens.
        """
        if organisation_id not in self._keys:
            row = self._connection.execute(_KEYS.where(ContentKey.organisation_id == organisation_id)).one_or_none()
            if row is None:
                raise ContentDamaged(f"Organisation {organisation_id} has no key for its files.")
            try:
                self._keys[organisation_id] = _open(row, self._ring)
            except SealingError as error:
                raise ContentDamaged(str(error)) from error
        return self._keys[organisation_id]


def _new_row(ring: KeyRing) -> dict[str, Any]:
    uuid = uuid4()
    return {"uuid": uuid, "key_sealed": ring.seal(new_key().hex(), record=uuid, field=_FIELD)}


def _open(row: Row[UUID, str], ring: KeyRing) -> bytes:
    return bytes.fromhex(ring.open(row.key_sealed, record=row.uuid, field=_FIELD))
