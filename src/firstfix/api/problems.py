"""Refusals of the HTTP layer itself. Each API's edge writes them, and the domain's, in its own form."""

from typing import ClassVar, Literal

from msgspec import UNSET, Struct, UnsetType


class HttpRefusal(Exception):
    """The request cannot be served as it came.

    Args:
        message: A sentence for the person who asked; by default the class's own.
        field: The one field at fault, as the wire names it.
        headers: Headers that the answer must carry.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    sentence: ClassVar[str] = ""

    def __init__(
        self, message: str | None = None, *, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message or self.sentence)
        self.message = message or self.sentence
        self.field = field
        self.headers = headers or {}


class MalformedBody(HttpRefusal):
    status = 400
    code = "request.malformed"
    sentence = "The body cannot be read."


class BadRequest(HttpRefusal):
    status = 400
    code = "request.invalid"


class Unauthorized(HttpRefusal):
    status = 401
    code = "auth.required"
    sentence = "Authentication required. Please log in."


class NoSuchPath(HttpRefusal):
    status = 404
    code = "request.unknown_path"
    sentence = "There is nothing at this address."


class MethodNotAllowed(HttpRefusal):
    status = 405
    code = "request.method_not_allowed"
    sentence = "This address does not take that method."


class SlowBody(HttpRefusal):
    status = 408
    code = "request.too_slow"
    sentence = "The body came too slowly."

    def __init__(self) -> None:
        super().__init__(headers={"Connection": "close"})


class CallerGone(HttpRefusal):
    """The caller went away in the middle of the body: nobody reads this answer."""

    status = 400
    code = "request.aborted"
    sentence = "The request was not sent to its end."


class PayloadTooLarge(HttpRefusal):
    status = 413
    code = "request.too_large"
    sentence = "The request is too large."


class UnsupportedMediaType(HttpRefusal):
    status = 415
    code = "request.unsupported_type"
    sentence = "The body must be JSON or a form."


class IdempotencyMismatch(HttpRefusal):
    status = 422
    code = "idempotency.mismatch"
    sentence = "This Idempotency-Key was used before with another request."


class TwinRunning(HttpRefusal):
    status = 409
    code = "idempotency.running"
    sentence = "The same request is still being worked on. Try again shortly."


class RowContended(HttpRefusal):
    status = 409
    code = "request.contended"
    sentence = "Somebody else is changing the same thing. Try again shortly."


class TooManyRequests(HttpRefusal):
    status = 429
    code = "rate_limited"

    def __init__(self, seconds: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(
            f"Too many requests. Try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds), **(headers or {})},
        )


class Busy(HttpRefusal):
    status = 503
    code = "server.busy"
    sentence = "The server is busy. Try again shortly."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class Unexpected(HttpRefusal):
    status = 500
    code = "server.error"
    sentence = "An unexpected error occurred"


class FieldProblem(Struct, frozen=True):
    path: str
    message: str


class Problem(Struct, frozen=True, kw_only=True):
    """Why a request was refused. Programs look at `code`, people read `detail`, forms place `fields`."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    code: str
    fields: list[FieldProblem] | UnsetType = UNSET
    request_id: str
