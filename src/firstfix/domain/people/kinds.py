"""What is kept of people."""

from typing import Final

from sqlalchemy import text

from firstfix.domain.rows import Kind, Visible
from firstfix.domain.work import AccountType

PERSON: Final = Kind(
    name="person",
    entity="User",
    table="people",
    labels=("first_name", "last_name"),
    required=("email",),
    cleared={"first_name": "", "last_name": "", "locale": "en_GB"},
    unique={"uq_people_email": "email"},
    secret=frozenset({"password_hash", "second_factor_sealed", "email_verified_at"}),
)

ROLE: Final = Kind(name="role", entity="Role", table="roles", unique={"uq_roles_organisation_id_name": "name"})

USERS_SQL: Final = (
    f"people.account_type IN ({int(AccountType.STAFF)}, {int(AccountType.CONTRACTOR)}) AND people.removed_at IS NULL"
)
"""Who can be lead or crew: to the field API, the users."""


def users() -> Visible:
    """Give the predicate of `USERS_SQL`."""
    return text(USERS_SQL)
