"""Tables of invoices."""

from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import (
    FieldValues,
    OrganisationTable,
    UnitPrice,
    belongs_to,
    field_values_index,
    organisation_index,
)

_ENTITIES = ("catalogue_task_id", "catalogue_item_id", "labor_rate_id")


class Invoice(OrganisationTable):
    """What a customer is charged for jobs at a location. Its jobs name it; its totals are the sums of its lines.

    Numbers come from a sequence of the organisation's own (`invoice_numbers_<id>`), as those of jobs do.
    """

    __tablename__ = "invoices"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "number"),
        belongs_to("customer_id", "customers"),
        belongs_to("location_id", "locations"),
        CheckConstraint("number ~ '^[0-9]{8}$'", name="number"),
        organisation_index("created_at", "id", name="ix_invoices_created_at"),
        organisation_index("customer_id", "created_at", "id", name="ix_invoices_customer"),
        organisation_index("location_id", "created_at", "id", name="ix_invoices_location"),
        field_values_index("invoices"),
    )

    number: Mapped[str]
    customer_id: Mapped[int | None]
    location_id: Mapped[int]
    currency: Mapped[str]
    comment: Mapped[str | None]
    internal_comment: Mapped[str | None]
    field_values: Mapped[FieldValues]


class InvoiceLine(OrganisationTable):
    """A line of an invoice, in the order of its job: what was done, taken or worked, with prices of its own.

    `kind` is a `LineKind`; the quantity of labor is minutes, its price that of an hour. `taxes` is a list of
    `{"name", "agency", "rate", "gl_account"}`, the rate in percent.
    """

    __tablename__ = "invoice_lines"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("invoice_id", "invoices", on_delete="CASCADE"),
        belongs_to("job_id", "jobs"),
        belongs_to("catalogue_task_id", "catalogue_tasks"),
        belongs_to("catalogue_item_id", "catalogue_items"),
        belongs_to("labor_rate_id", "labor_rates", on_delete="SET NULL"),
        CheckConstraint("kind between 0 and 2", name="kind"),
        CheckConstraint("quantity >= 0", name="quantity"),
        organisation_index("invoice_id", "job_id", "position", name="ix_invoice_lines_invoice"),
        organisation_index("job_id", name="ix_invoice_lines_job"),
        *(
            Index(
                f"ix_invoice_lines_{column.removesuffix('_id')}",
                "organisation_id",
                column,
                postgresql_where=text(f"{column} IS NOT NULL"),
            )
            for column in _ENTITIES
        ),
    )

    invoice_id: Mapped[int]
    job_id: Mapped[int]
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    quantity: Mapped[Decimal] = mapped_column(Numeric(15, 3))
    cost: Mapped[Decimal] = mapped_column(UnitPrice)
    price: Mapped[Decimal] = mapped_column(UnitPrice)
    gl_account: Mapped[str | None]
    taxes: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    catalogue_task_id: Mapped[int | None]
    catalogue_item_id: Mapped[int | None]
    labor_rate_id: Mapped[int | None]
