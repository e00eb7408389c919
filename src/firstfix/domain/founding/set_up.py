"""The use of the one-time link of a first start: who has it founds the organisation and is its first administrator.

The owner makes it while nothing is founded (`links.py`). The app's role can only use it, by functions that the owner
lent: of many who do so at once the first takes the link's row, and the others find none.
"""

import re
from typing import Final
from zoneinfo import available_timezones

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from firstfix.domain.errors import Invalid, NotFound
from firstfix.domain.founding.accounts import check_email, check_password, create_account
from firstfix.domain.founding.commands import NewPerson, furnish_organisation
from firstfix.kit.secrets import hash_secret

FIRST_BRANCH: Final = "Head office"
FIRST_SLUG: Final = "main"
LONGEST_NAME: Final = 200
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

_IS_OPEN = text("SELECT set_up_is_open(:secret_hash)")
_FOUND = text("SELECT id, uuid FROM found_by_set_up(:secret_hash, :name, :slug, :time_zone, :currency)")


class SetUpLinkWorthless(NotFound):
    """Made up, used, too old, or there is an organisation already: not told apart."""

    code = "founding.link_worthless"

    def __init__(self) -> None:
        super().__init__(
            "This set-up link does not work any more. It works once, for a day, and only before the first account:"
            " start the server again for a new one, or sign in."
        )


class BadSetting(Invalid):
    code = "founding.bad_setting"


class SetUp(Struct, frozen=True, kw_only=True):
    """What the founder decides: the organisation, and the account that they will sign in with."""

    organisation_name: str
    time_zone: str
    currency: str
    first_name: str
    last_name: str
    email: str
    password: str


async def require_open_set_up(session: AsyncSession, secret: str) -> None:
    """Refuse a link that cannot be used.

    Raises:
        SetUpLinkWorthless: It cannot.
    """
    if not await session.scalar(_IS_OPEN, {"secret_hash": hash_secret(secret)}):
        raise SetUpLinkWorthless


def check_set_up(given: SetUp) -> SetUp:
    """Return what was decided, its names without blanks around them.

    Raises:
        BadSetting: A name is empty or too long, or there is no such time zone or currency.
        BadAddress: That is no e-mail address.
        WeakPassword: The password is too short.
    """
    if given.time_zone not in available_timezones():
        raise BadSetting("There is no such time zone.", field="time_zone")
    if not _CURRENCY.fullmatch(given.currency):
        raise BadSetting("A currency has three capital letters, such as GBP.", field="currency")
    return SetUp(
        organisation_name=_name(given.organisation_name, "organisation_name"),
        time_zone=given.time_zone,
        currency=given.currency,
        first_name=_name(given.first_name, "first_name"),
        last_name=_name(given.last_name, "last_name"),
        email=check_email(given.email.strip()),
        password=check_password(given.password),
    )


async def set_up(session: AsyncSession, secret: str, decided: SetUp, *, password_hash: str) -> None:
    """Use the link: found the organisation, with its first branch and its administrator.

    Args:
        session: A transaction that works for nobody yet.
        secret: The link's.
        decided: From `check_set_up`.
        password_hash: Of its password.

    Raises:
        SetUpLinkWorthless: The link cannot be used, or somebody else was faster.
    """
    values = {
        "secret_hash": hash_secret(secret),
        "name": decided.organisation_name,
        "slug": FIRST_SLUG,
        "time_zone": decided.time_zone,
        "currency": decided.currency,
    }
    organisation = (await session.execute(_FOUND, values)).one_or_none()
    if organisation is None:
        raise SetUpLinkWorthless
    administrator = NewPerson(
        email=decided.email,
        first_name=decided.first_name,
        last_name=decided.last_name,
        role="Administrator",
        password_hash=password_hash,
    )

    def furnish(sync_session: Session) -> None:
        connection = sync_session.connection()
        founded = furnish_organisation(
            connection, organisation_id=organisation.id, organisation_uuid=organisation.uuid, branches=(FIRST_BRANCH,)
        )
        create_account(connection, founded, administrator, source="web")

    await session.run_sync(furnish)


def _name(given: str, field: str) -> str:
    name = given.strip()
    if not name or "\0" in name or len(name) > LONGEST_NAME:
        raise BadSetting(f"Needed, with at most {LONGEST_NAME} characters.", field=field)
    return name
