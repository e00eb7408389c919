"""How the manage API reads what a request holds: JSON, forms and query strings into the Structs of operations."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO
from types import NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct
from multipart import (  # type: ignore[import-untyped] # one module, which cannot say that it is typed
    MultipartError,
    MultipartParser,
    parse_options_header,
)

from firstfix.api import reading
from firstfix.api.exchange import (
    BODY_LIMIT_BYTES,
    FORM,
    JSON,
    MULTIPART,
    Exchange,
    gather,
    parse_form,
    parse_json_object,
)
from firstfix.api.problems import BadRequest, MalformedBody, UnsupportedMediaType

_FORMS = frozenset({FORM, MULTIPART})
_TYPES = _FORMS | {JSON}
_MOST_FIELDS = 1000
_LONGEST_TEXT_BYTES: Final = 64 * 1024
_FIELD_IN_ERROR = re.compile(r"field `(?P<missing>[^`]+)`|\$\.(?P<wrong>\w+)")
_CANONICAL = msgspec.json.Encoder(order="deterministic")


def invalid_parameter(name: str) -> BadRequest:
    """Make the contract's refusal of one parameter."""
    return BadRequest(f"Invalid or missing required parameter: {name}", field=name)


def read_body_fields(exchange: Exchange) -> dict[str, Any]:
    """Read a body into its fields.

    Raises:
        UnsupportedMediaType: Neither JSON nor a form.
        HttpRefusal: Why the body was not read.
        MalformedBody: It does not parse.
    """
    content_type = exchange.content_type
    if content_type not in _TYPES and (content_type or exchange.body or exchange.unread is not None):
        raise UnsupportedMediaType
    if exchange.unread is not None:
        raise exchange.unread
    if not exchange.body:
        return {}
    if content_type == JSON:
        return parse_json_object(exchange.body)
    if content_type == FORM:
        return parse_form(exchange.body)
    return _parse_multipart(exchange)


def convert(fields: Mapping[str, Any], shape: type[reading.AnyStruct], *, is_form: bool) -> reading.AnyStruct:
    """Make an operation's Struct of fields; unknown ones are left out.

    Args:
        fields: By name.
        shape: What the operation takes.
        is_form: A form has no null: there an empty text stands for it, where null is taken. Nor has it lists of one.

    Raises:
        BadRequest: A field is missing or cannot be used; the first is named.
    """
    for name in shape.__struct_fields__:
        value = fields.get(name)
        if value is not None and not _fits(value):
            raise invalid_parameter(name)
    if is_form:
        clearable, lists = _clearable(shape), _lists(shape)
        fields = {name: None if value == "" and name in clearable else value for name, value in fields.items()}
        fields |= {name: [fields[name]] for name in lists & fields.keys() if isinstance(fields[name], str)}
    try:
        return reading.convert(fields, shape, strict=False)
    except msgspec.ValidationError as error:
        match = _FIELD_IN_ERROR.search(str(error))
        name = match["missing"] or match["wrong"] if match else "body"
        raise invalid_parameter(name) from error


def is_form(exchange: Exchange) -> bool:
    """Tell whether the body is a form."""
    return exchange.content_type in _FORMS


def fingerprint_of(fields: Mapping[str, Any]) -> bytes:
    """Write a body so that two are the same if they mean the same: numbers by value, in any order, without token."""
    return _CANONICAL.encode({name: _canonical(value) for name, value in fields.items() if name != "csrf_token"})


def _canonical(value: object) -> object:
    match value:
        case dict():
            return {name: _canonical(item) for name, item in value.items()}
        case list():
            return [_canonical(item) for item in value]
        case bool() | None:
            return value
        case int() | Decimal():
            return {"number": _write_number(Decimal(value))}
        case str():
            return value
        case _:
            raise TypeError(f"JSON has no {type(value).__name__}.")


def _write_number(number: Decimal) -> str:
    """Write a number so that equal ones look equal, however many zeros they came with and however large they are."""
    sign, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    significant = written.rstrip("0")
    if not significant:
        return "0"
    return f"{'-' if sign else ''}{significant}e{int(exponent) + len(written) - len(significant)}"


def _fits(value: object) -> bool:
    """Tell whether PostgreSQL can hold each text in a value, and whether none is too long."""
    match value:
        case str():
            return "\0" not in value and len(value.encode()) <= _LONGEST_TEXT_BYTES
        case list():
            return all(_fits(item) for item in value)
        case dict():
            return all(_fits(item) for item in value.values())
        case _:
            return True


@cache
def _clearable(shape: type[Struct]) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(shape).items() if NoneType in get_args(hint))


@cache
def _lists(shape: type[Struct]) -> frozenset[str]:
    hints = get_type_hints(shape).items()
    return frozenset(name for name, hint in hints if any(get_origin(part) is list for part in get_args(hint)))


def _parse_multipart(exchange: Exchange) -> dict[str, Any]:
    _, options = parse_options_header(exchange.headers["content-type"])
    try:
        parts = MultipartParser(
            BytesIO(exchange.body),
            options.get("boundary", ""),
            part_limit=_MOST_FIELDS,
            spool_limit=BODY_LIMIT_BYTES,
            strict=True,
        ).parts()
        if any(part.filename is not None for part in parts):
            raise MalformedBody("This operation takes no files.")
        return gather((part.name, part.value) for part in parts)
    except (MultipartError, UnicodeDecodeError, LookupError) as error:
        raise MalformedBody("The form cannot be read.") from error
