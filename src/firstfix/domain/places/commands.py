"""Adding, changing and removing customers, locations, contacts and assets. Every change records one event.

Values come by column; what they refer to by its uuid or number, under the name of the thing (`customer`, not
`customer_id`), a tax by its group and name. A contact's name may come in one piece, as `name`.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from firstfix.domain.errors import EntityInUse, ReferenceNotFound, ValueRefused
from firstfix.domain.places.kinds import ASSET, CONTACT, CUSTOMER, LOCATION, TAX
from firstfix.domain.places.models import Contact, Location
from firstfix.domain.places.policies import visible_places
from firstfix.domain.rows import (
    Kind,
    Row,
    add_row,
    change_row,
    find_id,
    find_named,
    get_row,
    remove_row,
    remove_rows,
    write,
)
from firstfix.domain.work import Work

Values = Mapping[str, Any]

_REFERENCES: dict[str, Kind] = {
    "customer": CUSTOMER,
    "location": LOCATION,
    "contact": CONTACT,
}
_LARGEST = {"latitude": 90.0, "longitude": 180.0}
_ADDRESS = ("name", "line1", "city", "region", "postcode")
_NAMES = ("first_name", "last_name")


async def add_customer(work: Work, values: Values, *, location: Values | None = None) -> tuple[UUID, UUID | None]:
    """Add a customer, and its first location where one comes with it; return their uuids.

    Raises:
        ValueRefused: It has no name, or a value that a customer cannot have.
        ReferenceNotFound: The billing location is absent or hidden.
    """
    plain = {name: value for name, value in values.items() if name != "billing_location"}
    row = await add_row(work, CUSTOMER, plain)
    site = None if location is None else await add_location(work, {**location, "customer": row["uuid"]})
    if values.get("billing_location") is not None:
        await _bill_at(work, row, values["billing_location"])
    return row["uuid"], site


async def change_customer(work: Work, uuid: UUID, values: Values) -> None:
    """Change a customer.

    Raises:
        EntityNotFound: Absent or hidden.
        ReferenceNotFound: The billing location is absent, hidden, or another customer's.
        ValueRefused: A value that a customer cannot have.
    """
    row = await get_row(work, CUSTOMER, uuid, visible=visible_places(work.actor, "customers"))
    links = {}
    if "billing_location" in values:
        links["billing_location_id"] = await _bill_at(work, row, values["billing_location"])
    plain = {name: value for name, value in values.items() if name != "billing_location"}
    await change_row(work, CUSTOMER, row, plain, links=links)


async def remove_customer(work: Work, uuid: UUID) -> None:
    """Remove a customer with its unused contacts and locations.

    Raises:
        EntityNotFound: Absent or hidden.
        EntityInUse: A job is at one of its locations, or has one of its contacts.
    """
    row = await get_row(work, CUSTOMER, uuid, visible=visible_places(work.actor, "customers"), to_remove=True)
    # Locations before contacts, in the order in which jobs take hold of them.
    locations = select(Location.id).where(Location.customer_id == row["id"]).order_by(Location.id).with_for_update()
    location_ids = (await work.session.scalars(locations)).all()
    try:
        is_theirs = or_(Contact.customer_id == row["id"], Contact.location_id.in_(location_ids))
        await remove_rows(work, CONTACT, is_theirs)
        await remove_rows(work, LOCATION, Location.id.in_(location_ids))
    except EntityInUse as error:
        raise EntityInUse(CUSTOMER.entity) from error
    await remove_row(work, CUSTOMER, uuid)


async def add_location(work: Work, values: Values) -> UUID:
    """Add a location: an agent's stands in their first branch.

    Raises:
        ReferenceNotFound: What it names is absent or hidden.
        ValueRefused: It has no name and no address, or a value that a location cannot have.
    """
    given = await _resolve(work, values)
    _check_location(given, {})
    if work.actor.branch_ids:
        given["branch_id"] = work.actor.branch_ids[0]
    if given.get("is_billing"):
        await _bill_nowhere(work, given.get("customer_id"))
    row = await add_row(work, LOCATION, given)
    uuid: UUID = row["uuid"]
    return uuid


async def change_location(work: Work, uuid: UUID, values: Values) -> None:
    """Change a location. A street that is what the location shows already is no change, even where it has two lines.

    Raises:
        EntityNotFound: Absent or hidden.
        ReferenceNotFound: What it names is absent or hidden.
        ValueRefused: A value that a location cannot have.
    """
    row = await get_row(work, LOCATION, uuid, visible=visible_places(work.actor, "locations"))
    given = await _resolve(work, values, row)
    _check_location(given, row)
    if "line1" in given:
        shown = ", ".join(line for line in (row["line1"], row["line2"]) if line)
        given = {**given, "line2": ""} if (given["line1"] or "") != shown else _without(given, "line1")
    after = {**row, **given}
    if after["is_billing"] and (after["customer_id"], True) != (row["customer_id"], row["is_billing"]):
        await _bill_nowhere(work, after["customer_id"])
    await change_row(work, LOCATION, row, given)


async def remove_location(work: Work, uuid: UUID) -> None:
    """Remove a location that no job is at.

    Raises:
        EntityNotFound: Absent or hidden.
        EntityInUse: A job is there.
    """
    await remove_row(work, LOCATION, uuid, visible=visible_places(work.actor, "locations"))


async def add_contact(work: Work, values: Values) -> UUID:
    """Add somebody to speak to.

    Raises:
        ReferenceNotFound: The customer is absent or hidden.
        ValueRefused: There is no name at all, or a value that a contact cannot have.
    """
    given = await _resolve(work, _parted(values, {}))
    _check_contact(given, {})
    row = await add_row(work, CONTACT, given)
    uuid: UUID = row["uuid"]
    return uuid


async def change_contact(work: Work, uuid: UUID, values: Values) -> None:
    """Change a contact.

    Raises:
        EntityNotFound: Absent or hidden.
        ReferenceNotFound: The customer is absent or hidden.
        ValueRefused: A value that a contact cannot have.
    """
    row = await get_row(work, CONTACT, uuid, visible=visible_places(work.actor, "contacts"))
    given = await _resolve(work, _parted(values, row), row)
    _check_contact(given, row)
    await change_row(work, CONTACT, row, given)


async def remove_contact(work: Work, uuid: UUID) -> None:
    """Remove a contact that no job has.

    Raises:
        EntityNotFound: Absent or hidden.
        EntityInUse: A job has it.
    """
    await remove_row(work, CONTACT, uuid, visible=visible_places(work.actor, "contacts"))


async def add_asset(work: Work, values: Values) -> UUID:
    """Add a machine or fitting.

    Raises:
        ReferenceNotFound: Its location or contact is absent or hidden.
        ValueRefused: It has no name, or a value that an asset cannot have.
    """
    row = await add_row(work, ASSET, await _resolve(work, values))
    uuid: UUID = row["uuid"]
    return uuid


async def change_asset(work: Work, uuid: UUID, values: Values) -> None:
    """Change an asset.

    Raises:
        EntityNotFound: Absent or hidden.
        ReferenceNotFound: Its location or contact is absent or hidden.
        ValueRefused: A value that an asset cannot have.
    """
    row = await get_row(work, ASSET, uuid, visible=visible_places(work.actor, "assets"))
    await change_row(work, ASSET, row, await _resolve(work, values, row))


async def remove_asset(work: Work, uuid: UUID) -> None:
    """Remove an asset; jobs that had it go on without.

    Raises:
        EntityNotFound: Absent or hidden.
    """
    await remove_row(work, ASSET, uuid, visible=visible_places(work.actor, "assets"))


async def _resolve(work: Work, values: Values, row: Row | None = None) -> dict[str, Any]:
    """Turn what is named into ids, by column."""
    given: dict[str, Any] = {}
    for name, value in values.items():
        kind = _REFERENCES.get(name)
        if name == "tax":
            found = await find_named(work, TAX, () if value is None else (value,), field=name)
            given["tax_id"] = found.get(value)
        elif kind is None:
            given[name] = value
        else:
            current = None if row is None else row[f"{name}_id"]
            visible = visible_places(work.actor, kind.table)
            given[f"{name}_id"] = await find_id(work, kind, value, field=name, current=current, visible=visible)
    return given


async def _bill_at(work: Work, customer: Row, uuid: UUID | None) -> tuple[int | None, int | None]:
    """Let one location of a customer, or none, be where they are billed; return which it was and is."""
    mine = Location.customer_id == customer["id"]
    before = await work.session.scalar(select(Location.id).where(mine, Location.is_billing).order_by(Location.id))
    after = None
    if uuid is not None:
        after = await work.session.scalar(select(Location.id).where(mine, Location.uuid == uuid))
        if after is None:
            raise ReferenceNotFound(LOCATION.entity, uuid, field="billing_location")
    if before != after:
        await _bill_nowhere(work, customer["id"])
        await write(work, LOCATION, update(Location).where(mine, Location.id == after).values(is_billing=True))
    return before, after


async def _bill_nowhere(work: Work, customer_id: int | None) -> None:
    """Let a customer be billed at none of the locations so far, for another one to take their place."""
    if customer_id is not None:
        theirs = update(Location).where(Location.customer_id == customer_id, Location.is_billing)
        await work.session.execute(theirs.values(is_billing=False))


def _parted(values: Values, row: Row) -> Values:
    """Part a contact's whole name into first and last; what the contact shows already stays parted as it is."""
    if "name" not in values:
        return values
    name = " ".join((values["name"] or "").split())
    shown = " ".join(" ".join(row.get(part) or "" for part in _NAMES).split())
    if name == shown:
        return _without(values, "name")
    first, _, last = name.rpartition(" ")
    parts = (first, last) if first else (last, "")
    return _without(values, "name") | dict(zip(_NAMES, parts, strict=True))


def _check_contact(values: Values, before: Values) -> None:
    if not _says_any({**before, **values}, _NAMES):
        raise ValueRefused("A contact needs a name.", field="first_name")


def _check_location(values: Values, before: Values) -> None:
    if not _says_any({**before, **values}, _ADDRESS):
        raise ValueRefused("A location needs a name or an address.", field="line1")
    for name, largest in _LARGEST.items():
        value = values.get(name)
        if value is not None and not -largest <= value <= largest:
            raise ValueRefused(f"This must be between -{largest:.0f} and {largest:.0f}.", field=name)


def _says_any(values: Values, names: tuple[str, ...]) -> bool:
    return any((values.get(name) or "").strip() for name in names)


def _without(values: Values, name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
