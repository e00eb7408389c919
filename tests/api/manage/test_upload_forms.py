"""Forms with files in the manage API: the action and the token may stand anywhere in them, also behind the files."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar.types import HTTPReceiveMessage
from msgspec import Struct

from firstfix.adapters.database import Database
from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.manage.edge import ManageEdge
from firstfix.api.operations import SIGNED_IN, OperationTable
from firstfix.api.services import Origin, Services
from firstfix.api.uploads import Upload
from firstfix.domain.access.commands.csrf import issue_csrf_token
from firstfix.domain.access.queries import Claim
from firstfix.domain.access.rate_limits import RateLimiter
from firstfix.domain.files.commands import add_files
from firstfix.domain.files.views import GivenFile
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from tests.api.manage.conftest import make_credential
from tests.factories.organisations import TestOrganisation
from tests.fakes.storage import MemoryStorage

PATH = "/api/things"
TABLE = OperationTable("manage")


class Caption(Struct):
    caption: str


@TABLE.operation(
    "POST", PATH, key=SIGNED_IN, operation_id="uploadThings", action="upload", status=201, accepts="document"
)
async def upload_things(work: Work, data: Caption, files: list[GivenFile]) -> list[str]:
    """Take files."""
    return [f"{data.caption}: {file.file_name}" for file in await add_files(work, files, purpose="photo")]


@TABLE.operation("POST", PATH, key=SIGNED_IN, operation_id="renameThings", action="rename")
async def rename_things(work: Work, data: Caption) -> str:  # noqa: ARG001 (it changes nothing)
    """Take a caption."""
    return data.caption


OPERATIONS = {operation.action: operation for operation in TABLE}


class Sender:
    """Somebody with a bearer token who sends forms."""

    def __init__(self, database: Database, storage: MemoryStorage, organisation: TestOrganisation) -> None:
        self.storage = storage
        self.organisation = organisation
        self._database = database
        self._secret = make_credential(organisation, "admin", kind="bearer")
        limiter = RateLimiter(database)
        self._edge = ManageEdge(
            Services(database=database, storage=storage, inspector=ChildInspector(), origin=Origin(), limiter=limiter)
        )

    async def csrf_token(self) -> str:
        return await issue_csrf_token(self._database, Claim("bearer", self._secret))

    async def send(self, *parts: bytes, **headers: str) -> Answer:
        sent = {
            "authorization": f"Bearer {self._secret}",
            "content-type": "multipart/form-data; boundary=b",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"

        async def receive() -> HTTPReceiveMessage:
            return {"type": "http.request", "body": body, "more_body": False}

        exchange = Exchange(
            method="POST",
            path=PATH,
            base_url="http://x",
            headers=sent,
            query_string="",
            parameters=[],
            cookies={},
            address="127.0.0.1",
            is_https=False,
            upload=Upload(receive, sent),
        )
        return await self._edge.answer(exchange, OPERATIONS, {})

    def rows(self) -> list[Any]:
        return self.organisation.execute("SELECT * FROM files WHERE organisation_id = :id", id=self.organisation.id)


@pytest.fixture
async def sender(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Sender]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"))
    await database.open()
    yield Sender(database, MemoryStorage(), organisation)
    await database.close()


def field(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


PDF = b"%PDF-1.4\na door\nstartxref\n9\n%%EOF\n"
PHOTO = b'Content-Disposition: form-data; name="photo"; filename="door.pdf"\r\n\r\n' + PDF


async def test_action_fields_and_token_may_stand_behind_the_files(sender: Sender) -> None:
    token = field("csrf_token", await sender.csrf_token())

    answer = await sender.send(PHOTO, field("action", "upload"), field("caption", "Front"), token)

    assert (answer.status, answer.body.count(b"Front: door.pdf")) == (201, 1)
    assert {row.storage_key for row in sender.rows()} == set(sender.storage.contents)
    assert len(sender.storage.contents) == 1


async def test_the_same_form_sent_again_is_answered_once(sender: Sender) -> None:
    answers = [
        await sender.send(
            PHOTO,
            field("action", "upload"),
            field("caption", caption),
            field("csrf_token", await sender.csrf_token()),
            idempotency_key="again",
        )
        for caption in ("Front", "Front", "Back")
    ]

    assert [answer.status for answer in answers] == [201, 201, 422]
    assert answers[0].body == answers[1].body
    assert len(sender.rows()) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "upload", "caption": "Front"}, 403),  # no token
        ({"action": "upload", "caption": "Front", "csrf_token": "0" * 64}, 403),
        ({"action": "upload", "csrf_token": ""}, 400),  # a token of its own follows; no caption
        ({"action": "rename", "caption": "Front", "csrf_token": ""}, 400),  # takes no files
        ({"action": "nonsense", "csrf_token": ""}, 400),
        ({"csrf_token": ""}, 400),
    ],
)
async def test_what_is_refused_leaves_nothing(sender: Sender, fields: dict[str, str], status: int) -> None:
    if fields.get("csrf_token") == "":
        fields = fields | {"csrf_token": await sender.csrf_token()}

    answer = await sender.send(PHOTO, *(field(name, value) for name, value in fields.items()))

    assert answer.status == status
    assert (sender.storage.contents, sender.storage.drafts, sender.rows()) == ({}, [], [])


async def test_a_form_without_files_reaches_the_other_operations(sender: Sender) -> None:
    token = field("csrf_token", await sender.csrf_token())

    answer = await sender.send(field("action", "rename"), field("caption", "Front"), token)

    assert (answer.status, b"Front" in answer.body) == (200, True)


async def test_who_is_not_signed_in_sends_nothing(sender: Sender) -> None:
    answer = await sender.send(PHOTO, field("action", "upload"), authorization="Bearer " + "0" * 64)

    assert answer.status == 401
    assert sender.storage.steps == []
