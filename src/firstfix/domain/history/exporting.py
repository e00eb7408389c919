"""The audit log as a file that can be verified without the database, and its end signed with the key ring.

One JSON object a line. Of an entry: its `content`, exactly as its hash is over it, and the `hash`, which is SHA-256
over the hash before it (of the first: nothing) and the content. The last line tells where the log ended, and is signed.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from firstfix.domain.errors import Conflict
from firstfix.domain.history.audit import CONTENT
from firstfix.kit.sealing import KeyRing

_FETCH = 1_000
_PURPOSE: Final = "audit log"
_ENTRIES = text(
    f"SELECT entry.number, convert_from({CONTENT}, 'UTF8') AS content, encode(entry.hash, 'hex') AS hash"  # noqa: S608 (ours)
    " FROM audit_log AS entry WHERE entry.organisation_id = :organisation ORDER BY entry.number"
)
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Head(Struct, frozen=True, kw_only=True):
    """Where a log ended when it was exported: at which entry, with which hash."""

    organisation: str
    number: int
    hash: str
    exported_at: str


class _Entry(Struct, frozen=True):
    content: str
    hash: str


class _SignedHead(Struct, frozen=True):
    head: Head
    signature: str


class LogBroken(Conflict):
    """An audit log that is not as it was written."""

    code = "history.log_broken"


def export_log(
    connection: Connection, ring: KeyRing, *, organisation_id: int, organisation: str, exported_at: str
) -> Iterator[bytes]:
    """Write an organisation's audit log, line by line, and verify it on the way.

    Args:
        connection: The owner's, in a transaction.
        ring: What the end is signed with.
        organisation_id: Whose log.
        organisation: What the signed end calls it.
        exported_at: When.

    Raises:
        LogBroken: An entry does not follow from the one before it. The end is not signed then.
    """
    number, last_hash = 0, ""
    entries = connection.execution_options(yield_per=_FETCH).execute(_ENTRIES, {"organisation": organisation_id})
    with entries:
        for number, row in enumerate(entries, start=1):
            entry = _Entry(row.content, row.hash)
            last_hash = _check(entry, last_hash, number)
            yield _ENCODER.encode(entry)
    head = Head(organisation=organisation, number=number, hash=last_hash, exported_at=exported_at)
    yield _ENCODER.encode(_SignedHead(head, ring.sign(_ENCODER.encode(head), purpose=_PURPOSE).hex()))


def verify_export(lines: Iterable[bytes], ring: KeyRing) -> Head:
    """Verify an exported log: each entry, and the signature of its end.

    Raises:
        LogBroken: Something is not as it was exported, or another ring has signed it.
    """
    rest, last_hash = iter(lines), ""
    for number, line in enumerate(rest, start=1):
        read = _read(line, number)
        if isinstance(read, _SignedHead):
            if next(rest, None) is not None:
                raise LogBroken("Something follows the signed end.")
            return _verify_head(read, ring, number - 1, last_hash)
        last_hash = _check(read, last_hash, number)
    raise LogBroken("The log has no signed end.")


def _read(line: bytes, number: int) -> _Entry | _SignedHead:
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        if "head" in fields:
            return msgspec.json.decode(line, type=_SignedHead)
        return msgspec.json.decode(line, type=_Entry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogBroken(f"Line {number} cannot be read.") from error


def _verify_head(signed: _SignedHead, ring: KeyRing, number: int, last_hash: str) -> Head:
    head = signed.head
    if (head.number, head.hash) != (number, last_hash):
        raise LogBroken(f"The log ends at entry {number}, not at {head.number} as its signed end says.")
    try:
        signature = bytes.fromhex(signed.signature)
    except ValueError as error:
        raise LogBroken("The signature cannot be read.") from error
    if not ring.is_signed(_ENCODER.encode(head), signature, purpose=_PURPOSE):
        raise LogBroken("The end of the log is not signed with this key ring.")
    return head


def _check(entry: _Entry, last_hash: str, number: int) -> str:
    """Give the hash that an entry has to have, and has."""
    expected = hashlib.sha256(bytes.fromhex(last_hash) + entry.content.encode()).hexdigest()
    if entry.hash != expected:
        raise LogBroken(f"Entry {number} does not follow from the one before it.")
    return expected
