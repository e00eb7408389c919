"""The price book: tasks and items with their costs, markups and prices."""

from decimal import Decimal
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.resources import Filter, Resource, Writes, serve
from firstfix.api.field.wire import TAX_NAME_SQL, Flag, Link, TaxName, amount_sql, fields_sql, referred_sql, wire_name
from firstfix.domain.catalogue import commands
from firstfix.domain.people.permissions import MANAGE_CATALOGUE, VIEW_CATALOGUE

MarkupType = Literal["fixed", "percent"]


class PricedBody(Struct, kw_only=True, rename=wire_name):
    """What the bodies of tasks and items share."""

    name: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    unit_cost: Decimal | UnsetType | None = UNSET
    unit_price: Decimal | UnsetType | None = UNSET
    markup_type: MarkupType | UnsetType | None = UNSET
    markup_value: Decimal | UnsetType | None = UNSET
    is_taxable: Flag | UnsetType | None = UNSET
    gl_account: str | UnsetType | None = UNSET
    tax1: TaxName | UnsetType | None = UNSET
    tax2: TaxName | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


class CatalogueTaskBody(PricedBody, kw_only=True, rename=wire_name):
    """The body of a task. `unitPrice` is not taken: it follows cost and markup."""

    is_mandatory: Flag | UnsetType | None = UNSET
    estimated_minutes: int | UnsetType | None = UNSET


class CatalogueItemBody(PricedBody, kw_only=True, rename=wire_name):
    """The body of an item."""

    part_number: str | UnsetType | None = UNSET
    is_tracked_on_van: Flag | UnsetType | None = UNSET
    is_archived: Flag | UnsetType | None = UNSET


class Priced(Struct, rename="camel", kw_only=True):
    """What tasks and items share."""

    uuid: str
    name: str
    description: str
    unit_price: Decimal
    unit_cost: Decimal
    markup_type: MarkupType
    markup_value: Decimal
    taxable: bool
    gl_account: str | None
    tax1: TaxName | None
    tax2: TaxName | None
    custom_fields: dict[str, Any]
    link: Link


class CatalogueTask(Priced, rename="camel", kw_only=True):
    """A task of the price book. `estDuration` in minutes."""

    mandatory: bool
    est_duration: int | None


class CatalogueItem(Priced, rename="camel", kw_only=True):
    """An item of the price book."""

    part_number: str | None
    track_on_van: bool
    archived: bool


def _priced(table: str) -> str:
    return f"""
    {table}.name,
    {table}.description,
    {amount_sql(f"{table}.unit_price")} AS "unitPrice",
    {amount_sql(f"{table}.unit_cost")} AS "unitCost",
    {table}.markup_type AS "markupType",
    {amount_sql(f"{table}.markup_value")} AS "markupValue",
    {table}.is_taxable AS taxable,
    {table}.gl_account AS "glAccount",
    {referred_sql(TAX_NAME_SQL, "taxes", by=f"{table}.tax1_id")} AS tax1,
    {referred_sql(TAX_NAME_SQL, "taxes", by=f"{table}.tax2_id")} AS tax2,
    {fields_sql(table)} AS "customFields\""""


def _filters(table: str) -> dict[str, Filter]:
    return {
        "name": Filter(f"{table}.name"),
        "taxable": Filter(f"{table}.is_taxable", "flag"),
        "glAccount": Filter(f"{table}.gl_account"),
    }


TASKS = Resource(
    entity="Task",
    plural="tasks",
    path="/task",
    table="catalogue_tasks",
    shape=CatalogueTask,
    item=_priced("catalogue_tasks")
    + """,
    catalogue_tasks.is_mandatory AS mandatory,
    catalogue_tasks.estimated_minutes AS "estDuration\"""",
    filters=_filters("catalogue_tasks"),
    sorts={"name": ("catalogue_tasks.name",)},
    read_keys=VIEW_CATALOGUE,
)
ITEMS = Resource(
    entity="Item",
    plural="items",
    path="/item",
    table="catalogue_items",
    shape=CatalogueItem,
    item=_priced("catalogue_items")
    + """,
    catalogue_items.part_number AS "partNumber",
    catalogue_items.is_tracked_on_van AS "trackOnVan",
    catalogue_items.archived_at IS NOT NULL AS archived""",
    filters={
        **_filters("catalogue_items"),
        "partNumber": Filter("catalogue_items.part_number"),
        "archived": Filter("(catalogue_items.archived_at IS NOT NULL)", "flag"),
    },
    sorts={"name": ("catalogue_items.name",), "partNumber": ("catalogue_items.part_number",)},
    read_keys=VIEW_CATALOGUE,
)

serve(
    TASKS,
    Writes(
        key=MANAGE_CATALOGUE,
        body=CatalogueTaskBody,
        create=commands.add_task,
        change=commands.change_task,
        remove=commands.remove_task,
    ),
)
serve(
    ITEMS,
    Writes(
        key=MANAGE_CATALOGUE,
        body=CatalogueItemBody,
        create=commands.add_item,
        change=commands.change_item,
        remove=commands.remove_item,
    ),
)
