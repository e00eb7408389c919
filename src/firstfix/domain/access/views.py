"""What signing in takes and gives."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from firstfix.domain.work import AccountType

CredentialKind = Literal["bearer", "session"]


class Candidate(Struct, frozen=True, kw_only=True):
    """Somebody who says who they are; the account is empty where none is open under the address."""

    email: str
    address: str
    person_id: int | None
    password_hash: str | None


class Wait(Struct, frozen=True):
    """Too many sign-ins have failed: come back later."""

    seconds: int


class SignedIn(Struct, frozen=True, kw_only=True):
    """A credential just made. The secret is told this once."""

    secret: str
    expires_at: datetime
    lasts: timedelta
    name: str
    email: str
    account_type: AccountType
