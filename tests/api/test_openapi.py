"""The OpenAPI document, its page, and how operations are written into it."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from msgspec import Struct
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from firstfix.api.docs import DOCS_FOLDER, document_route
from firstfix.api.exchange import Answer, RawJson
from firstfix.api.openapi import openapi_document
from firstfix.api.operations import PUBLIC, SIGNED_IN, Operation, OperationTable
from firstfix.app.web import APIS
from firstfix.app.web import openapi_document as firstfix_document
from firstfix.domain.files.views import GivenFile
from firstfix.domain.work import Source, Work
from tests.factories.servers import TestServer

OPERATIONS = [operation for _, _, table in APIS for operation in table]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of this version."""
    content: dict[str, Any] = json.loads(firstfix_document())
    return content


def references_in(part: object) -> Iterator[str]:
    """Find what a part refers to."""
    match part:
        case dict():
            for key, value in part.items():
                if key == "$ref":
                    yield value
                else:
                    yield from references_in(value)
        case list():
            for item in part:
                yield from references_in(item)


def test_the_document_is_one_of_openapi_3_1(document: dict[str, Any]) -> None:
    errors = [f"{error.instance_path}: {error.message}"[:300] for error in OPENAPI_31_VALIDATOR.iter_errors(document)]

    assert errors == []
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references_in(document):
        found = document
        for key in reference.removeprefix("#/").split("/"):
            found = found[key]


def test_every_schema_and_response_is_used(document: dict[str, Any]) -> None:
    used = set(references_in(document))

    for kind in ("schemas", "responses", "parameters"):
        assert {f"#/components/{kind}/{name}" for name in document["components"][kind]} <= used


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.api}-{operation.operation_id}")
def test_every_operation_is_written(document: dict[str, Any], operation: Operation) -> None:
    path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
    written = document["paths"][path][operation.method.lower()]

    first, rest = operation.operation_id[0], operation.operation_id[1:]
    id_ = operation.operation_id if operation.api == "web" else f"{operation.api}{first.upper()}{rest}"
    assert written["operationId"] == id_ or f"`{id_}`" in written["description"]
    assert str(operation.status) in written["responses"]
    assert operation.summary.endswith(".")
    for key in operation.permission_keys:
        assert f"`{key}`" in written["description"]
    has_cookie_or_key = bool(written["security"]) and set(*written["security"][:1]) != {"ownPage"}
    assert has_cookie_or_key is not operation.is_public


def test_operation_ids_are_camel_case_and_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    assert len(ids) == len(set(ids))
    assert [id_ for id_ in ids if not re.fullmatch(r"[a-z][A-Za-z0-9]*", id_)] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.api}-{operation.operation_id}")
def test_json_that_postgresql_wrote_is_described(operation: Operation) -> None:
    assert operation.reply is not RawJson, "give operation() the type of the reply: reply=…"


def test_the_document_is_the_same_from_every_process() -> None:
    program = "import sys; from firstfix.app.web import openapi_document; sys.stdout.buffer.write(openapi_document())"

    written = [
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]

    assert written[0] == written[1] == firstfix_document()
    assert written[0].endswith(b"}\n")


async def test_document_and_page_are_served_without_signing_in(server: TestServer) -> None:
    async with server.client() as client:
        served = await client.get("/openapi.json")
        page = await client.get("/docs/")
        script = await client.get("/docs/page.js")

    assert served.content == firstfix_document()
    assert served.headers["Content-Type"] == "application/json"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"


async def test_the_document_is_written_once_and_not_before_somebody_asks() -> None:
    written = []

    def write() -> bytes:
        written.append(b"{}")
        return written[-1]

    get_document = document_route(write).fn
    at_start = list(written)
    replies = await asyncio.gather(*(get_document() for _ in range(3)))

    assert at_start == []
    assert [reply.content for reply in replies] == [b"{}"] * 3
    assert written == [b"{}"]


def test_the_page_takes_nothing_from_elsewhere() -> None:
    for file in DOCS_FOLDER.iterdir():
        assert re.findall(r"https?:|//[a-z]+\.|@import|url\(", file.read_text()) == [], file.name


# How operations are written -----------------------------------------------------------------------------------------


class Page(Struct):
    limit: int = 50
    search: str | None = None


class Wanted(Struct):
    uuid: str


class Draft(Struct):
    title: str


class Thing(Struct):
    """A thing.

    Attributes:
        price: Not for readers of the document.
    """

    name: str
    price: Decimal


class Box(Struct):
    things: list[Thing]


def write(*tables: OperationTable) -> dict[str, Any]:
    """Write a document and read it again."""
    content: dict[str, Any] = json.loads(openapi_document(tables))
    return content


def make_table(api: Source = "manage") -> OperationTable:
    """Make a table whose operations share an address and differ by action."""
    table = OperationTable(api)

    @table.operation("GET", "/api/things/{place:str}", key=("a", "b"), operation_id="listThings", action="list")
    async def list_things(query: Page) -> list[Thing]:
        """List things."""
        raise NotImplementedError

    @table.operation("GET", "/api/things/{place:str}", key="a", operation_id="getThing", action="get", reply=Thing)
    async def get_thing(query: Wanted) -> RawJson:
        """Fetch a thing."""
        raise NotImplementedError

    @table.operation("POST", "/api/things/{place:str}", key="b", operation_id="addThing", action="create", status=201)
    async def add_thing(data: Draft) -> Thing:
        """Add a thing."""
        raise NotImplementedError

    @table.operation("POST", "/api/things/{place:str}", key="b", operation_id="sortThings", action="sort")
    async def sort_things() -> Answer:
        """Sort all things."""
        raise NotImplementedError

    return table


def test_operations_that_differ_by_action_are_one() -> None:
    methods = write(make_table())["paths"]["/api/things/{place}"]

    reading, writing = methods["get"], methods["post"]
    assert (reading["operationId"], writing["operationId"]) == ("getApiThings", "postApiThings")
    assert reading["description"].splitlines() == [
        "- `get` (`manageGetThing`): Fetch a thing. Needs `a`.",
        "- `list` (`manageListThings`): List things. Needs `a` or `b`.",
    ]
    assert reading["parameters"] == [
        {"name": "place", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "action", "in": "query", "required": False, "schema": {"enum": ["get", "list"], "default": "list"}},
        {
            "name": "uuid",
            "in": "query",
            "required": False,
            "description": "For `get`.",
            "schema": {"type": "string"},
        },
        {
            "name": "limit",
            "in": "query",
            "required": False,
            "description": "For `list`.",
            "schema": {"type": "integer", "default": 50},
        },
        {
            "name": "search",
            "in": "query",
            "required": False,
            "description": "For `list`.",
            "schema": {"type": "string"},
        },
    ]
    thing = {"$ref": "#/components/schemas/Thing"}
    assert reading["responses"]["200"]["content"]["application/json"]["schema"] == {
        "anyOf": [thing, {"type": "array", "items": thing}]
    }
    assert writing["responses"]["201"]["content"]["application/json"]["schema"] == thing
    assert "content" not in writing["responses"]["200"]


def test_each_action_has_a_body_of_its_own() -> None:
    document = write(make_table())

    content = document["paths"]["/api/things/{place}"]["post"]["requestBody"]["content"]
    assert list(content) == ["application/json", "application/x-www-form-urlencoded"]
    assert content["application/json"]["schema"] == {
        "oneOf": [{"$ref": "#/components/schemas/AddThingBody"}, {"$ref": "#/components/schemas/SortThingsBody"}],
        "discriminator": {
            "propertyName": "action",
            "mapping": {
                "create": "#/components/schemas/AddThingBody",
                "sort": "#/components/schemas/SortThingsBody",
            },
        },
    }
    assert document["components"]["schemas"]["AddThingBody"] == {
        "title": "AddThingBody",
        "type": "object",
        "properties": {"action": {"const": "create"}, "title": {"type": "string"}},
        "required": ["action", "title"],
    }


def test_a_body_without_action_stands_beside_those_with_one() -> None:
    table = make_table()

    @table.operation("POST", "/api/things/{place:str}", key="b", operation_id="putThing", status=201)
    async def put_thing(data: Draft) -> Thing:
        """Put a thing."""
        raise NotImplementedError

    content = write(table)["paths"]["/api/things/{place}"]["post"]["requestBody"]["content"]

    names = ("PutThingBody", "AddThingBody", "SortThingsBody")
    assert content["application/json"]["schema"] == {
        "anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]
    }


def test_amounts_and_descriptions_are_those_of_the_wire() -> None:
    by_api: dict[Source, Any] = {api: write(make_table(api)) for api in ("manage", "web")}

    schemas = {api: document["components"]["schemas"]["Thing"] for api, document in by_api.items()}
    assert schemas["manage"]["properties"]["price"] == {"type": "number"}
    assert schemas["web"]["properties"]["price"] == {"type": "string", "format": "decimal"}
    assert schemas["web"]["description"] == "A thing."


def test_a_name_that_two_apis_use_differently_gets_the_apis_name() -> None:
    mine, theirs = OperationTable("web"), OperationTable("field")
    other_thing = type("Thing", (Struct,), {"__annotations__": {"uuid": str}})
    other_box = type("Box", (Struct,), {"__annotations__": {"things": list[other_thing]}})  # type: ignore[valid-type]

    async def get_box() -> RawJson:
        """Fetch the box."""
        raise NotImplementedError

    mine.operation("GET", "/web/box", key=SIGNED_IN, operation_id="getBox", reply=Box)(get_box)
    theirs.operation("GET", "/box", key=SIGNED_IN, operation_id="fetchBox", reply=other_box)(get_box)
    schemas = write(mine, theirs)["components"]["schemas"]

    assert {"FieldBox", "FieldThing", "WebBox", "WebThing"} <= set(schemas)
    assert schemas["FieldBox"]["properties"]["things"]["items"] == {"$ref": "#/components/schemas/FieldThing"}
    assert schemas["WebBox"]["properties"]["things"]["items"] == {"$ref": "#/components/schemas/WebThing"}


def test_public_operations_ask_for_no_credential() -> None:
    table = OperationTable("web")

    @table.operation("GET", "/web/open", key=PUBLIC, operation_id="getOpen")
    async def get_open() -> Thing:
        """Fetch what is open."""
        raise NotImplementedError

    @table.operation("POST", "/web/open", key=PUBLIC, operation_id="enter")
    async def enter(data: Draft) -> Thing:
        """Enter."""
        raise NotImplementedError

    methods = write(table)["paths"]["/web/open"]
    assert methods["get"]["security"] == []
    assert methods["post"]["security"] == [{"ownPage": []}]


def test_an_idempotency_key_counts_wherever_somebody_posts() -> None:
    posts = [operation for operation in OPERATIONS if operation.method == "POST" and not operation.is_public]

    assert [operation.name for operation in posts if not {"work", "reads"} & operation.takes] == []


def test_files_are_described_as_they_come_and_go(document: dict[str, Any]) -> None:
    address = "/job/{job_ref}/task/{task_ref}/attachment/"
    upload, download = document["paths"][address]["post"], document["paths"][address + "{attachment_ref}"]["get"]

    assert list(upload["requestBody"]["content"]) == ["multipart/form-data"]
    assert {"400", "413", "422"} <= upload["responses"].keys()
    assert [list(download["responses"][status]["content"]) for status in ("200", "206")] == [["*/*"]] * 2
    assert {"304", "416"} <= download["responses"].keys()
    notes = document["paths"]["/api/jobs/case-notes"]["get"]["responses"]  # of which one action fetches a file
    assert [list(notes[status]["content"]) for status in ("200", "206")] == [["application/json", "*/*"], ["*/*"]]


def test_files_are_written_as_the_parts_of_a_form() -> None:
    table = OperationTable("manage")

    @table.operation(
        "POST", "/api/things", key="b", operation_id="uploadThing", action="upload", status=201, accepts="photo"
    )
    async def upload_thing(work: Work, data: Draft, files: list[GivenFile]) -> Thing:
        """Add a thing with its pictures."""
        raise NotImplementedError

    @table.operation("POST", "/api/things", key="b", operation_id="dropThing", action="delete")
    async def drop_thing(work: Work, data: Wanted) -> Answer:
        """Drop a thing."""
        raise NotImplementedError

    @table.operation("POST", "/api/things/files", key="b", operation_id="uploadFiles", status=201, accepts="photo")
    async def upload_files(work: Work, files: list[GivenFile]) -> Thing:
        """Add files alone."""
        raise NotImplementedError

    paths = write(table)["paths"]

    by_action = paths["/api/things"]["post"]["requestBody"]["content"]
    alone = paths["/api/things/files"]["post"]
    assert list(by_action) == ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
    form = by_action["multipart/form-data"]["schema"]
    assert form["properties"] == {"action": {"const": "upload"}, "title": {"type": "string"}}
    assert form["additionalProperties"] == {"type": "string", "contentMediaType": "application/octet-stream"}
    assert list(alone["requestBody"]["content"]) == ["multipart/form-data"]
    assert {"400", "413", "415"} <= set(alone["responses"])
