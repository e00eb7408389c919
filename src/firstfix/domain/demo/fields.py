"""Custom fields: what an organisation declares, and what its jobs and other things hold."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, update

from firstfix.domain.catalogue.models import CatalogueItem
from firstfix.domain.custom_fields.models import CustomField
from firstfix.domain.custom_fields.views import Value, Values
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.outlines import Outline
from firstfix.domain.demo.words.fields import (
    CALLS,
    CAUSES,
    FIELDS,
    PARKING,
    SHELVES,
    STATEMENTS,
    STOPCOCKS,
    WARRANTIES,
)
from firstfix.domain.demo.world import World
from firstfix.domain.places.models import Asset, Contact, Customer, Location

_SHARE = 0.3
_CERTIFIED_FOR = timedelta(days=365)
_READ_SHARE, _HIGHEST_READING = 0.4, 99_999


def declare_fields(connection: Connection) -> None:
    """Declare the fields of an organisation, as the owner working for it."""
    common: dict[str, Any] = {"options": [], "default_value": None, "is_available_on_job": False}
    fields = [{**common, **field, "position": position} for position, field in enumerate(FIELDS)]
    connection.execute(insert(CustomField), fields)


def fill_fields(connection: Connection, world: World) -> None:
    """Let some of what jobs refer to hold values, as the owner working for the organisation."""
    for table, entity_class, key, values in (
        (Asset, "Asset", "warranty_until", WARRANTIES),
        (Customer, "Customer", "statements", STATEMENTS),
        (Contact, "Contact", "call_after", CALLS),
        (Location, "Location", "stopcock", STOPCOCKS),
        (CatalogueItem, "Item", "shelf", SHELVES),
    ):
        for place, value in enumerate(values):
            chosen = update(table).where(
                table.organisation_id == world.organisation_id, table.id % (2 * len(values)) == place
            )
            connection.execute(chosen.values(field_values={world.field_ids[entity_class][key]: value}))


def draw_values(draw: Draw, world: World, outline: Outline) -> dict[str, Value]:
    """Draw what a job holds, by key. Of fields that are gone it holds nothing."""
    likely: dict[str, Value] = {
        "keys_held": str(draw.between(1, 4)),
        "parking": draw.one(PARKING),
        "pets": draw.chance(0.5),
        "cause": draw.one(CAUSES),
        "certificate_due": str((outline.created_at + _CERTIFIED_FOR).date()),
        "latest_call": draw.one(CALLS),
    }
    drawn = {key: value for key, value in likely.items() if draw.chance(_SHARE)}
    return {key: value for key, value in drawn.items() if key in world.field_ids["Job"]}


def draw_reading(draw: Draw, world: World) -> dict[str, Value]:
    """Draw what a task holds when it is done, by the ids of fields."""
    likely: dict[str, Value] = {"meter_reading": str(draw.below(_HIGHEST_READING)), "isolated": True}
    drawn = {key: value for key, value in likely.items() if draw.chance(_READ_SHARE)}
    return {world.field_ids["Task"][key]: value for key, value in drawn.items() if key in world.field_ids["Task"]}


def by_id(values: Mapping[str, Value], ids: Mapping[str, str]) -> dict[str, Value]:
    """Name values by the ids of their fields."""
    return {ids[key]: value for key, value in values.items()}


def as_column(values: Values) -> str:
    """Write values for COPY."""
    return msgspec.json.encode(values).decode()
