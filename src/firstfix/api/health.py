"""What watches the server: is the process alive, is it ready for requests, what are its numbers."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from firstfix.api.exchange import JSON
from firstfix.api.metrics import write_metrics

_UNAVAILABLE = 503
_NO_STORE = {"Cache-Control": "no-store"}


def health_routes(find_fault: Callable[[], Awaitable[str | None]]) -> list[HTTPRouteHandler]:
    """Make the routes.

    Args:
        find_fault: Tells why requests cannot be served now; `None` where they can.
    """

    @get("/healthz", include_in_schema=False, media_type=JSON)
    async def healthz() -> bytes:
        """Answer, which is all that the caller wants to know."""
        return b'{"status":"ok"}'

    @get("/readyz", include_in_schema=False)
    async def readyz() -> Response[bytes]:
        """Tell whether requests can be served, and why not."""
        fault = await find_fault()
        answer = {"status": "ok"} if fault is None else {"status": "unavailable", "reason": fault}
        return Response(
            msgspec.json.encode(answer),
            status_code=200 if fault is None else _UNAVAILABLE,
            media_type=JSON,
            headers=_NO_STORE,
        )

    @get("/metrics", include_in_schema=False)
    async def metrics() -> Response[bytes]:
        """Give the numbers to Prometheus."""
        body, media_type = write_metrics()
        # As a header: as a media type it would get a second charset, and Prometheus reads no type that has two.
        return Response(body, headers={**_NO_STORE, "Content-Type": media_type})

    return [healthz, readyz, metrics]
