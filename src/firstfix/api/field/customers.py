"""Customers, and the contacts and locations of one."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.contacts import CONTACTS
from firstfix.api.field.locations import LOCATIONS, LocationBody, Reference
from firstfix.api.field.operations import operation
from firstfix.api.field.resources import Filter, Resource, Writes, created, serve, serve_list, values_of
from firstfix.api.field.wire import Flag, Link, Ref, amount_sql, fields_sql, link_to, ref_sql, wire_name
from firstfix.domain.people.permissions import MANAGE_PLACES, VIEW_PLACES
from firstfix.domain.places.commands import add_customer, change_customer, remove_customer
from firstfix.domain.places.policies import visible_places_sql
from firstfix.domain.work import Work


class CustomerBody(Struct, kw_only=True, rename=wire_name):
    """The body of a customer."""

    name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    fax: str | UnsetType | None = UNSET
    website: str | UnsetType | None = UNSET
    discount: Decimal | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    account: str | UnsetType | None = UNSET
    gl_account: str | UnsetType | None = UNSET
    is_taxable: Flag | UnsetType | None = UNSET
    is_on_hold: Flag | UnsetType | None = UNSET
    billing_location: Ref | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


class NewCustomer(CustomerBody, kw_only=True, rename=wire_name):
    """The body of a new customer; its first location may come with it."""

    location: LocationBody | UnsetType | None = UNSET


class CustomerItem(Struct, rename="camel", kw_only=True):
    """Who the work is billed to. `location` only in the reply to a creation that brought one."""

    uuid: str
    name: str
    customer_id: int
    email: str | None
    phone: str | None
    fax: str | None
    website: str | None
    discount: Decimal | None
    notes: str | None
    account: str | None
    gl_account: str | None
    taxable: bool
    on_hold: bool
    custom_fields: dict[str, Any]
    billing_location: Reference | None
    link: Link
    location: Reference | UnsetType = UNSET


CUSTOMERS = Resource(
    entity="Customer",
    plural="customers",
    path="/customer",
    table="customers",
    shape=CustomerItem,
    item=f"""
    customers.name,
    customers.customer_number AS "customerId",
    customers.email,
    customers.phone,
    customers.fax,
    customers.website,
    {amount_sql("customers.discount")} AS discount,
    customers.notes,
    customers.account,
    customers.gl_account AS "glAccount",
    customers.is_taxable AS taxable,
    customers.is_on_hold AS "onHold",
    {fields_sql("customers")} AS "customFields",
    (SELECT {ref_sql("/location", "locations.uuid")} FROM locations
        WHERE locations.organisation_id = customers.organisation_id AND locations.customer_id = customers.id
            AND locations.is_billing ORDER BY locations.id LIMIT 1) AS "billingLocation\"""",  # noqa: S608 (pieces of ours)
    filters={
        "name": Filter("customers.name"),
        "email": Filter("customers.email"),
        "glAccount": Filter("customers.gl_account"),
        "taxable": Filter("customers.is_taxable", "flag"),
    },
    sorts={"name": ("customers.name",), "customerId": ("customers.customer_number",)},
    visible=lambda account_type: visible_places_sql("customers", account_type),
    read_keys=VIEW_PLACES,
)

serve(
    CUSTOMERS,
    Writes(key=MANAGE_PLACES, body=CustomerBody, create=None, change=change_customer, remove=remove_customer),
)
serve_list(
    CONTACTS,
    operation_id="listCustomerContacts",
    path="/customer/{ref:str}/contact/",
    parent=(CUSTOMERS, "contacts.customer_id"),
)
serve_list(
    LOCATIONS,
    operation_id="listCustomerLocations",
    path="/customer/{ref:str}/location/",
    parent=(CUSTOMERS, "locations.customer_id"),
)


@operation("POST", "/customer/", key=MANAGE_PLACES, operation_id="createCustomer", status=201, reply=CustomerItem)
async def create_customer(work: Work, exchange: Exchange, data: NewCustomer) -> Answer:
    """Make a customer, with its first location where one comes with it."""
    values = values_of(data)
    uuid, site = await add_customer(work, values, location=values.pop("location", None))
    more = None if site is None else {"location": _reference(exchange, site)}
    return await created(work, exchange, CUSTOMERS, uuid, more=more)


def _reference(exchange: Exchange, uuid: UUID) -> object:
    return msgspec.to_builtins(Reference(uuid=uuid.hex, link=link_to(exchange, f"/location/{uuid.hex}")))
