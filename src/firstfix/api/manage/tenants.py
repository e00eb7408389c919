"""Tenants: whom to speak to at an address. To the field API they are contacts."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.fields import Id
from firstfix.api.manage.lists import Found, Listing, read_list
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Done, Listed, Reply, Success
from firstfix.api.operations import Handler
from firstfix.api.problems import BadRequest
from firstfix.api.shown import full_name, instant
from firstfix.api.work_reads import read_in
from firstfix.domain.people.permissions import MANAGE_TENANTS
from firstfix.domain.places.commands import add_contact, change_contact, remove_contact
from firstfix.domain.places.policies import visible_places_sql
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import find_uuid

PATHS: Final = (("/api/tenants/manage", ""), ("/api/tenants/list", "InList"))
"""The two paths, which are the same, and what the second adds to the operations' ids."""

Text = Annotated[str, Meta(pattern=r"\S")]

_CORE_NAMES: Final = {
    "tenant_name": "name",
    "tenant_email": "email",
    "tenant_number_primary": "phone",
    "tenant_number_work": "phone_work",
    "address_id": "location",
}


class Tenant(Struct, kw_only=True):
    """Somebody to speak to. An address that the reader does not see is null."""

    id: int = field(name="ID")
    uuid: UUID
    tenant_name: str
    tenant_email: str | None
    tenant_number_primary: str | None
    tenant_number_work: str | None
    address_id: int | None
    full_address: str | None
    created_at: datetime


class NewTenant(Struct, kw_only=True):
    """A tenant to be added. The last word of the name is the last name, where there are several."""

    tenant_name: Text
    tenant_email: str | None = None
    tenant_number_primary: str | None = None
    tenant_number_work: str | None = None
    address_id: Id | None = None


class TenantName(Struct, kw_only=True):
    """Which tenant. `uuid` and `tenant_uuid` are the same; dashes may be left out."""

    uuid: str | None = None
    tenant_uuid: str | None = None


class TenantEdit(TenantName, kw_only=True):
    """Changes to a tenant: what is absent stays, null clears."""

    tenant_name: Text | UnsetType = UNSET
    tenant_email: str | UnsetType | None = UNSET
    tenant_number_primary: str | UnsetType | None = UNSET
    tenant_number_work: str | UnsetType | None = UNSET
    address_id: Id | UnsetType | None = UNSET


class TenantCreated(Struct):
    success: Literal[True]
    data: Tenant
    message: str
    tenant_id: int
    tenant_uuid: UUID


def on_both_paths(method: str, operation_id: str, **options: Any) -> Callable[[Handler], Handler]:  # noqa: ANN401
    """Register an operation at both paths."""

    def register(handler: Handler) -> Handler:
        for path, suffix in PATHS:
            operation(method, path, key=MANAGE_TENANTS, operation_id=operation_id + suffix, **options)(handler)
        return handler

    return register


@on_both_paths("GET", "listTenants", action="list", reply=Listed[Tenant])
async def list_tenants(reads: HotReads, query: Found) -> Reply:
    """List the tenants that the caller sees, newest first."""
    return await read_list(reads, query, tenants, found_tenants)


@on_both_paths("POST", "createTenant", action="create", status=201, reply=TenantCreated)
async def create(work: Work, data: NewTenant) -> Reply:
    """Add a tenant."""
    uuid = await add_contact(work, _core_values(data))
    tenant, id_ = await _read(work, uuid)
    top = {"tenant_id": id_, "tenant_uuid": uuid}
    return Reply(data=tenant, message="Tenant created successfully", top=top)


@on_both_paths("POST", "updateTenant", action="update", reply=Success[Tenant])
async def update(work: Work, data: TenantEdit) -> Reply:
    """Change a tenant."""
    return await _change(work, data, data)


@on_both_paths("PUT", "putTenant", reply=Success[Tenant])
async def put(work: Work, query: TenantName, data: TenantEdit) -> Reply:
    """Change a tenant, as the action `update` does. The body may leave it to the query to name them."""
    return await _change(work, data, data, query)


@on_both_paths("POST", "deleteTenant", action="delete", reply=Done)
async def delete(work: Work, data: TenantName) -> Reply:
    """Remove a tenant who is on no job."""
    return await _remove(work, data)


@on_both_paths("DELETE", "removeTenant", reply=Done)
async def remove(work: Work, query: TenantName, data: TenantName) -> Reply:
    """Remove a tenant who is on no job, named by the body or the query."""
    return await _remove(work, data, query)


async def _change(work: Work, data: TenantEdit, *names: TenantName) -> Reply:
    uuid = _read_uuid(*names)
    await change_contact(work, uuid, _core_values(data))
    tenant, _ = await _read(work, uuid)
    return Reply(data=tenant, message="Tenant updated successfully")


async def _remove(work: Work, *names: TenantName) -> Reply:
    await remove_contact(work, _read_uuid(*names))
    return Reply(message="Tenant deleted successfully")


def _core_values(data: NewTenant | TenantEdit) -> dict[str, Any]:
    """Give the fields that the body has by the core's names; a text that was cleared is none at all."""
    given = {core: getattr(data, name) for name, core in _CORE_NAMES.items()}
    return {core: None if value == "" else value for core, value in given.items() if value is not UNSET}


def _read_uuid(*names: TenantName) -> UUID:
    """Read which tenant a request means.

    Raises:
        BadRequest: None, what is no uuid, or two different ones.
    """
    given = [(name, value) for part in names for name in ("uuid", "tenant_uuid") if (value := getattr(part, name))]
    uuids = {find_uuid(value) for _, value in given}
    if not given or None in uuids:
        raise invalid_parameter(next((name for name, value in given if find_uuid(value) is None), "uuid"))
    if len(uuids) > 1:
        raise BadRequest("The request names different tenants.", field="tenant_uuid")
    return next(uuid for uuid in uuids if uuid is not None)


async def _read(work: Work, uuid: UUID) -> tuple[RawJson, int]:
    """Read one for the reply to a write, which may have taken it out of the writer's own sight."""
    tenant, id_ = await read_in(work, one_tenant, {"uuid": uuid}) or ("null", 0)
    return RawJson(tenant.encode()), id_


def tenants(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that lists tenants."""
    return _listing(account_type).sql(is_searched=False)


def found_tenants(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists those of a search."""
    return _listing(account_type).sql(is_searched=True)


def one_tenant(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that reads a tenant by uuid."""
    return f"""
SELECT row_to_json(tenant)::text, tenant."ID" FROM (
    SELECT {_COLUMNS} FROM contacts {_joins(account_type)} WHERE contacts.uuid = %(uuid)s
) AS tenant"""  # noqa: S608 (pieces of ours)


_COLUMNS = f"""
    contacts.id AS "ID", contacts.uuid, {full_name("contacts")} AS tenant_name,
    contacts.email AS tenant_email, contacts.phone AS tenant_number_primary,
    contacts.phone_work AS tenant_number_work, locations.id AS address_id, locations.full_address,
    {instant("contacts.created_at")} AS created_at"""


def _listing(account_type: AccountType) -> Listing:
    return Listing(
        table="contacts",
        columns=_COLUMNS,
        joins=_joins(account_type),
        where=f"contacts.archived_at IS NULL AND {visible_places_sql('contacts', account_type)}",
        finds="SELECT search_contacts(%(phrases)s::text[], %(prefix)s::text) AS id",
    )


def _joins(account_type: AccountType) -> str:
    return f"""
    LEFT JOIN locations ON locations.organisation_id = contacts.organisation_id
        AND locations.id = contacts.location_id AND {visible_places_sql("locations", account_type)}"""
