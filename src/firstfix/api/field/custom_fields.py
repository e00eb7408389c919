"""Custom fields: what an organisation declares for its jobs and other things."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.resources import Filter, Resource, Writes, serve
from firstfix.api.field.wire import Flag, Link, field_value_sql, wire_name
from firstfix.domain.custom_fields.commands import add_field, change_field, remove_field
from firstfix.domain.custom_fields.views import EntityClass, FieldKind
from firstfix.domain.people.permissions import MANAGE_CATALOGUE, VIEW_CATALOGUE


class CustomFieldBody(Struct, kw_only=True, rename=wire_name):
    """The body of a custom field. Its type and its class stay; without a key of its own its uuid is the key.

    `defaultValue` is a value that the field takes; of a Dropdown also an array of one.
    """

    own_key: str | UnsetType | None = UNSET
    entity_class: EntityClass | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET
    kind: FieldKind | UnsetType | None = UNSET
    options: list[str] | UnsetType | None = UNSET
    default_value: Any = UNSET
    position: int | UnsetType | None = UNSET
    is_on_invoice: Flag | UnsetType | None = UNSET
    is_on_pdf: Flag | UnsetType | None = UNSET
    is_readonly_on_device: Flag | UnsetType | None = UNSET
    is_syncable: Flag | UnsetType | None = UNSET
    is_barcode_scannable: Flag | UnsetType | None = UNSET
    is_available_on_job: Flag | UnsetType | None = UNSET


class CustomField(Struct, rename="camel", kw_only=True):
    """A custom field. `options` are a Dropdown's."""

    uuid: str
    key: str
    entity_class: EntityClass
    name: str
    type: FieldKind
    options: list[str]
    default_value: str | float | bool | None
    position: int
    display_on_invoice: bool
    display_on_pdf: bool
    readonly_on_device: bool
    syncable: bool
    barcode_scannable: bool
    available_on_job: bool
    link: Link


_NAMES = ("name", "key", "type", "entityClass")
_COLUMNS = {"type": "custom_fields.kind", "entityClass": "custom_fields.entity_class"}
CUSTOM_FIELDS = Resource(
    entity="CustomField",
    plural="custom fields",
    path="/settings/customfields",
    table="custom_fields",
    shape=CustomField,
    item=f"""
    custom_fields.key,
    custom_fields.entity_class AS "entityClass",
    custom_fields.name,
    custom_fields.kind AS type,
    custom_fields.options,
    {field_value_sql("custom_fields.default_value")} AS "defaultValue",
    custom_fields.position,
    custom_fields.is_on_invoice AS "displayOnInvoice",
    custom_fields.is_on_pdf AS "displayOnPdf",
    custom_fields.is_readonly_on_device AS "readonlyOnDevice",
    custom_fields.is_syncable AS syncable,
    custom_fields.is_barcode_scannable AS "barcodeScannable",
    custom_fields.is_available_on_job AS "availableOnJob\"""",
    filters={name: Filter(_COLUMNS.get(name, f"custom_fields.{name}")) for name in _NAMES},
    sorts={name: (_COLUMNS.get(name, f"custom_fields.{name}"),) for name in _NAMES},
    read_keys=VIEW_CATALOGUE,
)

serve(
    CUSTOM_FIELDS,
    Writes(key=MANAGE_CATALOGUE, body=CustomFieldBody, create=add_field, change=change_field, remove=remove_field),
)
