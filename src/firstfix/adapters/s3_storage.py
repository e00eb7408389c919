"""Content in an S3-compatible store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from obstore.store import S3Store

from firstfix.adapters.storage_drafts import Drafts, key_of, name_of, own, storage_failures
from firstfix.domain.files.ports import Content, ContentMissing, Draft, KeysFound, StorageUnavailable, StoredContent

_CHUNK_BYTES = 1 << 18
_LIST_COUNT = 1000
_PUT_SECONDS = 60
_PUTS_AT_ONCE = 4  # each holds its file in memory: a put that refuses to overwrite is a single request


class S3Storage:
    """A bucket, or a folder in one, with the names that a folder of ours has. Drafts are files of this machine."""

    def __init__(self, store: S3Store, drafts: Path) -> None:
        self._store = store
        self._drafts = Drafts(drafts)
        self._puts = asyncio.Semaphore(_PUTS_AT_ONCE)

    async def draft(self, organisation_id: int) -> Draft:  # noqa: ARG002
        """Begin content that comes in."""
        return await self._drafts.begin()

    async def keep(self, draft: Draft) -> StoredContent:
        """Put a finished draft under a new random key, never over anything, and see that it is there in full."""
        ours = own(draft)
        content = ours.content()
        name = name_of(content.storage_key)
        async with self._puts:
            with storage_failures():
                body = await asyncio.to_thread(ours.path.read_bytes)
                if hashlib.sha256(body).digest() != content.sha256:
                    raise StorageUnavailable("A draft is not what came in.")
                async with asyncio.timeout(_PUT_SECONDS):
                    await self._store.put_async(name, body, mode="create", use_multipart=False)
                    stored = await self._store.head_async(name)
        if stored["size"] != content.size_bytes:
            raise StorageUnavailable("The store has kept another size than it was given.")
        return content

    async def open(
        self,
        storage_key: UUID,
        *,
        organisation_id: int,  # noqa: ARG002
        size_bytes: int,
        start: int,
        stop: int,
    ) -> Content:
        """Open a part of some content."""
        name = name_of(storage_key)
        try:
            with storage_failures(but=FileNotFoundError):
                if start == stop:  # the store gives no part of no bytes
                    found, chunks = await self._store.head_async(name), None
                else:
                    result = await self._store.get_async(name, options={"range": (start, stop)})
                    found, chunks = result.meta, aiter(result.stream(_CHUNK_BYTES))
        except FileNotFoundError as error:
            raise ContentMissing(storage_key.hex) from error
        if found["size"] != size_bytes:
            raise ContentMissing(storage_key.hex)
        return _ObjectPart(chunks)

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


class _ObjectPart:
    """A part of an object, as it comes; nothing for none of its bytes."""

    def __init__(self, chunks: AsyncIterator[bytes] | None) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._chunks is not None:
            with storage_failures():
                async for chunk in self._chunks:
                    yield chunk

    async def close(self) -> None:
        self._chunks = None


def _instant(age: timedelta) -> datetime:
    return datetime.now(UTC) - age
