"""What all plain things go through: checks of values, events, references, archiving."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from firstfix.domain.catalogue.commands import (
    add_item,
    add_job_type,
    add_labor_rate,
    add_skill,
    add_task,
    add_tax,
    change_item,
    change_job_type,
    change_labor_rate,
    change_skill,
    change_task,
    remove_skill,
    remove_task,
    remove_tax,
)
from firstfix.domain.catalogue.kinds import ITEM, SKILL
from firstfix.domain.errors import (
    EntityInUse,
    EntityNotFound,
    ReferenceArchived,
    ReferenceNotFound,
    ValueRefused,
    ValueTaken,
)
from firstfix.domain.places.commands import add_asset, change_asset
from firstfix.domain.rows import get_row, retire_row
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation

UNKNOWN = UUID(int=7)
VAT = ("UK", "VAT")


async def add_vat(work: Work) -> UUID:
    return await add_tax(work, {"name": "VAT", "group_name": "UK", "rate": Decimal(20)})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": "A\0"}, "name"),
        ({"name": "A" * 20_001}, "name"),
        ({"name": "A", "unit_cost": Decimal("1.23456")}, "unit_cost"),
        ({"name": "A", "unit_cost": Decimal(10) ** 12}, "unit_cost"),
        ({"name": "A", "estimated_minutes": -1}, "estimated_minutes"),
    ],
)
async def test_what_columns_do_not_take_is_refused(work: Work, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        await add_task(work, values)

    assert refusal.value.field == field
    assert work.events == []


async def test_a_new_thing_is_told(work: Work) -> None:
    uuid = await add_skill(work, {"name": "Gas Safe"})

    (event,) = work.events
    assert (event.entity, event.action, event.entity_uuid, event.label, event.changes) == (
        "skill",
        "created",
        uuid,
        "Gas Safe",
        {"name": (None, "Gas Safe")},
    )


async def test_only_what_changed_is_told(work: Work) -> None:
    uuid = await add_task(work, {"name": "Service", "unit_cost": Decimal(10)})
    work.events.clear()

    await change_task(work, uuid, {"name": "Service", "unit_cost": Decimal("12.50"), "description": None})

    (event,) = work.events
    assert (event.action, event.label) == ("updated", "Service")
    assert event.changes == {"unit_cost": ("10.0000", "12.50"), "unit_price": ("10.0000", "12.5000")}


async def test_what_is_held_already_is_no_change(work: Work) -> None:
    uuid = await add_asset(work, {"name": "Boiler", "arrived_at": datetime(2020, 1, 2, 3, 4, 5, 678, tzinfo=UTC)})
    row = (await work.session.execute(text("SELECT * FROM assets WHERE uuid = :uuid"), {"uuid": uuid})).one()
    work.events.clear()

    await change_asset(work, uuid, {"name": "Boiler", "description": None, "arrived_at": row.arrived_at})

    assert row.arrived_at.microsecond == 0
    assert work.events == []


async def test_clearing_leaves_what_is_never_null_as_when_new(work: Work) -> None:
    given = {"name": "Valve", "is_taxable": True, "description": "Brass", "is_tracked_on_van": True}
    uuid = await add_item(work, given)

    await change_item(work, uuid, {"is_taxable": None, "description": None, "is_tracked_on_van": None})

    row = await get_row(work, ITEM, uuid)
    assert (row["is_taxable"], row["description"], row["is_tracked_on_van"]) == (False, "", False)
    with pytest.raises(ValueRefused):
        await change_item(work, uuid, {"name": None})


async def test_what_is_archived_stays_so_since_when_it_was(work: Work) -> None:
    uuid = await add_item(work, {"name": "Valve", "is_archived": True})
    await work.session.execute(text("UPDATE catalogue_items SET archived_at = '2020-01-01'"))

    await change_item(work, uuid, {"is_archived": True})
    still = (await get_row(work, ITEM, uuid))["archived_at"]
    await change_item(work, uuid, {"is_archived": False})

    assert still.year == 2020
    assert (await get_row(work, ITEM, uuid))["archived_at"] is None


async def test_what_is_absent_is_not_found(work: Work) -> None:
    for attempt in (
        change_skill(work, UNKNOWN, {"name": "A"}),
        remove_skill(work, UNKNOWN),
        remove_task(work, UNKNOWN),
        change_labor_rate(work, UNKNOWN, {}),
    ):
        with pytest.raises(EntityNotFound):
            await attempt


async def test_a_name_is_had_once(work: Work) -> None:
    await add_skill(work, {"name": "Gas Safe"})

    with pytest.raises(ValueTaken) as refusal:
        await add_skill(work, {"name": "Gas Safe"})
    assert refusal.value.field == "name"


async def test_a_thing_in_use_stays(work: Work) -> None:
    tax = await add_vat(work)
    await add_task(work, {"name": "Service", "tax1": VAT})

    with pytest.raises(EntityInUse, match="This Tax is in use"):
        await remove_tax(work, tax)


async def test_lists_are_replaced_whole_and_told(work: Work, home: TestOrganisation) -> None:
    gas, ladder = [await add_skill(work, {"name": name}) for name in ("Gas Safe", "Ladder")]
    uuid = await add_job_type(work, {"name": "Flue check", "skills": [gas, ladder, gas]})
    work.events.clear()

    await change_job_type(work, uuid, {"name": "Flue check"})
    silent = list(work.events)
    await change_job_type(work, uuid, {"skills": [ladder]})

    held = await work.session.scalars(text("SELECT name FROM skills JOIN job_type_skills ON skill_id = skills.id"))
    assert silent == []
    assert list(held) == ["Ladder"]
    (event,) = work.events
    assert list(event.changes) == ["skill_ids"]
    assert home.id


async def test_what_a_list_names_must_be_there(work: Work, home: TestOrganisation) -> None:
    await add_vat(work)
    rate = {"name": "Standard", "rate": Decimal(40)}
    for more, entity in (
        ({"taxes": [VAT, ("UK", "Duty")]}, "Tax"),
        ({"users": [home["engineer1"].uuid, UNKNOWN]}, "User"),
        ({"users": [home["agent1"].uuid]}, "User"),
    ):
        with pytest.raises(ReferenceNotFound, match=f"No {entity} with id="):
            await add_labor_rate(work, {**rate, **more})


async def test_who_was_archived_stays_in_a_list_and_is_not_named_anew(work: Work, home: TestOrganisation) -> None:
    engineer = home["engineer1"]
    first = await add_labor_rate(work, {"name": "First", "rate": Decimal(40), "users": [engineer.uuid]})
    second = await add_labor_rate(work, {"name": "Second", "rate": Decimal(40)})
    await work.session.execute(text("UPDATE people SET archived_at = now() WHERE id = :id"), {"id": engineer.id})

    await change_labor_rate(work, first, {"users": [engineer.uuid]})

    with pytest.raises(ReferenceArchived):
        await change_labor_rate(work, second, {"users": [engineer.uuid]})


async def test_a_retired_row_stays_and_is_told_as_gone(work: Work) -> None:
    uuid = await add_skill(work, {"name": "Gas Safe"})
    row = await get_row(work, SKILL, uuid)
    work.events.clear()

    await retire_row(work, SKILL, row, {"name": "Retired"})

    assert (await get_row(work, SKILL, uuid))["name"] == "Retired"
    assert [event.action for event in work.events] == ["deleted"]
