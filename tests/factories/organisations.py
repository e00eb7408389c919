"""Whole organisations, committed, each for one test: what another test does cannot be seen in them."""

import itertools
import uuid
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from msgspec import Struct, field
from sqlalchemy import Engine, text

from firstfix.domain.founding.commands import Founded, NewPerson, add_person, found_organisation, work_for
from firstfix.kit.secrets import API_KEY_BYTES, new_secret

PASSWORD = "a password for tests"
BRANCHES = ("North", "South")
_PEOPLE = {
    "admin": ("Administrator", ()),
    "manager": ("Manager", ()),
    "engineer1": ("Engineer", ()),
    "engineer2": ("Engineer", ()),
    "agent1": ("Agent", ("North",)),
    "agent2": ("Agent", ("South",)),
    "contractor1": ("Contractor", ()),
    "contractor2": ("Contractor", ()),
    "landlord1": ("Landlord", ("North",)),
    "tenant1": ("Tenant", ()),
}
_TABLES = {
    "statuses": "name",
    "priorities": "name",
    "job_types": "name",
    "payment_statuses": "name",
    "time_ranges": "name",
    "branches": "name",
}
_numbers = itertools.count(1)


class TestAccount(Struct, frozen=True, kw_only=True):
    """An account with its secrets in the clear."""

    __test__ = False

    label: str
    id: int
    uuid: uuid.UUID
    email: str
    password: str
    api_key: str
    name: str
    branch_ids: tuple[int, ...]


class TestOrganisation:
    """An organisation, its accounts by label and the ids of its lookups by name."""

    __test__ = False

    def __init__(self, engine: Engine, founded: Founded, accounts: dict[str, TestAccount], name: str) -> None:
        self._engine = engine
        self.name = name
        self.id = founded.organisation_id
        self.uuid = founded.organisation_uuid
        self.accounts = accounts
        self.founded = founded
        self.ids: dict[str, dict[str, int]] = {table: self._by_name(table) for table in _TABLES}
        self.customer_id, self.customer_uuid = self.insert("customers", name="Acme Lettings")
        self.location_id, self.location_uuid = self.insert(
            "locations",
            customer_id=self.customer_id,
            branch_id=self.ids["branches"]["North"],
            line1="1 Example Street",
            city="Sample Town",
            postcode="EX1 1AA",
        )
        self.contact_id, self.contact_uuid = self.insert(
            "contacts",
            customer_id=self.customer_id,
            location_id=self.location_id,
            person_id=accounts["tenant1"].id,
            first_name="Tina",
            last_name="Tenant",
            email="tina@example.com",
            phone="07700 900123",
        )

    @property
    def owner(self) -> Engine:
        """The database, as its owner."""
        return self._engine

    def __getitem__(self, label: str) -> TestAccount:
        return self.accounts[label]

    def insert(self, table: str, **values: object) -> tuple[int, uuid.UUID]:
        """Insert a row as the owner and return its id and uuid."""
        columns = ", ".join(values)
        parameters = ", ".join(f":{name}" for name in values)
        statement = f"INSERT INTO {table} ({columns}) VALUES ({parameters}) RETURNING id, uuid"  # noqa: S608
        with self._engine.begin() as connection:
            work_for(connection, self.id)
            row = connection.execute(text(statement), values).one()
        return row.id, row.uuid

    def insert_job(self, *, stage: int | None = None, **values: object) -> tuple[int, uuid.UUID]:
        """Insert a job as the owner, past the rules: for tests of reading."""
        number = next(_numbers)
        status_id = values.pop("status_id", self.ids["statuses"]["New"])
        if stage is None:
            stage = self.execute("SELECT stage FROM statuses WHERE id = :id", id=status_id)[0].stage
        row = {
            "number": 1_000_000 + number,
            "reference": f"T{number}",
            "title": "Boiler not firing",
            "description": "No hot water since Monday.",
            "branch_id": self.ids["branches"]["North"],
            "status_id": status_id,
            "stage": stage,
            "priority_id": self.ids["priorities"]["Medium"],
            "job_type_id": self.ids["job_types"]["Gas & Heating"],
            "location_id": self.location_id,
            "vat_percentage": 20,
            "created_by_id": self["admin"].id,
        } | values
        return self.insert("jobs", **row)

    def execute(self, statement: str, **parameters: object) -> list[Any]:
        """Run a statement as the owner in this organisation and return its rows, if it has any."""
        with self._engine.begin() as connection:
            work_for(connection, self.id)
            result = connection.execute(text(statement), parameters)
            return list(result) if result.returns_rows else []

    def _by_name(self, table: str) -> dict[str, int]:
        with self._engine.begin() as connection:
            rows = connection.execute(
                text(f"SELECT name, id FROM {table} WHERE organisation_id = :id"),  # noqa: S608 (a name of ours)
                {"id": self.id},
            )
            return {row.name: row.id for row in rows}


class OrganisationOptions(Struct, frozen=True, kw_only=True):
    """What may differ between organisations."""

    is_enterprise: bool = False
    is_true_crew: bool = False
    time_zone: str = "Europe/London"
    job_prefix: str = "J"
    branches: tuple[str, ...] = field(default=BRANCHES)


def make_committed_organisation(engine: Engine, options: OrganisationOptions) -> TestOrganisation:
    """Found an organisation with an account of each kind."""
    mark = uuid.uuid4().hex[:12]
    name = f"Organisation {mark}"
    accounts: dict[str, TestAccount] = {}
    with engine.begin() as connection:
        founded = found_organisation(
            connection,
            name=name,
            slug=mark,
            branches=options.branches,
            time_zone=options.time_zone,
            job_prefix=options.job_prefix,
            is_enterprise=options.is_enterprise,
            is_true_crew=options.is_true_crew,
        )
        for label, (role, branches) in _PEOPLE.items():
            person = NewPerson(
                email=f"{label}@{mark}.example.com",
                first_name=label.capitalize(),
                last_name="Tester",
                role=role,
                branches=branches,
                password_hash=_password_hash(),
                api_key=new_secret(API_KEY_BYTES),
            )
            added = add_person(connection, founded, person)
            accounts[label] = TestAccount(
                label=label,
                id=added.id,
                uuid=added.uuid,
                email=person.email,
                password=PASSWORD,
                api_key=person.api_key or "",
                name=f"{person.first_name} {person.last_name}",
                branch_ids=added.branch_ids,
            )
    return TestOrganisation(engine, founded, accounts, name)


@cache
def _password_hash() -> str:
    return PasswordHasher().hash(PASSWORD)
