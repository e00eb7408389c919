"""A store in memory, which can be told to fail at any step."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from firstfix.domain.files.ports import Content, ContentMissing, Draft, KeysFound, StorageUnavailable, StoredContent


class MemoryDraft:
    """Content that is coming in."""

    def __init__(self, storage: "MemoryStorage", organisation_id: int) -> None:
        self._storage = storage
        self.organisation_id = organisation_id
        self.content = b""
        self.begun_at = datetime.now(UTC)
        storage.drafts.append(self)

    async def write(self, chunk: bytes) -> None:
        self._storage.step("write")
        self.content += chunk

    async def finish(self) -> None:
        self._storage.step("finish")

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    async def open(self) -> Content:
        self._storage.step("read back")
        return MemoryContent(self.content)

    @property
    def head(self) -> bytes:
        return self.content[:64]

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    async def drop(self) -> None:
        if self in self._storage.drafts:
            self._storage.drafts.remove(self)


class MemoryContent:
    """A part of some content."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), 1000):
            yield self._content[start : start + 1000]

    async def close(self) -> None:
        self.is_closed = True


class MemoryStorage:
    """A store in memory.

    Attributes:
        contents: What it keeps, with the time since when.
        owners: Whose content it was put there as.
        steps: What it was asked to do, in order.
        fails_at: The step that does not work.
    """

    def __init__(self) -> None:
        self.contents: dict[UUID, tuple[bytes, datetime]] = {}
        self.owners: dict[UUID, int] = {}
        self.trash: dict[UUID, tuple[bytes, datetime]] = {}
        self.drafts: list[MemoryDraft] = []
        self.steps: list[str] = []
        self.fails_at: str | None = None

    def step(self, name: str) -> None:
        """Note a step, or fail at it."""
        self.steps.append(name)
        if name == self.fails_at:
            raise StorageUnavailable(name)

    def age(self, storage_key: UUID, age: timedelta) -> None:
        """Make some content older than it is."""
        content, _ = self.contents[storage_key]
        self.contents[storage_key] = (content, datetime.now(UTC) - age)

    async def draft(self, organisation_id: int) -> Draft:
        self.step("draft")
        return MemoryDraft(self, organisation_id)

    async def keep(self, draft: Draft) -> StoredContent:
        self.step("keep")
        assert isinstance(draft, MemoryDraft)
        storage_key = uuid4()
        self.contents[storage_key] = (draft.content, datetime.now(UTC))
        self.owners[storage_key] = draft.organisation_id
        return StoredContent(
            storage_key=storage_key,
            size_bytes=len(draft.content),
            sha256=hashlib.sha256(draft.content).digest(),
            head=draft.content[:64],
        )

    async def open(self, storage_key: UUID, *, organisation_id: int, size_bytes: int, start: int, stop: int) -> Content:
        self.step("open")
        content, _ = self.contents.get(storage_key, (None, None))
        if content is None or len(content) != size_bytes or self.owners[storage_key] != organisation_id:
            raise ContentMissing(storage_key.hex)
        return MemoryContent(content[start:stop])

    async def remove(self, storage_key: UUID) -> None:
        self.step("remove")
        self.contents.pop(storage_key, None)

    async def move_to_trash(self, storage_key: UUID) -> None:
        self.step("move_to_trash")
        content, _ = self.contents.pop(storage_key, (None, None))
        if content is not None:
            self.trash[storage_key] = (content, datetime.now(UTC))

    async def empty_trash(self, *, older_than: timedelta) -> int:
        expired = [key for key, (_, at) in self.trash.items() if at < datetime.now(UTC) - older_than]
        for storage_key in expired:
            del self.trash[storage_key]
        return len(expired)

    async def drop_stale_drafts(self, *, older_than: timedelta) -> int:
        stale = [draft for draft in self.drafts if draft.begun_at < datetime.now(UTC) - older_than]
        for draft in stale:
            self.drafts.remove(draft)
        return len(stale)

    async def list_keys(self, *, older_than: timedelta) -> AsyncIterator[KeysFound]:
        long_ago = datetime.now(UTC) - older_than
        yield KeysFound(len(self.contents), [key for key, (_, at) in self.contents.items() if at < long_ago])
