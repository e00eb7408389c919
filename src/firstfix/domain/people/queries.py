"""Reading people."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from firstfix.domain.people.models import Person, Role
from firstfix.domain.work import AccountType, Work


class Account(Struct, frozen=True, kw_only=True):
    """The account somebody signs in with."""

    id: int
    uuid: UUID
    email: str
    first_name: str
    last_name: str
    account_type: AccountType
    role_name: str
    is_administrator: bool

    @property
    def name(self) -> str:
        """First and last name, as far as there are any."""
        return f"{self.first_name} {self.last_name}".strip()


async def get_actors_account(work: Work) -> Account:
    """Read the account that acts. One statement; the actor's account exists, for it was just authenticated."""
    row = (
        await work.session.execute(
            select(
                Person.id,
                Person.uuid,
                Person.email,
                Person.first_name,
                Person.last_name,
                Person.account_type,
                Role.name.label("role_name"),
                Role.is_administrator,
            )
            .join(Role, Role.id == Person.role_id)
            .where(Person.id == work.actor.person_id)
        )
    ).one()
    return Account(
        id=row.id,
        uuid=row.uuid,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        account_type=AccountType(row.account_type),
        role_name=row.role_name,
        is_administrator=row.is_administrator,
    )
