"""Signing in and out, tokens for changes, and what the caller may do."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from firstfix.api.exchange import Answer, Exchange
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Done, Reply, Success, write_reply
from firstfix.api.operations import PUBLIC, SIGNED_IN
from firstfix.api.services import Services
from firstfix.api.session_cookie import no_session_cookie
from firstfix.api.sign_in import create_token
from firstfix.domain.access.commands.csrf import issue_csrf_token
from firstfix.domain.access.commands.sign_in import sign_out
from firstfix.domain.access.queries import Claim
from firstfix.domain.people.queries import get_actors_account
from firstfix.domain.work import Work


class Login(Struct, kw_only=True):
    """How somebody proves who they are. `otp`: the second factor's code, where the server has asked for one."""

    email: Annotated[str, Meta(min_length=1, max_length=320)]
    password: Annotated[str, Meta(min_length=1)]
    otp: str | None = None


class LoginUser(Struct):
    name: str
    email: str
    account_type: int


class LoggedIn(Struct):
    """A bearer token for 90 days; the account's earlier one is revoked."""

    success: Literal[True]
    token: str
    token_type: Literal["Bearer"]
    expires_at: datetime
    user: LoginUser
    usage: str


class CsrfToken(Struct):
    """64 hex digits, for one request within two hours, with the session or token that fetched it."""

    token: str


class Permissions(Struct):
    """The caller: account type, role, and each key that they hold."""

    account_type: int
    role: str
    permissions: dict[str, Literal[True]]


@operation("POST", "/api/auth/login", key=PUBLIC, operation_id="login", reply=LoggedIn)
async def login(services: Services, exchange: Exchange, data: Login) -> Answer:
    """Sign in for a bearer token."""
    signed_in = await create_token(services, exchange, email=data.email, password=data.password, otp=data.otp)
    logged_in = LoggedIn(
        success=True,
        token=signed_in.secret,
        token_type="Bearer",  # noqa: S106 (a scheme's name)
        expires_at=signed_in.expires_at,
        user=LoginUser(signed_in.name, signed_in.email, int(signed_in.account_type)),
        usage="Send it with every request as: Authorization: Bearer <token>",
    )
    return Answer(status=200, body=msgspec.json.encode(logged_in))


@operation("POST", "/api/auth/logout", key=SIGNED_IN, operation_id="logout", reply=Done)
async def logout(work: Work, exchange: Exchange, claim: Claim) -> Answer:
    """End the session or the bearer token that this is called with."""
    await sign_out(work)
    answer = Answer(status=200, body=write_reply(Reply(message="Signed out")))
    if claim.kind == "session":
        answer.headers["Set-Cookie"] = no_session_cookie(exchange)
    return answer


@operation("GET", "/api/security/csrf-token", key=SIGNED_IN, operation_id="getCsrfToken", reply=Success[CsrfToken])
async def get_csrf_token(services: Services, claim: Claim) -> Reply:
    """Issue a token for one request that changes something."""
    return Reply(data=CsrfToken(await issue_csrf_token(services.database, claim)), message="CSRF token issued")


@operation("GET", "/api/users/permissions", key=SIGNED_IN, operation_id="getPermissions", reply=Success[Permissions])
async def get_permissions(work: Work) -> Permissions:
    """Tell what the caller may do."""
    account = await get_actors_account(work)
    return Permissions(
        account_type=int(account.account_type),
        role=account.role_name,
        permissions=dict.fromkeys(sorted(work.actor.keys), True),
    )
