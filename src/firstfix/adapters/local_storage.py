"""Content in a folder of this machine.

Written with plain system calls and not through obstore, whose local store syncs neither a file nor the folder that it
is renamed into: a power cut could take content that a row tells of.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from firstfix.adapters.sealed_parts import open_file
from firstfix.adapters.storage_drafts import (
    FOLDER_MODE,
    Drafts,
    FileDraft,
    files_in,
    key_of,
    long_ago,
    name_of,
    own,
    remove_old,
)
from firstfix.adapters.storage_failures import storage_failures
from firstfix.domain.files.ports import Content, ContentKeys, Draft, KeysFound, StoredContent
from firstfix.kit.sealed_content import content_key


class LocalStorage:
    """A folder: `ab/cd/<key>` is sealed content, `tmp` is coming in, `trash` is on its way out."""

    def __init__(self, folder: Path, keys: ContentKeys) -> None:
        self._folder = folder
        self._keys = keys
        self._drafts = Drafts(folder / "tmp", keys)
        self._trash = folder / "trash"
        self._made: set[Path] = set()

    async def draft(self, organisation_id: int) -> Draft:
        """Begin content that comes in."""
        return await self._drafts.begin(organisation_id)

    async def keep(self, draft: Draft) -> StoredContent:
        """Put a finished draft under a new random key: synced, renamed, and the folder synced."""
        return await asyncio.to_thread(self._keep, own(draft))

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
        return await open_file(self._path(storage_key), key, size_bytes=size_bytes, start=start, stop=stop)

    async def remove(self, storage_key: UUID) -> None:
        """Remove content for good."""
        await asyncio.to_thread(self._remove, self._path(storage_key))

    async def move_to_trash(self, storage_key: UUID) -> None:
        """Move content to the trash."""
        await asyncio.to_thread(self._move_to_trash, storage_key)

    async def empty_trash(self, *, older_than: timedelta) -> int:
        """Remove for good what has been in the trash that long."""
        return await asyncio.to_thread(remove_old, self._trash, older_than)

    async def drop_stale_drafts(self, *, older_than: timedelta) -> int:
        """Drop drafts of processes that died."""
        return await self._drafts.drop_stale(older_than)

    async def list_keys(self, *, older_than: timedelta) -> AsyncIterator[KeysFound]:
        """Look through the folder; names that are none of ours are left alone."""
        for number in range(256):
            yield await asyncio.to_thread(self._keys_below, f"{number:02x}", older_than)

    def _path(self, storage_key: UUID) -> Path:
        return self._folder / name_of(storage_key)

    def _keep(self, draft: FileDraft) -> StoredContent:
        draft.sync()
        content = draft.content()
        path = self._path(content.storage_key)
        with storage_failures():
            self._make(path.parent)
            draft.path.rename(path)
            try:
                _sync(path.parent)
            except OSError:
                with suppress(OSError):  # the sweep takes what stays
                    path.unlink()
                raise
        return content

    def _make(self, folder: Path) -> None:
        """Make a folder, and have the disk know of it and of those above it: once for each process is enough."""
        if folder in self._made:
            return
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        for above in (folder.parent, self._folder, self._folder.parent):
            _sync(above)
        self._made.add(folder)

    def _remove(self, path: Path) -> None:
        with storage_failures(), suppress(FileNotFoundError):
            path.unlink()
            _sync(path.parent)

    def _move_to_trash(self, storage_key: UUID) -> None:
        path = self._path(storage_key)
        with storage_failures(), suppress(FileNotFoundError):
            os.utime(path)  # its time in the trash begins
            self._trash.mkdir(mode=FOLDER_MODE, exist_ok=True)
            path.rename(self._trash / storage_key.hex)
            _sync(self._trash)
            _sync(path.parent)

    def _keys_below(self, first: str, older_than: timedelta) -> KeysFound:
        contents_count = 0
        old_keys = []
        with storage_failures(), suppress(FileNotFoundError, NotADirectoryError):
            for below in (self._folder / first).iterdir():
                for path, written_at in files_in(below):
                    key = key_of(path.relative_to(self._folder).as_posix())
                    if key is not None:
                        contents_count += 1
                        if written_at < long_ago(older_than):
                            old_keys.append(key)
        return KeysFound(contents_count, old_keys)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
