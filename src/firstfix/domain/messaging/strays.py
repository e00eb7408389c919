"""Letters in quarantine that named no organisation: for whoever runs the server, who asks as the owner."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, text

from firstfix.kit.sealing import KeyRing

_LIST = text(
    "SELECT uuid, received_at, reason, size_bytes, sender_sealed, subject_sealed FROM quarantined_mails"
    " WHERE organisation_id IS NULL ORDER BY received_at DESC, id DESC"
)
_RAW = text("SELECT raw_sealed FROM quarantined_mails WHERE organisation_id IS NULL AND uuid = :uuid")
_DROP = text("DELETE FROM quarantined_mails WHERE organisation_id IS NULL AND uuid = :uuid")


class Stray(Struct, frozen=True, kw_only=True):
    """Such a letter; `sender` and `subject` are what it says of itself."""

    uuid: UUID
    received_at: datetime
    reason: str
    size_bytes: int
    sender: str
    subject: str


def list_strays(connection: Connection, ring: KeyRing) -> Iterator[Stray]:
    """List them, newest first."""
    for row in connection.execute(_LIST):
        yield Stray(
            uuid=row.uuid,
            received_at=row.received_at,
            reason=row.reason,
            size_bytes=row.size_bytes,
            sender=ring.open(row.sender_sealed, record=row.uuid, field="quarantined_mails.sender"),
            subject=ring.open(row.subject_sealed, record=row.uuid, field="quarantined_mails.subject"),
        )


def find_stray(connection: Connection, ring: KeyRing, uuid: UUID) -> bytes | None:
    """Give all of one; `None` where there is none."""
    sealed = connection.scalar(_RAW, {"uuid": uuid})
    if sealed is None:
        return None
    return ring.open(sealed, record=uuid, field="quarantined_mails.raw").encode("latin-1")


def drop_stray(connection: Connection, uuid: UUID) -> bool:
    """Throw one away; tells whether it was there."""
    return connection.execute(_DROP, {"uuid": uuid}).rowcount == 1
