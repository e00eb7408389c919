"""The page that a first start's one-time link leads to."""

from typing import Annotated

from msgspec import Meta, Struct

from firstfix.api.exchange import Answer, Exchange
from firstfix.api.operations import PUBLIC
from firstfix.api.problems import Busy
from firstfix.api.services import Services
from firstfix.api.web.me import Me
from firstfix.api.web.operations import operation
from firstfix.api.web.session import SignIn, sign_in
from firstfix.domain.access.passwords import PASSWORD_CHECKS, TooManyChecks
from firstfix.domain.founding import set_up as founding

Secret = Annotated[str, Meta(max_length=200)]


class SetUpLink(Struct, forbid_unknown_fields=True):
    """The link's secret, which is the part of its address that browsers keep to themselves."""

    secret: Secret


class SetUp(Struct, forbid_unknown_fields=True):
    """The organisation, and its first administrator. The time zone is a name of the IANA's, such as Europe/London."""

    secret: Secret
    organisation_name: str
    time_zone: str
    currency: str
    first_name: str
    last_name: str
    email: Annotated[str, Meta(max_length=320)]
    password: Annotated[str, Meta(max_length=1024)]


@operation("POST", "/web/set-up/check", key=PUBLIC, operation_id="checkSetUpLink", status=204)
async def check_set_up_link(services: Services, exchange: Exchange, data: SetUpLink) -> None:
    """Say whether a set-up link can be used."""
    async with services.database.session(exchange.address) as session:
        await founding.require_open_set_up(session, data.secret)


@operation("POST", "/web/set-up", key=PUBLIC, operation_id="setUp", reply=Me)
async def set_up(services: Services, exchange: Exchange, data: SetUp) -> Answer:
    """Found the organisation with a set-up link, and sign its first administrator in."""
    decided = founding.check_set_up(
        founding.SetUp(
            organisation_name=data.organisation_name,
            time_zone=data.time_zone,
            currency=data.currency,
            first_name=data.first_name,
            last_name=data.last_name,
            email=data.email,
            password=data.password,
        )
    )
    async with services.database.session(exchange.address) as session:
        await founding.require_open_set_up(session, data.secret)  # nobody else makes us work
    try:
        password_hash = await PASSWORD_CHECKS.hash(decided.password)
    except TooManyChecks as error:
        raise Busy from error
    async with services.database.session(exchange.address) as session:
        await founding.set_up(session, data.secret, decided, password_hash=password_hash)
    signed_in: Answer = await sign_in(services, exchange, SignIn(email=decided.email, password=decided.password))
    return signed_in
