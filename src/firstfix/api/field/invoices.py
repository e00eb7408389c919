"""Invoices of completed jobs, and the templates that they are made from."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.exchange import Answer, Exchange, RawJson
from firstfix.api.field.invoice_shape import (
    ITEM_COLUMNS,
    ITEM_TYPES,
    Invoice,
    InvoiceItem,
    InvoiceShape,
    InvoiceTemplate,
    ItemType,
    templates,
)
from firstfix.api.field.operations import operation
from firstfix.api.field.paging import NOBODY
from firstfix.api.field.resources import Filter, Resource, serve_list
from firstfix.api.field.wire import Ref, uuid_of
from firstfix.api.hot_reads import HotReads
from firstfix.api.work_reads import read_in
from firstfix.domain.billing import commands
from firstfix.domain.billing.policies import visible_invoices_sql
from firstfix.domain.billing.queries import find_number, get_billable_jobs
from firstfix.domain.billing.views import BilledJob, InvoiceChanges, InvoiceDraft, LineDraft, LineKind, TaxLine
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.people.permissions import MANAGE_INVOICES, VIEW_INVOICES
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid

_READ = (VIEW_INVOICES, MANAGE_INVOICES)


class LineTaxBody(Struct, rename="camel", kw_only=True):
    """A tax on a line, in percent."""

    name: str
    rate: Decimal
    agency: str | None = None
    gl_account: str | None = None


class LineItemBody(Struct, rename="camel", kw_only=True):
    """A line of an invoice. The quantity of labor is whole minutes, its cost and price are for an hour."""

    item_type: ItemType
    name: str
    price: Decimal
    description: str | None = None
    note: str | None = None
    quantity: Decimal | UnsetType | None = UNSET
    cost: Decimal | UnsetType | None = UNSET
    gl_account: str | None = None
    taxes: list[LineTaxBody] | None = None
    entity: Ref | None = None


class InvoicedJobBody(Struct, rename="camel", kw_only=True):
    """A job to be invoiced. Without `lineItems` it keeps those that it has; a new one gets those of its work."""

    uuid: str
    line_items: list[LineItemBody] | UnsetType | None = UNSET


class InvoiceBody(Struct, rename="camel", kw_only=True):
    """What the body of an invoice may hold; what else stands in it is read-only or unknown, and ignored."""

    location: Ref | UnsetType = UNSET
    comment: str | UnsetType | None = UNSET
    internal_comment: str | UnsetType | None = UNSET
    custom_fields: dict[str, Any] | UnsetType | None = UNSET


class NewInvoice(InvoiceBody, rename="camel", kw_only=True):
    """The body of a new invoice: most often a template, amended or not."""

    jobs: list[InvoicedJobBody]


class InvoicePatch(InvoiceBody, rename="camel", kw_only=True):
    """The body of an update: absent leaves as it is, null clears. The jobs are all that it is for."""

    jobs: list[InvoicedJobBody] | UnsetType = UNSET


class JobsToInvoice(Struct, kw_only=True):
    """The jobs that templates are asked for."""

    jobs: list[Ref]


INVOICES = Resource(
    entity="Invoice",
    plural="invoices",
    path="/invoice",
    table="invoices",
    item=ITEM_COLUMNS,
    shape=InvoiceItem,
    filters={
        "customer": Filter(
            "invoices.customer_id", "uuid", "{operand} = (SELECT id FROM customers WHERE uuid = {value})"
        ),
        "location": Filter(
            "invoices.location_id", "uuid", "{operand} = (SELECT id FROM locations WHERE uuid = {value})"
        ),
    },
    sorts={"createdOn": ("invoices.created_at",)},
    visible=visible_invoices_sql,
    read_keys=_READ,
)
serve_list(INVOICES)


@operation("POST", "/invoice/template", key=_READ, operation_id="proposeInvoices", reply=list[InvoiceTemplate])
async def propose_invoices(work: Work, data: JobsToInvoice) -> RawJson:
    """Write what invoices of some jobs would be: one for each customer and location."""
    jobs = await get_billable_jobs(work, (uuid_of(job, "Job", field="jobs") for job in data.jobs))
    row = await read_in(work, templates, {"jobs": jobs, "now": work.now})
    return RawJson(b"[]" if row is None else row[0].encode())


@operation("GET", "/invoice/{ref:str}", key=_READ, operation_id="getInvoice", reply=Invoice)
async def get_invoice(reads: HotReads, exchange: Exchange, ref: str) -> RawJson:
    """Fetch one invoice, by its uuid or its number."""
    (body,) = await reads.row(*_read_of(ref, exchange.base_url))
    if body is None:
        raise EntityNotFound("Invoice", ref)
    return RawJson(body.encode())


@operation("POST", "/invoice/", key=MANAGE_INVOICES, operation_id="createInvoice", status=201, reply=Invoice)
async def create_invoice(work: Work, exchange: Exchange, data: NewInvoice) -> Answer:
    """Invoice completed jobs, each once."""
    draft = InvoiceDraft(
        jobs=_read_jobs(data.jobs),
        location=None if data.location is UNSET else uuid_of(data.location, "Location", field="location"),
        comment=data.comment or None,
        internal_comment=data.internal_comment or None,
        custom_fields=data.custom_fields or None,
    )
    uuid = await commands.create_invoice(work, draft)
    row = await read_in(work, *_read_of(uuid.hex, exchange.base_url))
    if row is None:
        raise EntityNotFound("Invoice", uuid)
    return Answer(
        status=201, body=row[0].encode(), headers={"Location": f"{exchange.base_url}{INVOICES.path}/{uuid.hex}"}
    )


@operation("PUT", "/invoice/{ref:str}", key=MANAGE_INVOICES, operation_id="updateInvoice", status=204)
async def update_invoice(work: Work, ref: str, data: InvoicePatch) -> None:
    """Change an invoice: absent leaves as it is, null clears."""
    changes = InvoiceChanges(
        jobs=UNSET if data.jobs is UNSET else _read_jobs(data.jobs),
        location=UNSET if data.location is UNSET else uuid_of(data.location, "Location", field="location"),
        comment=data.comment if data.comment is UNSET else data.comment or None,
        custom_fields=data.custom_fields,
        internal_comment=data.internal_comment if data.internal_comment is UNSET else data.internal_comment or None,
    )
    await commands.change_invoice(work, ref, changes)


@operation("DELETE", "/invoice/{ref:str}", key=MANAGE_INVOICES, operation_id="deleteInvoice", status=204)
async def delete_invoice(work: Work, ref: str) -> None:
    """Remove an invoice: its jobs can be invoiced again."""
    await commands.remove_invoice(work, ref)


def _read_of(ref: str, base_url: str) -> tuple[InvoiceShape, dict[str, Any]]:
    number = find_number(ref)
    if number is not None:
        return InvoiceShape("number"), {"number": number, "base_url": base_url}
    return InvoiceShape("uuid"), {"uuid": find_uuid(ref) or NOBODY, "base_url": base_url}


def _read_jobs(bodies: Sequence[InvoicedJobBody]) -> tuple[BilledJob, ...]:
    return tuple(
        BilledJob(
            job=uuid_of(Ref(body.uuid), "Job", field="jobs"),
            lines=tuple(map(_read_line, body.line_items)) if isinstance(body.line_items, list) else UNSET,
        )
        for body in bodies
    )


def _read_line(body: LineItemBody) -> LineDraft:
    """Read a line: where nothing is told it is one, and costs nothing; labor is then of no minutes."""
    kind = LineKind(ITEM_TYPES.index(body.item_type))
    named = {LineKind.TASK: "Task", LineKind.PRODUCT: "Item", LineKind.LABOR: "LaborRate"}[kind]
    return LineDraft(
        kind=kind,
        name=body.name,
        description=body.description or "",
        note=body.note or "",
        quantity=body.quantity if isinstance(body.quantity, Decimal) else Decimal(kind is not LineKind.LABOR),
        cost=body.cost if isinstance(body.cost, Decimal) else Decimal(0),
        price=body.price,
        gl_account=body.gl_account or None,
        taxes=tuple(
            TaxLine(name=tax.name, agency=tax.agency or "", rate=tax.rate, gl_account=tax.gl_account or None)
            for tax in body.taxes or ()
        ),
        entity=None if body.entity is None else uuid_of(body.entity, named, field="entity"),
    )
