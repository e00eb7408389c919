"""Sealed fields: values that are readable in a reply and not in a dump.

Format `v1.<key id>.<nonce + box, base64url without padding>`: XSalsa20-Poly1305 under a sub-key of the
record and field (BLAKE2b-256 of `table.field`, keyed with the master key, salted with the record's uuid),
so that a value moved to another row or column does not open. See `docs/adr/0004-sealed-fields.md`.
"""

import base64
import hashlib
import json
import os
import re
from pathlib import Path
from uuid import UUID

from msgspec import Struct
from nacl.bindings import crypto_secretbox, crypto_secretbox_NONCEBYTES, crypto_secretbox_open
from nacl.exceptions import CryptoError
from nacl.utils import random as random_bytes

KEY_BYTES = 32
_FORMAT = "v1"
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")


class SealingError(Exception):
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
        return f"{_FORMAT}.{self.writer}.{base64.urlsafe_b64encode(nonce + box).rstrip(b'=').decode()}"

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
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        nonce, box = raw[:crypto_secretbox_NONCEBYTES], raw[crypto_secretbox_NONCEBYTES:]
        try:
            return crypto_secretbox_open(box, nonce, _sub_key(key, record, field)).decode()
        except CryptoError as error:
            message = f"{field} of {record} does not open: it was sealed for another place, or changed."
            raise SealingError(message) from error

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
        SealingError: The file is not a key file.
    """
    if not file.exists():
        save_key_ring(file, with_new_key(None))
    try:
        content = json.loads(file.read_text())
        keys = {key_id: base64.b64decode(text, validate=True) for key_id, text in content["keys"].items()}
        ring = KeyRing(writer=content["writer"], keys=keys)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{file} is not a key file of Firstfix."
        raise SealingError(message) from error
    if ring.writer not in keys or any(len(key) != KEY_BYTES or not _KEY_ID.fullmatch(id_) for id_, key in keys.items()):
        message = f"{file} holds a key that cannot be used."
        raise SealingError(message)
    return ring


def with_new_key(ring: KeyRing | None) -> KeyRing:
    """Add a new key that seals from now on; the others go on opening."""
    keys = dict(ring.keys) if ring else {}
    key_id = f"k{len(keys) + 1}"
    return KeyRing(writer=key_id, keys={**keys, key_id: random_bytes(KEY_BYTES)})


def save_key_ring(file: Path, ring: KeyRing) -> None:
    """Write the key file so that a crash leaves the old one or the new one, and nothing in between."""
    content = {"writer": ring.writer, "keys": {id_: base64.b64encode(key).decode() for id_, key in ring.keys.items()}}
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def _split(sealed: str) -> tuple[str, str, str]:
    version, _, rest = sealed.partition(".")
    key_id, _, body = rest.partition(".")
    return version, key_id, body


def _sub_key(master: bytes, record: UUID, field: str) -> bytes:
    return hashlib.blake2b(field.encode(), digest_size=KEY_BYTES, key=master, salt=record.bytes).digest()
