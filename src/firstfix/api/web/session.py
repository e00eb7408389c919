"""Signing in and out."""

from typing import Annotated

from msgspec import Meta, Struct

from firstfix.api.exchange import Answer, Exchange
from firstfix.api.hot_reads import HotReads, TypeHints
from firstfix.api.operations import PUBLIC
from firstfix.api.services import Services
from firstfix.api.session_cookie import find_session, no_session_cookie, session_cookie
from firstfix.api.sign_in import create_session
from firstfix.api.web.me import Me, get_me
from firstfix.api.web.operations import operation
from firstfix.domain.access.commands.sign_in import end_credential
from firstfix.domain.access.queries import Claim


class SignIn(Struct, forbid_unknown_fields=True):
    """How somebody proves who they are. `otp`: the second factor's code, where the server has asked for one."""

    email: Annotated[str, Meta(max_length=320)]
    password: Annotated[str, Meta(max_length=1024)]
    otp: Annotated[str, Meta(max_length=20)] | None = None
    remember: bool = False


@operation("POST", "/web/session", key=PUBLIC, operation_id="signIn", reply=Me)
async def sign_in(services: Services, exchange: Exchange, data: SignIn) -> Answer:
    """Sign in: the reply sets the session's cookie. An earlier session of this browser ends."""
    signed_in = await create_session(
        services, exchange, email=data.email, password=data.password, otp=data.otp, is_remembered=data.remember
    )
    claim = Claim("session", signed_in.secret)
    hints = TypeHints()
    hints.remember(claim.secret_hash, signed_in.account_type)
    account = await get_me(HotReads(services.database, claim, (), hints))
    lasts = signed_in.lasts if data.remember else None
    return Answer(
        status=200, body=account.body, headers={"Set-Cookie": session_cookie(exchange, signed_in.secret, lasts=lasts)}
    )


@operation("DELETE", "/web/session", key=PUBLIC, operation_id="signOut", status=204)
async def sign_out(services: Services, exchange: Exchange) -> Answer:
    """Sign out. Without a session, or with one that has ended, there is nothing left to do."""
    claim = find_session(exchange)
    if claim is not None:
        async with services.database.session(claim.secret_hash) as session:
            await end_credential(session, claim)
    return Answer(status=204, headers={"Set-Cookie": no_session_cookie(exchange)})
