"""What an organisation has, read back: whom and what its jobs can be given to. Everything is in order of ids."""

from collections import defaultdict
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import InstrumentedAttribute

from firstfix.domain.catalogue.models import (
    CatalogueItem,
    CatalogueTask,
    JobType,
    LaborRate,
    PaymentStatus,
    Priority,
    Status,
    TimeRange,
)
from firstfix.domain.custom_fields.models import CustomField
from firstfix.domain.demo.diary import Diary
from firstfix.domain.demo.people import ENGINEER
from firstfix.domain.demo.places import HOME
from firstfix.domain.demo.words.assets import MODELS_BY_JOB_TYPE
from firstfix.domain.demo.words.places import ROOMS
from firstfix.domain.jobs.crew import Position
from firstfix.domain.jobs.models import TimeSlot, TimeSlotPerson, WorkedHours
from firstfix.domain.organisations.models import Branch, Organisation
from firstfix.domain.people.models import Person, Role
from firstfix.domain.places.models import Asset, Contact, Location
from firstfix.domain.work import AccountType

_JOB_TYPE_OF_ASSET = {model.name: job_type for job_type, models in MODELS_BY_JOB_TYPE.items() for model in models}


class Worker(Struct, frozen=True):
    """An engineer or a contractor."""

    id: int
    trades: frozenset[str]


class StatusOf(Struct, frozen=True):
    """A status as jobs have it."""

    id: int
    stage: int


class DayPart(Struct, frozen=True):
    """A time range in local time."""

    id: int
    start: time
    end: time


class Priced(Struct, frozen=True):
    """A task, an item or an hour of the price book: its ids, its name, and what one costs and is charged at."""

    id: int
    uuid: UUID
    name: str
    cost: Decimal
    price: Decimal


class Place(Struct, frozen=True):
    """A location, where it lies, with its contacts in order, the first one's name, and its assets by job type."""

    id: int
    position: Position
    branch_id: int
    kind: str
    contact_ids: tuple[int, ...]
    contact_name: str
    asset_ids: dict[str, int]

    @property
    def is_home(self) -> bool:
        """Whether people live there on their own."""
        return self.kind == HOME


class World(Struct, frozen=True, kw_only=True):
    """An organisation as its jobs see it.

    Attributes:
        office_ids: Administrators and managers.
        engineers: By the branch that they start from.
        field_ids: Of custom fields, by class and key.
        agent_ids: By branch.
        tenants_places: Where people live who have an account.
    """

    organisation_id: int
    slug: str
    prefix: str
    zone: ZoneInfo
    branch_ids: dict[str, int]
    statuses: dict[str, StatusOf]
    pausing_status_ids: frozenset[int]
    priority_ids: dict[str, int]
    job_type_ids: dict[str, int]
    payment_status_ids: dict[str, int]
    tasks: dict[str, Priced]
    items: dict[str, Priced]
    rates: dict[str, Priced]
    field_ids: dict[str, dict[str, str]]
    day_parts: tuple[DayPart, ...]
    engineer_role_id: int
    office_ids: tuple[int, ...]
    engineers: dict[int, list[Worker]]
    contractors: tuple[Worker, ...]
    agent_ids: dict[int, list[int]]
    places: tuple[Place, ...]
    tenants_places: tuple[Place, ...]


class _Reader:
    """Reads one organisation's rows of a table, as the owner, whom no policy keeps to it."""

    def __init__(self, connection: Connection, organisation_id: int) -> None:
        self._connection = connection
        self._organisation_id = organisation_id

    def rows(self, table: type[Any], *columns: InstrumentedAttribute[Any]) -> list[Row[Any]]:
        """Read columns beside the id, in order of ids."""
        statement = select(table.id, *columns).where(table.organisation_id == self._organisation_id)
        return list(self._connection.execute(statement.order_by(table.id)))

    def ids(self, table: type[Branch | Role | Priority | JobType | PaymentStatus]) -> dict[str, int]:
        """Read ids by name."""
        return {row.name: row.id for row in self.rows(table, table.name)}

    def prices(self, table: type[Any], *columns: InstrumentedAttribute[Any]) -> dict[str, Priced]:
        """Read a part of the price book by name: columns of name, cost and price."""
        return {row.name: Priced(*list(row)) for row in self.rows(table, table.uuid, *columns)}


def read_world(connection: Connection, slug: str) -> World:
    """Read an organisation, as the owner. People who are archived get no jobs.

    Raises:
        DemoChanged: It lacks something that its jobs need.
    """
    organisation = connection.execute(
        select(Organisation.id, Organisation.job_prefix, Organisation.time_zone).filter_by(slug=slug)
    ).one()
    read = _Reader(connection, organisation.id)
    engineer_role_id = read.ids(Role)[ENGINEER]
    office_ids: list[int] = []
    contractors: list[Worker] = []
    engineers: dict[int, list[Worker]] = defaultdict(list)
    agent_ids: dict[int, list[int]] = defaultdict(list)
    for person in read.rows(
        Person, Person.account_type, Person.role_id, Person.branch_id, Person.trades, Person.archived_at
    ):
        if person.archived_at is not None:
            continue
        worker = Worker(person.id, frozenset(person.trades))
        if person.role_id == engineer_role_id:
            engineers[person.branch_id].append(worker)
        elif person.account_type == AccountType.STAFF:
            office_ids.append(person.id)
        elif person.account_type == AccountType.CONTRACTOR:
            contractors.append(worker)
        elif person.account_type == AccountType.AGENT:
            agent_ids[person.branch_id].append(person.id)
    field_ids: dict[str, dict[str, str]] = defaultdict(dict)
    for field in read.rows(CustomField, CustomField.entity_class, CustomField.key):
        field_ids[field.entity_class][field.key] = str(field.id)
    places, tenants_places = _read_places(read)
    return World(
        organisation_id=organisation.id,
        slug=slug,
        prefix=organisation.job_prefix,
        zone=ZoneInfo(organisation.time_zone),
        branch_ids=read.ids(Branch),
        statuses={row.name: StatusOf(row.id, row.stage) for row in read.rows(Status, Status.name, Status.stage)},
        pausing_status_ids=frozenset(row.id for row in read.rows(Status, Status.pauses_sla) if row.pauses_sla),
        priority_ids=read.ids(Priority),
        job_type_ids=read.ids(JobType),
        payment_status_ids=read.ids(PaymentStatus),
        tasks=read.prices(CatalogueTask, CatalogueTask.name, CatalogueTask.unit_cost, CatalogueTask.unit_price),
        items=read.prices(CatalogueItem, CatalogueItem.name, CatalogueItem.unit_cost, CatalogueItem.unit_price),
        rates=read.prices(LaborRate, LaborRate.name, LaborRate.cost, LaborRate.rate),
        field_ids=field_ids,
        day_parts=tuple(
            DayPart(row.id, row.start_time, row.end_time)
            for row in read.rows(TimeRange, TimeRange.start_time, TimeRange.end_time)
        ),
        engineer_role_id=engineer_role_id,
        office_ids=tuple(office_ids),
        engineers=engineers,
        contractors=tuple(contractors),
        agent_ids=agent_ids,
        places=places,
        tenants_places=tenants_places,
    )


def read_diary(connection: Connection, world: World, now: datetime) -> Diary:
    """Read what engineers are booked for, and where they were. Who is still at a job is so for the rest of the day."""
    diary = Diary()
    statement = (
        select(TimeSlotPerson.person_id, TimeSlot.starts_at, TimeSlot.minutes)
        .join(
            TimeSlot,
            (TimeSlot.organisation_id == TimeSlotPerson.organisation_id) & (TimeSlot.id == TimeSlotPerson.time_slot_id),
        )
        .where(TimeSlotPerson.organisation_id == world.organisation_id)
    )
    for person_id, starts_at, minutes in connection.execute(statement):
        diary.enter(person_id, starts_at, minutes, world.zone)
    hours = select(WorkedHours.person_id, WorkedHours.starts_at, WorkedHours.ends_at).where(
        WorkedHours.organisation_id == world.organisation_id
    )
    for person_id, starts_at, ends_at in connection.execute(hours):
        diary.enter_until(person_id, starts_at, ends_at or now + timedelta(days=1), world.zone)
    return diary


def _read_places(read: _Reader) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    contacts: dict[int | None, list[Row[Any]]] = defaultdict(list)
    for contact in read.rows(Contact, Contact.location_id, Contact.person_id, Contact.first_name, Contact.last_name):
        contacts[contact.location_id].append(contact)
    assets: dict[int | None, dict[str, int]] = defaultdict(dict)
    for asset in read.rows(Asset, Asset.location_id, Asset.name):
        if asset.name in _JOB_TYPE_OF_ASSET:
            assets[asset.location_id][_JOB_TYPE_OF_ASSET[asset.name]] = asset.id
    places = [
        Place(
            id=location.id,
            position=Position(location.latitude or 0.0, location.longitude or 0.0),
            branch_id=location.branch_id,
            kind=location.kind,
            contact_ids=tuple(contact.id for contact in contacts[location.id]),
            contact_name=" ".join(f"{contact.first_name} {contact.last_name}" for contact in contacts[location.id][:1]),
            asset_ids=assets[location.id],
        )
        for location in read.rows(Location, Location.branch_id, Location.kind, Location.latitude, Location.longitude)
        if location.branch_id is not None and location.kind in ROOMS
    ]
    tenants = {contact.location_id for row in contacts.values() for contact in row if contact.person_id is not None}
    return tuple(places), tuple(place for place in places if place.id in tenants)
