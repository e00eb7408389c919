"""Writing customers, their locations, who lives or works there, and what stands there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from firstfix.domain.demo.copying import copy_rows, new_ids
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.words.assets import MODELS_BY_JOB_TYPE
from firstfix.domain.demo.words.people import FIRST_NAMES, LAST_NAMES
from firstfix.domain.demo.words.places import BLOCKS, STREETS, TOWNS, UNUSED_POSTCODE_LETTERS, CustomerName
from firstfix.domain.places.models import Asset, Contact, Customer, Location

HOME = "home"
_TABLES = (Customer, Location, Contact, Asset)  # in the order of their keys
_TITLES = ("Mr", "Mrs", "Ms", "Dr")
_MAIL_DOMAINS = ("example.com", "example.org", "example.net")
_LATITUDES, _LONGITUDES = 0.022, 0.036  # about two and a half kilometres each way from a town's centre
_FIRST_BRANCH_SHARE = 0.6
_SHARES_AT_HOME = {"Gas & Heating": 0.85, "Electrical": 0.4, "Plumbing": 0.2}
_SHARES_ELSEWHERE = {"Gas & Heating": 0.9, "Electrical": 0.5, "Plumbing": 0.4, "Fire safety": 0.9}
_POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


class Tenant(Struct, frozen=True):
    """Somebody who lives or works at a location. `id` is their account's, where they have one."""

    id: int | None
    first_name: str
    last_name: str
    email: str | None
    phone: str | None


class Estate:
    """Customers and places, collected and then written together.

    Args:
        connection: The owner's, working for the organisation.
        draw: What decides.
        branches: Their ids by name, in the organisation's order.
        known_at: Since when the organisation has known them.
    """

    def __init__(self, connection: Connection, draw: Draw, branches: Mapping[str, int], known_at: datetime) -> None:
        self._connection = connection
        self._draw = draw
        self._branches = list(branches.items())
        self._known_at = known_at
        self._ids = {table: new_ids(connection, table) for table in _TABLES}
        self._rows: dict[type, list[dict[str, Any]]] = {table: [] for table in _TABLES}
        self._without_location: set[int] = set()  # customers; the first location of one is where they are billed

    def add_customer(self, customer: CustomerName) -> int:
        """Add a firm, a school, a charity; return its id."""
        mailbox = "".join(letter for letter in customer.name.lower() if letter.isascii() and letter.isalnum())
        return self._add_customer(customer.name, f"maintenance@{mailbox}.example.com", self._landline())

    def add_landlord(self) -> tuple[int, str]:
        """Add a private landlord; return their id and name."""
        first_name, last_name = self._person()
        name = f"{self._draw.one(_TITLES)} {first_name[0]}. {last_name}"
        return self._add_customer(name, self._mail(first_name, last_name), self._mobile()), name

    def add_location(self, customer_id: int, *, name: str, kind: str, tenant: Tenant | None = None) -> None:
        """Add a place of a customer with its people and machines.

        Args:
            customer_id: Whose it is.
            name: The customer's name, which all but homes bear.
            kind: `home`, `school`, `care home` or `office`.
            tenant: Who lives there, where they have an account; the place is then the first branch's.
        """
        draw = self._draw
        is_first_branch = tenant is not None or draw.chance(_FIRST_BRANCH_SHARE)
        branch, branch_id = self._branches[0] if is_first_branch else draw.one(self._branches[1:])
        town = draw.early(TOWNS[branch])
        district = draw.one(town.districts)
        half = draw.one("123456789") + draw.one(_POSTCODE_LETTERS) + draw.one(UNUSED_POSTCODE_LETTERS)
        line1, line2 = self._street(is_flat=kind == HOME and draw.chance(0.4))
        location_id = self._add(
            Location,
            {
                "customer_id": customer_id,
                "branch_id": branch_id,
                "name": None if kind == HOME else name,
                "line1": line1,
                "line2": line2,
                "city": town.name,
                "region": town.region,
                "postcode": f"{district} {half}",
                "country": "United Kingdom",
                "kind": kind,
                "is_billing": customer_id in self._without_location,
                "latitude": round(town.latitude + draw.share(-_LATITUDES, _LATITUDES), 6),
                "longitude": round(town.longitude + draw.share(-_LONGITUDES, _LONGITUDES), 6),
            },
        )
        self._without_location.discard(customer_id)
        contact_id = self._add_contact(customer_id, location_id, tenant)
        if kind == HOME and draw.chance(0.35):
            self._add_contact(customer_id, location_id, None)
        for job_type, share in (_SHARES_AT_HOME if kind == HOME else _SHARES_ELSEWHERE).items():
            if draw.chance(share):
                self._add_asset(location_id, contact_id, job_type)

    def write(self) -> None:
        """Write what was added."""
        for table in _TABLES:
            copy_rows(self._connection, table, self._rows[table])
            self._rows[table] = []

    def _add(self, table: type[Customer | Location | Contact | Asset], row: dict[str, Any]) -> int:
        id_ = next(self._ids[table])
        names = {"id": id_, "uuid": self._draw.uuid_at(self._known_at), "created_at": self._known_at}
        self._rows[table].append(names | row)
        return id_

    def _add_customer(self, name: str, email: str, phone: str) -> int:
        account = f"AC{self._draw.digits(5)}"
        id_ = self._add(Customer, {"name": name, "email": email, "phone": phone, "account": account})
        self._without_location.add(id_)
        return id_

    def _add_contact(self, customer_id: int, location_id: int, tenant: Tenant | None) -> int:
        first_name, last_name = self._person()
        email = self._mail(first_name, last_name) if self._draw.chance(0.8) else None
        phone_work = self._landline() if self._draw.chance(0.2) else None
        person = tenant or Tenant(None, first_name, last_name, email, self._mobile())
        return self._add(
            Contact,
            {
                "customer_id": customer_id,
                "location_id": location_id,
                "person_id": person.id,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "email": person.email,
                "phone": person.phone,
                "phone_work": phone_work,
            },
        )

    def _add_asset(self, location_id: int, contact_id: int, job_type: str) -> None:
        model = self._draw.one(MODELS_BY_JOB_TYPE[job_type])
        self._add(
            Asset,
            {
                "location_id": location_id,
                "contact_id": contact_id,
                "name": model.name,
                "description": f"{model.maker} {model.model}",
                "serial_number": f"{model.prefix}-{self._draw.digits(8)}",
                "manufacturer": model.maker,
                "make": model.maker,
                "model": model.model,
                "maintenance_notes": model.maintenance,
                "area": model.area,
                "arrived_at": self._known_at - timedelta(days=self._draw.between(30, 3999)),
            },
        )

    def _street(self, *, is_flat: bool) -> tuple[str, str]:
        """Give the first two lines of an address."""
        street = f"{self._draw.between(1, 189)} {self._draw.one(STREETS)}"
        if is_flat:
            return f"Flat {self._draw.between(1, 24)}, {self._draw.one(BLOCKS)}", street
        return street, ""

    def _person(self) -> tuple[str, str]:
        return self._draw.one(FIRST_NAMES), self._draw.one(LAST_NAMES)

    def _mail(self, first_name: str, last_name: str) -> str:
        return f"{first_name}.{last_name}@{self._draw.one(_MAIL_DOMAINS)}".lower()

    def _mobile(self) -> str:
        return f"07700 900{self._draw.below(1000):03}"

    def _landline(self) -> str:
        return f"01632 960{self._draw.below(1000):03}"
