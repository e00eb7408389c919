"""The organisation itself: its business settings, groups, service areas and types of unavailability."""

from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.exchange import RawJson
from firstfix.api.field.operations import operation
from firstfix.api.field.resources import Filter, Resource, Values, Writes, serve, serve_list, values_of
from firstfix.api.field.wire import Flag, Link, SchemaMismatch, hex_sql, wire_name
from firstfix.api.hot_reads import HotReads
from firstfix.domain.organisations import commands
from firstfix.domain.people.permissions import (
    BRANCHES_VIEW,
    MANAGE_BRANCHES,
    MANAGE_SETTINGS,
    VIEW_OFFICE,
)
from firstfix.domain.work import AccountType, Work


class BusinessBody(Struct, kw_only=True, rename=wire_name):
    """The body of the business; what else it shows is read-only here."""

    name: str | UnsetType | None = UNSET
    time_zone: str | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET


class Business(Struct, rename="camel", kw_only=True):
    """The organisation's own settings."""

    uuid: str
    name: str
    timezone: str
    currency: str
    job_prefix: str
    enterprise: bool
    true_crew: bool


class GroupBody(Struct, kw_only=True, rename=wire_name):
    """The body of a group."""

    name: str | UnsetType | None = UNSET
    is_archived: Flag | UnsetType | None = UNSET


class GroupItem(Struct, kw_only=True):
    """An office; the manage API calls it a branch."""

    uuid: str
    name: str
    archived: bool
    link: Link


class Corner(Struct):
    lat: float
    lng: float


class Geometry(Struct):
    """The north-east and the south-west corner."""

    ne: Corner
    sw: Corner


class Area(Struct):
    geometry: Geometry
    shape: Literal["RECTANGLE"] = "RECTANGLE"


class ServiceAreaBody(Struct, kw_only=True):
    """The body of a service area."""

    name: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    colour: str | UnsetType | None = UNSET
    area: Area | UnsetType | None = UNSET


class ServiceAreaItem(Struct, kw_only=True):
    """A rectangle on the map that is served."""

    uuid: str
    name: str
    description: str
    colour: str
    area: Area
    link: Link


class UnavailabilityTypeItem(Struct, kw_only=True):
    """Why somebody may be away."""

    uuid: str
    name: str
    description: str
    archived: bool
    paid: bool
    link: Link


GROUPS = Resource(
    entity="Group",
    plural="groups",
    path="/group",
    table="branches",
    shape=GroupItem,
    item="branches.name, NOT branches.is_active AS archived",
    filters={
        "name": Filter("branches.name"),
        "archived": Filter("(NOT branches.is_active)", "flag"),
    },
    sorts={"name": ("branches.name",)},
    read_keys=BRANCHES_VIEW,
    guard=commands.require_groups,
)
SERVICE_AREAS = Resource(
    entity="ServiceArea",
    plural="service areas",
    path="/service_area",
    table="service_areas",
    shape=ServiceAreaItem,
    item="""
    service_areas.name,
    service_areas.description,
    service_areas.colour,
    json_build_object('shape', 'RECTANGLE', 'geometry', json_build_object(
        'ne', json_build_object('lat', service_areas.north, 'lng', service_areas.east),
        'sw', json_build_object('lat', service_areas.south, 'lng', service_areas.west))) AS area""",
    filters={"name": Filter("service_areas.name")},
    sorts={"name": ("service_areas.name",)},
    read_keys=VIEW_OFFICE,
)
UNAVAILABILITY_TYPES = Resource(
    entity="UnavailabilityType",
    plural="unavailability types",
    path="/unavailability/types",
    table="unavailability_types",
    shape=UnavailabilityTypeItem,
    item="""
    unavailability_types.name,
    unavailability_types.description,
    unavailability_types.archived_at IS NOT NULL AS archived,
    unavailability_types.is_paid AS paid""",
    filters={
        "archived": Filter("(unavailability_types.archived_at IS NOT NULL)", "flag"),
        "name": Filter("unavailability_types.name", condition="position(lower({value}) IN lower({operand})) > 0"),
    },
    sorts={"name": ("unavailability_types.name",)},
    read_keys=VIEW_OFFICE,
    link="'/unavailability/types'",
)


async def add_area(work: Work, values: Values) -> UUID:
    """Add a service area from its corners."""
    return await commands.add_service_area(work, _with_sides(values))


async def change_area(work: Work, uuid: UUID, values: Values) -> None:
    """Change a service area, its corners where they come."""
    await commands.change_service_area(work, uuid, _with_sides(values))


def _with_sides(values: Values) -> Values:
    """Write an area as the sides of its rectangle."""
    given = dict(values)
    if "area" in given:
        area = given.pop("area")
        if area is None:
            raise SchemaMismatch("Expected `object`, got `null`", path="area")
        ne, sw = area["geometry"]["ne"], area["geometry"]["sw"]
        given |= {"north": ne["lat"], "east": ne["lng"], "south": sw["lat"], "west": sw["lng"]}
    return given


def business(_visible: str, _account_type: AccountType) -> str:
    """Write the statement that reads the organisation's settings."""
    return f"""
        SELECT row_to_json(business)::text AS body FROM (
            SELECT {hex_sql("uuid")} AS uuid, name, time_zone AS timezone, currency, job_prefix AS "jobPrefix",
                is_enterprise AS enterprise, is_true_crew AS "trueCrew" FROM organisations
        ) AS business"""  # noqa: S608 (pieces of ours)


@operation("GET", "/business", key=VIEW_OFFICE, operation_id="getBusiness", reply=Business)
async def get_business(reads: HotReads) -> RawJson:
    """Fetch the organisation's own settings."""
    (body,) = await reads.row(business, {})
    return RawJson(body.encode())


@operation("PUT", "/business", key=MANAGE_SETTINGS, operation_id="updateBusiness", status=204)
async def update_business(work: Work, data: BusinessBody) -> None:
    """Change the organisation's own settings: absent leaves as it is."""
    await commands.change_organisation(work, values_of(data))


serve(
    GROUPS,
    Writes(
        key=MANAGE_BRANCHES,
        body=GroupBody,
        create=commands.add_branch,
        change=commands.change_branch,
        remove=commands.remove_branch,
    ),
)
serve(
    SERVICE_AREAS,
    Writes(
        key=MANAGE_SETTINGS,
        body=ServiceAreaBody,
        create=add_area,
        change=change_area,
        remove=commands.remove_service_area,
    ),
)
serve_list(UNAVAILABILITY_TYPES, path=UNAVAILABILITY_TYPES.path)
