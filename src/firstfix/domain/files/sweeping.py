"""The sweep: what was deleted leaves the store in its time, and so does what no row ever told of.

It takes several transactions, for the store is never asked inside one. It may run at any time, twice at once, and be
killed anywhere: each step finds again what the one before left undone.
"""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, Uuid, bindparam, func, select, text

from firstfix.domain.files.ports import OpensSession, Storage

GRACE = timedelta(hours=24)
"""How long content may be without a row: far longer than any upload takes to write its row."""
KEPT_IN_TRASH = timedelta(days=7)

_BATCH = 500
_ALWAYS_FEW = 10  # a crash leaves one or two behind, which in a young store are more than one in a hundred
_UNKNOWN = text("SELECT unknown_storage_keys(:keys)").bindparams(bindparam("keys", type_=ARRAY(Uuid)))
_FORGET = text("SELECT forget_file_removals(:keys)").bindparams(bindparam("keys", type_=ARRAY(Uuid)))


class SweepStopped(Exception):
    """So much of the store has no row that something else must be wrong: another database, a bad restore."""


class Swept(Struct, kw_only=True):
    """What a sweep did.

    Attributes:
        expired_count: Archived files whose 30 days were over, now deleted.
        removed_count: Contents removed, because their time had come.
        orphans_count: Contents without a row, now in the trash.
        emptied_count: Contents that were a week in the trash, now removed.
        drafts_count: Uploads that a process left when it died, now dropped.
    """

    expired_count: int = 0
    removed_count: int = 0
    orphans_count: int = 0
    emptied_count: int = 0
    drafts_count: int = 0


async def sweep_files(database: OpensSession, storage: Storage) -> Swept:
    """Sweep once.

    Raises:
        SweepStopped: More than one in a hundred contents have no row. None of them was touched.
        StorageUnavailable: The store fails.
    """
    swept = Swept()
    swept.drafts_count = await storage.drop_stale_drafts(older_than=GRACE)
    async with database.session() as session:
        swept.expired_count = await session.scalar(select(func.delete_expired_files())) or 0
    swept.removed_count = await _remove_due(database, storage)
    swept.orphans_count = await _trash_orphans(database, storage)
    swept.emptied_count = await storage.empty_trash(older_than=KEPT_IN_TRASH)
    return swept


async def _remove_due(database: OpensSession, storage: Storage) -> int:
    """Remove content whose row was deleted long enough ago. Deliberate deletions may be many: nothing stops these."""
    removed_count = 0
    while True:
        async with database.session() as session:
            due = list(await session.scalars(select(func.due_file_removals(_BATCH))))
        for storage_key in due:
            await storage.remove(storage_key)
        async with database.session() as session:
            await session.execute(_FORGET, {"keys": due})
        removed_count += len(due)
        if len(due) < _BATCH:
            return removed_count


async def _trash_orphans(database: OpensSession, storage: Storage) -> int:
    contents_count = 0
    orphans: list[UUID] = []
    async for found in storage.list_keys(older_than=GRACE):
        contents_count += found.contents_count
        orphans += await _without_row(database, list(found.old_keys))
    if len(orphans) > max(_ALWAYS_FEW, contents_count / 100):
        raise SweepStopped(f"{len(orphans)} of {contents_count} files in the store have no row in this database.")
    moved_count = 0
    for start in range(0, len(orphans), _BATCH):
        # Asked again, in a fresh snapshot: the look through the store may have taken long.
        for storage_key in await _without_row(database, orphans[start : start + _BATCH]):
            await storage.move_to_trash(storage_key)
            moved_count += 1
    return moved_count


async def _without_row(database: OpensSession, keys: list[UUID]) -> list[UUID]:
    async with database.session() as session:
        return list(await session.scalars(_UNKNOWN, {"keys": keys}))
