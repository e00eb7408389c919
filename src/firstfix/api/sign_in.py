"""Signing in with a password, for the two APIs that people sign in to."""

from firstfix.api.exchange import Exchange
from firstfix.api.problems import Busy, HttpRefusal, TooManyRequests
from firstfix.api.refusals import Attempt
from firstfix.api.services import Services
from firstfix.api.session_cookie import find_session
from firstfix.domain.access.commands.sign_in import conclude_sign_in, end_credential, find_candidate
from firstfix.domain.access.errors import SecondFactorRequired
from firstfix.domain.access.passwords import PASSWORD_CHECKS, TooManyChecks
from firstfix.domain.access.queries import NotAuthenticated
from firstfix.domain.access.views import CredentialKind, SignedIn, Wait


class ForeignSite(HttpRefusal):
    status = 403
    code = "auth.foreign_site"
    sentence = "Another site cannot sign you in here."


def is_from_foreign_site(exchange: Exchange) -> bool:
    """Tell whether a browser says that another site makes this request. Programs say nothing."""
    site = exchange.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = exchange.headers.get("origin")
    return origin is not None and _host_of(origin) not in [_host_of(address) for address in exchange.own_addresses]


def _host_of(address: str) -> str:
    """Cut the host and port out of an origin; whatever is sent has one, be it empty."""
    return address.partition("://")[2]


async def create_token(
    services: Services, exchange: Exchange, *, email: str, password: str, otp: str | None
) -> SignedIn:
    """Sign in for a bearer token, which takes the place of the account's earlier one.

    Raises:
        ForeignSite: A browser says that another site asks.
        NotAuthenticated: `SignInRefused` or `SecondFactorRequired`.
        TooManyRequests: Too many sign-ins failed, for this account or from this address.
        Busy: Too many passwords wait to be checked.
    """
    return await _sign_in(services, exchange, email=email, password=password, otp=otp, kind="bearer")


async def create_session(
    services: Services, exchange: Exchange, *, email: str, password: str, otp: str | None, is_remembered: bool
) -> SignedIn:
    """Sign in for a browser's session. The session that the browser came with, if any, ends.

    The caller puts the secret into the cookie: `session_cookie(exchange, signed_in.secret, lasts=…)`, where only a
    remembered session outlasts the browser.

    Raises:
        ForeignSite: See `create_token`, also for the others.
        NotAuthenticated: See there.
        TooManyRequests: See there.
        Busy: See there.
    """
    signed_in = await _sign_in(
        services, exchange, email=email, password=password, otp=otp, kind="session", is_remembered=is_remembered
    )
    earlier = find_session(exchange)
    if earlier is not None:
        async with services.database.session(exchange.address) as session:
            await end_credential(session, earlier)
    return signed_in


async def _sign_in(
    services: Services,
    exchange: Exchange,
    *,
    email: str,
    password: str,
    otp: str | None,
    kind: CredentialKind,
    is_remembered: bool = False,
) -> SignedIn:
    if is_from_foreign_site(exchange):
        raise ForeignSite
    async with services.database.session(exchange.address) as session:
        candidate = await find_candidate(session, email=email, address=exchange.address)
    if isinstance(candidate, Wait):
        _note(services, exchange, email, TooManyRequests.code)
        raise TooManyRequests(candidate.seconds)
    try:
        is_password_right = await PASSWORD_CHECKS.is_right(candidate.password_hash, password)
    except TooManyChecks as error:
        raise Busy from error
    async with services.database.session(exchange.address) as session:
        outcome = await conclude_sign_in(
            session,
            services.database.keys,
            candidate,
            is_password_right=is_password_right,
            code=otp,
            kind=kind,
            is_remembered=is_remembered,
        )
    match outcome:
        case Wait():
            _note(services, exchange, email, TooManyRequests.code)
            raise TooManyRequests(outcome.seconds)
        case SecondFactorRequired():
            raise outcome
        case NotAuthenticated():
            _note(services, exchange, email, outcome.code)
            raise outcome
        case _:
            return outcome


def _note(services: Services, exchange: Exchange, email: str, code: str) -> None:
    """Note for the audit log that somebody could not sign in."""
    services.refusals.note(
        Attempt(
            email=email.strip(),
            address=exchange.address,
            source="web" if exchange.path.startswith("/web/") else "manage",
            operation=exchange.operation_id,
            code=code,
        ),
        request_id=exchange.request_id,
    )
