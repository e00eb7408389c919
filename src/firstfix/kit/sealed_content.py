"""Sealed content: files that are readable in a reply and not on a stolen disk, in a bucket or in a backup.

A header, then boxes: each holds 64 KiB of the content, the last one what is left. Header: `ffsealed`, 16 random bytes,
and a box of the content's length. A box is XSalsa20-Poly1305; its nonce is the 16 random bytes and a number of 8: the
box's place, marked in the last one. The key is made for this content alone, of the organisation's key and the name that
the content lies under. So a part opens without the rest, and what was cut, moved, exchanged or changed does not open.
See `docs/adr/0014-sealed-files.md`.
"""

import hashlib
from uuid import UUID

from msgspec import Struct
from nacl.bindings import (
    crypto_secretbox_easy,
    crypto_secretbox_KEYBYTES,
    crypto_secretbox_MACBYTES,
    crypto_secretbox_open_easy,
)
from nacl.exceptions import CryptoError
from nacl.utils import random as random_bytes

from firstfix.kit.sealing import SealingError

CHUNK_BYTES = 1 << 16
KEY_BYTES = crypto_secretbox_KEYBYTES
BOX_BYTES = CHUNK_BYTES + crypto_secretbox_MACBYTES
"""How long the box of a whole chunk is."""

_MARK = b"ffsealed"
_RANDOM_BYTES = 16
_LENGTH_BYTES = 8
HEADER_BYTES = len(_MARK) + _RANDOM_BYTES + _LENGTH_BYTES + crypto_secretbox_MACBYTES
_LAST = 1 << 63
_HEADER = 1 << 62  # no chunk has this number: 64 KiB times that many would fit no disk


class SealedPart(Struct, frozen=True):
    """Which boxes hold a part of some content; none hold a part of no bytes.

    Attributes:
        first: The number of the first of them.
        end: The number after the last of them.
        start: Where they begin in what is sealed.
        stop: Where they end there.
    """

    first: int
    end: int
    start: int
    stop: int


class ContentSealer:
    """Seals one content, chunk by chunk."""

    def __init__(self, key: bytes) -> None:
        """Begin.

        Args:
            key: What `content_key` gives for this content, and nothing else was sealed with.
        """
        self._key = key
        self._random = random_bytes(_RANDOM_BYTES)
        self._next = 0
        self._is_complete = False

    def seal(self, chunk: bytes, *, is_last: bool = False) -> bytes:
        """Seal the next chunk: 64 KiB, the last one what is left.

        Raises:
            ValueError: It is no such chunk.
        """
        if self._is_complete or len(chunk) > CHUNK_BYTES or (len(chunk) < CHUNK_BYTES and not is_last):
            raise ValueError("Only the last chunk is shorter than the others, and none comes after it.")
        box = crypto_secretbox_easy(chunk, _nonce(self._random, self._next, is_last=is_last), self._key)
        self._next += 1
        self._is_complete = is_last
        return box

    def header(self, size_bytes: int) -> bytes:
        """Write what stands before the boxes, once the length of all chunks is known."""
        box = crypto_secretbox_easy(size_bytes.to_bytes(_LENGTH_BYTES), _nonce(self._random, _HEADER), self._key)
        return _MARK + self._random + box


class ContentOpener:
    """Opens a part of some content as its boxes come, in pieces of any length."""

    def __init__(self, key: bytes, header: bytes, *, size_bytes: int, start: int, stop: int) -> None:
        """Open the header.

        Args:
            key: What `content_key` gives for this content.
            header: The first `HEADER_BYTES` of what is sealed.
            size_bytes: How long the content must be.
            start: The first byte wanted.
            stop: The byte after the last one wanted.

        Raises:
            SealingError: It is no header, or another content's, or tells of another length.
        """
        if not is_sealed(header):
            raise SealingError("It is not sealed: what earlier development versions kept cannot be read any more.")
        self._key = key
        self._random = header[len(_MARK) :][:_RANDOM_BYTES]
        length = _open(header[len(_MARK) + _RANDOM_BYTES :], _nonce(self._random, _HEADER), key)
        if int.from_bytes(length) != size_bytes:
            raise SealingError("It is of another length than its row tells.")
        self._size_bytes = size_bytes
        self._last = _last_chunk(size_bytes)
        self._start, self._stop = start, stop
        part = part_of(size_bytes, start, stop)
        self._next, self._end = part.first, part.end
        self._sealed = bytearray()

    def open(self, sealed: bytes) -> bytes:
        """Open what has come; what is no whole box yet waits for more.

        Raises:
            SealingError: A box is not the one that was put there.
        """
        self._sealed += sealed
        opened = []
        used_bytes = 0
        while self._next < self._end:
            at = self._next * CHUNK_BYTES
            box_bytes = min(BOX_BYTES, self._size_bytes - at + crypto_secretbox_MACBYTES)
            if len(self._sealed) - used_bytes < box_bytes:
                break
            box = bytes(memoryview(self._sealed)[used_bytes : used_bytes + box_bytes])
            chunk = _open(box, _nonce(self._random, self._next, is_last=self._next == self._last), self._key)
            opened.append(chunk[max(self._start - at, 0) : max(self._stop - at, 0)])
            used_bytes += box_bytes
            self._next += 1
        del self._sealed[:used_bytes]
        return b"".join(opened)

    def finish(self) -> None:
        """See that nothing is missing.

        Raises:
            SealingError: Something is.
        """
        if self._next < self._end:
            raise SealingError("It ends too early.")


def new_key() -> bytes:
    """Make a key for an organisation."""
    return random_bytes(KEY_BYTES)


def content_key(organisation_key: bytes, storage_key: UUID) -> bytes:
    """Make the key of one content of an organisation, by the name that it lies under."""
    return hashlib.blake2b(_MARK, digest_size=KEY_BYTES, key=organisation_key, salt=storage_key.bytes).digest()


def sealed_size(size_bytes: int) -> int:
    """Tell how long content is once it is sealed."""
    return HEADER_BYTES + size_bytes + (_last_chunk(size_bytes) + 1) * crypto_secretbox_MACBYTES


def part_of(size_bytes: int, start: int, stop: int) -> SealedPart:
    """Tell which boxes hold a part of some content."""
    if start >= stop:
        return SealedPart(0, 0, HEADER_BYTES, HEADER_BYTES)
    first, end = start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES + 1
    return SealedPart(
        first, end, HEADER_BYTES + first * BOX_BYTES, min(HEADER_BYTES + end * BOX_BYTES, sealed_size(size_bytes))
    )


def is_sealed(header: bytes) -> bool:
    """Tell whether something looks like the header of sealed content."""
    return len(header) == HEADER_BYTES and header.startswith(_MARK)


def _last_chunk(size_bytes: int) -> int:
    """Number the last chunk. Nothing at all is one empty chunk."""
    return max(size_bytes - 1, 0) // CHUNK_BYTES


def _nonce(beginning: bytes, number: int, *, is_last: bool = False) -> bytes:
    return beginning + (number | (_LAST if is_last else 0)).to_bytes(_LENGTH_BYTES)


def _open(box: bytes, nonce: bytes, key: bytes) -> bytes:
    try:
        return crypto_secretbox_open_easy(box, nonce, key)
    except CryptoError as error:
        raise SealingError("It was changed, moved or cut, or sealed with another key.") from error
