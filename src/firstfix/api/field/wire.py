"""How the field API writes values, and how it reads them: ids, times, references. In SQL where PostgreSQL writes."""

import re
from datetime import UTC, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from firstfix.api.exchange import Exchange
from firstfix.api.problems import HttpRefusal
from firstfix.domain.errors import ReferenceNotFound
from firstfix.kit.ids import find_uuid

_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?"
    # A plus that was not encoded in a query string arrives as a space.
    r"(?P<offset>Z|[+\- ]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)


Flag: TypeAlias = bool | str
_FLAGS = {"true": True, "false": False}
_WIRE_NAMES = {
    "arrived_at": "arrivedOn",
    "branch": "group",
    "city": "locality",
    "contacts": "contact",
    "east": "area",
    "ends_at": "end",
    "estimated_minutes": "estDuration",
    "group_name": "group",
    "is_archived": "archived",
    "is_available_on_job": "availableOnJob",
    "is_barcode_scannable": "barcodeScannable",
    "is_done": "done",
    "is_mandatory": "mandatory",
    "is_on_hold": "onHold",
    "is_on_invoice": "displayOnInvoice",
    "is_on_pdf": "displayOnPdf",
    "is_readonly_on_device": "readonlyOnDevice",
    "is_syncable": "syncable",
    "is_taxable": "taxable",
    "is_tracked_on_van": "trackOnVan",
    "kind": "type",
    "latitude": "lat",
    "lead": "jobLead",
    "line1": "streetName",
    "longitude": "lng",
    "minutes": "quantity",
    "north": "area",
    "own_key": "key",
    "scheduled_at": "scheduledOn",
    "south": "area",
    "starts_at": "start",
    "time_zone": "timezone",
    "west": "area",
    "window_ends_at": "timeWindow.deadline",
    "window_starts_at": "timeWindow.startAfter",
    "works_end_on": "scheduledOn",
}
"""Core names of fields, where this wire has another."""


class SchemaMismatch(HttpRefusal):
    """A value that the schema does not take, with its path."""

    status = 422
    code = "APIValidationError"

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message, field=path)


class Link(Struct):
    rel: str
    url: str


class Ref(Struct):
    """How a body names another thing; what else stands in it was posted back and is ignored."""

    uuid: str


class TaxName(Struct):
    """How this wire names a tax."""

    group: str
    name: str


def wire_name(core: str) -> str:
    """Give the name that this wire has for a field: where no other is told, the core name in camel case."""
    first, *others = core.split("_")
    return _WIRE_NAMES.get(core) or first + "".join(map(str.capitalize, others))


def link_to(exchange: Exchange, path: str) -> Link:
    """Write the link to one thing, with its absolute address."""
    return Link(rel="detail", url=exchange.base_url + path)


def uuid_of(ref: Ref, entity: str, *, field: str) -> UUID:
    """Read which thing is named.

    Raises:
        ReferenceNotFound: It is no uuid, so nothing has it.
    """
    uuid = find_uuid(ref.uuid)
    if uuid is None:
        raise ReferenceNotFound(entity, ref.uuid, field=field)
    return uuid


def job_key(job_ref: str) -> tuple[Literal["uuid", "reference"], UUID | str]:
    """Tell which column names a job, and what it holds."""
    uuid = find_uuid(job_ref)
    if uuid is not None:
        return "uuid", uuid
    # PostgreSQL takes no NUL, and no reference holds one.
    return "reference", "" if "\0" in job_ref else job_ref


def parse_time(text: str, *, path: str) -> datetime:
    """Read a time in any form that the contract knows; without an offset it is UTC, a bare date its first instant.

    Raises:
        SchemaMismatch: It is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise SchemaMismatch("Expected a date or time in ISO 8601 format.", path=path)
    day, hour, minute, second, offset = match.groups()
    if offset is None or offset == "Z":
        offset = "+00:00"
    elif offset[0] == " ":
        offset = "+" + offset[1:]
    try:
        return datetime.fromisoformat(f"{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{offset}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SchemaMismatch("There is no such date or time.", path=path) from error


def flag_of(value: Flag | None, *, path: str) -> bool:
    """Read a yes or no, which may be written as a text; `None` is no.

    Raises:
        SchemaMismatch: It is a text of another kind.
    """
    if isinstance(value, str):
        if value.lower() not in _FLAGS:
            raise SchemaMismatch("Expected `bool`, got `str`", path=path)
        return _FLAGS[value.lower()]
    return bool(value)


def hex_sql(column: str) -> str:
    """Give SQL that writes a uuid as 32 hex digits."""
    return f"replace({column}::text, '-', '')"


def time_sql(column: str) -> str:
    """Give SQL that writes a time as `2012-09-19T17:00:00+00:00`."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')"""


def name_sql(number: str, names: tuple[str, ...]) -> str:
    """Give SQL that turns a small number into its name."""
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"(ARRAY[{quoted}])[{number} + 1]"


def link_sql(path: str) -> str:
    """Give SQL of a link: `{"rel": "detail", "url": <absolute>}`. The read's `base_url` must be given."""
    return f"json_build_object('rel', 'detail', 'url', %(base_url)s || {path})"


def amount_sql(column: str) -> str:
    """Give SQL that writes an exact amount with a decimal point, and no more digits after it than there are."""
    return f"CASE WHEN scale(trim_scale({column})) = 0 THEN round({column}, 1) ELSE trim_scale({column}) END"


def field_value_sql(value: str) -> str:
    """Give SQL that writes a value of a row of `custom_fields`, which are kept as texts but for yes and no."""
    return f"CASE WHEN custom_fields.kind = 'Number' THEN to_jsonb(({value} #>> '{{}}')::numeric) ELSE {value} END"


def fields_sql(table: str) -> str:
    """Give SQL that writes what a row of a table holds in custom fields: values by key, in the order of the fields."""
    return f"""(SELECT coalesce(json_object_agg(custom_fields.key, {field_value_sql("held.value")}
            ORDER BY custom_fields.position, custom_fields.id), '{{}}')
        FROM jsonb_each({table}.field_values) AS held JOIN custom_fields
            ON custom_fields.organisation_id = {table}.organisation_id
                AND custom_fields.id = held.key::bigint)"""  # noqa: S608 (pieces of ours)


def path_sql(collection: str, uuid: str) -> str:
    """Give SQL of the path of one thing of a collection."""
    return f"'{collection}/' || {hex_sql(uuid)}"


def ref_sql(collection: str, uuid: str, *, more: str = "") -> str:
    """Give SQL of what something refers to: its uuid and its link. The read's `base_url` must be given."""
    return f"json_build_object('uuid', {hex_sql(uuid)}{more}, 'link', {link_sql(path_sql(collection, uuid))})"


def referred_sql(what: str, table: str, *, by: str) -> str:
    """Give SQL that reads from the one row of a table that a column names.

    Args:
        what: What to read.
        table: Where the row is.
        by: The column, with its table: it holds the row's id.
    """
    referring, _, _ = by.partition(".")
    return f"""(SELECT {what} FROM {table}
        WHERE {table}.organisation_id = {referring}.organisation_id AND {table}.id = {by})"""  # noqa: S608 (pieces of ours)


TAX_NAME_SQL = "json_build_object('group', taxes.group_name, 'name', taxes.name)"
"""SQL of a tax as this wire names it."""
