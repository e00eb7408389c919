"""Content in an S3-compatible store."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from obstore.store import S3Store

from firstfix.adapters.sealed_parts import READ_BYTES, begin, damages, open_header
from firstfix.adapters.storage_drafts import Drafts, FileDraft, key_of, name_of, own
from firstfix.adapters.storage_failures import storage_failures
from firstfix.domain.files.ports import (
    Content,
    ContentKeys,
    ContentMissing,
    Draft,
    KeysFound,
    StorageUnavailable,
    StoredContent,
)
from firstfix.kit.sealed_content import HEADER_BYTES, ContentOpener, content_key, part_of, sealed_size

if TYPE_CHECKING:
    from obstore import GetResult  # not there at run time

_LIST_COUNT = 1000
_PUT_SECONDS = 60
_LEAST_BYTES_A_SECOND = 1 << 19
_PUTS_AT_ONCE = 4
PART_BYTES = 8 << 20
"""What is larger is put in parts of so much, of which few are in memory: sealed, what people send is three at most."""
_PARTS_AT_ONCE = 2


class S3Storage:
    """A bucket, or a folder in one, with the names that a folder of ours has. Drafts are files of this machine."""

    def __init__(self, store: S3Store, drafts: Path, keys: ContentKeys) -> None:
        self._store = store
        self._keys = keys
        self._drafts = Drafts(drafts, keys)
        self._puts = asyncio.Semaphore(_PUTS_AT_ONCE)

    async def draft(self, organisation_id: int) -> Draft:
        """Begin content that comes in."""
        return await self._drafts.begin(organisation_id)

    async def keep(self, draft: Draft) -> StoredContent:
        """Put a finished draft under a new random key, never over anything, and see that it is there in full."""
        ours = own(draft)
        content = ours.content()
        name = name_of(content.storage_key)
        size_bytes = sealed_size(content.size_bytes)
        async with self._puts:
            with storage_failures():
                async with asyncio.timeout(_PUT_SECONDS + size_bytes // _LEAST_BYTES_A_SECOND):
                    if size_bytes <= PART_BYTES:
                        [body] = await asyncio.to_thread(list, ours.sealed_parts(PART_BYTES))
                        await self._store.put_async(name, body, mode="create", use_multipart=False)
                    else:
                        await self._put_in_parts(name, ours)
                    stored = await self._store.head_async(name)
        if stored["size"] != size_bytes:
            raise StorageUnavailable("The store has kept another size than it was given.")
        return content

    async def _put_in_parts(self, name: str, draft: FileDraft) -> None:
        """Put what is large part by part; only when all are there does the store make an object of them.

        The library lets a put in parts overwrite: that nothing lies there is asked first. Nobody else makes this name.
        """
        with suppress(FileNotFoundError):
            await self._store.head_async(name)
            raise StorageUnavailable("The store has something under a new name.")
        await self._store.put_async(
            name,
            _read_parts(draft),
            use_multipart=True,
            chunk_size=PART_BYTES,
            max_concurrency=_PARTS_AT_ONCE,
        )

    async def open(
        self,
        storage_key: UUID,
        *,
        organisation_id: int,
        size_bytes: int,
        start: int,
        stop: int,
    ) -> Content:
        """Open a part of some content."""
        key = content_key(await self._keys.content_key(organisation_id), storage_key)
        part = part_of(size_bytes, start, stop)
        wanted = [(0, HEADER_BYTES), (part.start, part.stop)] if part.first else [(0, part.stop)]
        asked = [self._store.get_async(name_of(storage_key), options={"range": span}) for span in wanted]
        pieces = _in_turn(await asyncio.gather(*asked, return_exceptions=True))
        header = b""
        found_bytes = 0
        try:
            with storage_failures(but=FileNotFoundError):
                async for size_of_all, piece in pieces:
                    found_bytes = size_of_all
                    header += piece
                    if len(header) >= HEADER_BYTES:
                        break
        except FileNotFoundError as error:
            raise ContentMissing(storage_key.hex) from error
        opener = open_header(
            storage_key.hex, header[:HEADER_BYTES], key, found_bytes, size_bytes=size_bytes, start=start, stop=stop
        )
        return await begin(_open_on(storage_key.hex, opener, header[HEADER_BYTES:], pieces))

    async def remove(self, storage_key: UUID) -> None:
        """Remove content for good."""
        with storage_failures(), suppress(FileNotFoundError):
            await self._store.delete_async(name_of(storage_key))

    async def move_to_trash(self, storage_key: UUID) -> None:
        """Move content to the trash: a copy, then the removal."""
        with storage_failures(), suppress(FileNotFoundError):
            await self._store.rename_async(name_of(storage_key), f"trash/{storage_key.hex}")

    async def empty_trash(self, *, older_than: timedelta) -> int:
        """Remove for good what has been in the trash that long."""
        removed_count = 0
        with storage_failures():
            async for part in self._store.list("trash", chunk_size=_LIST_COUNT):
                expired = [found["path"] for found in part if found["last_modified"] < _instant(older_than)]
                if expired:
                    await self._store.delete_async(expired)
                removed_count += len(expired)
        return removed_count

    async def drop_stale_drafts(self, *, older_than: timedelta) -> int:
        """Drop drafts of this machine's processes that died."""
        return await self._drafts.drop_stale(older_than)

    async def list_keys(self, *, older_than: timedelta) -> AsyncIterator[KeysFound]:
        """Look through the bucket; names that are none of ours are left alone."""
        with storage_failures():
            async for part in self._store.list(chunk_size=_LIST_COUNT):
                ours = [(key, found["last_modified"]) for found in part if (key := key_of(found["path"])) is not None]
                yield KeysFound(len(ours), [key for key, put_at in ours if put_at < _instant(older_than)])


async def _read_parts(draft: FileDraft) -> AsyncIterator[bytes]:
    parts = draft.sealed_parts(PART_BYTES)
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part


async def _in_turn(results: Sequence["GetResult | BaseException"]) -> AsyncIterator[tuple[int, bytes]]:
    """Read answers one after the other: how long the object is, and what comes.

    One that was refused is raised in its turn: of an object that was cut, the beginning tells that.
    """
    for result in results:
        if isinstance(result, BaseException):
            raise result
        async for piece in result.stream(READ_BYTES):
            yield result.meta["size"], piece


async def _open_on(
    name: str, opener: ContentOpener, sealed: bytes, pieces: AsyncIterator[tuple[int, bytes]]
) -> AsyncGenerator[bytes, None]:
    with storage_failures(), damages(name):
        if opened := await asyncio.to_thread(opener.open, sealed):
            yield opened
        async for _, piece in pieces:
            if opened := await asyncio.to_thread(opener.open, piece):
                yield opened
        opener.finish()


def _instant(age: timedelta) -> datetime:
    return datetime.now(UTC) - age
