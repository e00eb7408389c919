"""The real listener, on the test worker's database and a store of its own."""

from collections.abc import AsyncIterator

import pytest
import trustme
from msgspec import Struct

from firstfix.adapters.database import Database, Limits
from firstfix.adapters.local_storage import LocalStorage
from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.domain.files.gate import Gate
from firstfix.domain.messaging.receiving import Receiver
from firstfix.kit.key_file import KeyFile
from firstfix.mail.listener import ListenerOptions, listening
from tests.factories.letters import DOMAIN, Thread, make_thread
from tests.factories.organisations import TestOrganisation

TRUSTED = "mx.example.net"


class Post(Struct, frozen=True):
    """Where mail is taken in."""

    port: int
    receiver: Receiver
    database: Database


@pytest.fixture(scope="session")
async def post(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> AsyncIterator[Post]:
    folder = tmp_path_factory.mktemp("post")
    database = Database(database_url, keys=KeyFile(folder / "keys.json"), limits=Limits(transactions=8, reads=2))
    gate = Gate(LocalStorage(folder / "files", database), ChildInspector())
    receiver = Receiver(database, gate, domain=DOMAIN, trusted_server=TRUSTED)
    async with listening(receiver, ListenerOptions(host="127.0.0.1", port=0)) as port:
        yield Post(port, receiver, database)
    await database.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def thread(organisation: TestOrganisation) -> Thread:
    return make_thread(organisation)
