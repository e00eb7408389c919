"""What every request meets first and every reply last, before and behind the framework.

It sets the headers that make browsers careful, ends bodies that come too slowly, refuses the methods that nothing here
has, and counts.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from firstfix.api.metrics import count_request
from firstfix.api.problems import CallerGone, SlowBody
from firstfix.api.services import Origin
from firstfix.api.serving import OPERATION

UNROUTABLE = "-"
"""A method that no path has, so that the framework refuses it as it refuses any other."""

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_BODY_SECONDS = 20.0
_SLOWEST_BYTES_PER_SECOND = 16 * 1024
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_API_OF_PREFIX = {
    "/api/": "manage",
    "/web/": "web",
    "/app/": "app",
    "/healthz": "health",
    "/readyz": "health",
    "/metrics": "health",
}

_log = structlog.get_logger("firstfix.requests")


class Front:
    """The application that the server calls."""

    def __init__(
        self, inner: ASGIApp, *, mounts: Mapping[str, ASGIApp], origin: Origin, log_requests: bool = False
    ) -> None:
        """Put it together.

        Args:
            inner: The framework's application.
            mounts: Applications beside it, by prefix with a slash at both ends.
            origin: Tells who used https.
            log_requests: Whether each request gets a line in the log. Never its query string: it may hold a key.
        """
        self._inner = inner
        self._mounts = dict(mounts)
        self._origin = origin
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and stop."""
        if scope["type"] != ScopeType.HTTP:
            await self._inner(scope, receive, send)
            return
        began_at = time.perf_counter()
        method, path = scope["method"], scope["path"]
        is_https = self._is_https(scope)
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                given = {name for name, _ in headers}  # in lower case, by ASGI
                headers += [header for header in _HEADERS if header[0] not in given]
                if is_https:
                    headers.append(_HSTS)
                message["headers"] = headers
            await send(message)

        if method not in _METHODS:
            scope["method"] = UNROUTABLE  # type: ignore[typeddict-item] # as said there
        timed = receive if method == "GET" else _Timed(receive)
        try:
            await self._choose(path)(scope, timed, send_with_headers)
        finally:
            seconds = time.perf_counter() - began_at
            api = _api_of(path)
            operation = str(scope.get(OPERATION) or "")
            count_request(api, operation, status, seconds)
            if self._log_requests:
                _log.info(
                    "request",
                    method=method if method in _METHODS else UNROUTABLE,
                    path=path,
                    status=status,
                    api=api,
                    operation=operation,
                    milliseconds=round(seconds * 1000, 1),
                )

    def _choose(self, path: str) -> ASGIApp:
        for prefix, mounted in self._mounts.items():
            if path.startswith(prefix) or path == prefix[:-1]:
                return mounted
        return self._inner

    def _is_https(self, scope: Scope) -> bool:
        if scope["scheme"] == "https":
            return True
        client = scope["client"]
        peer = client[0] if client else ""
        if peer not in self._origin.trusted_proxies:
            return False
        return any(name == b"x-forwarded-proto" and value.lower() == b"https" for name, value in scope["headers"])


class _Timed:
    """Reads a body that may take twenty seconds, and longer only as long as it comes fast enough."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._began_at: float | None = None
        self._size_bytes = 0
        self._is_complete = False

    async def __call__(self) -> HTTPReceiveMessage:
        """Wait for the next part.

        Raises:
            SlowBody: It does not come in time.
            CallerGone: It will never come.
        """
        if self._is_complete:
            return cast("HTTPReceiveMessage", await self._receive())
        loop = asyncio.get_running_loop()
        if self._began_at is None:
            self._began_at = loop.time()
        allowed_seconds = _BODY_SECONDS + self._size_bytes / _SLOWEST_BYTES_PER_SECOND
        try:
            async with asyncio.timeout_at(self._began_at + allowed_seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise SlowBody from error
        if message["type"] != "http.request":
            raise CallerGone
        self._size_bytes += len(message["body"])
        self._is_complete = not message["more_body"]
        return message


def _api_of(path: str) -> str:
    for prefix, api in _API_OF_PREFIX.items():
        if path.startswith(prefix):
            return api
    return "field"
