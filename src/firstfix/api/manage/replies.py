"""What the manage API answers: one envelope for success, one for refusals."""

from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from firstfix.api.exchange import RawJson

Data = TypeVar("Data")
COMPLETED = "Operation completed successfully"

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Success(Struct, Generic[Data]):
    """A success, as the OpenAPI document tells it."""

    success: Literal[True]
    data: Data
    message: str


class Listed(Struct, Generic[Data]):
    """A page of a list. `count` tells how many match, not how many are on the page."""

    success: Literal[True]
    data: list[Data]
    count: int
    message: str


class Done(Struct):
    """A success without data."""

    success: Literal[True]
    message: str


class Reply(Struct, kw_only=True):
    """What an operation gives to be put into the envelope.

    Args:
        data: What was asked for; JSON that PostgreSQL wrote goes out as it is.
        count: On lists: how many match, not how many are on the page.
        top: What the contract has beside `data`.
    """

    data: object | UnsetType = UNSET
    count: int | UnsetType = UNSET
    message: str = COMPLETED
    top: Mapping[str, Any] = field(default_factory=dict)


def write_reply(reply: Reply) -> bytes:
    """Write a success."""
    body: dict[str, Any] = {"success": True}
    if reply.data is not UNSET:
        body["data"] = msgspec.Raw(reply.data.body) if isinstance(reply.data, RawJson) else reply.data
    if reply.count is not UNSET:
        body["count"] = reply.count
    body["message"] = reply.message
    return _ENCODER.encode(body | dict(reply.top))


def write_refusal(sentence: str, *, code: str, name: str | None, request_id: str) -> bytes:
    """Write a refusal; `name` is the one field at fault."""
    body = {"success": False, "error": sentence, "code": code}
    if name is not None:
        body["field"] = name
    return _ENCODER.encode(body | {"request_id": request_id})
