"""What the framework refuses by itself, answered in the form of the API that the address belongs to."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from firstfix.api.edge import Edge, exchange_of
from firstfix.api.problems import BadRequest, HttpRefusal, MethodNotAllowed, NoSuchPath, Unexpected
from firstfix.api.serving import response_of

ErrorHandler = Callable[[Request[Any, Any, Any], Exception], Response[bytes]]

_UNSERVED = frozenset({"HEAD", "OPTIONS"})  # the framework adds the second to every address by itself
_SERVER_ERRORS = 500

_log = structlog.get_logger("firstfix.api")


def error_handlers(edges: Sequence[tuple[str, Edge]]) -> dict[int | type[Exception], ErrorHandler]:
    """Make the framework's handlers.

    Args:
        edges: Path prefixes with a slash at both ends and whose they are; the first that fits answers.
    """

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        # Not every path begins with one slash: `OPTIONS *` has none, and the router takes two for one.
        path = f"/{request.scope['path'].lstrip('/')}/"
        edge = next(edge for prefix, edge in edges if path.startswith(prefix))
        exchange = exchange_of(request, edge.services)
        refusal = _refusal_of(error)
        if isinstance(refusal, Unexpected):
            _log.error("unexpected", request_id=exchange.request_id, path=exchange.path, exc_info=error)
        reply = edge.refuse(exchange, refusal)
        edge.finish(exchange, reply)
        return response_of(reply)

    return {HTTPException: answer, Exception: answer}


def _refusal_of(error: Exception) -> HttpRefusal:
    match error:
        case NotFoundException():
            return NoSuchPath()
        case MethodNotAllowedException():
            methods = (error.headers or {}).get("allow", "").split(", ")
            return MethodNotAllowed(headers={"Allow": ", ".join(sorted(set(methods) - _UNSERVED))})
        case HTTPException() if error.status_code < _SERVER_ERRORS:
            return BadRequest("The request cannot be read.")
        case _:
            return Unexpected()
