"""The database as ways in have it: for what looks across organisations."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firstfix.adapters.database import Database, Limits
from firstfix.kit.key_file import KeyFile


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """A pool of connections of the app's role, with a key ring of its own."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))
    await database.open()
    yield database
    await database.close()
