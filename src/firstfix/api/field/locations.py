"""Locations: the addresses where work happens."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.resources import Filter, Resource, Writes, serve
from firstfix.api.field.wire import TAX_NAME_SQL, Flag, Link, Ref, TaxName, fields_sql, ref_sql, referred_sql, wire_name
from firstfix.domain.people.permissions import MANAGE_PLACES, VIEW_PLACES
from firstfix.domain.places.commands import add_location, change_location, remove_location
from firstfix.domain.places.policies import visible_places_sql


class Reference(Struct):
    """What something refers to."""

    uuid: str
    link: Link


class LocationBody(Struct, kw_only=True, rename=wire_name):
    """The body of a location."""

    name: str | UnsetType | None = UNSET
    line1: str | UnsetType | None = UNSET
    city: str | UnsetType | None = UNSET
    region: str | UnsetType | None = UNSET
    postcode: str | UnsetType | None = UNSET
    country: str | UnsetType | None = UNSET
    kind: str | UnsetType | None = UNSET
    customer: Ref | UnsetType | None = UNSET
    is_billing: Flag | UnsetType | None = UNSET
    latitude: float | UnsetType | None = UNSET
    longitude: float | UnsetType | None = UNSET
    tax: TaxName | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


class Location(Struct, rename="camel", kw_only=True):
    """An address where work happens."""

    uuid: str
    name: str | None
    street_name: str | None
    locality: str | None
    region: str | None
    postcode: str | None
    country: str | None
    type: str | None
    customer: Reference | None
    is_billing: bool
    lat: float | None
    lng: float | None
    tax: TaxName | None
    custom_fields: dict[str, Any]
    link: Link


# As jobs show it.
STREET = "nullif(firstfix_join_lines(ARRAY[nullif(locations.line1, ''), nullif(locations.line2, '')]), '')"
LOCATIONS = Resource(
    entity="Location",
    plural="locations",
    path="/location",
    table="locations",
    shape=Location,
    item=f"""
    locations.name,
    {STREET} AS "streetName",
    nullif(locations.city, '') AS locality,
    nullif(locations.region, '') AS region,
    nullif(locations.postcode, '') AS postcode,
    locations.country,
    locations.kind AS type,
    {referred_sql(ref_sql("/customer", "customers.uuid"), "customers", by="locations.customer_id")} AS customer,
    locations.is_billing AS "isBilling",
    locations.latitude AS lat,
    locations.longitude AS lng,
    {referred_sql(TAX_NAME_SQL, "taxes", by="locations.tax_id")} AS tax,
    {fields_sql("locations")} AS "customFields\"""",
    filters={
        "name": Filter("locations.name"),
        "streetName": Filter(STREET),
        "locality": Filter("locations.city"),
        "region": Filter("locations.region"),
        "postcode": Filter("locations.postcode"),
        "country": Filter("locations.country"),
        "type": Filter("locations.kind"),
        "customer": Filter(
            "locations.customer_id", "uuid", "{operand} = (SELECT id FROM customers WHERE uuid = {value})"
        ),
        "isBilling": Filter("locations.is_billing", "flag"),
    },
    sorts={"name": ("locations.name", "locations.line1")},
    visible=lambda account_type: visible_places_sql("locations", account_type),
    read_keys=VIEW_PLACES,
)

serve(
    LOCATIONS,
    Writes(key=MANAGE_PLACES, body=LocationBody, create=add_location, change=change_location, remove=remove_location),
)
