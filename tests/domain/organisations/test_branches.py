"""The last active branch, whoever would end it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim
from firstfix.domain.organisations.commands import add_branch, change_branch, remove_branch, set_branch_active
from firstfix.domain.organisations.errors import LastActiveBranch
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold


async def uuid_of(work: Work, branch_id: int) -> UUID:
    uuid: UUID = (
        await work.session.execute(text("SELECT uuid FROM branches WHERE id = :id"), {"id": branch_id})
    ).scalar_one()
    return uuid


async def test_the_last_active_branch_stays_by_whatever_way(work: Work, home: TestOrganisation) -> None:
    north, south = (home.ids["branches"][name] for name in ("North", "South"))
    assert await set_branch_active(work, north, is_active=False)
    assert not await set_branch_active(work, north, is_active=False)

    last = await uuid_of(work, south)
    with pytest.raises(LastActiveBranch):
        await set_branch_active(work, south, is_active=False)
    with pytest.raises(LastActiveBranch):
        await change_branch(work, last, {"is_archived": True})
    with pytest.raises(LastActiveBranch):
        await remove_branch(work, last)
    await change_branch(work, last, {"name": "The last one"})


async def test_a_disabled_branch_may_go_beside_the_last_active_one(work: Work, home: TestOrganisation) -> None:
    spare = await add_branch(work, {"name": "Spare"})
    for name in ("North", "South"):
        await set_branch_active(work, home.ids["branches"][name], is_active=False)
    gone = await add_branch(work, {"name": "Gone", "is_archived": True})

    await remove_branch(work, gone)
    with pytest.raises(LastActiveBranch):
        await remove_branch(work, spare)


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))
    yield database
    await database.close()


async def test_of_two_that_are_disabled_at_once_one_stays(database: Database, organisation: TestOrganisation) -> None:
    claim = Claim("api_key", organisation["admin"].api_key)
    hold = Hold()

    async def disable(name: str, then: Callable[[Work], Awaitable[None]] | None = None) -> None:
        async with database.work(claim, operation_keys=(), source="manage") as work:
            await set_branch_active(work, organisation.ids["branches"][name], is_active=False)
            if then is not None:
                await then(work)

    first = asyncio.ensure_future(disable("North", hold))
    await hold.begun()
    (second,) = await asyncio.gather(disable("South"), return_exceptions=True)
    await first

    assert isinstance(second, LastActiveBranch)
