"""How a body writes tasks and their items."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.wire import Flag, Ref, flag_of, uuid_of
from firstfix.domain.jobs.views import ItemEdit, TaskEdit


class ItemBody(Struct, rename="camel", kw_only=True):
    """An item of a task. A new one names an item of the catalogue, whose prices it takes unless others are sent."""

    uuid: str | UnsetType | None = UNSET
    item: Ref | UnsetType = UNSET
    quantity: Decimal | UnsetType | None = UNSET
    unit_cost: Decimal | UnsetType | None = UNSET
    unit_price: Decimal | UnsetType | None = UNSET


class TaskBody(Struct, rename="camel", kw_only=True):
    """A task of a job. A new one names a task of the catalogue, whose prices it takes unless others are sent.

    `uuid` is that of a task that the job has, in a list that replaces the job's; elsewhere it is ignored.
    `customFields` are all values that the task holds then.
    """

    uuid: str | UnsetType | None = UNSET
    task: Ref | UnsetType = UNSET
    asset: Ref | UnsetType | None = UNSET
    assignee: Ref | UnsetType | None = UNSET
    note: str | UnsetType | None = UNSET
    unit_cost: Decimal | UnsetType | None = UNSET
    unit_price: Decimal | UnsetType | None = UNSET
    done: Flag | UnsetType | None = UNSET
    items: list[ItemBody] | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


def read_tasks(bodies: Sequence[TaskBody], *, is_new: bool) -> tuple[TaskEdit, ...]:
    """Read a whole list of tasks; all are new with a new job."""
    return tuple(read_task(body, path=f"tasks[{index}].", is_new=is_new) for index, body in enumerate(bodies))


def read_task(body: TaskBody, *, path: str = "", is_new: bool) -> TaskEdit:
    """Read one task.

    Args:
        body: As it came.
        path: What stands before the names of its fields in a refusal.
        is_new: Its uuid, and those of its items, were read elsewhere and mean nothing here.
    """
    return TaskEdit(
        uuid=None if is_new else _own_uuid(body.uuid, "Task"),
        task=_named(body.task, "Task"),
        asset=_named(body.asset, "Asset"),
        assignee=_named(body.assignee, "User"),
        note=UNSET if body.note is UNSET else body.note or "",
        unit_cost=body.unit_cost,
        unit_price=body.unit_price,
        is_done=UNSET if body.done is UNSET else flag_of(body.done, path=f"{path}done"),
        custom_fields=body.custom_fields,
        items=UNSET if body.items is UNSET else tuple(_read_item(item, is_new=is_new) for item in body.items or ()),
    )


def _read_item(body: ItemBody, *, is_new: bool) -> ItemEdit:
    return ItemEdit(
        uuid=None if is_new else _own_uuid(body.uuid, "Item"),
        item=_named(body.item, "Item"),
        quantity=body.quantity,
        unit_cost=body.unit_cost,
        unit_price=body.unit_price,
    )


def _named(ref: Ref | UnsetType | None, entity: str) -> Any:  # noqa: ANN401 (what the body says: unset, none or a uuid)
    return uuid_of(ref, entity, field=entity.lower()) if isinstance(ref, Ref) else ref


def _own_uuid(text: str | UnsetType | None, entity: str) -> UUID | None:
    return uuid_of(Ref(text), entity, field="uuid") if isinstance(text, str) else None
