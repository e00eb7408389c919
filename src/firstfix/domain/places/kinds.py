"""What is kept of places, and what the rows cannot be without."""

from typing import Final

from firstfix.domain.rows import Kind

CUSTOMER: Final = Kind(
    name="customer",
    entity="Customer",
    table="customers",
    holds_fields_of="Customer",
    cleared={"is_taxable": True, "is_on_hold": False},
)
LOCATION: Final = Kind(
    name="location",
    entity="Location",
    table="locations",
    holds_fields_of="Location",
    labels=("name", "line1", "city", "postcode"),
    required=(),
    cleared={
        **dict.fromkeys(("line1", "line2", "city", "region", "postcode"), ""),
        "is_billing": False,
    },
    unique={"uq_locations_billing": "is_billing"},
)
CONTACT: Final = Kind(
    name="contact",
    entity="Contact",
    table="contacts",
    holds_fields_of="Contact",
    labels=("first_name", "last_name"),
    required=(),
    cleared={"first_name": "", "last_name": ""},
)
ASSET: Final = Kind(name="asset", entity="Asset", table="assets", holds_fields_of="Asset", cleared={"description": ""})
TAX: Final = Kind(
    name="tax",
    entity="Tax",
    table="taxes",
    labels=("group_name", "name"),
    required=("name", "group_name", "rate"),
    unique={"uq_taxes_organisation_id_name_group_name": "name"},
)
