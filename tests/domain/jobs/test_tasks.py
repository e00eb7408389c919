"""Tasks and labor of jobs, and what they bring in."""

import asyncio
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.errors import JobNotFound, TaskAmbiguous, TaskNotFound
from firstfix.domain.jobs.revenue import LABOR_AMOUNT
from firstfix.domain.jobs.task_commands import add_task, delete_task, update_task
from firstfix.domain.jobs.tasks import choose_task
from firstfix.domain.jobs.views import AdHocRate, ItemEdit, JobChanges, JobDraft, LaborDraft, TaskEdit
from firstfix.domain.work import Work
from tests.domain.jobs.conftest import MakeJob
from tests.domain.jobs.test_races import Caller, caller, database  # noqa: F401 (fixtures)
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold


async def rows_of(work: Work, job_id: int) -> list[tuple[int, str]]:
    rows = await work.session.execute(
        text("SELECT position, note FROM job_tasks WHERE job_id = :id ORDER BY position, id"), {"id": job_id}
    )
    return [(row.position, row.note) for row in rows]


async def test_one_change_is_one_event_with_what_changed(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    task, _ = home.insert("catalogue_tasks", name="Service", unit_price=90)
    _, item_uuid = home.insert("catalogue_items", name="Valve", unit_price=Decimal("12.5"))
    ids = await make_job(
        tasks=(TaskEdit(task=task, note="a"), TaskEdit(task=task, note="b", items=(ItemEdit(item=item_uuid),)))
    )
    work.events.clear()

    uuid = await add_task(work, ids.id, TaskEdit(task=task, note="c"))
    await update_task(work, ids.uuid, uuid.hex, TaskEdit(note="d"))
    await update_task(work, ids.reference, uuid.hex, TaskEdit(note="d", task=task, unit_price=Decimal("90.0000")))
    await delete_task(work, ids.id, uuid.hex)

    told = [(event.action, list(event.changes), event.changes["tasks"]) for event in work.events]
    assert [(action, fields) for action, fields, _ in told] == [("updated", ["tasks"])] * 3
    assert [[[line["note"] for line in side] for side in lines] for _, _, lines in told] == [
        [[], ["c"]],
        [["c"], ["d"]],
        [["d"], []],
    ]
    assert told[0][2][1][0]["unit_price"] == "90.0000"
    assert await rows_of(work, ids.id) == [(0, "a"), (1, "b")]


async def test_creation_tells_of_tasks_and_labor(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    task, _ = home.insert("catalogue_tasks", name="Service", unit_price=90)
    rate = AdHocRate(name="Overtime", rate=Decimal(60))

    await make_job(
        tasks=(TaskEdit(task=task),), labor=(LaborDraft(person=home["engineer1"].id, rate=rate, minutes=30),)
    )

    changes = work.events[-1].changes
    assert [line["name"] for line in changes["tasks"][1]] == ["Service"]
    assert [(line["name"], line["minutes"]) for line in changes["labor"][1]] == [("Overtime", 30)]


async def test_a_list_that_moves_keeps_what_it_can(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    task, _ = home.insert("catalogue_tasks", name="Service")
    ids = await make_job(tasks=tuple(TaskEdit(task=task, note=note) for note in "abcd"))
    by_note = {line["note"]: UUID(line["uuid"]) for line in work.events[-1].changes["tasks"][1]}
    work.events.clear()

    await update_job(
        work,
        ids.id,
        JobChanges(tasks=(*(TaskEdit(uuid=by_note[note]) for note in "acb"), TaskEdit(task=task, note="e"))),
    )

    assert await rows_of(work, ids.id) == [(0, "a"), (2, "c"), (3, "b"), (4, "e")]
    before, after = work.events[-1].changes["tasks"]
    assert sorted(line["note"] for line in before) == ["b", "d"]
    assert sorted(line["note"] for line in after) == ["b", "e"]


def test_the_own_uuid_always_wins() -> None:
    assert choose_task([(False, "a"), (True, "b"), (False, "c")], "x") == "b"
    assert choose_task([(False, "a")], "x") == "a"
    with pytest.raises(TaskAmbiguous):
        choose_task([(False, "a"), (False, "b")], "x")
    with pytest.raises(TaskNotFound):
        choose_task([], "x")


# Revenue

amounts = st.decimals(min_value=0, max_value=Decimal("999999999999.9999"), places=4)


@given(st.lists(st.tuples(st.integers(0, 5_270_400), amounts), min_size=1, max_size=40))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_line_of_labor_is_rounded_half_up(owner_engine: Engine, lines: list[tuple[int, Decimal]]) -> None:
    given_lines = ", ".join(f"({number}, {minutes}, {rate})" for number, (minutes, rate) in enumerate(lines))

    with owner_engine.connect() as connection:
        found = connection.scalars(
            text(
                f"SELECT {LABOR_AMOUNT} FROM (VALUES {given_lines})"  # noqa: S608 (numbers)
                " AS job_labor (place, minutes, rate) ORDER BY place"
            )
        ).all()

    assert found == [_half_up(minutes, rate) for minutes, rate in lines]


def _half_up(minutes: int, rate: Decimal) -> Decimal:
    """Round minutes/60 times a rate half-up, in whole numbers: no division is cut off."""
    ten_thousandths = int(rate * 10_000) * minutes
    pence = (ten_thousandths + 3_000) // 6_000
    return Decimal(pence) / 100


def test_the_oracle_rounds_half_up() -> None:
    assert _half_up(3, Decimal("0.1")) == Decimal("0.01")
    assert _half_up(3, Decimal("0.0999")) == Decimal("0.00")
    assert _half_up(60, Decimal("12.345")) == Decimal("12.345").quantize(Decimal("0.01"), ROUND_HALF_UP)


# Races


async def _notes(organisation: TestOrganisation, job_id: int) -> list[str]:
    rows = organisation.execute("SELECT note FROM job_tasks WHERE job_id = :id ORDER BY position", id=job_id)
    return [row.note for row in rows]


async def test_of_two_list_replacements_the_second_finds_the_first(
    caller: Caller,  # noqa: F811 (a fixture)
    organisation: TestOrganisation,
) -> None:
    task, _ = organisation.insert("catalogue_tasks", name="Service")
    id_, _ = organisation.insert_job()
    lists: list[tuple[TaskEdit, ...]] = [
        tuple(TaskEdit(task=task, note=f"{name}{number}") for number in range(3)) for name in "ab"
    ]

    holding = asyncio.create_task(caller.update(id_, JobChanges(tasks=lists[0]), hold=(hold := Hold())))
    await hold.begun()
    await caller.update(id_, JobChanges(tasks=lists[1]))
    await holding

    assert await _notes(organisation, id_) == ["b0", "b1", "b2"]
    first, second = organisation.execute(
        "SELECT changes FROM events WHERE organisation_id = :org AND entity_id = :id ORDER BY position",
        org=organisation.id,
        id=id_,
    )
    assert first.changes["tasks"][0] == []
    assert second.changes["tasks"][0] == first.changes["tasks"][1]


async def test_a_kept_task_that_another_list_took_away_is_not_found(
    caller: Caller,  # noqa: F811 (a fixture)
    organisation: TestOrganisation,
) -> None:
    task, _ = organisation.insert("catalogue_tasks", name="Service")
    id_, _ = organisation.insert_job()
    await caller.update(id_, JobChanges(tasks=(TaskEdit(task=task),)))
    (row,) = organisation.execute("SELECT uuid FROM job_tasks WHERE job_id = :id", id=id_)

    clearing = asyncio.create_task(caller.update(id_, JobChanges(tasks=()), hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(TaskNotFound):
        await caller.update(id_, JobChanges(tasks=(TaskEdit(uuid=row.uuid, note="kept"),)))
    await clearing

    assert await _notes(organisation, id_) == []


async def test_a_task_that_changes_while_its_job_is_deleted_is_not_found(
    caller: Caller,  # noqa: F811 (a fixture)
    organisation: TestOrganisation,
) -> None:
    task, task_uuid = organisation.insert("catalogue_tasks", name="Service")
    id_, _ = organisation.insert_job()
    await caller.update(id_, JobChanges(tasks=(TaskEdit(task=task),)))

    deletion = asyncio.create_task(caller.delete(id_, hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(JobNotFound):
        await caller.run(update_task, id_, task_uuid.hex, TaskEdit(note="x"))
    await deletion


async def test_tasks_added_at_once_all_stand_in_the_job(
    caller: Caller,  # noqa: F811 (a fixture)
    organisation: TestOrganisation,
) -> None:
    task, _ = organisation.insert("catalogue_tasks", name="Service")
    id_, _ = organisation.insert_job()

    await asyncio.gather(*(caller.run(add_task, id_, TaskEdit(task=task, note=str(n))) for n in range(6)))

    positions = organisation.execute("SELECT position FROM job_tasks WHERE job_id = :id ORDER BY 1", id=id_)
    assert [row.position for row in positions] == list(range(6))
    assert sorted(await _notes(organisation, id_)) == list("012345")


async def test_a_refused_task_leaves_no_job(work: Work, home: TestOrganisation) -> None:
    number = "SELECT count(*) FROM jobs"
    before: Any = await work.session.scalar(text(number))

    with pytest.raises(Exception, match="No Task with id="):
        await create_job(work, JobDraft(location=home.location_id, tasks=(TaskEdit(task=2**62),)))

    assert await work.session.scalar(text(number)) == before
