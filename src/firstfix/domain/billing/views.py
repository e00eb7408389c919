"""What invoices are made of, as it enters the domain."""

from decimal import Decimal
from enum import IntEnum
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firstfix.domain.custom_fields.views import Given


class LineKind(IntEnum):
    """What a line of an invoice charges for."""

    TASK = 0
    PRODUCT = 1
    LABOR = 2


class TaxLine(Struct, frozen=True, kw_only=True):
    """A tax on a line, in percent."""

    name: str
    agency: str = ""
    rate: Decimal
    gl_account: str | None = None


class LineDraft(Struct, frozen=True, kw_only=True):
    """A line of an invoice.

    Args:
        quantity: Of labor the minutes.
        price: Of one; of labor that of an hour, and so is the cost.
        entity: The task, item or labor rate of the organisation that it stands for, by the line's kind.
    """

    kind: LineKind
    name: str
    description: str = ""
    note: str = ""
    quantity: Decimal
    cost: Decimal = Decimal(0)
    price: Decimal
    gl_account: str | None = None
    taxes: tuple[TaxLine, ...] = ()
    entity: UUID | None = None


class BilledJob(Struct, frozen=True, kw_only=True):
    """A job that an invoice is for. Without lines it keeps those that it has, and a new one gets those of its work."""

    job: UUID
    lines: tuple[LineDraft, ...] | UnsetType = UNSET


class InvoiceDraft(Struct, frozen=True, kw_only=True):
    """An invoice to be made. Where no location is given it is that of the first job."""

    jobs: tuple[BilledJob, ...]
    location: UUID | None = None
    comment: str | None = None
    internal_comment: str | None = None
    custom_fields: Given = None


class InvoiceChanges(Struct, frozen=True, kw_only=True):
    """What to change on an invoice; unset stays. The jobs are all that it is for from now on."""

    jobs: tuple[BilledJob, ...] | UnsetType = UNSET
    location: UUID | UnsetType = UNSET
    comment: str | UnsetType | None = UNSET
    internal_comment: str | UnsetType | None = UNSET
    custom_fields: Given | UnsetType = UNSET
