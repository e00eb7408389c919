"""One request and its answer, as the three APIs read and write them, whatever the framework."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec
from msgspec import Struct

from firstfix.api.problems import HttpRefusal, MalformedBody, PayloadTooLarge, UnsupportedMediaType
from firstfix.api.uploads import Upload
from firstfix.domain.access.rate_limits import EVERYTHING, Account, Allowance
from firstfix.kit.stopwatch import Stopwatch

BODY_LIMIT_BYTES = 1 << 20
DEPTH_LIMIT = 32
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

# A string is one token, also one without an end: each byte is looked at once, whatever is sent. Possessive, so nothing
# is kept to come back to.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
_DEPTH_CHANGE = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_JSON = msgspec.json.Decoder(float_hook=Decimal)
_LIST_MARK = re.compile(r"\[[0-9]*\]\Z")


class Exchange(Struct, kw_only=True):
    """What a handler may know of the request beyond its parameters.

    Attributes:
        base_url: Scheme and host that absolute addresses are built from, without a slash at the end.
        headers: By lower-case name.
        parameters: The query string, decoded, in order.
        query_string: As it came.
        address: The caller's address, behind trusted proxies the one they report.
        body: A JSON or form body; uploads are streamed instead.
        began_at: When the request came, by a clock that only measures.
        database_time: What it has waited for the database.
        operation_id: What was asked for, for the log and the metrics; empty until it is known.
        unread: Why the body was not read. The edge raises it where its contract's order of refusals has it.
        upload: A multipart body at an address that takes files. It is not in `body`.
        account: Whose credential it was last time, as far as this process knows.
        allowances: What the request was counted against.
        counted_operation: The operation that it was counted for, by its name among all.
    """

    method: str
    path: str
    base_url: str
    headers: Mapping[str, str]
    query_string: str
    parameters: list[tuple[str, str]]
    cookies: Mapping[str, str]
    address: str
    is_https: bool
    body: bytes = b""
    unread: HttpRefusal | None = None
    upload: Upload | None = None
    operation_id: str = ""
    request_id: str = msgspec.field(default_factory=lambda: uuid4().hex)
    began_at: float = msgspec.field(default_factory=perf_counter)
    database_time: Stopwatch = msgspec.field(default_factory=Stopwatch)
    account: Account | None = None
    allowances: list[Allowance] = msgspec.field(default_factory=list)
    counted_operation: str = EVERYTHING

    @property
    def content_type(self) -> str:
        """The body's type without its parameters, in lower case; empty where the caller gave none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def own_addresses(self) -> tuple[str, str]:
        """What our own pages may have come from: the address of our links, and the one that was asked for.

        A browser writes into `Host` where it sends the request, so another site's `Origin` is never that.
        """
        return self.base_url, f"{'https' if self.is_https else 'http'}://{self.headers.get('host', '')}"


class Answer(Struct, kw_only=True):
    """A reply, ready to send. `media_type` counts only with a body."""

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class RawJson(Struct, frozen=True):
    """A reply's JSON that PostgreSQL wrote already."""

    body: bytes


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object. Numbers with a point become `Decimal`, never floats.

    Raises:
        MalformedBody: Not JSON, not an object, or nested deeper than 32.
    """
    if body.count(b"[") + body.count(b"{") > DEPTH_LIMIT:
        _check_depth(body)
    try:
        content = _JSON.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise MalformedBody("The body is not valid JSON.") from error
    if not isinstance(content, dict):
        raise MalformedBody("The body must be a JSON object.")
    return content


def parse_form(body: bytes) -> dict[str, Any]:
    """Read a form, as `gather` puts it together.

    Raises:
        MalformedBody: Not UTF-8, or more than a thousand fields.
    """
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except (UnicodeDecodeError, ValueError) as error:
        raise MalformedBody("The form cannot be read.") from error
    return gather(pairs)


def gather(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Put a form's fields together; of a repeated name, or one that ends in `[]` or `[0]`, all values, as a list."""
    fields: dict[str, Any] = {}
    for written, value in pairs:
        name = _LIST_MARK.sub("", written)
        earlier = fields.get(name)
        if isinstance(earlier, list):
            earlier.append(value)
        elif earlier is not None:
            fields[name] = [earlier, value]
        else:
            fields[name] = [value] if name != written else value
    return fields


def parse_mapping(exchange: Exchange) -> dict[str, Any]:
    """Read a JSON or form body by its type; no body is an empty mapping.

    Raises:
        UnsupportedMediaType: Neither JSON nor a form.
        MalformedBody: It does not parse.
    """
    if not exchange.body:
        return {}
    if exchange.content_type == JSON:
        return parse_json_object(exchange.body)
    if exchange.content_type == FORM:
        return parse_form(exchange.body)
    raise UnsupportedMediaType


def within_limit(size_bytes: int) -> None:
    """Refuse a JSON or form body over 1 MiB.

    Raises:
        PayloadTooLarge: It is.
    """
    if size_bytes > BODY_LIMIT_BYTES:
        raise PayloadTooLarge("The body is larger than 1 MiB.")


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body):
        depth += _DEPTH_CHANGE.get(token.group(), 0)
        if depth > DEPTH_LIMIT:
            raise MalformedBody(f"The body is nested deeper than {DEPTH_LIMIT}.")
