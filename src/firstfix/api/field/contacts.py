"""Contacts: whom to speak to."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.field.locations import Reference
from firstfix.api.field.resources import Filter, Resource, Writes, serve
from firstfix.api.field.wire import Link, Ref, fields_sql, ref_sql, referred_sql
from firstfix.domain.people.permissions import MANAGE_PLACES, VIEW_PLACES
from firstfix.domain.places.commands import add_contact, change_contact, remove_contact
from firstfix.domain.places.policies import visible_places_sql


class ContactBody(Struct, rename="camel", kw_only=True):
    """The body of a contact."""

    first_name: str | UnsetType | None = UNSET
    last_name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    customer: Ref | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


class ContactPerson(Struct, rename="camel", kw_only=True):
    """Somebody to speak to."""

    uuid: str
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    customer: Reference | None
    custom_fields: dict[str, Any]
    link: Link


CONTACTS = Resource(
    entity="Contact",
    plural="contacts",
    path="/contact",
    table="contacts",
    shape=ContactPerson,
    item=f"""
    contacts.first_name AS "firstName",
    contacts.last_name AS "lastName",
    contacts.email,
    contacts.phone,
    {referred_sql(ref_sql("/customer", "customers.uuid"), "customers", by="contacts.customer_id")} AS customer,
    {fields_sql("contacts")} AS "customFields\"""",
    filters={
        "firstName": Filter("contacts.first_name"),
        "lastName": Filter("contacts.last_name"),
        "email": Filter("contacts.email"),
        "phone": Filter("contacts.phone"),
        "customer": Filter(
            "contacts.customer_id", "uuid", "{operand} = (SELECT id FROM customers WHERE uuid = {value})"
        ),
    },
    sorts={"lastName": ("contacts.last_name", "contacts.first_name")},
    visible=lambda account_type: visible_places_sql("contacts", account_type),
    read_keys=VIEW_PLACES,
)

serve(
    CONTACTS,
    Writes(key=MANAGE_PLACES, body=ContactBody, create=add_contact, change=change_contact, remove=remove_contact),
)
