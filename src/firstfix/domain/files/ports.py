"""What files need from outside: a place that keeps content, under names that nobody chose."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.files.formats import Facts
from firstfix.kit.faults import Fault


class StorageUnavailable(Fault):
    """The store did not do what it was asked: no room, no connection, a disk that fails."""


class ContentMissing(Exception):
    """A row's content is not in the store, or not as long as the row says. It never should be: somebody must look."""


class ContentDamaged(Exception):
    """Content is in the store and is not what was put there: cut, changed, moved, or sealed with another key.

    As bad as none: somebody must look.
    """


class StoredContent(Struct, frozen=True, kw_only=True):
    """Content that is in the store for good. `head` is its beginning, from which its type is told."""

    storage_key: UUID
    size_bytes: int
    sha256: bytes
    head: bytes


class Draft(Protocol):
    """Content that is coming in, where no reader finds it."""

    @property
    def size_bytes(self) -> int:
        """How much has been written."""

    @property
    def head(self) -> bytes:
        """Its beginning, 64 bytes at most, once it is finished."""

    @property
    def sha256(self) -> bytes:
        """The hash of all of it, once it is finished."""

    async def write(self, chunk: bytes) -> None:
        """Add to it.

        Raises:
            StorageUnavailable: It cannot be written.
        """

    async def finish(self) -> None:
        """Write out what is still in memory: nothing more comes.

        Raises:
            StorageUnavailable: It cannot be written.
        """

    async def open(self) -> "Content":
        """Read back what was written, once it is finished and neither kept nor dropped.

        Raises:
            StorageUnavailable: It cannot be read.
        """

    async def drop(self) -> None:
        """Forget it, unless it was kept. Harmless when repeated."""


class Content(Protocol):
    """Content that is open for reading: it stays readable even if it is removed meanwhile. Iterated once.

    Its beginning was opened with it, so that most damage is known before anything is sent.
    """

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read it in chunks.

        Raises:
            ContentDamaged: What comes next is not what was put there.
        """

    async def close(self) -> None:
        """Give it back. Harmless when repeated."""


class ContentKeys(Protocol):
    """Where a store finds the keys that it seals content with."""

    async def content_key(self, organisation_id: int) -> bytes:
        """Give an organisation's key, always the same."""


class Storage(Protocol):
    """Where content is kept, sealed as it comes. Each method raises `StorageUnavailable` where the store fails."""

    async def draft(self, organisation_id: int) -> Draft:
        """Begin content that comes in for an organisation."""

    async def keep(self, draft: Draft) -> StoredContent:
        """Put a finished draft into the store, under a new random key, so that not even a power cut loses it.

        An error leaves the draft to be dropped, and is not worth a second try: a disk that failed once may then lie.
        """

    async def open(self, storage_key: UUID, *, organisation_id: int, size_bytes: int, start: int, stop: int) -> Content:
        """Open a part of some content.

        Args:
            storage_key: Which content.
            organisation_id: Whose it is.
            size_bytes: How long all of it must be.
            start: The first byte wanted.
            stop: The byte after the last one wanted.

        Raises:
            ContentMissing: There is none, or it is of another length.
            ContentDamaged: It is not what was put there.
        """

    async def remove(self, storage_key: UUID) -> None:
        """Remove content for good. Harmless when repeated."""

    async def move_to_trash(self, storage_key: UUID) -> None:
        """Move content to where no reader finds it and an operator still does. Harmless when repeated."""

    async def empty_trash(self, *, older_than: timedelta) -> int:
        """Remove for good what has been in the trash that long; returns how many."""

    async def drop_stale_drafts(self, *, older_than: timedelta) -> int:
        """Drop drafts of processes that died; returns how many."""

    def list_keys(self, *, older_than: timedelta) -> AsyncIterator["KeysFound"]:
        """Look through the whole store, part by part."""


BeginDraft = Callable[[], Awaitable[Draft]]


class Inspected(Struct, frozen=True, kw_only=True):
    """What was found in content.

    Args:
        facts: What it tells of itself.
        written: A picture written anew, or a film bared of what it tells of itself; `None` where the content is kept as
            it came.
        thumbnail: A picture, small.
    """

    facts: Facts
    written: Draft | None = None
    thumbnail: Draft | None = None


class InspectionUnavailable(Fault):
    """Nobody can look into a file now: too many wait, or the machine does not let us."""


class Inspector(Protocol):
    """Looks into content away from the server's own processes."""

    async def inspect(self, draft: Draft, media_type: str, begin: BeginDraft) -> Inspected:
        """Look into a finished draft, which stays as it is.

        Args:
            draft: What came.
            media_type: What its beginning says it is.
            begin: Begins a draft for what is written anew; the drafts are the caller's to drop.

        Raises:
            ContentRefused: It is something else, or more than is taken.
            InspectionUnavailable: It cannot be looked into now.
            StorageUnavailable: A draft cannot be read or written.
        """


class KeysFound(Struct, frozen=True):
    """A part of the store: how many contents it has, and the keys of those that are old enough."""

    contents_count: int
    old_keys: Collection[UUID]


class OpensSession(Protocol):
    """The database, for what takes several transactions."""

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that works for nobody yet."""
