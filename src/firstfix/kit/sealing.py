"""Sealed fields: values that are readable in a reply and not in a dump.

Format `v1.<key id>.<nonce + box, base64url without padding>`: XSalsa20-Poly1305 under a sub-key of the
record and field (BLAKE2b-256 of `table.field`, keyed with the master key, salted with the record's uuid),
so that a value moved to another row or column does not open. See `docs/adr/0004-sealed-fields.md`.
"""

import base64
import hashlib
import os
import re
import tempfile
from hmac import compare_digest
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct
from nacl.bindings import crypto_secretbox, crypto_secretbox_NONCEBYTES, crypto_secretbox_open
from nacl.exceptions import CryptoError
from nacl.utils import random as random_bytes

from firstfix.kit.faults import Fault

KEY_BYTES = 32
_FORMAT = "v1"
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_NUMBERED = re.compile(r"k[0-9]+")


class SealingError(Fault):
    """A value that does not open with its own record and field, or a key ring that does not fit."""


class KeyRing(Struct, frozen=True):
    """One key that seals and all that may open.

    Args:
        writer: The id of the key that new values are sealed with.
        keys: Master keys (32 bytes) by id.
    """

    writer: str
    keys: dict[str, bytes]

    def seal(self, value: str, *, record: UUID, field: str) -> str:
        """Seal a value for one record and one `table.field`."""
        nonce = random_bytes(crypto_secretbox_NONCEBYTES)
        box = crypto_secretbox(value.encode(), nonce, _sub_key(self.keys[self.writer], record, field))
        return f"{_FORMAT}.{self.writer}.{_write(nonce + box)}"

    def open(self, sealed: str, *, record: UUID, field: str) -> str:
        """Open a value.

        Raises:
            SealingError: The key is missing, or the value was sealed for another record or field, or changed.
        """
        version, key_id, body = _split(sealed)
        key = self.keys.get(key_id)
        if version != _FORMAT or key is None:
            message = f"No key {key_id!r} in the ring opens {field}."
            raise SealingError(message)
        try:
            raw = _read(body)
            nonce, box = raw[:crypto_secretbox_NONCEBYTES], raw[crypto_secretbox_NONCEBYTES:]
            return crypto_secretbox_open(box, nonce, _sub_key(key, record, field)).decode()
        except (CryptoError, ValueError) as error:
            message = f"{field} of {record} does not open: it was sealed for another place, or changed."
            raise SealingError(message) from error

    def sign(self, message: bytes, *, purpose: str) -> bytes:
        """Give 32 bytes that only this ring can give for a message and what it is for."""
        return _mac(self.keys[self.writer], message, purpose)

    def is_signed(self, message: bytes, mac: bytes, *, purpose: str) -> bool:
        """Tell whether the ring has signed a message, by whichever of its keys."""
        return any(compare_digest(_mac(key, message, purpose), mac) for key in self.keys.values())

    def find_seal(self, value: str | None, *, record: UUID, field: str) -> str | None:
        """Seal a value that may be absent."""
        return None if value is None else self.seal(value, record=record, field=field)

    def find_open(self, sealed: str | None, *, record: UUID, field: str) -> str | None:
        """Open a value that may be absent."""
        return None if sealed is None else self.open(sealed, record=record, field=field)


def key_id_of(sealed: str) -> str:
    """Tell which key a sealed value needs."""
    return _split(sealed)[1]


def load_key_ring(file: Path) -> KeyRing:
    """Read the key file, or make one with a single new key (mode 0600, beside nothing it protects).

    Raises:
        SealingError: The file is not a key file, or cannot be read or made.
    """
    try:
        if not file.exists():
            _make_key_file(file)
        ring = msgspec.json.decode(file.read_bytes(), type=KeyRing)
    except OSError as error:
        message = f"The key file {file} cannot be used: {error.strerror}."
        raise SealingError(message) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{file} is not a key file of Firstfix."
        raise SealingError(message) from error
    keys = ring.keys
    if ring.writer not in keys or any(len(key) != KEY_BYTES or not _KEY_ID.fullmatch(id_) for id_, key in keys.items()):
        message = f"{file} holds a key that cannot be used."
        raise SealingError(message)
    return ring


def with_new_key(ring: KeyRing | None) -> KeyRing:
    """Add a new key that seals from now on; the others go on opening."""
    keys = dict(ring.keys) if ring else {}
    # Past the highest number, not the count: where old keys were dropped, that could be the id of a key in use.
    key_id = f"k{max((int(id_[1:]) for id_ in keys if _NUMBERED.fullmatch(id_)), default=0) + 1}"
    return KeyRing(writer=key_id, keys={**keys, key_id: random_bytes(KEY_BYTES)})


def save_key_ring(file: Path, ring: KeyRing) -> None:
    """Write the key file so that a crash leaves the old one or the new one, and nothing in between."""
    draft = _write_draft(file, ring)
    draft.replace(file)
    _settle(file.parent)


def _make_key_file(file: Path) -> None:
    # Linked, not renamed: where two processes start at once, the second must not replace what the first seals with.
    draft = _write_draft(file, with_new_key(None))
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _settle(file.parent)


def _write_draft(file: Path, ring: KeyRing) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)  # mode 0600
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.encode(ring))
        stream.flush()
        os.fsync(stream.fileno())
    return Path(draft)


def _settle(folder: Path) -> None:
    # What a new key seals may be committed next: the file's new name must not be undone by a crash after that.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _split(sealed: str) -> tuple[str, str, str]:
    version, _, rest = sealed.partition(".")
    key_id, _, body = rest.partition(".")
    return version, key_id, body


def _write(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _write(raw) != text:
        # The decoder skips what is no base64 and bits that count for nothing: a changed value would open.
        message = "Not as it was written."
        raise ValueError(message)
    return raw


def _mac(master: bytes, message: bytes, purpose: str) -> bytes:
    key = hashlib.blake2b(f"signed:{purpose}".encode(), digest_size=KEY_BYTES, key=master).digest()
    return hashlib.blake2b(message, digest_size=KEY_BYTES, key=key).digest()


def _sub_key(master: bytes, record: UUID, field: str) -> bytes:
    return hashlib.blake2b(field.encode(), digest_size=KEY_BYTES, key=master, salt=record.bytes).digest()
