"""The rows of tasks on jobs, and of their items. Who writes them holds the lock of the job's row."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.domain.custom_fields.views import Values
from firstfix.domain.jobs.views import TaskEdit
from firstfix.domain.work import Work
from firstfix.kit.statements import send


class ItemState(Struct, frozen=True, kw_only=True):
    """An item of a task, as its row has it."""

    uuid: UUID
    position: int
    item_id: int
    name: str
    quantity: Decimal
    unit_cost: Decimal
    unit_price: Decimal


class TaskState(Struct, frozen=True, kw_only=True):
    """A task on a job, as its rows have it. The name is the catalogue's."""

    uuid: UUID
    position: int
    task_id: int
    task_uuid: UUID
    name: str
    asset_id: int | None
    assignee_id: int | None
    note: str
    unit_cost: Decimal
    unit_price: Decimal
    is_done: bool
    field_values: Values = msgspec.field(default_factory=dict)
    items: tuple[ItemState, ...]


_READ = """
SELECT (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'uuid', task.uuid, 'position', task.position, 'task_id', task.catalogue_task_id, 'task_uuid', listed.uuid,
        'name', listed.name, 'asset_id', task.asset_id, 'assignee_id', task.assignee_id, 'note', task.note,
        'unit_cost', task.unit_cost::text, 'unit_price', task.unit_price::text, 'is_done', task.is_done,
        'field_values', task.field_values,
        'items', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'uuid', item.uuid, 'position', item.position, 'item_id', item.catalogue_item_id, 'name', part.name,
                'quantity', item.quantity::text, 'unit_cost', item.unit_cost::text, 'unit_price', item.unit_price::text
            ) ORDER BY item.position, item.id), '[]')
            FROM job_task_items AS item JOIN catalogue_items AS part ON part.id = item.catalogue_item_id
            WHERE item.job_task_id = task.id)
    ) ORDER BY task.position, task.id), '[]')
    FROM job_tasks AS task JOIN catalogue_tasks AS listed ON listed.id = task.catalogue_task_id
    WHERE task.job_id = %(job_id)s
) AS tasks, ARRAY(SELECT uuidv7() FROM generate_series(1, %(fresh)s::integer)) AS fresh
"""
_DROP_TASKS = "DELETE FROM job_tasks WHERE job_id = %(job_id)s AND uuid = ANY (%(uuids)s)"
_DROP_ITEMS = "DELETE FROM job_task_items WHERE uuid = ANY (%(uuids)s)"
_SAVE_TASKS = """
INSERT INTO job_tasks (
    job_id, uuid, position, catalogue_task_id, asset_id, assignee_id, note, unit_cost, unit_price, is_done,
    field_values)
SELECT %(job_id)s::bigint, uuid, position, task_id, asset_id, assignee_id, note, unit_cost, unit_price, is_done,
    field_values
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (
    uuid uuid, position integer, task_id bigint, asset_id bigint, assignee_id bigint, note text, unit_cost numeric,
    unit_price numeric, is_done boolean, field_values jsonb)
ON CONFLICT (organisation_id, uuid) DO UPDATE SET
    position = excluded.position, catalogue_task_id = excluded.catalogue_task_id, asset_id = excluded.asset_id,
    assignee_id = excluded.assignee_id, note = excluded.note, unit_cost = excluded.unit_cost,
    unit_price = excluded.unit_price, is_done = excluded.is_done, field_values = excluded.field_values
"""
_SAVE_ITEMS = """
INSERT INTO job_task_items (job_task_id, uuid, position, catalogue_item_id, quantity, unit_cost, unit_price)
SELECT task.id, given.uuid, given.position, given.item_id, given.quantity, given.unit_cost, given.unit_price
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (
    of_task uuid, uuid uuid, position integer, item_id bigint, quantity numeric, unit_cost numeric, unit_price numeric)
JOIN job_tasks AS task ON task.uuid = given.of_task
ON CONFLICT (organisation_id, uuid) DO UPDATE SET
    position = excluded.position, catalogue_item_id = excluded.catalogue_item_id, quantity = excluded.quantity,
    unit_cost = excluded.unit_cost, unit_price = excluded.unit_price
"""


async def get_tasks(
    work: Work, job_id: int | None, edits: Iterable[TaskEdit] = ()
) -> tuple[tuple[TaskState, ...], list[UUID]]:
    """Read a job's tasks, in order, and take as many uuids as edits can need. No job yet: no tasks. One statement."""
    fresh = sum(1 + len(edit.items or ()) for edit in edits)
    (row,) = await send(work.session, _READ, {"job_id": job_id, "fresh": fresh})
    return msgspec.convert(row.tasks, tuple[TaskState, ...]), row.fresh


async def save_tasks(work: Work, job_id: int, before: Sequence[TaskState], after: Sequence[TaskState]) -> None:
    """Write what differs: at most a statement each for rows that go and rows that stand, of tasks and of items."""
    old_tasks, new_tasks = ({task.uuid: task for task in tasks} for tasks in (before, after))
    old_items, new_items = (
        {item.uuid: (task.uuid, item) for task in tasks for item in task.items} for tasks in (before, after)
    )
    gone_tasks = old_tasks.keys() - new_tasks.keys()
    gone_items = {uuid for uuid, (task, _) in old_items.items() if task not in gone_tasks} - new_items.keys()
    if gone_tasks:
        await send(work.session, _DROP_TASKS, {"job_id": job_id, "uuids": list(gone_tasks)})
    if gone_items:
        await send(work.session, _DROP_ITEMS, {"uuids": list(gone_items)})
    tasks = [
        task
        for uuid, task in new_tasks.items()
        if uuid not in old_tasks or _without_items(old_tasks[uuid]) != _without_items(task)
    ]
    if tasks:
        await send(work.session, _SAVE_TASKS, {"job_id": job_id, "rows": _as_json(map(_without_items, tasks))})
    items = [
        {"of_task": task, **msgspec.structs.asdict(item)}
        for uuid, (task, item) in new_items.items()
        if old_items.get(uuid) != (task, item)
    ]
    if items:
        await send(work.session, _SAVE_ITEMS, {"rows": _as_json(items)})


def _without_items(task: TaskState) -> TaskState:
    return msgspec.structs.replace(task, items=())


def _as_json(rows: Iterable[Any]) -> str:
    return msgspec.json.encode(list(rows)).decode()
