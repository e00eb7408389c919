"""Content that is coming in, and what else both stores share."""

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from firstfix.adapters.sealed_parts import open_file
from firstfix.adapters.storage_failures import storage_failures
from firstfix.domain.files.ports import Content, ContentKeys, Draft, StorageUnavailable, StoredContent
from firstfix.kit.ids import find_uuid
from firstfix.kit.sealed_content import CHUNK_BYTES, HEADER_BYTES, ContentOpener, ContentSealer, content_key
from firstfix.kit.sealing import SealingError

FOLDER_MODE = 0o750
_FILE_MODE = 0o640
_HEAD_BYTES = 64
_BUFFER_BYTES = 1 << 20


class FileDraft:
    """Content that is coming in, sealed as it comes, in a file of its own among the drafts."""

    def __init__(self, folder: Path, organisation_key: bytes) -> None:
        self.storage_key = uuid4()
        self.path = folder / self.storage_key.hex
        self.size_bytes = 0
        self.head = b""
        self._key = content_key(organisation_key, self.storage_key)
        self._sealer = ContentSealer(self._key)
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._is_finished = False
        self._guard = threading.Lock()  # whoever stops waiting for a thread must not close the file under its hands
        with storage_failures():
            self._file = open(self.path, "xb", buffering=0, opener=_open_private)  # noqa: SIM115 (`drop` closes it)
            self._file.seek(HEADER_BYTES)  # written when the length is known: until then nothing of it opens

    @property
    def sha256(self) -> bytes:
        """The hash of what has been written out."""
        return self._hash.digest()

    async def write(self, chunk: bytes) -> None:
        """Add to it."""
        self.size_bytes += len(chunk)
        self._buffer += chunk
        if len(self._buffer) >= _BUFFER_BYTES:
            await asyncio.to_thread(self._write_out)

    async def finish(self) -> None:
        """Write out what is still in memory, and the header."""
        await asyncio.to_thread(self._finish)

    async def open(self) -> Content:
        """Read back what was written."""
        return await open_file(self.path, self._key, size_bytes=self.size_bytes, start=0, stop=self.size_bytes)

    async def drop(self) -> None:
        """Forget it; where a store has taken the file itself, there is nothing left to forget."""
        await asyncio.to_thread(self._drop)

    def sync(self) -> None:
        """Have the disk write it. One that fails is not asked twice: it may say yes and have lost it."""
        with self._guard, storage_failures():
            os.fsync(self._file.fileno())

    def sealed_parts(self, part_bytes: int) -> Iterator[bytes]:
        """Read it as it lies there, in parts of so many bytes, the last of what is left, and see that it opens.

        Raises:
            StorageUnavailable: The disk gives something else than it was given: of the last part it is told before.
        """
        try:
            with storage_failures(), self.path.open("rb") as file:
                part = file.read(part_bytes)
                opener = ContentOpener(
                    self._key, part[:HEADER_BYTES], size_bytes=self.size_bytes, start=0, stop=self.size_bytes
                )
                sealed: bytes | memoryview = memoryview(part)[HEADER_BYTES:]
                while True:
                    for start in range(0, len(sealed), _BUFFER_BYTES):
                        opener.open(bytes(sealed[start : start + _BUFFER_BYTES]))
                    following = file.read(part_bytes)
                    if not following:
                        break
                    yield part
                    part = sealed = following
            opener.finish()
        except SealingError as error:
            raise StorageUnavailable("A draft is not what came in.") from error
        yield part

    def content(self) -> StoredContent:
        """Tell of it."""
        return StoredContent(
            storage_key=self.storage_key, size_bytes=self.size_bytes, sha256=self.sha256, head=self.head
        )

    def _write_out(self, *, is_last: bool = False) -> None:
        with self._guard, storage_failures():
            # The last chunk is marked: what may be the last waits until more comes, or nothing.
            stop = len(self._buffer) if is_last else (len(self._buffer) - 1) // CHUNK_BYTES * CHUNK_BYTES
            content, self._buffer = bytes(self._buffer[:stop]), self._buffer[stop:]
            self._hash.update(content)
            self.head = self.head or content[:_HEAD_BYTES]
            for start in range(0, max(stop, 1), CHUNK_BYTES):
                chunk = content[start : start + CHUNK_BYTES]
                left = memoryview(self._sealer.seal(chunk, is_last=is_last and start + CHUNK_BYTES >= stop))
                while left:
                    left = left[self._file.write(left) :]

    def _finish(self) -> None:
        if self._is_finished:
            return
        self._write_out(is_last=True)
        with self._guard, storage_failures():
            os.pwrite(self._file.fileno(), self._sealer.header(self.size_bytes), 0)
        self._is_finished = True

    def _drop(self) -> None:
        with self._guard, storage_failures():
            self._file.close()
            self.path.unlink(missing_ok=True)


class Drafts:
    """The folder of what is coming in."""

    def __init__(self, folder: Path, keys: ContentKeys) -> None:
        self._folder = folder
        self._keys = keys

    async def begin(self, organisation_id: int) -> FileDraft:
        """Begin content that comes in for an organisation."""
        key = await self._keys.content_key(organisation_id)
        return await asyncio.to_thread(self._begin, key)

    async def drop_stale(self, older_than: timedelta) -> int:
        """Drop what processes left when they died; returns how many."""
        return await asyncio.to_thread(remove_old, self._folder, older_than)

    def _begin(self, organisation_key: bytes) -> FileDraft:
        with storage_failures():
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return FileDraft(self._folder, organisation_key)


def own(draft: Draft) -> FileDraft:
    """See that a store is given back what it has begun."""
    if not isinstance(draft, FileDraft):
        raise TypeError("A store keeps the drafts that it has begun.")
    return draft


def name_of(storage_key: UUID) -> str:
    """Name content below its store: `ab/cd/<key>`, by the key's first digits."""
    name = storage_key.hex
    return f"{name[:2]}/{name[2:4]}/{name}"


def key_of(name: str) -> UUID | None:
    """Read a name of ours; `None` for any other, which is left alone."""
    key = find_uuid(name.rpartition("/")[2])
    return key if key is not None and name_of(key) == name else None


def files_in(folder: Path) -> list[tuple[Path, float]]:
    """List the files of a folder, each with the time that it was last written at; none where there is no folder."""
    found = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # gone meanwhile
                if entry.is_file(follow_symlinks=False):
                    found.append((Path(entry.path), entry.stat(follow_symlinks=False).st_mtime))
    return found


def remove_old(folder: Path, older_than: timedelta) -> int:
    """Remove the files of a folder that were last written so long ago; returns how many."""
    with storage_failures():
        old = [path for path, written_at in files_in(folder) if written_at < long_ago(older_than)]
        for path in old:
            path.unlink(missing_ok=True)
    return len(old)


def long_ago(age: timedelta) -> float:
    """Tell the time so long ago, as file systems count it."""
    return time.time() - age.total_seconds()


def _open_private(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NOFOLLOW, _FILE_MODE)
    os.fchmod(descriptor, _FILE_MODE)  # whatever the umask
    return descriptor
