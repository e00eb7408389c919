"""Whole organisations, committed, each for one test: what another test does cannot be seen in them."""

import itertools
import uuid
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from msgspec import Struct, field
from sqlalchemy import Engine, Row, text

from firstfix.domain.founding.commands import Founded, NewPerson, add_people, found_organisation, work_for
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
_TABLES = ("statuses", "priorities", "job_types", "payment_statuses", "time_ranges", "branches")
# One statement for all of them, and one for the place: most tests have an organisation of their own.
_LOOKUPS = text(
    " UNION ALL ".join(
        f"SELECT '{table}' AS table, name, id FROM {table} WHERE organisation_id = :id"  # noqa: S608 (names of ours)
        for table in _TABLES
    )
)
_PLACE = text("""
WITH customer AS (
    INSERT INTO customers (name) VALUES ('Acme Lettings') RETURNING id, uuid
), location AS (
    INSERT INTO locations (customer_id, branch_id, line1, city, postcode)
    SELECT id, :branch, '1 Example Street', 'Sample Town', 'EX1 1AA' FROM customer RETURNING id, uuid
), contact AS (
    INSERT INTO contacts (customer_id, location_id, person_id, first_name, last_name, email, phone)
    SELECT customer.id, location.id, :tenant, 'Tina', 'Tenant', 'tina@example.com', '07700 900123'
    FROM customer, location RETURNING id, uuid
)
SELECT customer.id AS customer_id, customer.uuid AS customer_uuid, location.id AS location_id,
    location.uuid AS location_uuid, contact.id AS contact_id, contact.uuid AS contact_uuid
FROM customer, location, contact
""")
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

    def __init__(
        self,
        engine: Engine,
        founded: Founded,
        accounts: dict[str, TestAccount],
        name: str,
        *,
        ids: dict[str, dict[str, int]],
        place: Row[Any],
    ) -> None:
        self._engine = engine
        self.name = name
        self.id = founded.organisation_id
        self.uuid = founded.organisation_uuid
        self.accounts = accounts
        self.founded = founded
        self.ids = ids
        self.customer_id: int = place.customer_id
        self.customer_uuid: uuid.UUID = place.customer_uuid
        self.location_id: int = place.location_id
        self.location_uuid: uuid.UUID = place.location_uuid
        self.contact_id: int = place.contact_id
        self.contact_uuid: uuid.UUID = place.contact_uuid

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
    people = {
        label: NewPerson(
            email=f"{label}@{mark}.example.com",
            first_name=label.capitalize(),
            last_name="Tester",
            role=role,
            branches=branches,
            password_hash=_password_hash(),
            api_key=new_secret(API_KEY_BYTES),
        )
        for label, (role, branches) in _PEOPLE.items()
    }
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
        added = add_people(connection, founded, list(people.values()))
        accounts = {
            label: TestAccount(
                label=label,
                id=one.id,
                uuid=one.uuid,
                email=person.email,
                password=PASSWORD,
                api_key=person.api_key or "",
                name=f"{person.first_name} {person.last_name}",
                branch_ids=one.branch_ids,
            )
            for (label, person), one in zip(people.items(), added, strict=True)
        }
        ids: dict[str, dict[str, int]] = {table: {} for table in _TABLES}
        for row in connection.execute(_LOOKUPS, {"id": founded.organisation_id}):
            ids[row.table][row.name] = row.id
        place = connection.execute(_PLACE, {"branch": ids["branches"]["North"], "tenant": accounts["tenant1"].id}).one()
    return TestOrganisation(engine, founded, accounts, name, ids=ids, place=place)


@cache
def _password_hash() -> str:
    return PasswordHasher().hash(PASSWORD)
