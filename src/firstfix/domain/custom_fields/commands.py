"""Declaring custom fields, changing and removing them. Every change records one event."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select, text

from firstfix.domain.custom_fields import rules
from firstfix.domain.custom_fields.errors import FieldFixed, OptionInUse
from firstfix.domain.custom_fields.models import CustomField
from firstfix.domain.errors import EntityInUse
from firstfix.domain.rows import Kind, Row, add_row, change_row, get_row, remove_row
from firstfix.domain.work import Work

CUSTOM_FIELD: Final = Kind(
    name="custom_field",
    entity="CustomField",
    table="custom_fields",
    required=("name", "entity_class", "kind"),
    cleared={
        "options": [],
        "position": 0,
        "is_on_invoice": False,
        "is_on_pdf": False,
        "is_readonly_on_device": False,
        "is_syncable": True,
        "is_barcode_scannable": False,
        "is_available_on_job": False,
    },
    unique={"uq_custom_fields_organisation_id_entity_class_key": "own_key"},
)
_FIXED = ("entity_class", "kind")
_IS_HELD = text("SELECT is_field_held(:id)").bindparams(bindparam("id", type_=BigInteger))
_IS_OPTION_HELD = text("SELECT is_option_held(:id, :options)").bindparams(
    bindparam("id", type_=BigInteger), bindparam("options", type_=ARRAY(Text))
)


async def add_field(work: Work, values: Mapping[str, Any]) -> UUID:
    """Declare a field, after the others of its class unless a position is given.

    Raises:
        ValueRefused: It has no name, class or type, or options or a default that it cannot have.
        ValueTaken: Another field of the class has its key.
    """
    given = _checked(values, {})
    if given.get("position") is None:
        highest = select(func.max(CustomField.position)).where(CustomField.entity_class == given.get("entity_class"))
        last = await work.session.scalar(highest)
        given["position"] = 0 if last is None else last + 1
    uuid: UUID = (await add_row(work, CUSTOM_FIELD, given))["uuid"]
    return uuid


async def change_field(work: Work, uuid: UUID, values: Mapping[str, Any]) -> None:
    """Change a field; the values that are held in it stay.

    Raises:
        EntityNotFound: There is no such field.
        FieldFixed: It would get another type or class.
        OptionInUse: An option would go that is held somewhere.
        ValueRefused: It would have no name, or options or a default that it cannot have.
        ValueTaken: Another field of the class has its key.
    """
    row = await get_row(work, CUSTOM_FIELD, uuid, to_remove=True)
    given = _checked(values, row)
    gone = rules.gone_options(row["options"], given.get("options", row["options"]) or ())
    # Asked by a statement of its own: it sees all that was set before the lock was had.
    if gone and await work.session.scalar(_IS_OPTION_HELD, {"id": row["id"], "options": gone}):
        raise OptionInUse
    await change_row(work, CUSTOM_FIELD, row, given)


async def remove_field(work: Work, uuid: UUID) -> None:
    """Remove a field that nothing holds a value in.

    Raises:
        EntityNotFound: There is no such field.
        EntityInUse: Something holds a value in it.
    """
    row = await get_row(work, CUSTOM_FIELD, uuid, to_remove=True)
    if await work.session.scalar(_IS_HELD, {"id": row["id"]}):
        raise EntityInUse(CUSTOM_FIELD.entity)
    await remove_row(work, CUSTOM_FIELD, uuid)


def _checked(values: Mapping[str, Any], row: Row) -> dict[str, Any]:
    """Refuse what such a field cannot be, and give what is to be kept of what is given."""
    given = dict(values)
    for name in _FIXED:
        if row and name in given and given[name] != row[name]:
            raise FieldFixed(field=name)
    rules.check_key(given.get("own_key"))
    kind = given.get("kind") or row.get("kind")
    if kind is None:
        return given
    options = (given.get("options") if "options" in given else row.get("options")) or []
    rules.check_options(kind, options)
    if "default_value" in given:
        given["default_value"] = rules.read_default(kind, options, given["default_value"])
    elif "options" in given:
        rules.read_default(kind, options, row.get("default_value"))
    return given
