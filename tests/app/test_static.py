"""A web app's files are served by their names, and its page for its own addresses."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from litestar.types import Message
from msgspec import Struct

from firstfix.api.static import StaticApp

PAGE = b"<!doctype html><title>Office</title>"
SCRIPT = b"console.log('office')"


class Reply(Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build leaves, beside a file that is nobody's business."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "office"
    (folder / "assets").mkdir(parents=True)
    (folder / ".vite").mkdir()
    (folder / "index.html").write_bytes(PAGE)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".vite" / "manifest.json").write_text("{}")
    (folder / "assets" / "index-abc.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (folder / "assets" / "index-abc.js.br").write_bytes(b"brotli")
    return folder


async def get(app: StaticApp, path: str, method: str = "GET", **headers: str) -> Reply:
    sent: list[Any] = []

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Any = {"type": "http", "method": method, "path": path, "headers": raw}
    await app(scope, None, send)  # type: ignore[arg-type]
    given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], given, sent[1]["body"])


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/index.html", "/app/jobs/0190b2c4", "/app/jobs/"])
async def test_every_address_of_the_app_is_its_page_and_asked_for_again(folder: Path, path: str) -> None:
    reply = await get(StaticApp("/app/", folder), path)

    assert (reply.status, reply.body) == (200, PAGE)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in reply.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, br", "br", b"brotli"),
        ("GZIP;q=0.5", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("br;q=0, gzip", "gzip", gzip.compress(SCRIPT, mtime=0)),
        ("identity", None, SCRIPT),
        ("", None, SCRIPT),
    ],
)
async def test_a_file_comes_in_the_best_encoding_that_is_taken(
    folder: Path, accepted: str, encoding: str | None, body: bytes
) -> None:
    reply = await get(StaticApp("/app/", folder), "/app/assets/index-abc.js", accept_encoding=accepted)

    assert reply.headers.get("content-encoding") == encoding
    assert gzip.decompress(reply.body) == SCRIPT if encoding == "gzip" else reply.body == body
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["vary"] == "Accept-Encoding"


async def test_what_a_browser_has_is_not_sent_again(folder: Path) -> None:
    app = StaticApp("/app/", folder)
    tag = (await get(app, "/app/")).headers["etag"]

    again = await get(app, "/app/", if_none_match=tag)

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/app/missing.js",
        "/app/../secret.txt",
        "/app/assets/../../secret.txt",
        "/app//etc/passwd.txt",
        "/app/.vite/manifest.json",
        "/app/assets/index-abc.js.gz",
        "/app/index.html\x00.txt",
    ],
)
async def test_what_is_no_file_of_the_app_is_not_found(folder: Path, path: str) -> None:
    reply = await get(StaticApp("/app/", folder), path)

    assert reply.status == 404
    assert b"secret" not in reply.body


async def test_files_are_only_read(folder: Path) -> None:
    reply = await get(StaticApp("/app/", folder), "/app/", "POST")

    assert (reply.status, reply.headers["allow"]) == (405, "GET")


async def test_a_new_build_is_noticed(folder: Path) -> None:
    app = StaticApp("/app/", folder)
    await get(app, "/app/")
    (folder / "index.html").write_bytes(PAGE + b" new")

    assert (await get(app, "/app/")).body == PAGE + b" new"


async def test_an_app_that_was_not_built_says_how(tmp_path: Path) -> None:
    reply = await get(StaticApp("/app/", tmp_path / "nothing"), "/app/")

    assert reply.status == 503
    assert b"make setup" in reply.body
