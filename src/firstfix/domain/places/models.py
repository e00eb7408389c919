"""Tables of customers, locations, contacts and assets."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Computed, Double, Index, Sequence, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import (
    FieldValues,
    OrganisationTable,
    UnitPrice,
    belongs_to,
    field_values_index,
    organisation_index,
)

FULL_ADDRESS = (
    "firstfix_join_lines(array[nullif(line1, ''), nullif(line2, ''), nullif(city, ''),"
    " nullif(region, ''), nullif(postcode, '')])"
)
ADDRESS_WORDS = (
    "to_tsvector('simple', firstfix_fold(coalesce(name, '') || ' ' || line1 || ' ' || line2 || ' ' || city || ' '"
    " || region || ' ' || postcode))"
)
CONTACT_WORDS = (
    "to_tsvector('simple', firstfix_fold(first_name || ' ' || last_name || ' ' || coalesce(email, '') || ' '"
    " || coalesce(phone, '') || ' ' || coalesce(phone_work, '')))"
)


class Customer(OrganisationTable):
    """Who the work is billed to."""

    __tablename__ = "customers"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "customer_number"),
        organisation_index("name", "id", name="ix_customers_name"),
        organisation_index("email", name="ix_customers_email"),
        field_values_index("customers"),
    )

    customer_number: Mapped[int] = mapped_column(
        Sequence("customer_numbers"), server_default=text("nextval('customer_numbers')")
    )
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    fax: Mapped[str | None]
    website: Mapped[str | None]
    discount: Mapped[Decimal | None] = mapped_column(UnitPrice)
    notes: Mapped[str | None]
    account: Mapped[str | None]
    gl_account: Mapped[str | None]
    is_taxable: Mapped[bool] = mapped_column(server_default=text("true"))
    is_on_hold: Mapped[bool] = mapped_column(server_default=text("false"))
    archived_at: Mapped[datetime | None]
    field_values: Mapped[FieldValues]


class Location(OrganisationTable):
    """An address where work happens."""

    __tablename__ = "locations"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("customer_id", "customers", on_delete="SET NULL"),
        belongs_to("branch_id", "branches", on_delete="SET NULL"),
        belongs_to("tax_id", "taxes"),
        organisation_index("customer_id", name="ix_locations_customer"),
        organisation_index("postcode", name="ix_locations_postcode"),
        Index(
            "uq_locations_billing", "organisation_id", "customer_id", unique=True, postgresql_where=text("is_billing")
        ),
        organisation_index("full_address", "id", name="ix_locations_full_address"),
        organisation_index("name", "line1", "id", name="ix_locations_name"),
        organisation_index(
            text("name DESC NULLS LAST"), text("line1 DESC"), text("id DESC"), name="ix_locations_name_descending"
        ),
        Index("ix_locations_search_words", "search_words", postgresql_using="gin"),
        field_values_index("locations"),
    )

    customer_id: Mapped[int | None]
    branch_id: Mapped[int | None]
    name: Mapped[str | None]
    line1: Mapped[str] = mapped_column(server_default="")
    line2: Mapped[str] = mapped_column(server_default="")
    city: Mapped[str] = mapped_column(server_default="")
    region: Mapped[str] = mapped_column(server_default="")
    postcode: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str | None]
    kind: Mapped[str | None]
    is_billing: Mapped[bool] = mapped_column(server_default=text("false"))
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    tax_id: Mapped[int | None]
    full_address: Mapped[str] = mapped_column(Text, Computed(FULL_ADDRESS, persisted=True))
    archived_at: Mapped[datetime | None]
    field_values: Mapped[FieldValues]
    search_words: Mapped[Any] = mapped_column(TSVECTOR, Computed(ADDRESS_WORDS, persisted=True), deferred=True)


class Contact(OrganisationTable):
    """Somebody to speak to at a location; the manage API calls them a tenant.

    `person_id` is the account that a tenant signs in with, where there is one. `takes_mail`: they are told by mail.
    """

    __tablename__ = "contacts"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("customer_id", "customers", on_delete="SET NULL"),
        belongs_to("location_id", "locations", on_delete="SET NULL"),
        belongs_to("person_id", "people", on_delete="SET NULL"),
        organisation_index("customer_id", name="ix_contacts_customer"),
        organisation_index("location_id", name="ix_contacts_location"),
        organisation_index("person_id", name="ix_contacts_person"),
        organisation_index("last_name", "first_name", "id", name="ix_contacts_name"),
        organisation_index("email", name="ix_contacts_email"),
        Index(
            "ix_contacts_created_at",
            "organisation_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("archived_at IS NULL"),
        ),
        Index("ix_contacts_search_words", "search_words", postgresql_using="gin"),
        field_values_index("contacts"),
    )

    customer_id: Mapped[int | None]
    location_id: Mapped[int | None]
    person_id: Mapped[int | None]
    first_name: Mapped[str] = mapped_column(server_default="")
    last_name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None]
    phone: Mapped[str | None]
    phone_work: Mapped[str | None]
    takes_mail: Mapped[bool] = mapped_column(server_default=text("true"))
    archived_at: Mapped[datetime | None]
    field_values: Mapped[FieldValues]
    search_words: Mapped[Any] = mapped_column(TSVECTOR, Computed(CONTACT_WORDS, persisted=True), deferred=True)


class Asset(OrganisationTable):
    """A machine or fitting that work is done on."""

    __tablename__ = "assets"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("location_id", "locations", on_delete="SET NULL"),
        belongs_to("contact_id", "contacts", on_delete="SET NULL"),
        Index("ix_assets_location", "organisation_id", "location_id"),
        organisation_index("name", "id", name="ix_assets_name"),
        organisation_index("serial_number", name="ix_assets_serial_number"),
        field_values_index("assets"),
    )

    location_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    serial_number: Mapped[str | None]
    manufacturer: Mapped[str | None]
    make: Mapped[str | None]
    model: Mapped[str | None]
    manufacturer_notes: Mapped[str | None]
    maintenance_notes: Mapped[str | None]
    area: Mapped[str | None]
    arrived_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    field_values: Mapped[FieldValues]
