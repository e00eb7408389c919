"""What each API's contract says about all of its operations, for the OpenAPI document."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.exchange import FORM, JSON
from firstfix.api.problems import FieldProblem, Problem
from firstfix.domain.work import Source


class FieldError(Struct):
    name: str
    message: str
    fields: list[FieldProblem] | UnsetType = UNSET


class FieldRefusal(Struct):
    """Why the field API refused a request; `fields` with a 422."""

    error: FieldError


class ManageRefusal(Struct):
    """Why the manage API refused a request. Programs look at `code`, people read `error`."""

    success: Literal[False]
    error: str
    code: str
    request_id: str
    field: str | UnsetType = UNSET


class Wire(Struct, frozen=True, kw_only=True):
    """One API's form.

    Args:
        tag: The API's name.
        id_prefix: What its operations' ids begin with, for two APIs may have a `getJob`; our own's have none.
        description: What it is for.
        refusal: The body of a refusal.
        refusal_type: The media type of that.
        body_types: Media types of a body.
        body_refusals: Statuses that a request with a body must reckon with.
        query_refusals: Statuses that a request with a query string must reckon with.
        path_refusals: Statuses that a request for something in its path must reckon with.
        has_number_decimals: Whether exact amounts are JSON numbers, else texts.
        reading: What a GET must show, one of several; each names all that go together.
        writing: What any other method must show.
        entering: What any other method must show even where no sign-in is needed.
    """

    tag: str
    id_prefix: str
    description: str
    refusal: type[Struct]
    refusal_type: str = JSON
    body_types: tuple[str, ...] = (JSON,)
    body_refusals: tuple[int, ...]
    query_refusals: tuple[int, ...]
    path_refusals: tuple[int, ...] = (404,)
    has_number_decimals: bool = True
    reading: tuple[tuple[str, ...], ...]
    writing: tuple[tuple[str, ...], ...]
    entering: tuple[tuple[str, ...], ...] = ()


WIRES: dict[Source, Wire] = {
    "field": Wire(
        tag="Field API",
        id_prefix="field",
        description="For integrations that schedule and read field work. Its wire is frozen.",
        refusal=FieldRefusal,
        body_refusals=(400, 404, 413, 422),
        query_refusals=(422,),
        path_refusals=(404, 422),
        reading=(("fieldKey",), ("fieldKeyInQuery",)),
        writing=(("fieldKey",),),
    ),
    "manage": Wire(
        tag="Manage API",
        id_prefix="manage",
        description="For office systems. Its wire is frozen.",
        refusal=ManageRefusal,
        body_types=(JSON, FORM),
        body_refusals=(400, 404, 413, 415, 422),
        query_refusals=(400, 404),
        reading=(("bearer",), ("session",)),
        writing=(("bearer", "csrfToken"), ("session", "csrfToken")),
    ),
    "web": Wire(
        tag="Web API",
        id_prefix="",
        description="For our own browser app, and free to change with it.",
        refusal=Problem,
        refusal_type="application/problem+json",
        body_refusals=(400, 404, 413, 415, 422),
        query_refusals=(404, 422),
        has_number_decimals=False,
        reading=(("session",),),
        writing=(("session", "ownPage"),),
        entering=(("ownPage",),),
    ),
}

SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "fieldKey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Token` and somebody's API key, 32 hex digits.",
    },
    "fieldKeyInQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "api_key",
        "description": "The API key in the address; only with GET, and only without the header.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token that `/api/auth/login` gives."},
    "csrfToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "A token of `/api/security/csrf-token`, for one request. Or `csrf_token` in the body.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "firstfix_session",
        "description": "The browser's session, as `POST /web/session` sets it; `__Host-firstfix_session` over https.",
    },
    "ownPage": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Firstfix",
        "description": "Always `1`; the request must also come from our own origin (`Sec-Fetch-Site`, `Origin`).",
    },
}

REFUSALS: dict[int, tuple[str, str]] = {
    400: ("BadRequest", "The request cannot be read, or holds a value that makes no sense."),
    401: ("Unauthorized", "Nobody is signed in."),
    403: ("Forbidden", "The caller may not do this."),
    404: ("NotFound", "There is no such thing, or the caller cannot see it."),
    409: ("Conflict", "The right request in the wrong state."),
    413: ("TooLarge", "The request is too large."),
    415: ("UnsupportedMediaType", "The body is of a type that is not read here."),
    422: ("Unprocessable", "A value that is not taken, or an `Idempotency-Key` used before with another request."),
    429: ("TooManyRequests", "Too many requests; `Retry-After` says when to come back."),
    500: ("ServerError", "A fault of ours. Nothing was changed."),
    503: ("Busy", "The server is busy; `Retry-After` says when to come back."),
}
"""Name and description of each refusal."""
