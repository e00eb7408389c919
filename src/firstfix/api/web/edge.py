"""How the web API reads requests and writes replies and problems (RFC 9457)."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from firstfix.api.edge import Edge, Prepared, status_of
from firstfix.api.exchange import JSON, Answer, Exchange, RawJson, parse_json_object
from firstfix.api.idempotency import read_key
from firstfix.api.operations import Operation
from firstfix.api.problems import FieldProblem, HttpRefusal, Problem, UnsupportedMediaType
from firstfix.api.reading import convert
from firstfix.api.session_cookie import find_session
from firstfix.domain.access.queries import Claim
from firstfix.domain.errors import Refusal

PROBLEM = "application/problem+json"
OWN_HEADER = "x-firstfix"
"""A header that pages of other origins cannot send without asking first, and we never say yes."""

_SAFE = frozenset({"GET", "HEAD"})
_PATH_IN_ERROR = re.compile(r"^(?P<message>.*?)(?: - at `(?:key in )?\$\.?(?P<path>.*)`)?$", re.DOTALL)
_FIELD_IN_MESSAGE = re.compile(r"(?:unknown|required) field `(?P<field>[^`]*)`")


class CrossSite(HttpRefusal):
    status = 403
    code = "request.cross_site"
    sentence = (
        "This request did not come from our own pages. Behind a proxy, the server has to be told its public address."
    )


class SchemaMismatch(HttpRefusal):
    """A value that the schema does not take, with its path."""

    status = 422
    code = "request.invalid"


class WebEdge(Edge):
    """The web API's way in."""

    def find_claim(self, exchange: Exchange) -> Claim | None:
        """Read the browser's session."""
        return find_session(exchange)

    async def prepare(
        self,
        exchange: Exchange,
        operations: Mapping[str | None, Operation],
        path: Mapping[str, str],  # noqa: ARG002 (of no account here)
    ) -> Prepared:
        """Read the operation's input: 403 cross-site, 401, 415, 413, 400, 403 permission, 422."""
        operation = operations[None]
        if exchange.method not in _SAFE:
            _require_our_own_page(exchange)
        prepared = Prepared(operation=operation, claim=None)
        if not operation.is_public:
            prepared.claim = self.require_claim(exchange)
        try:
            _read_input(exchange, prepared)
        except HttpRefusal as refusal:
            if prepared.claim is not None:
                keys = operation.permission_keys if isinstance(refusal, SchemaMismatch) else ()
                await self.refuse_caller(prepared.claim, keys)
            raise
        return prepared

    def write(self, exchange: Exchange, operation: Operation, result: object) -> Answer:  # noqa: ARG002 (as all edges)
        """Write a result as plain JSON; nothing as 204."""
        if isinstance(result, Answer):
            return result
        if isinstance(result, RawJson):
            return Answer(status=operation.status, body=result.body)
        if result is None:
            return Answer(status=operation.status)
        return Answer(status=operation.status, body=msgspec.json.encode(result))

    def refuse(self, exchange: Exchange, refusal: Refusal | HttpRefusal) -> Answer:
        """Write a problem."""
        status = status_of(refusal, invalid=HTTPStatus.UNPROCESSABLE_ENTITY)
        problem = Problem(
            type="about:blank",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=refusal.message,
            code=refusal.code,
            request_id=exchange.request_id,
            fields=UNSET if refusal.field is None else [FieldProblem(refusal.field, refusal.message)],
        )
        headers = dict(refusal.headers) if isinstance(refusal, HttpRefusal) else {}
        return Answer(status=status, body=msgspec.json.encode(problem), media_type=PROBLEM, headers=headers)


def _require_our_own_page(exchange: Exchange) -> None:
    """Refuse what another site's page sends: browsers tell by `Sec-Fetch-Site`, over plain http only by `Origin`.

    Raises:
        CrossSite: Neither header, or one of them names another site, or our own header is missing.
    """
    site, origin = exchange.headers.get("sec-fetch-site"), exchange.headers.get("origin")
    if exchange.headers.get(OWN_HEADER) != "1" or site not in (None, "same-origin"):
        raise CrossSite
    ours = exchange.own_addresses
    if site is None:
        is_ours = origin in ours
    else:
        # A proxy that hides https leaves us the host alone to compare, and the browser has vouched already.
        is_ours = origin is None or _host_of(origin) in [_host_of(address) for address in ours]
    if not is_ours:
        raise CrossSite


def _host_of(origin: str) -> str:
    return origin.partition("://")[2]


def _read_input(exchange: Exchange, prepared: Prepared) -> None:
    operation = prepared.operation
    read_key(exchange)
    if operation.data is not None:
        if exchange.content_type != JSON:
            raise UnsupportedMediaType("The body must be JSON.")
        if exchange.unread is not None:
            raise exchange.unread
        content = parse_json_object(exchange.body)
        if b"\\u0000" in exchange.body:
            _refuse_nul(content, "")
        prepared.data = _convert(content, operation.data, strict=True)
        prepared.fingerprint = msgspec.json.encode(content, order="deterministic")
    if operation.query is not None:
        content = dict(exchange.parameters)
        _refuse_nul(content, "")
        prepared.query = _convert(content, operation.query, strict=False)


def _convert(content: Mapping[str, Any], shape: type[Struct], *, strict: bool) -> Struct:
    try:
        return convert(content, shape, strict=strict)
    except msgspec.ValidationError as error:
        match = _PATH_IN_ERROR.match(str(error))
        message, path = (match["message"], match["path"] or "") if match else (str(error), "")
        field = _FIELD_IN_MESSAGE.search(message)
        if field is not None:
            path = f"{path}.{field['field']}" if path else field["field"]
        raise SchemaMismatch(message, field=path) from error


def _refuse_nul(content: object, path: str) -> None:
    """Refuse a text that PostgreSQL cannot hold."""
    match content:
        case str() if "\0" in content:
            raise SchemaMismatch("A text cannot hold the character NUL.", field=path)
        case dict():
            for name, value in content.items():
                _refuse_nul(name, path)
                _refuse_nul(value, f"{path}.{name}" if path else name)
        case list():
            for index, value in enumerate(content):
                _refuse_nul(value, f"{path}[{index}]")
