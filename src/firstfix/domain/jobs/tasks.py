"""Tasks on jobs, with their items: what an edit comes to, and the rows. The job's row must be locked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import ARRAY, BigInteger, Integer, Uuid, bindparam, text

from firstfix.domain.jobs import rules
from firstfix.domain.jobs.errors import (
    AssigneeNotInCrew,
    AssigneesOff,
    ItemNotFound,
    NamedTwice,
    NothingNamed,
    TaskAmbiguous,
    TaskNotFound,
)
from firstfix.domain.jobs.references import ASSET, ASSIGNEE, ITEM, TASK, Findings, Found, Role
from firstfix.domain.jobs.views import ItemEdit, Reference, TaskEdit
from firstfix.domain.organisations.queries import is_true_crew
from firstfix.domain.work import Work

_ONE = Decimal(1)
_Match = TypeVar("_Match")
_Value = TypeVar("_Value")


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
    items: tuple[ItemState, ...]


# What is given ------------------------------------------------------------------------------------------------------


def check_tasks(edits: Iterable[TaskEdit]) -> None:
    """Refuse a list of tasks with values that no task can have.

    Raises:
        ValueOutOfRange: A note, amount or quantity.
        NothingNamed: A new task or item names nothing of the catalogue.
        NamedTwice: One that the job has stands in the list twice.
    """
    seen: set[UUID] = set()
    for index, edit in enumerate(edits):
        path = path_in_list(index)
        check_task(edit, path, is_new=edit.uuid is None)
        if edit.uuid is not None:
            if edit.uuid in seen:
                raise NamedTwice(field=f"{path}uuid")
            seen.add(edit.uuid)


def check_task(edit: TaskEdit, path: str = "", *, is_new: bool) -> None:
    """Refuse values that no task can have; see `check_tasks`.

    Args:
        edit: The task.
        path: What stands before the names of its fields in a refusal.
        is_new: The job does not have it yet.
    """
    if is_new and edit.task is UNSET:
        raise NothingNamed(field=f"{path}task")
    if edit.note is not UNSET:
        rules.check_text(f"{path}note", edit.note)
    _check_prices(edit, path)
    seen: set[UUID] = set()
    for index, item in enumerate(edit.items or ()):
        item_path = f"{path}items[{index}]."
        if item.item is UNSET and (is_new or item.uuid is None):
            raise NothingNamed(field=f"{item_path}item")
        if item.quantity is not UNSET and item.quantity is not None:
            rules.check_quantity(f"{item_path}quantity", item.quantity)
        _check_prices(item, item_path)
        if item.uuid is not None and not is_new:
            if item.uuid in seen:
                raise NamedTwice(field=f"{item_path}uuid")
            seen.add(item.uuid)


def _check_prices(edit: TaskEdit | ItemEdit, path: str) -> None:
    for name in ("unit_cost", "unit_price"):
        value = getattr(edit, name)
        if value is not UNSET and value is not None:
            rules.check_price(path + name, value)


async def check_assignees(work: Work, edits: Mapping[str, TaskEdit]) -> None:
    """Refuse to assign a task to anybody where True-Crew is off. No statement where nobody is named.

    Args:
        work: The open transaction.
        edits: By what stands before the names of their fields in a refusal.

    Raises:
        AssigneesOff: It is.
    """
    named = next((path for path, edit in edits.items() if edit.assignee not in (UNSET, None)), None)
    if named is not None and not await is_true_crew(work):
        raise AssigneesOff(field=f"{named}assignee")


def path_in_list(index: int) -> str:
    """Give what stands before the names of a task's fields, for one of a list."""
    return f"tasks[{index}]."


class Pair(Struct, frozen=True):
    """An edit and the task that it is about: none for a new one."""

    edit: TaskEdit
    current: TaskState | None = None

    @property
    def task(self) -> Reference:
        """The catalogue's task, as it will be."""
        return self.edit.task if self.current is None or self.edit.task is not UNSET else self.current.task_id  # type: ignore[return-value]

    @property
    def items(self) -> Iterator[tuple[ItemEdit, ItemState | None]]:
        """Each item that is given, with the one that it is about."""
        known = {} if self.current is None else {item.uuid: item for item in self.current.items}
        for edit in self.edit.items or ():
            if edit.uuid is None or self.current is None:
                yield edit, None
            elif edit.uuid in known:
                yield edit, known[edit.uuid]
            else:
                raise ItemNotFound(edit.uuid, field="items")


def pair_tasks(edits: Iterable[TaskEdit], before: Iterable[TaskState]) -> list[Pair]:
    """Find which of a job's tasks each edit of a whole list is about.

    Raises:
        TaskNotFound: The job has no such task.
    """
    known = {task.uuid: task for task in before}
    pairs = []
    for edit in edits:
        if edit.uuid is not None and edit.uuid not in known:
            raise TaskNotFound(edit.uuid, field="tasks")
        pairs.append(Pair(edit, None if edit.uuid is None else known[edit.uuid]))
    return pairs


def pair_new_tasks(edits: Iterable[TaskEdit]) -> list[Pair]:
    """Take all tasks of a list as new ones."""
    return [Pair(edit) for edit in edits]


def named_in_tasks(pairs: Iterable[Pair]) -> Iterator[tuple[Role, Reference]]:
    """List everything that tasks will refer to, as far as it can change or their prices hang on it.

    Raises:
        ItemNotFound: A task has no such item.
    """
    for pair in pairs:
        yield TASK, pair.task
        for role, reference in ((ASSET, pair.edit.asset), (ASSIGNEE, pair.edit.assignee)):
            if reference is not UNSET and reference is not None:
                yield role, reference
        yield from ((ITEM, _item_of(edit, current)) for edit, current in pair.items)


def _item_of(edit: ItemEdit, current: ItemState | None) -> Reference:
    return edit.item if current is None or edit.item is not UNSET else current.item_id  # type: ignore[return-value]


# What it comes to ---------------------------------------------------------------------------------------------------


class Planner:
    """Works out what edits of a job's tasks come to.

    Args:
        findings: All that `named_in_tasks` lists.
        crew: The job's, as it will be.
        fresh: Uuids for what is new.
    """

    def __init__(self, findings: Findings, crew: Iterable[int], fresh: Iterable[UUID]) -> None:
        self._findings = findings
        self._crew = frozenset(crew)
        self._fresh = iter(fresh)

    def plan_list(self, pairs: Iterable[Pair]) -> tuple[TaskState, ...]:
        """Work out a whole list. What is kept stays at its position where the order allows; see `plan`."""
        planned: list[TaskState] = []
        for pair in pairs:
            planned.append(self.plan(pair, position=_next_position(planned, pair.current)))
        return tuple(planned)

    def plan(self, pair: Pair, *, position: int) -> TaskState:
        """Work out one task.

        Raises:
            AssigneeNotInCrew: Somebody else is named.
            ReferenceArchived: Something newly named is archived.
        """
        edit, current = pair.edit, pair.current
        known = None if current is None else current.task_id
        found = self._use(TASK, pair.task, known)
        unit_cost, unit_price = _prices(edit, found, current if found.id == known else None)
        items: list[ItemState] = []
        for item, kept in pair.items:
            items.append(self._plan_item(item, kept, position=_next_position(items, kept)))
        return TaskState(
            uuid=next(self._fresh) if current is None else current.uuid,
            position=position,
            task_id=found.id,
            task_uuid=found.uuid,
            name=found.name,
            asset_id=self._asset(edit, current),
            assignee_id=self._assignee(edit, current),
            note=_kept(edit.note, "" if current is None else current.note),
            unit_cost=unit_cost,
            unit_price=unit_price,
            is_done=_kept(edit.is_done, current is not None and current.is_done),
            items=current.items if current is not None and edit.items is UNSET else tuple(items),
        )

    def _plan_item(self, edit: ItemEdit, current: ItemState | None, *, position: int) -> ItemState:
        known = None if current is None else current.item_id
        found = self._use(ITEM, _item_of(edit, current), known)
        unit_cost, unit_price = _prices(edit, found, current if found.id == known else None)
        quantity = _kept(edit.quantity, _ONE if current is None else current.quantity)
        return ItemState(
            uuid=next(self._fresh) if current is None else current.uuid,
            position=position,
            item_id=found.id,
            name=found.name,
            quantity=_ONE if quantity is None else quantity,
            unit_cost=unit_cost,
            unit_price=unit_price,
        )

    def _asset(self, edit: TaskEdit, current: TaskState | None) -> int | None:
        asset_id = None if current is None else current.asset_id
        if edit.asset is UNSET:
            return asset_id
        return None if edit.asset is None else self._use(ASSET, edit.asset, asset_id).id

    def _assignee(self, edit: TaskEdit, current: TaskState | None) -> int | None:
        assignee_id = None if current is None else current.assignee_id
        if edit.assignee is UNSET:
            return assignee_id if assignee_id in self._crew else None
        if edit.assignee is None:
            return None
        named_id = self._findings.use(ASSIGNEE, edit.assignee, known=self._crew)
        if named_id not in self._crew:
            raise AssigneeNotInCrew(field="assignee")
        return named_id

    def _use(self, role: Role, reference: Reference, known: int | None) -> Found:
        self._findings.use(role, reference, known=(known,))
        return self._findings.get(role, reference)


def _kept(given: _Value | UnsetType, otherwise: _Value) -> _Value:
    return otherwise if given is UNSET else given


def _prices(edit: TaskEdit | ItemEdit, found: Found, current: TaskState | ItemState | None) -> tuple[Decimal, Decimal]:
    """Give cost and price: what is sent, else what stands, else the catalogue's.

    Args:
        edit: What is sent.
        found: The thing of the catalogue.
        current: What stands, of the same thing.
    """
    standing = current or found
    cost, price = _kept(edit.unit_cost, standing.unit_cost), _kept(edit.unit_price, standing.unit_price)
    return found.unit_cost if cost is None else cost, found.unit_price if price is None else price


def _next_position(planned: Sequence[TaskState | ItemState], kept: TaskState | ItemState | None) -> int:
    last = planned[-1].position if planned else -1
    return kept.position if kept is not None and kept.position > last else last + 1


def choose_task(matches: Sequence[tuple[bool, _Match]], reference: object) -> _Match:
    """Choose the task that a reference means.

    Args:
        matches: Tasks of the job that have it as their own uuid (true) or as the catalogue's (false).
        reference: As the caller wrote it.

    Raises:
        TaskNotFound: There is none.
        TaskAmbiguous: It is the catalogue's, and stands in the job more than once.
    """
    for is_own, match in matches:
        if is_own:
            return match
    if not matches:
        raise TaskNotFound(reference)
    if len(matches) > 1:
        raise TaskAmbiguous
    return matches[0][1]


def changed_tasks(before: Sequence[TaskState], after: Sequence[TaskState]) -> tuple[list[TaskState], list[TaskState]]:
    """Tell which tasks differ: those that were otherwise or are gone, and those that are otherwise or new."""
    return [task for task in before if task not in after], [task for task in after if task not in before]


# Rows ---------------------------------------------------------------------------------------------------------------

_READ = text("""
SELECT (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'uuid', task.uuid, 'position', task.position, 'task_id', task.catalogue_task_id, 'task_uuid', listed.uuid,
        'name', listed.name, 'asset_id', task.asset_id, 'assignee_id', task.assignee_id, 'note', task.note,
        'unit_cost', task.unit_cost::text, 'unit_price', task.unit_price::text, 'is_done', task.is_done,
        'items', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'uuid', item.uuid, 'position', item.position, 'item_id', item.catalogue_item_id, 'name', part.name,
                'quantity', item.quantity::text, 'unit_cost', item.unit_cost::text, 'unit_price', item.unit_price::text
            ) ORDER BY item.position, item.id), '[]')
            FROM job_task_items AS item JOIN catalogue_items AS part ON part.id = item.catalogue_item_id
            WHERE item.job_task_id = task.id)
    ) ORDER BY task.position, task.id), '[]')
    FROM job_tasks AS task JOIN catalogue_tasks AS listed ON listed.id = task.catalogue_task_id
    WHERE task.job_id = :job_id
) AS tasks, ARRAY(SELECT uuidv7() FROM generate_series(1, :fresh)) AS fresh
""").bindparams(bindparam("job_id", type_=BigInteger), bindparam("fresh", type_=Integer))
_DROP_TASKS = text("DELETE FROM job_tasks WHERE job_id = :job_id AND uuid = ANY (:uuids)").bindparams(
    bindparam("job_id", type_=BigInteger), bindparam("uuids", type_=ARRAY(Uuid))
)
_DROP_ITEMS = text("DELETE FROM job_task_items WHERE uuid = ANY (:uuids)").bindparams(
    bindparam("uuids", type_=ARRAY(Uuid))
)
_SAVE_TASKS = text("""
INSERT INTO job_tasks (
    job_id, uuid, position, catalogue_task_id, asset_id, assignee_id, note, unit_cost, unit_price, is_done)
SELECT :job_id, uuid, position, task_id, asset_id, assignee_id, note, unit_cost, unit_price, is_done
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
    uuid uuid, position integer, task_id bigint, asset_id bigint, assignee_id bigint, note text, unit_cost numeric,
    unit_price numeric, is_done boolean)
ON CONFLICT (organisation_id, uuid) DO UPDATE SET
    position = excluded.position, catalogue_task_id = excluded.catalogue_task_id, asset_id = excluded.asset_id,
    assignee_id = excluded.assignee_id, note = excluded.note, unit_cost = excluded.unit_cost,
    unit_price = excluded.unit_price, is_done = excluded.is_done
""").bindparams(bindparam("job_id", type_=BigInteger))
_SAVE_ITEMS = text("""
INSERT INTO job_task_items (job_task_id, uuid, position, catalogue_item_id, quantity, unit_cost, unit_price)
SELECT task.id, given.uuid, given.position, given.item_id, given.quantity, given.unit_cost, given.unit_price
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
    of_task uuid, uuid uuid, position integer, item_id bigint, quantity numeric, unit_cost numeric, unit_price numeric)
JOIN job_tasks AS task ON task.uuid = given.of_task
ON CONFLICT (organisation_id, uuid) DO UPDATE SET
    position = excluded.position, catalogue_item_id = excluded.catalogue_item_id, quantity = excluded.quantity,
    unit_cost = excluded.unit_cost, unit_price = excluded.unit_price
""")


async def get_tasks(
    work: Work, job_id: int, edits: Iterable[TaskEdit] = ()
) -> tuple[tuple[TaskState, ...], list[UUID]]:
    """Read a job's tasks, in order, and take as many uuids as edits can need. One statement."""
    fresh = sum(1 + len(edit.items or ()) for edit in edits)
    row = (await work.session.execute(_READ, {"job_id": job_id, "fresh": fresh})).one()
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
        await work.session.execute(_DROP_TASKS, {"job_id": job_id, "uuids": list(gone_tasks)})
    if gone_items:
        await work.session.execute(_DROP_ITEMS, {"uuids": list(gone_items)})
    tasks = [
        task
        for uuid, task in new_tasks.items()
        if uuid not in old_tasks or _without_items(old_tasks[uuid]) != _without_items(task)
    ]
    if tasks:
        await work.session.execute(_SAVE_TASKS, {"job_id": job_id, "rows": _as_json(map(_without_items, tasks))})
    items = [
        {"of_task": task, **msgspec.structs.asdict(item)}
        for uuid, (task, item) in new_items.items()
        if old_items.get(uuid) != (task, item)
    ]
    if items:
        await work.session.execute(_SAVE_ITEMS, {"rows": _as_json(items)})


def _without_items(task: TaskState) -> TaskState:
    return msgspec.structs.replace(task, items=())


def _as_json(rows: Iterable[Any]) -> str:
    return msgspec.json.encode(list(rows)).decode()
