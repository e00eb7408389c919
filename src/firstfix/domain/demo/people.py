"""Founding the organisations, and taking people on."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, update
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.access.passwords import hash_password
from firstfix.domain.catalogue.models import CatalogueItem, CatalogueTask, LaborRate, Tax
from firstfix.domain.demo.cast import TEAMS, Cast, CastMember
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.views import DemoAccount, DemoFeatures, DemoOrganisation
from firstfix.domain.demo.words.people import FIRST_NAMES, LAST_NAMES
from firstfix.domain.demo.words.price_book import ITEMS, RATES, TASKS, TAXES
from firstfix.domain.founding.commands import Founded, FoundedPerson, NewPerson, add_person, found_organisation
from firstfix.domain.organisations.models import Branch, Organisation
from firstfix.domain.people.models import Person
from firstfix.domain.people.permissions import DEFAULT_ROLES
from firstfix.domain.work import AccountType
from firstfix.kit.secrets import API_KEY_BYTES, new_secret

ENGINEER = "Engineer"
_PASSWORD_BYTES = 10


def found(connection: Connection, cast: Cast, *, founded_at: datetime) -> DemoOrganisation:
    """Found an organisation with its people and its price book; the transaction afterwards works for it.

    Returns:
        The organisation with its accounts' passwords and keys, which are random and kept nowhere else.
    """
    founded = found_organisation(
        connection,
        name=cast.name,
        slug=cast.slug,
        branches=cast.branches,
        job_prefix=cast.prefix,
        is_enterprise=cast.is_enterprise,
        is_true_crew=cast.is_true_crew,
    )
    # One password for all accounts of an organisation: hashing takes a while, and people have less to type.
    password = new_secret(_PASSWORD_BYTES)
    password_hash = hash_password(password)
    accounts = [
        _open_account(connection, founded, cast, member, password=password, password_hash=password_hash)
        for member in cast.accounts
    ]
    for member in _others(cast):
        _take_on(connection, founded, cast, member)
    branch_ids = [founded.branch_ids[branch] for branch in cast.branches]
    role_id = founded.role_ids[ENGINEER]
    hire_engineers(
        connection, cast, role_id=role_id, branch_ids=branch_ids, first=0, count=cast.engineers, hired_at=founded_at
    )
    _write_price_book(connection)
    organisation_id = founded.organisation_id
    connection.execute(update(Organisation).where(Organisation.id == organisation_id).values(created_at=founded_at))
    for table in (Branch, Person):
        connection.execute(update(table).where(table.organisation_id == organisation_id).values(created_at=founded_at))
    return DemoOrganisation(
        name=cast.name,
        slug=cast.slug,
        features=DemoFeatures(enterprise=cast.is_enterprise, true_crew=cast.is_true_crew),
        accounts=accounts,
    )


def hire_engineers(
    connection: Connection,
    cast: Cast,
    *,
    role_id: int,
    branch_ids: Sequence[int],
    first: int,
    count: int,
    hired_at: datetime,
) -> None:
    """Take on engineers, in turn for each branch and team. They have no password: somebody has to set one.

    Args:
        connection: The owner's, working for the organisation.
        cast: The organisation.
        role_id: Of the engineers' role.
        branch_ids: Of the branches, in the cast's order.
        first: How many were taken on before.
        count: How many to take on.
        hired_at: When that was.
    """
    for number in range(first, first + count):
        draw = Draw(f"{cast.slug} engineer {number}")
        first_name, last_name = draw.one(FIRST_NAMES), draw.one(LAST_NAMES)
        connection.execute(
            insert(Person)
            .values(
                email=_address(cast, f"{first_name} {last_name} {number + 1}"),
                first_name=first_name,
                last_name=last_name,
                phone=_mobile(draw),
                platform=draw.one(("ios", "android")),
                account_type=int(AccountType.STAFF),
                role_id=role_id,
                branch_id=branch_ids[number % len(branch_ids)],
                trades=list(TEAMS[number // len(branch_ids) % len(TEAMS)]),
                created_at=hired_at,
            )
            .on_conflict_do_nothing()  # somebody may have taken one on by hand, or let one go
        )


def _others(cast: Cast) -> list[CastMember]:
    """Name the office staff, agents and contractors beside the told ones."""
    draw = Draw(f"{cast.slug} people")
    coordinators = [
        CastMember(label=f"{first}.{last}", role="Manager", first_name=first, last_name=last)
        for first, last in cast.coordinators
    ]
    agents = [
        CastMember(label=f"{first}.{last}", role="Agent", first_name=first, last_name=last, branch=branch)
        for branch in range(len(cast.branches))
        for first, last in [(draw.one(FIRST_NAMES), draw.one(LAST_NAMES))]
    ]
    contractors = [
        CastMember(label=firm.name, role="Contractor", first_name=first, last_name=last, trades=firm.trades)
        for firm in cast.firms
        for first, _, last in [firm.name.partition(" ")]
    ]
    return [*coordinators, *agents, *contractors]


def _open_account(
    connection: Connection, founded: Founded, cast: Cast, member: CastMember, *, password: str, password_hash: str
) -> DemoAccount:
    """Take somebody on with a password and a key for the field API."""
    api_key = new_secret(API_KEY_BYTES)
    person = _take_on(connection, founded, cast, member, password_hash=password_hash, api_key=api_key)
    return DemoAccount(
        label=member.label,
        account_type=int(DEFAULT_ROLES[member.role][0]),
        role=member.role,
        email=_address(cast, member.label),
        password=password,
        field_api_key=api_key,
        user_uuid=person.uuid,
        user_id=person.id,
        branch_ids=list(person.branch_ids),
    )


def _take_on(
    connection: Connection,
    founded: Founded,
    cast: Cast,
    member: CastMember,
    *,
    password_hash: str | None = None,
    api_key: str | None = None,
) -> FoundedPerson:
    branches = () if member.branch is None else (cast.branches[member.branch],)
    is_staff = DEFAULT_ROLES[member.role][0] is AccountType.STAFF
    person = add_person(
        connection,
        founded,
        NewPerson(
            email=_address(cast, member.label),
            first_name=member.first_name,
            last_name=member.last_name,
            role=member.role,
            phone=_mobile(Draw(f"{cast.slug} {member.label}")),
            branches=() if is_staff else branches,
            trades=member.trades,
            password_hash=password_hash,
            api_key=api_key,
        ),
    )
    if is_staff and branches:  # where they start from; what they see is everything
        connection.execute(
            update(Person).where(Person.id == person.id).values(branch_id=founded.branch_ids[branches[0]])
        )
    return person


def _write_price_book(connection: Connection) -> None:
    connection.execute(
        insert(CatalogueTask),
        [
            {
                "name": task.name,
                "description": task.description,
                "estimated_minutes": task.minutes,
                "unit_cost": Decimal(task.cost),
                "unit_price": Decimal(task.price),
                "markup_value": Decimal(task.price) - Decimal(task.cost),
                "is_taxable": True,
            }
            for task in TASKS
        ],
    )
    connection.execute(
        insert(CatalogueItem),
        [
            {
                "name": item.name,
                "part_number": item.part_number,
                "unit_cost": Decimal(item.cost),
                "unit_price": Decimal(item.price),
                "markup_value": Decimal(item.price) - Decimal(item.cost),
                "is_taxable": True,
            }
            for item in ITEMS
        ],
    )
    connection.execute(
        insert(LaborRate),
        [
            {"name": rate.name, "cost": Decimal(rate.cost), "rate": Decimal(rate.rate), "is_taxable": True}
            for rate in RATES
        ],
    )
    connection.execute(
        insert(Tax), [{"name": name, "group_name": group, "rate": Decimal(rate)} for name, group, rate in TAXES]
    )


def _address(cast: Cast, name: str) -> str:
    """Make an e-mail address of a name, of letters, digits and dots."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.lower()).split()
    return f"{'.'.join(words)}@{cast.domain}"


def _mobile(draw: Draw) -> str:
    return f"07700 900{draw.below(1000):03}"
