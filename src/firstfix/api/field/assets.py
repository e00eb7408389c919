"""Assets: machines and fittings that work is done on."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.attachment_shape import OF_ASSETS, Attachment
from firstfix.api.field.locations import Reference
from firstfix.api.field.resources import Filter, Resource, Writes, serve
from firstfix.api.field.wire import Link, Ref, fields_sql, path_sql, ref_sql, referred_sql, time_sql, wire_name
from firstfix.domain.people.permissions import MANAGE_PLACES, VIEW_PLACES
from firstfix.domain.places.commands import add_asset, change_asset, remove_asset
from firstfix.domain.places.policies import visible_places_sql


class AssetBody(Struct, kw_only=True, rename=wire_name):
    """The body of an asset."""

    name: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    serial_number: str | UnsetType | None = UNSET
    manufacturer: str | UnsetType | None = UNSET
    make: str | UnsetType | None = UNSET
    model: str | UnsetType | None = UNSET
    manufacturer_notes: str | UnsetType | None = UNSET
    maintenance_notes: str | UnsetType | None = UNSET
    area: str | UnsetType | None = UNSET
    arrived_at: str | UnsetType | None = UNSET
    contact: Ref | UnsetType | None = UNSET
    location: Ref | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


class AssetSite(Reference):
    href: str


class AssetItem(Struct, rename="camel", kw_only=True):
    """A machine or fitting."""

    uuid: str
    name: str
    description: str
    serial_number: str | None
    manufacturer: str | None
    make: str | None
    model: str | None
    manufacturer_notes: str | None
    maintenance_notes: str | None
    area: str | None
    arrived_on: str | None
    contact: Reference | None
    location: AssetSite | None
    custom_fields: dict[str, Any]
    attachments: list[Attachment]
    link: Link
    href: str


_SITE = ref_sql(
    "/location", "locations.uuid", more=f", 'href', %(base_url)s || {path_sql('/location', 'locations.uuid')}"
)
ASSETS = Resource(
    entity="Asset",
    plural="assets",
    path="/asset",
    table="assets",
    shape=AssetItem,
    item=f"""
    assets.name,
    assets.description,
    assets.serial_number AS "serialNumber",
    assets.manufacturer,
    assets.make,
    assets.model,
    assets.manufacturer_notes AS "manufacturerNotes",
    assets.maintenance_notes AS "maintenanceNotes",
    assets.area,
    {time_sql("assets.arrived_at")} AS "arrivedOn",
    {referred_sql(ref_sql("/contact", "contacts.uuid"), "contacts", by="assets.contact_id")} AS contact,
    {referred_sql(_SITE, "locations", by="assets.location_id")} AS location,
    {fields_sql("assets")} AS "customFields",
    {OF_ASSETS.all_sql} AS attachments,
    %(base_url)s || {path_sql("/asset", "assets.uuid")} AS href""",
    filters={
        "name": Filter("assets.name"),
        "serialNumber": Filter("assets.serial_number"),
        "manufacturer": Filter("assets.manufacturer"),
        "make": Filter("assets.make"),
        "model": Filter("assets.model"),
    },
    sorts={"name": ("assets.name",)},
    visible=lambda account_type: visible_places_sql("assets", account_type),
    read_keys=VIEW_PLACES,
    also={"pageStartIndex": lambda query: query.page * query.page_size},
)

serve(ASSETS, Writes(key=MANAGE_PLACES, body=AssetBody, create=add_asset, change=change_asset, remove=remove_asset))
