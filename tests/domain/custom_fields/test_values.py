"""What jobs, their tasks and other things hold once values are given to them."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, text

from firstfix.domain.catalogue.commands import add_task
from firstfix.domain.custom_fields.commands import add_field
from firstfix.domain.errors import ValueRefused
from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.task_commands import add_task as add_task_to_job
from firstfix.domain.jobs.task_commands import update_task
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds, TaskEdit
from firstfix.domain.places.commands import add_asset, change_asset
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation

GIVEN = {"gate": "1234", "keys": 2, "alarm": "true", "unknown": {"a": 1}, "nul\0": 1, "of_an_item": "No"}
HELD = {"gate": "1234", "keys": "2", "alarm": True}


@pytest.fixture
async def fields(work: Work) -> None:
    """Fields of jobs, of assets and of tasks, with the same keys; one of items, and one of tasks that jobs lack."""
    for entity_class in ("Job", "Asset", "Task"):
        for key, kind in (("gate", "Text"), ("keys", "Number"), ("alarm", "CheckBox")):
            await declare(work, key, entity_class=entity_class, kind=kind, is_available_on_job=True)
    await declare(work, "of_an_item", entity_class="Item", kind="Text")
    await declare(work, "of_the_catalogue", entity_class="Task", kind="Text")
    work.events.clear()


async def declare(work: Work, key: str, **values: object) -> None:
    await add_field(work, {"name": key.capitalize(), "own_key": key, **values})


async def held(work: Work, table: str) -> dict[str, Any]:
    """Read what the newest row of a table holds, by key."""
    found = await work.session.scalar(
        text(
            "SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM custom_fields JOIN jsonb_each(("  # noqa: S608
            f"SELECT field_values FROM {table} ORDER BY id DESC LIMIT 1)) AS held (id, value)"
            " ON held.id = custom_fields.id::text"
        )
    )
    return dict(found)


async def make_job(work: Work, home: TestOrganisation, **draft: Any) -> JobIds:  # noqa: ANN401 (whatever a draft takes)
    return await create_job(work, JobDraft(location=home.location_id, **draft))


@pytest.mark.usefixtures("fields")
async def test_a_job_holds_what_it_is_given_and_drops_unknown_keys(work: Work, home: TestOrganisation) -> None:
    await make_job(work, home, custom_fields=GIVEN)

    assert await held(work, "jobs") == HELD
    assert work.events[-1].changes["custom_fields"] == (None, HELD)


@pytest.mark.usefixtures("fields")
async def test_values_are_merged_by_key_and_null_removes_one(work: Work, home: TestOrganisation) -> None:
    job = await make_job(work, home, custom_fields=GIVEN)

    await update_job(work, job.id, JobChanges(custom_fields={"keys": Decimal("2.5"), "alarm": None, "unknown": 1}))

    assert await held(work, "jobs") == {"gate": "1234", "keys": "2.5"}
    assert work.events[-1].changes == {
        "custom_fields": ({"keys": "2", "alarm": True}, {"keys": "2.5", "alarm": None}),
    }


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    "given", [{}, {"gate": "1234"}, {"keys": "2.0"}, {"alarm": True}, {"unknown": 1}, {"of_the_catalogue": "x"}]
)
async def test_what_a_job_holds_already_is_no_change(work: Work, home: TestOrganisation, given: dict[str, Any]) -> None:
    job = await make_job(work, home, custom_fields=GIVEN)
    work.events.clear()

    update = await update_job(work, job.id, JobChanges(custom_fields=given))

    assert (update.is_changed, work.events) == (False, [])


@pytest.mark.usefixtures("fields")
async def test_null_removes_all(work: Work, home: TestOrganisation) -> None:
    job = await make_job(work, home, custom_fields=GIVEN)

    await update_job(work, job.id, JobChanges(custom_fields=None))

    assert await held(work, "jobs") == {}
    assert work.events[-1].changes == {"custom_fields": (HELD, None)}


@pytest.mark.usefixtures("fields")
async def test_a_wrong_value_is_refused_by_its_key_and_changes_nothing(work: Work, home: TestOrganisation) -> None:
    job = await make_job(work, home, custom_fields=GIVEN)
    task = TaskEdit(task=await add_task(work, {"name": "Service"}), custom_fields={"alarm": "perhaps"})

    with pytest.raises(ValueRefused) as refused:
        await update_job(work, job.id, JobChanges(title="Other", custom_fields={"gate": "1", "keys": "many"}))
    with pytest.raises(ValueRefused) as refused_task:
        await make_job(work, home, tasks=(task,))
    with pytest.raises(ValueRefused) as refused_alone:
        await add_task_to_job(work, job.id, task)

    paths = [refusal.value.field for refusal in (refused, refused_task, refused_alone)]
    assert paths == ["custom_fields.keys", "tasks[0].custom_fields.alarm", "custom_fields.alarm"]
    assert await held(work, "jobs") == HELD


@pytest.mark.usefixtures("fields")
async def test_a_task_on_a_job_holds_what_is_available_on_jobs(work: Work, home: TestOrganisation) -> None:
    service = await add_task(work, {"name": "Service", "custom_fields": {"of_the_catalogue": "x"}})

    await make_job(work, home, tasks=(TaskEdit(task=service, custom_fields={**GIVEN, "of_the_catalogue": "y"}),))

    assert await held(work, "job_tasks") == HELD
    assert await held(work, "catalogue_tasks") == {"of_the_catalogue": "x"}


@pytest.mark.usefixtures("fields")
async def test_the_mapping_of_a_task_is_replaced_whole(work: Work, home: TestOrganisation) -> None:
    service = await add_task(work, {"name": "Service"})
    job = await make_job(work, home)
    task = await add_task_to_job(work, job.id, TaskEdit(task=service, custom_fields=GIVEN))

    seen = []
    for edit in (
        TaskEdit(note="Kept"),
        TaskEdit(custom_fields={"gate": "5", "keys": None}),
        TaskEdit(custom_fields={}),
    ):
        await update_task(work, job.id, task.hex, edit)
        seen.append(await held(work, "job_tasks"))
    await update_job(work, job.id, JobChanges(tasks=(TaskEdit(uuid=task, custom_fields={"alarm": True}),)))
    seen.append(await held(work, "job_tasks"))
    await update_task(work, job.id, task.hex, TaskEdit(custom_fields=None))
    seen.append(await held(work, "job_tasks"))

    assert seen == [HELD, {"gate": "5"}, {}, {"alarm": True}, {}]


@pytest.mark.usefixtures("fields")
async def test_other_things_hold_values_too(work: Work) -> None:
    uuid = await add_asset(work, {"name": "Boiler", "custom_fields": GIVEN})
    added = await held(work, "assets")
    await change_asset(work, uuid, {"custom_fields": {"gate": None, "keys": 3, "unknown": 1}})
    changed = await held(work, "assets")
    events = [event.changes for event in work.events]
    await change_asset(work, uuid, {"custom_fields": {"keys": "3"}, "name": "Boiler"})
    await change_asset(work, uuid, {"custom_fields": None})

    assert (added, changed, await held(work, "assets")) == (HELD, {"keys": "3", "alarm": True}, {})
    assert events == [
        {"name": (None, "Boiler"), "custom_fields": (None, HELD)},
        {"custom_fields": ({"gate": "1234", "keys": "2"}, {"gate": None, "keys": "3"})},
    ]
    assert len(work.events) == 3
    with pytest.raises(ValueRefused) as refusal:
        await change_asset(work, uuid, {"custom_fields": {"keys": True}})
    assert refusal.value.field == "custom_fields.keys"


@pytest.mark.usefixtures("fields")
async def test_only_who_gives_values_asks_for_fields(work: Work, home: TestOrganisation) -> None:
    statements: list[str] = []
    connection = (await work.session.connection()).sync_connection
    event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))

    await make_job(work, home)
    plain = len(statements)
    assert not [statement for statement in statements if "FROM custom_fields" in statement]
    service = TaskEdit(task=await add_task(work, {"name": "Service"}), custom_fields=GIVEN)
    statements.clear()
    await make_job(work, home, custom_fields=GIVEN)
    with_values = len(statements)
    statements.clear()
    await make_job(work, home, custom_fields=GIVEN, tasks=(service,))

    assert with_values == plain + 1
    assert len([statement for statement in statements if "FROM custom_fields" in statement]) == 1
