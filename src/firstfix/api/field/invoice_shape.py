"""The shape of an invoice and of its template, and the statements that PostgreSQL writes them by."""

from typing import Any, Literal

from msgspec import Struct

from firstfix.api.field.job_lists import Named
from firstfix.api.field.job_shape import SITE_SQL, NamedThing, Site
from firstfix.api.field.wire import (
    Link,
    amount_sql,
    fields_sql,
    hex_sql,
    link_sql,
    name_sql,
    path_sql,
    referred_sql,
    time_sql,
)
from firstfix.domain.billing.lines import LINE_AMOUNT, LINE_TAX, WORK_LINES
from firstfix.domain.billing.policies import visible_invoices_sql
from firstfix.domain.billing.views import LineKind
from firstfix.domain.work import AccountType

ItemType = Literal["Task", "Product", "Labor"]
ITEM_TYPES: tuple[ItemType, ...] = ("Task", "Product", "Labor")
"""What lines charge for, in the order of `LineKind`."""


class LineTax(Struct, rename="camel", kw_only=True):
    """A tax on a line, in percent."""

    name: str
    agency: str
    rate: float
    gl_account: str | None


class LineItem(Struct, rename="camel", kw_only=True):
    """A line of an invoice. The quantity of labor is whole minutes, its cost and price are for an hour."""

    item_type: ItemType
    name: str
    description: str
    note: str
    quantity: float
    cost: float
    price: float
    gl_account: str | None
    taxes: list[LineTax]
    entity: Named | None


class InvoicedJob(Struct, rename="camel", kw_only=True):
    """A job on an invoice. `jobLead` is a name."""

    uuid: str
    job_id: str
    job_lead: str | None
    completed_on: str
    custom_fields: dict[str, Any]
    location: Site
    line_items: list[LineItem]


class Totals(Struct, rename="camel", kw_only=True):
    """Sums of the lines: of tasks and products, of labor, of taxes, and of all three."""

    net_amount: float
    net_labor_amount: float
    total_tax: float
    total_amount: float


class InvoiceTemplate(Struct, rename="camel", kw_only=True):
    """An invoice that could be made: what it shows but for uuid, number and link."""

    created_on: str
    currency: str
    comment: str | None
    internal_comment: str | None
    custom_fields: dict[str, Any]
    customer: NamedThing | None
    location: Named
    job_uuids: list[str]
    totals: Totals
    jobs: list[InvoicedJob]


class Invoice(InvoiceTemplate, rename="camel", kw_only=True):
    """An invoice."""

    uuid: str
    invoice_number: str
    link: Link


class InvoiceItem(Invoice, rename="camel", kw_only=True):
    """An invoice in a list."""

    total_amount: float


_ENTITY = " ".join(
    f"""WHEN {int(kind)} THEN (SELECT json_build_object('uuid', {hex_sql(f"{table}.uuid")}) FROM {table}
            WHERE {table}.organisation_id = jobs.organisation_id AND {table}.id = lines.{column})"""  # noqa: S608 (pieces of ours)
    for kind, table, column in (
        (LineKind.TASK, "catalogue_tasks", "catalogue_task_id"),
        (LineKind.PRODUCT, "catalogue_items", "catalogue_item_id"),
        (LineKind.LABOR, "labor_rates", "labor_rate_id"),
    )
)
_LINE = f"""json_build_object('itemType', {name_sql("lines.kind", ITEM_TYPES)}, 'name', lines.name,
        'description', lines.description, 'note', lines.note,
        'quantity', CASE lines.kind WHEN {int(LineKind.LABOR)} THEN round(lines.quantity)
            ELSE {amount_sql("lines.quantity")} END,
        'cost', {amount_sql("lines.cost")}, 'price', {amount_sql("lines.price")}, 'glAccount', lines.gl_account,
        'taxes', (
            SELECT coalesce(json_agg(json_build_object('name', tax.body ->> 'name', 'agency', tax.body ->> 'agency',
                'rate', {amount_sql("(tax.body ->> 'rate')::numeric")}, 'glAccount', tax.body ->> 'gl_account')
                ORDER BY tax.place), '[]')
            FROM jsonb_array_elements(lines.taxes) WITH ORDINALITY AS tax (body, place)),
        'entity', CASE lines.kind {_ENTITY} END)"""  # noqa: S608 (pieces of ours)
_LEAD = referred_sql("btrim(people.first_name || ' ' || people.last_name)", "people", by="jobs.lead_id")
_CUSTOMER = "json_build_object('uuid', {uuid}, 'name', customers.name)".format(uuid=hex_sql("customers.uuid"))


class _Content(Struct, frozen=True):
    """The columns of an invoice that its jobs and their lines make.

    Args:
        is_billed: The condition of the jobs, which stand at `locations`.
        lines: The lines of a job.
        all_lines: Those of all jobs.
    """

    is_billed: str
    lines: str
    all_lines: str

    @property
    def columns(self) -> str:
        """The SQL of `jobUuids`, `totals` and `jobs`."""
        uuids = self._all(f"json_agg({hex_sql('jobs.uuid')} ORDER BY jobs.id)")
        return f'{uuids} AS "jobUuids", {self.totals} AS totals, {self._jobs} AS jobs'

    @property
    def totals(self) -> str:
        """The SQL of the sums."""
        return f"""(
            SELECT json_build_object('netAmount', {amount_sql("sums.net")},
                'netLaborAmount', {amount_sql("sums.labor")}, 'totalTax', {amount_sql("sums.tax")},
                'totalAmount', {amount_sql("(sums.net + sums.labor + sums.tax)")})
            FROM ({self._sums}) AS sums)"""  # noqa: S608 (pieces of ours)

    @property
    def total(self) -> str:
        """The SQL of the sum of all."""
        total = amount_sql("(sums.net + sums.labor + sums.tax)")
        return f"(SELECT {total} FROM ({self._sums}) AS sums)"  # noqa: S608 (pieces of ours)

    @property
    def _sums(self) -> str:
        is_labor = f"priced.kind = {int(LineKind.LABOR)}"
        return f"""
            SELECT coalesce(sum(priced.amount) FILTER (WHERE NOT {is_labor}), 0) AS net,
                coalesce(sum(priced.amount) FILTER (WHERE {is_labor}), 0) AS labor, coalesce(sum(priced.tax), 0) AS tax
            FROM (
                SELECT lines.kind, {LINE_AMOUNT} AS amount, {LINE_TAX} AS tax FROM ({self.all_lines}) AS lines
            ) AS priced"""  # noqa: S608 (pieces of ours)

    @property
    def _jobs(self) -> str:
        return self._all(f"""json_agg(json_build_object('uuid', {hex_sql("jobs.uuid")}, 'jobId', jobs.reference,
            'jobLead', {_LEAD}, 'completedOn', {time_sql("jobs.completed_at")}, 'customFields', {fields_sql("jobs")},
            'location', {SITE_SQL}, 'lineItems', (
                SELECT coalesce(json_agg({_LINE} ORDER BY lines.position), '[]') FROM ({self.lines}) AS lines)
            ) ORDER BY jobs.id)""")  # noqa: S608 (pieces of ours)

    def _all(self, aggregate: str) -> str:
        return f"""coalesce((
            SELECT {aggregate} FROM jobs JOIN locations
                ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
            WHERE {self.is_billed}), '[]')"""  # noqa: S608 (pieces of ours)


_LINES_OF_ALL = """SELECT invoice_lines.* FROM invoice_lines
        WHERE invoice_lines.organisation_id = invoices.organisation_id AND invoice_lines.invoice_id = invoices.id"""
_IS_PROPOSED = """jobs.organisation_id = sites.organisation_id AND jobs.location_id = sites.id
        AND jobs.id = ANY (%(jobs)s::bigint[])"""
_STORED = _Content(
    is_billed="jobs.organisation_id = invoices.organisation_id AND jobs.invoice_uuid = invoices.uuid",
    lines=f"{_LINES_OF_ALL} AND invoice_lines.job_id = jobs.id",
    all_lines=_LINES_OF_ALL,
)
_PROPOSED = _Content(
    is_billed=_IS_PROPOSED,
    lines=WORK_LINES,
    all_lines=f"""
        SELECT lines.* FROM jobs
        JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
        CROSS JOIN LATERAL ({WORK_LINES}) AS lines
        WHERE {_IS_PROPOSED}""",  # noqa: S608 (pieces of ours)
)
INVOICE_COLUMNS = f"""invoices.number AS "invoiceNumber", {time_sql("invoices.created_at")} AS "createdOn",
    invoices.currency, invoices.comment, invoices.internal_comment AS "internalComment",
    {fields_sql("invoices")} AS "customFields",
    {referred_sql(_CUSTOMER, "customers", by="invoices.customer_id")} AS customer,
    {referred_sql(f"json_build_object('uuid', {hex_sql('locations.uuid')})", "locations", by="invoices.location_id")}
        AS location,
    {_STORED.columns}"""
"""The SQL of an invoice's shape, without uuid and link."""
ITEM_COLUMNS = f'{INVOICE_COLUMNS}, {_STORED.total} AS "totalAmount"'
"""The same in a list."""
_TEMPLATE = f"""
    SELECT {time_sql("%(now)s::timestamptz")} AS "createdOn", organisations.currency, NULL AS comment,
        NULL AS "internalComment", json_build_object() AS "customFields",
        {referred_sql(_CUSTOMER, "customers", by="sites.customer_id")} AS customer,
        json_build_object('uuid', {hex_sql("sites.uuid")}) AS location,
        {_PROPOSED.columns}
    FROM locations AS sites JOIN organisations ON organisations.id = sites.organisation_id
    CROSS JOIN LATERAL (
        SELECT min(array_position(%(jobs)s::bigint[], jobs.id)) AS place FROM jobs WHERE {_IS_PROPOSED}
    ) AS named
    WHERE sites.id IN (SELECT jobs.location_id FROM jobs WHERE jobs.id = ANY (%(jobs)s::bigint[]))
    ORDER BY named.place"""  # noqa: S608 (pieces of ours)


class InvoiceShape(Struct, frozen=True):
    """The statement of one invoice: makes the SELECT for a read, with the one column `body`. It takes `base_url`.

    Args:
        key: What names the invoice: its `uuid` or its `number`; also the name of the parameter.
    """

    key: Literal["uuid", "number"]

    def __call__(self, _visible: str, account_type: AccountType) -> str:
        """Write it for one account type."""
        return f"""
            SELECT row_to_json(invoice)::text AS body FROM (
                SELECT {hex_sql("invoices.uuid")} AS uuid, {INVOICE_COLUMNS},
                    {link_sql(path_sql("/invoice", "invoices.uuid"))} AS link
                FROM invoices
                WHERE invoices.{self.key} = %({self.key})s AND {visible_invoices_sql(account_type)}
            ) AS invoice"""  # noqa: S608 (pieces of ours)


def templates(_visible: str, _account_type: AccountType) -> str:
    """Write the statement of what invoices of some jobs would be: one for each location, in the order of the jobs.

    It takes `jobs`, the ids of such as the actor may see and invoice, and `now`.
    """
    return f"SELECT coalesce(json_agg(template), '[]')::text AS body FROM ({_TEMPLATE}) AS template"  # noqa: S608 (pieces of ours)
