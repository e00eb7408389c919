"""Tasks on jobs, with their items: what edits of them come to."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from firstfix.domain.custom_fields.values import Fields
from firstfix.domain.custom_fields.views import Values
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
from firstfix.domain.jobs.task_rows import ItemState, TaskState, get_tasks
from firstfix.domain.jobs.views import ItemEdit, Reference, TaskEdit
from firstfix.domain.organisations.queries import is_true_crew
from firstfix.domain.work import Work

_ONE = Decimal(1)
_LONGEST_PLACE = 9
_Match = TypeVar("_Match")
_Value = TypeVar("_Value")


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


def fields_in_tasks(edits: Iterable[TaskEdit]) -> list[str]:
    """List the keys of all custom fields that tasks name."""
    return [key for edit in edits for key in edit.custom_fields or ()]


# What it comes to ---------------------------------------------------------------------------------------------------


class Planner:
    """Works out what edits of a job's tasks come to.

    Args:
        findings: All that `named_in_tasks` lists.
        fields: All custom fields that `fields_in_tasks` lists.
        crew: The job's, as it will be.
        fresh: Uuids for what is new.
    """

    def __init__(self, findings: Findings, fields: Fields, crew: Iterable[int], fresh: Iterable[UUID]) -> None:
        self._findings = findings
        self._fields = fields
        self._crew = frozenset(crew)
        self._fresh = iter(fresh)

    def plan_list(self, pairs: Iterable[Pair]) -> tuple[TaskState, ...]:
        """Work out a whole list. What is kept stays at its position where the order allows; see `plan`."""
        planned: list[TaskState] = []
        for index, pair in enumerate(pairs):
            position = _next_position(planned, pair.current)
            planned.append(self.plan(pair, position=position, path=path_in_list(index)))
        return tuple(planned)

    def plan(self, pair: Pair, *, position: int, path: str = "") -> TaskState:
        """Work out one task.

        Args:
            pair: See there.
            position: Where it will stand.
            path: What stands before the names of its fields in a refusal.

        Raises:
            ValueRefused: A custom field does not take its value.
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
            field_values=self._field_values(edit, current, path),
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

    def _field_values(self, edit: TaskEdit, current: TaskState | None, path: str) -> Values:
        if edit.custom_fields is UNSET:
            return {} if current is None else current.field_values
        return self._fields.replace_on_task(edit.custom_fields, path=path)

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


def keep_to_crew(before: Iterable[TaskState], crew: Collection[int]) -> tuple[TaskState, ...]:
    """Assign nobody to the tasks of those who are not in the crew."""
    return tuple(
        task if task.assignee_id in (None, *crew) else msgspec.structs.replace(task, assignee_id=None)
        for task in before
    )


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


def place_in_list(reference: str) -> int | None:
    """Read a reference as a task's place in its job, from 0; `None` where it is none."""
    is_number = reference.isascii() and reference.isdecimal() and len(reference) <= _LONGEST_PLACE
    return int(reference) if is_number else None


def changed_tasks(before: Sequence[TaskState], after: Sequence[TaskState]) -> tuple[list[TaskState], list[TaskState]]:
    """Tell which tasks differ: those that were otherwise or are gone, and those that are otherwise or new."""
    return [task for task in before if task not in after], [task for task in after if task not in before]


async def plan_new_tasks(
    work: Work, edits: Sequence[TaskEdit], *, findings: Findings, fields: Fields, crew: Iterable[int]
) -> tuple[TaskState, ...]:
    """Work out the tasks of a new job; see `Planner.plan`. One statement, or none."""
    if not edits:
        return ()
    _, fresh = await get_tasks(work, None, edits)
    return Planner(findings, fields, crew, fresh).plan_list(pair_new_tasks(edits))
