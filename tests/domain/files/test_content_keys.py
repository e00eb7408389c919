"""Each organisation's files have a key of their own, made once and never another one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from firstfix.adapters.database import Database
from firstfix.domain.files.content_keys import OwnersContentKeys, add_content_key, get_content_key
from firstfix.domain.files.ports import ContentDamaged
from firstfix.domain.founding.commands import work_for
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from firstfix.kit.sealing import KeyRing, SealingError, load_key_ring, save_key_ring, with_new_key
from tests.factories.organisations import TestOrganisation

_ROWS = "SELECT uuid, key_sealed FROM content_keys WHERE organisation_id = :id"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
async def database(database_url: str, key_file: Path) -> AsyncIterator[Database]:
    database = Database(database_url, keys=KeyFile(key_file))
    yield database
    await database.close()


async def test_all_who_ask_first_at_once_are_given_the_same_key(
    database: Database, database_url: str, key_file: Path, organisation: TestOrganisation
) -> None:
    others = [Database(database_url, keys=KeyFile(key_file)) for _ in range(3)]
    try:
        keys = await asyncio.gather(*(one.content_key(organisation.id) for one in (database, *others) for _ in "twice"))
    finally:
        for other in others:
            await other.close()

    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert len(organisation.execute(_ROWS, id=organisation.id)) == 1


async def test_organisations_have_different_keys_which_nobody_reads_in_the_table(
    database: Database, organisation: TestOrganisation, make_organisation: Callable[[], TestOrganisation]
) -> None:
    key, other = [await database.content_key(one.id) for one in (organisation, make_organisation())]

    assert key != other
    [row] = organisation.execute(_ROWS, id=organisation.id)
    assert row.key_sealed.startswith("v1.k1.")
    assert key.hex() not in row.key_sealed


async def test_a_key_is_found_by_the_owner_too(
    database: Database, key_file: Path, owner_engine: Engine, organisation: TestOrganisation
) -> None:
    key = await database.content_key(organisation.id)

    with owner_engine.begin() as connection:
        work_for(connection, organisation.id)
        add_content_key(connection, load_key_ring(key_file))
        assert OwnersContentKeys(connection, load_key_ring(key_file)).find(organisation.id) == key


async def test_another_ring_opens_no_key(
    database: Database, owner_engine: Engine, keys: KeyRing, organisation: TestOrganisation
) -> None:
    await database.content_key(organisation.id)

    with owner_engine.connect() as connection, pytest.raises(ContentDamaged):
        OwnersContentKeys(connection, keys).find(organisation.id)


def test_an_organisation_without_a_key_is_told_so(
    owner_engine: Engine, keys: KeyRing, organisation: TestOrganisation
) -> None:
    with owner_engine.connect() as connection, pytest.raises(ContentDamaged, match="has no key for its files"):
        OwnersContentKeys(connection, keys).find(organisation.id)


async def test_a_key_that_was_undone_is_not_remembered(
    database: Database, organisation: TestOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would be sealed with it could never be opened again."""

    async def fail(*_: object, **__: object) -> None:
        raise ConnectionError("The database is away.")

    monkeypatch.setattr("firstfix.adapters.database.write_events_and_mail", fail)
    with pytest.raises(ConnectionError):
        await database.content_key(organisation.id)
    monkeypatch.undo()

    key = await database.content_key(organisation.id)

    async with database.system_work(organisation.id, source="worker") as work:
        assert await get_content_key(work) == key


async def test_a_ring_without_its_key_says_so(
    database: Database, key_file: Path, organisation: TestOrganisation
) -> None:
    await database.content_key(organisation.id)
    other = with_new_key(None)
    save_key_ring(key_file, KeyRing(writer="k9", keys={"k9": other.keys["k1"]}))

    with pytest.raises(SealingError, match="No key 'k1'"):
        async with database.system_work(organisation.id, source="worker") as work:
            await get_content_key(work)


@pytest.mark.parametrize("change", ["UPDATE content_keys SET key_sealed = ''", "DELETE FROM content_keys"])
async def test_the_app_neither_changes_nor_drops_a_key(work: Work, change: str) -> None:
    await get_content_key(work)

    with pytest.raises(ProgrammingError, match="permission denied"):
        await work.session.execute(text(change))
