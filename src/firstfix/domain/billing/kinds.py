"""What is kept of invoices."""

from typing import Final

from firstfix.domain.rows import Kind

INVOICE: Final = Kind(
    name="invoice",
    entity="Invoice",
    table="invoices",
    holds_fields_of="Invoice",
    labels=("number",),
    required=("number", "location_id", "currency"),
)
