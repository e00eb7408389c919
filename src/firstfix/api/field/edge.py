"""How the field API reads requests and writes replies and errors (contract §1)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.api.dispatched import find_new_uuid
from firstfix.api.edge import Edge, Prepared, status_of
from firstfix.api.exchange import Answer, Exchange, RawJson, parse_json_object
from firstfix.api.field.wire import SchemaMismatch, job_key, wire_name
from firstfix.api.hot_reads import HotReads
from firstfix.api.operations import Operation
from firstfix.api.problems import BadRequest, HttpRefusal
from firstfix.api.reading import convert
from firstfix.domain.access.queries import Claim
from firstfix.domain.errors import Refusal
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.kit.money import fits

_API_KEY = re.compile(r"[0-9a-f]{32}", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(r"token\s+", re.IGNORECASE | re.ASCII)
_PATH_IN_ERROR = re.compile(r" - at `(?:key in )?\$\.?(?P<path>.*)`$", re.DOTALL)
_CORE_NAME = re.compile(r"(?<![^.])[a-z_0-9]+(?![^.\[])")
_VALUES = "custom_fields."
"""Stands before the key of a custom field, which is the organisation's own name and not ours to write otherwise."""
_NAME_IN_MESSAGE = re.compile(r"(?:required|unknown) field `(?P<name>[^`]*)`")


class InvalidProtocol(HttpRefusal):
    status = 400
    code = "InvalidProtocolError"
    sentence = "Use https: this server does not answer over plain http."


class FieldEdge(Edge):
    """The field API's way in."""

    _NAMES: ClassVar[dict[int, str]] = {
        400: "BadRequest",
        401: "AuthenticationError",
        403: "PermissionError",
        404: "NotFoundError",
        405: "MethodNotAllowed",
        408: "RequestTimeout",
        409: "ConflictError",
        413: "PayloadTooLarge",
        415: "BadRequest",
        422: "APIValidationError",
        429: "TooManyRequests",
        500: "InternalError",
        503: "ServiceUnavailable",
    }

    def find_claim(self, exchange: Exchange) -> Claim | None:
        """Read an API key: of the header, or without one of a GET's query."""
        header = exchange.headers.get("authorization")
        if header is not None:
            scheme = _SCHEME.match(header.strip())
            key = None if scheme is None else header.strip()[scheme.end() :]
        else:
            key = dict(exchange.parameters).get("api_key") if exchange.method == "GET" else None
        return Claim("api_key", key.lower()) if key is not None and _API_KEY.fullmatch(key) else None

    async def prepare(
        self,
        exchange: Exchange,
        operations: Mapping[str | None, Operation],
        path: Mapping[str, str],  # noqa: ARG002 (other wires pick the operation by it)
    ) -> Prepared:
        """Pick the operation and read its input."""
        operation = operations[None]
        if not operation.is_public and self.services.origin.require_https and not exchange.is_https:
            raise InvalidProtocol
        claim = None if operation.is_public else self.require_claim(exchange)
        prepared = Prepared(operation=operation, claim=claim)
        try:
            self._read_input(exchange, prepared)
        except HttpRefusal:
            if claim is not None:
                async with self._open_work(exchange, operation, claim):
                    raise  # who may not ask is not told what they asked wrongly
            raise
        return prepared

    def _read_input(self, exchange: Exchange, prepared: Prepared) -> None:
        operation = prepared.operation
        if exchange.unread is not None:
            raise exchange.unread
        if operation.query is not None:
            prepared.query = _read(operation.query, _query_of(exchange), strict=False)
        takes_body = operation.data is not None or operation.takes_files
        if takes_body and exchange.body and not exchange.content_type:
            raise BadRequest("A body needs a Content-Type.")
        if operation.data is not None:
            content = parse_json_object(exchange.body) if exchange.body else {}
            prepared.data = _read(operation.data, content, strict=True)
            _refuse_quoted_numbers(content, prepared.data)
            prepared.fingerprint = msgspec.json.encode(content, order="deterministic")

    async def _perform(self, exchange: Exchange, prepared: Prepared, path: Mapping[str, str]) -> Answer:
        """Run the operation. Who names a job by what it was called while it was deferred is sent to what it became."""
        try:
            return await super()._perform(exchange, prepared, path)
        except JobNotFound as missing:
            job_ref = path.get("job_ref")
            if prepared.claim is None or job_ref is None or missing.reference != job_ref:
                raise
            keys = prepared.operation.permission_keys
            reads = HotReads(self.services.database, prepared.claim, keys, self.hints)
            uuid = await find_new_uuid(reads, *job_key(job_ref))
            if uuid is None:
                raise
            return _sent_on(exchange, prepared.operation, job_ref, uuid)

    def write(
        self,
        exchange: Exchange,  # noqa: ARG002 (as above)
        operation: Operation,
        result: Any,  # noqa: ANN401 (whatever the operation returned)
    ) -> Answer:
        """Write a result as plain JSON; nothing as 204."""
        if isinstance(result, Answer):
            return result
        if isinstance(result, RawJson):
            return Answer(status=operation.status, body=result.body)
        if result is None:
            return Answer(status=operation.status)
        return Answer(status=operation.status, body=msgspec.json.encode(result))

    def refuse(self, exchange: Exchange, refusal: Refusal | HttpRefusal) -> Answer:  # noqa: ARG002 (as above)
        """Write `{"error": {"name", "message"}}`, a 422 with its fields."""
        status = status_of(refusal, invalid=HTTPStatus.UNPROCESSABLE_ENTITY)
        name = refusal.code if isinstance(refusal, InvalidProtocol) else self._NAMES[status]
        message = refusal.message
        reference = getattr(refusal, "reference", None)
        if isinstance(reference, UUID):
            message = message.replace(str(reference), reference.hex)
        error: dict[str, Any] = {"name": name, "message": message}
        if status == 422:  # noqa: PLR2004 (the status that names fields)
            path = refusal.field or ""
            if isinstance(refusal, Refusal):  # the wire's own refusals have the wire's names
                _, _, key = path.partition(_VALUES)
                path = _CORE_NAME.sub(lambda core: wire_name(core.group()), path[: len(path) - len(key)]) + key
            error["fields"] = [{"path": path, "message": message}]
        headers = refusal.headers if isinstance(refusal, HttpRefusal) else {}
        return Answer(status=status, body=msgspec.json.encode({"error": error}), headers=dict(headers))


def _sent_on(exchange: Exchange, operation: Operation, job_ref: str, uuid: UUID) -> Answer:
    """Answer with the same address below the new job's."""
    # The router has taken the slash at the end away; collections have one.
    below = quote(exchange.path.removeprefix(f"/job/{job_ref}").rstrip("/") + "/" * operation.path.endswith("/"))
    query = f"?{exchange.query_string}" if exchange.query_string else ""
    location = f"{exchange.base_url}/job/{uuid.hex}{below}{query}"
    return Answer(status=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": location})


def _query_of(exchange: Exchange) -> dict[str, str]:
    return {name: value for name, value in exchange.parameters if name != "api_key"}


def _read(shape: type[Struct], content: Mapping[str, Any], *, strict: bool) -> Struct:
    try:
        return convert(content, shape, strict=strict)
    except msgspec.ValidationError as error:
        message, path, *_ = [*_PATH_IN_ERROR.split(str(error)), ""]
        named = _NAME_IN_MESSAGE.search(message)
        if named:
            path = f"{path}.{named['name']}".lstrip(".")
        raise SchemaMismatch(message, path=path) from error


def _refuse_quoted_numbers(given: object, read: object, path: str = "") -> None:
    """Refuse numbers written as strings, which msgspec takes for exact amounts, and amounts with too many digits."""
    match read:
        case Decimal():
            if isinstance(given, str):
                raise SchemaMismatch("Expected `number`, got `str`", path=path)
            if not fits(read, digits_before=12, digits_after=4):
                raise SchemaMismatch("At most 12 digits before and 4 after the point.", path=path)
        case Struct() if isinstance(given, Mapping):
            for name, written in zip(read.__struct_fields__, read.__struct_encode_fields__, strict=True):
                if written in given:
                    _refuse_quoted_numbers(given[written], getattr(read, name), f"{path}.{written}".lstrip("."))
        case list() if isinstance(given, list):
            for place, (part, whole) in enumerate(zip(given, read, strict=True)):
                _refuse_quoted_numbers(part, whole, f"{path}[{place}]")
