"""Parts of sealed content on their way to a reader, opened as they come."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from firstfix.adapters.storage_failures import storage_failures
from firstfix.domain.files.ports import ContentDamaged, ContentMissing
from firstfix.kit.sealed_content import BOX_BYTES, HEADER_BYTES, ContentOpener, is_sealed, part_of, sealed_size
from firstfix.kit.sealing import SealingError

READ_BYTES = 4 * BOX_BYTES


class OpenedContent:
    """Content whose beginning has been opened: that it is damaged is told before anything of it is sent."""

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes, None]) -> None:
        self._first = first
        self._rest = rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._first:
            yield self._first
        async for chunk in self._rest:
            yield chunk

    async def close(self) -> None:
        """Give it back."""
        await self._rest.aclose()


async def begin(chunks: AsyncGenerator[bytes, None]) -> OpenedContent:
    """Open the beginning of what a generator opens."""
    return OpenedContent(await anext(chunks, b""), chunks)


async def open_file(path: Path, key: bytes, *, size_bytes: int, start: int, stop: int) -> OpenedContent:
    """Open a part of a sealed file. It is read from its descriptor: the file may be unlinked meanwhile.

    Raises:
        ContentMissing: There is no such file, or it is of another length.
        ContentDamaged: It is not what was put there.
    """
    reader = await asyncio.to_thread(_FileReader, path, key, size_bytes=size_bytes, start=start, stop=stop)
    return await begin(_read_on(reader))


async def _read_on(reader: "_FileReader") -> AsyncGenerator[bytes, None]:
    try:
        while chunk := await asyncio.to_thread(reader.read):
            yield chunk
    finally:
        reader.close()


class _FileReader:
    """Reads some boxes of a file at a time, and opens them."""

    def __init__(self, path: Path, key: bytes, *, size_bytes: int, start: int, stop: int) -> None:
        self._name = path.name
        try:
            with storage_failures(but=FileNotFoundError):
                self._file = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise ContentMissing(path.name) from error
        try:
            with storage_failures():
                header = os.pread(self._file.fileno(), HEADER_BYTES, 0)
                found_bytes = os.fstat(self._file.fileno()).st_size
            self._opener = open_header(
                self._name, header, key, found_bytes, size_bytes=size_bytes, start=start, stop=stop
            )
        except BaseException:
            self._file.close()
            raise
        part = part_of(size_bytes, start, stop)
        self._at, self._stop = part.start, part.stop

    def read(self) -> bytes:
        """Read on; nothing at the end."""
        while self._at < self._stop:
            with storage_failures():
                sealed = os.pread(self._file.fileno(), min(READ_BYTES, self._stop - self._at), self._at)
            if not sealed:
                break
            self._at += len(sealed)
            with damages(self._name):
                opened = self._opener.open(sealed)
            if opened:
                return opened
        with damages(self._name):
            self._opener.finish()
        return b""

    def close(self) -> None:
        """Give it back."""
        self._file.close()


def open_header(
    name: str, header: bytes, key: bytes, found_bytes: int, *, size_bytes: int, start: int, stop: int
) -> ContentOpener:
    """Open the header of sealed content that is so long.

    Raises:
        ContentMissing: It is of another length than it must be.
        ContentDamaged: It is not what was put there.
    """
    if is_sealed(header) and found_bytes != sealed_size(size_bytes):
        raise ContentMissing(f"{name} is of another length than its row tells.")
    with damages(name):
        return ContentOpener(key, header, size_bytes=size_bytes, start=start, stop=stop)


@contextmanager
def damages(name: str) -> Iterator[None]:
    """Turn what does not open into what the port raises.

    Raises:
        ContentDamaged: It does not.
    """
    try:
        yield
    except SealingError as error:
        raise ContentDamaged(f"{name}: {error}") from error
