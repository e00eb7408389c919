"""Declaring fields, and what may still change once something holds values in them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from firstfix.domain.catalogue.commands import add_item, add_task
from firstfix.domain.custom_fields.commands import CUSTOM_FIELD, add_field, change_field, remove_field
from firstfix.domain.custom_fields.errors import FieldFixed, OptionInUse
from firstfix.domain.errors import EntityInUse, EntityNotFound, ValueRefused, ValueTaken
from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, TaskEdit
from firstfix.domain.places.commands import add_asset, add_contact, add_customer, add_location, change_asset
from firstfix.domain.rows import Row, get_row
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation

Hold = Callable[[Work, TestOrganisation, dict[str, Any]], Awaitable[object]]
COLOUR = {"name": "Tag", "entity_class": "Asset", "kind": "Dropdown", "options": ["Red", "Green"], "own_key": "tag"}


async def on_job(work: Work, home: TestOrganisation, values: dict[str, Any]) -> None:
    await create_job(work, JobDraft(location=home.location_id, custom_fields=values))


async def on_task_of_job(work: Work, home: TestOrganisation, values: dict[str, Any]) -> None:
    task = TaskEdit(task=await add_task(work, {"name": "Service"}), custom_fields=values)
    await create_job(work, JobDraft(location=home.location_id, tasks=(task,)))


HOLDERS: dict[str, tuple[str, Hold]] = {
    "job": ("Job", on_job),
    "task of a job": ("Task", on_task_of_job),
    "customer": ("Customer", lambda work, _, values: add_customer(work, {"name": "Jones", "custom_fields": values})),
    "location": ("Location", lambda work, _, values: add_location(work, {"name": "Depot", "custom_fields": values})),
    "contact": ("Contact", lambda work, _, values: add_contact(work, {"first_name": "Ada", "custom_fields": values})),
    "asset": ("Asset", lambda work, _, values: add_asset(work, {"name": "Boiler", "custom_fields": values})),
    "task": ("Task", lambda work, _, values: add_task(work, {"name": "Service", "custom_fields": values})),
    "item": ("Item", lambda work, _, values: add_item(work, {"name": "Valve", "custom_fields": values})),
}


async def declare(work: Work, **values: Any) -> UUID:  # noqa: ANN401 (whatever a field has)
    return await add_field(work, {"name": "Gate code", "entity_class": "Job", "kind": "Text", **values})


async def row_of(work: Work, uuid: UUID) -> Row:
    return await get_row(work, CUSTOM_FIELD, uuid)


async def test_a_new_field_stands_after_the_others_of_its_class(work: Work) -> None:
    rows = [
        await row_of(work, await declare(work, **values))
        for values in ({}, {}, {"entity_class": "Item"}, {"position": 9}, {"position": None})
    ]

    assert [row["position"] for row in rows] == [0, 1, 0, 9, 10]
    assert [(event.entity, event.action) for event in work.events] == [("custom_field", "created")] * 5


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"entity_class": None}, "entity_class"),
        ({"kind": None}, "kind"),
        ({"own_key": " "}, "own_key"),
        ({"kind": "Dropdown"}, "options"),
        ({"options": ["Red"]}, "options"),
        ({"default_value": 5}, "default_value"),
        ({"kind": "Dropdown", "options": ["Red"], "default_value": "Blue"}, "default_value"),
    ],
)
async def test_a_field_has_what_its_type_needs(work: Work, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        await declare(work, **values)
    assert refusal.value.field == field


async def test_a_field_keeps_its_type_and_class(work: Work) -> None:
    uuid = await declare(work)
    work.events.clear()

    await change_field(work, uuid, {"kind": "Text", "entity_class": "Job", "options": None, "default_value": None})

    assert work.events == []
    for name, value in (("kind", "Number"), ("entity_class", "Item")):
        with pytest.raises(FieldFixed) as refusal:
            await change_field(work, uuid, {name: value, "name": "Other"})
        assert refusal.value.field == name
    assert (await row_of(work, uuid))["name"] == "Gate code"


async def test_a_key_is_had_once_in_a_class(work: Work) -> None:
    first = await declare(work)
    await declare(work, own_key="gate")
    await declare(work, own_key="gate", entity_class="Item")

    for values in ({"own_key": "gate"}, {"own_key": first.hex}):
        with pytest.raises(ValueTaken) as refusal:
            async with work.session.begin_nested():
                await declare(work, **values)
        assert refusal.value.field == "own_key"


async def test_a_default_must_be_one_of_the_options_that_stay(work: Work) -> None:
    uuid = await add_field(work, {**COLOUR, "default_value": ["Red"]})

    with pytest.raises(ValueRefused):
        await change_field(work, uuid, {"options": ["Green"]})
    await change_field(work, uuid, {"options": ["Green"], "default_value": "Green"})

    row = await row_of(work, uuid)
    assert (row["options"], row["default_value"]) == (["Green"], "Green")


@pytest.mark.parametrize("holder", HOLDERS)
async def test_a_field_in_use_stays(work: Work, home: TestOrganisation, holder: str) -> None:
    entity_class, hold = HOLDERS[holder]
    used, unused = [
        await declare(work, entity_class=entity_class, own_key=key, is_available_on_job=True)
        for key in ("used", "unused")
    ]
    await hold(work, home, {"used": "", "unused": None, "unknown": 1})

    with pytest.raises(EntityInUse):
        await remove_field(work, used)
    await remove_field(work, unused)

    with pytest.raises(EntityNotFound):
        await remove_field(work, unused)
    assert (work.events[-1].entity, work.events[-1].action) == ("custom_field", "deleted")


@pytest.mark.parametrize("holder", HOLDERS)
async def test_an_option_in_use_stays(work: Work, home: TestOrganisation, holder: str) -> None:
    entity_class, hold = HOLDERS[holder]
    uuid = await add_field(work, {**COLOUR, "entity_class": entity_class, "is_available_on_job": True})
    await hold(work, home, {"tag": "Red"})

    with pytest.raises(OptionInUse):
        await change_field(work, uuid, {"options": ["Green", "Blue"]})
    await change_field(work, uuid, {"options": ["Blue", "Red"], "name": "Label"})

    assert (await row_of(work, uuid))["options"] == ["Blue", "Red"]


async def test_what_is_removed_is_not_in_use_any_more(work: Work, home: TestOrganisation) -> None:
    uuid = await add_field(work, COLOUR)
    asset = await add_asset(work, {"name": "Boiler", "custom_fields": {"tag": "Red"}})
    await change_asset(work, asset, {"custom_fields": {"tag": None}})
    gate = await declare(work, own_key="gate")
    job = await create_job(work, JobDraft(location=home.location_id, custom_fields={"gate": "1"}))
    await update_job(work, job.id, JobChanges(custom_fields=None))

    await remove_field(work, uuid)
    await remove_field(work, gate)

    assert await work.session.scalar(text("SELECT count(*) FROM custom_fields")) == 0


async def test_another_organisations_fields_are_not_asked_about(work: Work, home: TestOrganisation) -> None:
    uuid = await declare(work, own_key="gate")
    await on_job(work, home, {"gate": "1"})
    id_ = (await row_of(work, uuid))["id"]

    await work.session.execute(text("SELECT set_config('firstfix.organisation', '0', true)"))

    asked = text(
        "SELECT is_field_held(:id), is_option_held(:id, ARRAY['1']), ARRAY(SELECT find_jobs_by_fields(:wanted))"
    )
    row = (await work.session.execute(asked, {"id": id_, "wanted": '{"gate": "1"}'})).one()
    assert tuple(row) == (False, False, [])
