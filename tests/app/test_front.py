"""The front sets headers, ends slow bodies and counts, whatever stands behind it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, cast

import pytest
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from firstfix.api import front
from firstfix.api.front import Front
from firstfix.api.metrics import write_metrics
from firstfix.api.problems import CallerGone, SlowBody
from firstfix.api.services import Origin

Headers = dict[bytes, bytes]


async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 (ASGI's own form)
    """Answer whatever comes, with a header of its own."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=1")]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body to its end, then answer."""
    while (await receive())["more_body"]:  # type: ignore[typeddict-item]
        pass
    await answer(scope, receive, send)


def scope_of(
    method: str = "GET",
    path: str = "/job/",
    *,
    peer: str = "192.0.2.1",
    scheme: str = "http",
    query: bytes = b"",
    **headers: str,
) -> HTTPScope:
    scope = {
        "type": "http",
        "scheme": scheme,
        "query_string": query,
        "method": method,
        "path": path,
        "client": (peer, 4000),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    return cast("HTTPScope", scope)


async def call(app: Front, scope: HTTPScope, parts: Iterable[Message | float] = ()) -> tuple[int, Headers]:
    """Send a request whose body comes in parts, with waits between them; return status and headers."""
    sent: list[Message] = []
    incoming = body_of(parts)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, incoming.__anext__, send)  # type: ignore[arg-type]
    start: Any = sent[0]
    return start["status"], dict(start["headers"])


async def body_of(parts: Iterable[Message | float]) -> AsyncIterator[Message]:
    for part in parts:
        if isinstance(part, float):
            await asyncio.sleep(part)
        else:
            yield part
    await asyncio.sleep(60)


def part(content: bytes, *, more: bool) -> Message:
    return cast("Message", {"type": "http.request", "body": content, "more_body": more})


def make(inner: ASGIApp = answer, *, trusted_proxies: tuple[str, ...] = ()) -> Front:
    return Front(inner, mounts={"/app/": answer}, origin=Origin(trusted_proxies=trusted_proxies))


async def test_every_reply_makes_browsers_careful_and_keeps_what_the_answer_says() -> None:
    status, headers = await call(make(), scope_of())

    assert status == 200
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"x-frame-options"] == b"DENY"
    assert headers[b"content-security-policy"] == b"default-src 'none'; frame-ancestors 'none'"
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert headers[b"cache-control"] == b"max-age=1"


@pytest.mark.parametrize(
    ("scope", "is_told"),
    [
        (scope_of(), False),
        (scope_of(scheme="https"), True),
        (scope_of(x_forwarded_proto="https"), False),
        (scope_of(peer="10.0.0.1", x_forwarded_proto="https"), True),
        (scope_of(peer="10.0.0.1", x_forwarded_proto="http"), False),
    ],
)
async def test_browsers_are_told_to_stay_on_https_where_it_was_used(scope: HTTPScope, *, is_told: bool) -> None:
    _, headers = await call(make(trusted_proxies=("10.0.0.1",)), scope)

    assert (b"strict-transport-security" in headers) is is_told


async def test_a_body_that_comes_too_slowly_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "_BODY_SECONDS", 0.05)

    with pytest.raises(SlowBody):
        await call(make(read_all), scope_of("POST"), [part(b"{", more=True)])


async def test_a_large_body_may_take_longer_while_it_comes_fast_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "_BODY_SECONDS", 0.05)
    parts = [part(b"x" * 16 * 1024, more=True), 0.1, part(b"", more=False)]

    status, _ = await call(make(read_all), scope_of("POST"), parts)

    assert status == 200


async def test_a_body_that_never_ends_is_no_bug_of_ours() -> None:
    with pytest.raises(CallerGone):
        await call(
            make(read_all), scope_of("POST"), [part(b"{", more=True), cast("Message", {"type": "http.disconnect"})]
        )


async def test_requests_are_counted_without_telling_who_asked_for_what() -> None:
    await call(make(), scope_of(path="/job/0190b2c4e7b87d3b9f5a1c2d3e4f5a6b"))
    await call(make(), scope_of(path="/app/jobs"))

    body, _ = write_metrics()

    assert b'firstfix_requests_total{api="field",operation="",status="200"}' in body
    assert b'firstfix_requests_total{api="app",operation="",status="200"}' in body
    assert b"0190b2c4" not in body


async def test_the_log_of_requests_has_no_query_string() -> None:
    app = Front(answer, mounts={}, origin=Origin(), log_requests=True)

    with capture_logs() as logged:
        await call(app, scope_of(path="/job/", query=b"api_key=0123"))

    assert [(entry["path"], entry["status"]) for entry in logged] == [("/job/", 200)]
    assert "0123" not in str(logged)
