"""Content that is coming in, files that are read, and how failures of disk and network are told."""

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from obstore.exceptions import BaseError

from firstfix.domain.files.ports import Content, ContentMissing, Draft, StorageUnavailable, StoredContent
from firstfix.kit.ids import find_uuid

FOLDER_MODE = 0o750
_FILE_MODE = 0o640
_HEAD_BYTES = 64
_BUFFER_BYTES = 1 << 20
_READ_BYTES = 1 << 18


class FileDraft:
    """Content that is coming in, in a file of its own among the drafts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self.head = b""
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._guard = threading.Lock()  # whoever stops waiting for a thread must not close the file under its hands
        with storage_failures():
            self._file = open(path, "xb", buffering=0, opener=_open_private)  # noqa: SIM115 (`drop` closes it)

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
        """Write out what is still in memory."""
        await asyncio.to_thread(self._write_out)

    async def open(self) -> Content:
        """Read back what was written."""
        return await asyncio.to_thread(FilePart, self.path, self.size_bytes, 0, self.size_bytes)

    async def drop(self) -> None:
        """Forget it; where a store has taken the file itself, there is nothing left to forget."""
        await asyncio.to_thread(self._drop)

    def sync(self) -> None:
        """Have the disk write it. One that fails is not asked twice: it may say yes and have lost it."""
        with self._guard, storage_failures():
            os.fsync(self._file.fileno())

    def content(self) -> StoredContent:
        """Tell of it under a new random key."""
        return StoredContent(storage_key=uuid4(), size_bytes=self.size_bytes, sha256=self.sha256, head=self.head)

    def _write_out(self) -> None:
        with self._guard, storage_failures():
            content, self._buffer = bytes(self._buffer), bytearray()
            self._hash.update(content)
            self.head = self.head or content[:_HEAD_BYTES]
            left = memoryview(content)
            while left:
                left = left[self._file.write(left) :]

    def _drop(self) -> None:
        with self._guard, storage_failures():
            self._file.close()
            self.path.unlink(missing_ok=True)


class FilePart:
    """A part of a file, read from its descriptor: it may be unlinked meanwhile."""

    def __init__(self, path: Path, size_bytes: int, start: int, stop: int) -> None:
        try:
            with storage_failures(but=FileNotFoundError):
                self._file = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise ContentMissing(path.name) from error
        self._start, self._stop = start, stop
        if os.fstat(self._file.fileno()).st_size != size_bytes:
            self._file.close()
            raise ContentMissing(path.name)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._start < self._stop:
            chunk = await asyncio.to_thread(self._read)
            self._start += len(chunk)
            yield chunk

    async def close(self) -> None:
        """Give it back."""
        self._file.close()

    def _read(self) -> bytes:
        with storage_failures():
            chunk = os.pread(self._file.fileno(), min(_READ_BYTES, self._stop - self._start), self._start)
        if not chunk:
            raise StorageUnavailable("A file ended before its end.")
        return chunk


class Drafts:
    """The folder of what is coming in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def begin(self) -> FileDraft:
        """Begin content that comes in."""
        return await asyncio.to_thread(self._begin)

    async def drop_stale(self, older_than: timedelta) -> int:
        """Drop what processes left when they died; returns how many."""
        return await asyncio.to_thread(remove_old, self._folder, older_than)

    def _begin(self) -> FileDraft:
        with storage_failures():
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return FileDraft(self._folder / uuid4().hex)


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


@contextmanager
def storage_failures(but: type[Exception] | tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Turn what a disk or a network does to us into what the port raises.

    Raises:
        StorageUnavailable: Anything went wrong, but for `but`.
    """
    try:
        yield
    except but:
        raise
    except (OSError, BaseError) as error:
        raise StorageUnavailable(str(error)) from error


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
