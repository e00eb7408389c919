"""Routes of the framework made from the operations of an API: one for each method and path."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from firstfix.api.downloads import FileAnswer
from firstfix.api.edge import Edge, exchange_of, read_body
from firstfix.api.exchange import MULTIPART, Answer
from firstfix.api.operations import Operation
from firstfix.api.problems import HttpRefusal
from firstfix.api.uploads import Upload

OPERATION = "firstfix.operation"
"""Where a request's scope tells which operation was asked for."""

_BODILESS = frozenset({"GET", "HEAD"})


def routes_of(edge: Edge, operations: Iterable[Operation]) -> list[HTTPRouteHandler]:
    """Make the routes that serve an API's operations."""
    by_address: dict[tuple[str, str], dict[str | None, Operation]] = defaultdict(dict)
    for operation in operations:
        by_address[operation.method, operation.path][operation.action] = operation
    return [_route(edge, method, path, group) for (method, path), group in by_address.items()]


def response_of(answer: Answer) -> Response[bytes]:
    """Hand an answer to the framework as it is."""
    if isinstance(answer, FileAnswer):
        return _FileResponse(answer)
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=answer.media_type,
        headers=answer.headers,
    )


class _FileResponse(Response[bytes]):
    """Sends a file by itself, past the framework's own way of making bodies."""

    def __init__(self, answer: FileAnswer) -> None:
        super().__init__(b"")
        self._answer = answer

    def to_asgi_response(self, *_: object, **__: object) -> ASGIApp:  # type: ignore[override] # the framework calls it
        """Hand over what sends the file."""
        return self._answer


def _route(edge: Edge, method: str, path: str, group: dict[str | None, Operation]) -> HTTPRouteHandler:
    takes_files = any(operation.takes_files for operation in group.values())
    only = next(iter(group.values())).operation_id if len(group) == 1 else ""

    async def endpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
        exchange = exchange_of(request, edge.services)
        if takes_files and exchange.content_type == MULTIPART:
            exchange.upload = Upload(request.receive, exchange.headers)
        elif method not in _BODILESS:
            try:
                await read_body(request, exchange)
            except HttpRefusal as refusal:
                exchange.unread = refusal
        answer = await edge.answer(exchange, group, request.path_params)
        request.scope[OPERATION] = exchange.operation_id or only  # type: ignore[literal-required]
        return response_of(answer)

    # The answer has its own status; the framework's default for DELETE, 204, would not even take a body.
    return HTTPRouteHandler(path, http_method=[method], status_code=200, include_in_schema=False)(endpoint)  # type: ignore[list-item]
