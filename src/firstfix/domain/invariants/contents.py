"""The invariant of contents: what a row tells of is in the store, as long and the same as the row says (I8)."""

import asyncio
import hashlib
from typing import Any, Final

from sqlalchemy import Connection, text

from firstfix.domain.files.ports import ContentDamaged, ContentMissing, Storage

SAMPLE: Final = 5_000
_AT_ONCE = 16
_FILES: Final = "SELECT id, organisation_id, storage_key, size_bytes, sha256 FROM files"


async def find_lost_contents(connection: Connection, storage: Storage, *, every: bool) -> list[str]:
    """Find files whose content is not in the store, or is not what came in.

    Args:
        connection: The owner's, in a transaction.
        storage: The store.
        every: Read all contents and compare their hashes, instead of the lengths of some thousand.

    Raises:
        StorageUnavailable: The store cannot be asked.
    """
    query = _FILES if every else f"{_FILES} ORDER BY random() LIMIT {SAMPLE}"
    lost: list[str] = []
    for files in connection.execution_options(yield_per=_AT_ONCE).execute(text(query)).partitions():
        are_lost = await asyncio.gather(*(_is_lost(storage, file, every=every) for file in files))
        for file, is_lost in zip(files, are_lost, strict=True):
            if is_lost:
                lost.append(f"file {file.id}, content {file.storage_key.hex}")
    return lost


async def _is_lost(storage: Storage, file: Any, *, every: bool) -> bool:  # noqa: ANN401 (a row of the query)
    stop = file.size_bytes if every else 0
    try:
        content = await storage.open(
            file.storage_key, organisation_id=file.organisation_id, size_bytes=file.size_bytes, start=0, stop=stop
        )
    except (ContentMissing, ContentDamaged):
        return True
    try:
        digest = hashlib.sha256()
        async for chunk in content:
            digest.update(chunk)
        return every and digest.digest() != file.sha256
    except ContentDamaged:
        return True
    finally:
        await content.close()
