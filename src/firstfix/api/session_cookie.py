"""The browser's session: the web API sets its cookie, and the manage API takes it too."""

from datetime import timedelta

from firstfix.api.exchange import Exchange
from firstfix.domain.access.queries import Claim

PLAIN_NAME = "firstfix_session"
SECURE_NAME = "__Host-firstfix_session"
"""The name over https. Browsers take it from this host alone and never over plain http, so nobody else can plant it."""


def find_session(exchange: Exchange) -> Claim | None:
    """Read the session that a browser shows; the plain name does not count over https."""
    secret = exchange.cookies.get(_name(exchange))
    return Claim("session", secret) if secret else None


def session_cookie(exchange: Exchange, secret: str, *, lasts: timedelta | None) -> str:
    """Write the header that gives a browser its session.

    Args:
        exchange: The request that signs in; over https the cookie is for https alone.
        secret: What the session is found by.
        lasts: How long the browser keeps it; `None` until it is closed.
    """
    attributes = ["Path=/", "HttpOnly", "SameSite=Lax"]
    if exchange.is_https:
        attributes.append("Secure")
    if lasts is not None:
        attributes.append(f"Max-Age={int(lasts.total_seconds())}")
    return "; ".join((f"{_name(exchange)}={secret}", *attributes))


def no_session_cookie(exchange: Exchange) -> str:
    """Write the header that takes a browser's session away."""
    return session_cookie(exchange, "", lasts=timedelta())


def _name(exchange: Exchange) -> str:
    return SECURE_NAME if exchange.is_https else PLAIN_NAME
