"""Rows of the lines of invoices, for the commands of this feature."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec
from msgspec import UNSET, Struct
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, cast, delete, select, text

from firstfix.domain.billing.lines import WORK_LINES
from firstfix.domain.billing.models import InvoiceLine
from firstfix.domain.billing.views import BilledJob, LineDraft, LineKind, TaxLine
from firstfix.domain.jobs.references import ITEM, LABOR_RATE, TASK, Findings, find_references
from firstfix.domain.work import Work

_ROLES = {LineKind.TASK: TASK, LineKind.PRODUCT: ITEM, LineKind.LABOR: LABOR_RATE}
_IDS = ARRAY(BigInteger)


class LineRow(Struct, frozen=True, kw_only=True):
    """A line, as its row has it."""

    job_id: int
    position: int
    kind: int
    name: str
    description: str
    note: str
    quantity: Decimal
    cost: Decimal
    price: Decimal
    gl_account: str | None
    taxes: tuple[TaxLine, ...]
    catalogue_task_id: int | None = None
    catalogue_item_id: int | None = None
    labor_rate_id: int | None = None


_COLUMNS = ", ".join(LineRow.__struct_fields__)
_ADD = text(f"""
INSERT INTO invoice_lines (invoice_id, {_COLUMNS})
SELECT :invoice_id, {_COLUMNS} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (
    job_id bigint, position integer, kind smallint, name text, description text, note text, quantity numeric,
    cost numeric, price numeric, gl_account text, taxes jsonb, catalogue_task_id bigint, catalogue_item_id bigint,
    labor_rate_id bigint)
""").bindparams(bindparam("invoice_id", type_=BigInteger))  # noqa: S608 (pieces of ours)
# A rate of the work that is removed meanwhile is gone from the line; one that is not stays until the work ends.
_ADD_WORK = text(f"""
WITH kept AS (
    SELECT id FROM labor_rates WHERE id IN (SELECT labor_rate_id FROM job_labor WHERE job_id = ANY (:job_ids))
    FOR KEY SHARE
)
INSERT INTO invoice_lines (invoice_id, {_COLUMNS})
SELECT :invoice_id, jobs.id, {", ".join(f"lines.{name}" for name in LineRow.__struct_fields__[1:-1])},
    (SELECT kept.id FROM kept WHERE kept.id = lines.labor_rate_id)
FROM jobs JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
CROSS JOIN LATERAL ({WORK_LINES}) AS lines
WHERE jobs.id = ANY (:job_ids)
""").bindparams(bindparam("invoice_id", type_=BigInteger), bindparam("job_ids", type_=_IDS))  # noqa: S608 (pieces of ours)
# Taxes as text: a number in them is exact only so.
_READ = select(
    *(
        cast(column, Text).label(name) if name == "taxes" else column
        for name in LineRow.__struct_fields__
        for column in (InvoiceLine.__table__.c[name],)
    )
).order_by(InvoiceLine.job_id, InvoiceLine.position)
_HELD = text("""
SELECT catalogue_task_id AS task_id, NULL::bigint AS item_id FROM job_tasks WHERE job_id = ANY (:job_ids)
UNION
SELECT NULL, job_task_items.catalogue_item_id FROM job_tasks
JOIN job_task_items ON job_task_items.job_task_id = job_tasks.id WHERE job_tasks.job_id = ANY (:job_ids)
UNION
SELECT catalogue_task_id, catalogue_item_id FROM invoice_lines WHERE invoice_id = :invoice_id
""").bindparams(bindparam("invoice_id", type_=BigInteger), bindparam("job_ids", type_=_IDS))
_ENCODER = msgspec.json.Encoder(decimal_format="number")


async def find_entities(work: Work, jobs: Iterable[BilledJob]) -> Findings:
    """Look up what lines stand for, and keep it from being removed. One statement, or none where nothing is named.

    Raises:
        ReferenceNotFound: There is no such task, item or labor rate.
    """
    return await find_references(
        work, [(_ROLES[line.kind], line.entity) for job in jobs for line in job.lines or () if line.entity is not None]
    )


async def plan_lines(
    work: Work, jobs: Iterable[tuple[int, BilledJob]], findings: Findings, *, invoice_id: int | None = None
) -> dict[int, list[LineRow]]:
    """Work out the rows of the lines that are given, by job.

    Args:
        work: The open transaction.
        jobs: Each with its id. One without lines of its own is left out of what comes back.
        findings: What the lines stand for.
        invoice_id: The invoice that has lines already.

    Raises:
        ReferenceArchived: A line newly stands for something archived: neither the invoice nor the work on a job has it.
    """
    given = [(id_, job.lines) for id_, job in jobs if job.lines is not UNSET]
    held = await _get_held(work, given, findings, invoice_id=invoice_id)
    return {
        job_id: [_row_of(job_id, place, line, findings, held) for place, line in enumerate(lines)]
        for job_id, lines in given
    }


async def get_lines(work: Work, invoice_id: int, job_ids: Iterable[int]) -> dict[int, list[LineRow]]:
    """Read the lines of some jobs of an invoice, in order, by job. One statement."""
    rows: dict[int, list[LineRow]] = {job_id: [] for job_id in job_ids}
    found = await work.session.execute(
        _READ.where(InvoiceLine.invoice_id == invoice_id, InvoiceLine.job_id.in_(list(rows)))
    )
    for row in found.mappings():
        taxes = msgspec.json.decode(row["taxes"], type=tuple[TaxLine, ...])
        rows[row["job_id"]].append(LineRow(**{**row, "taxes": taxes}))
    return rows


async def add_lines(work: Work, invoice_id: int, rows: Sequence[LineRow]) -> None:
    """Write lines. One statement, or none."""
    if rows:
        await work.session.execute(_ADD, {"invoice_id": invoice_id, "rows": _ENCODER.encode(rows).decode()})


async def add_work(work: Work, invoice_id: int, job_ids: Sequence[int]) -> None:
    """Write the lines that the work on jobs makes. One statement, or none."""
    if job_ids:
        await work.session.execute(_ADD_WORK, {"invoice_id": invoice_id, "job_ids": list(job_ids)})


async def drop_lines(work: Work, invoice_id: int, job_ids: Sequence[int]) -> None:
    """Remove the lines of some jobs of an invoice. One statement, or none."""
    if job_ids:
        mine = (InvoiceLine.invoice_id == invoice_id, InvoiceLine.job_id.in_(job_ids))
        await work.session.execute(delete(InvoiceLine).where(*mine))


async def _get_held(
    work: Work, given: Iterable[tuple[int, Iterable[LineDraft]]], findings: Findings, *, invoice_id: int | None
) -> dict[LineKind, set[int]]:
    """Read what may be named although it is archived. One statement, or none where nothing that is named is."""
    named = [(_ROLES[line.kind], line.entity) for _, lines in given for line in lines if line.entity is not None]
    if all(findings.get(role, uuid).is_usable for role, uuid in named):
        return {}
    rows = (await work.session.execute(_HELD, {"job_ids": [id_ for id_, _ in given], "invoice_id": invoice_id})).all()
    return {LineKind.TASK: {row.task_id for row in rows}, LineKind.PRODUCT: {row.item_id for row in rows}}


def _row_of(
    job_id: int, position: int, line: LineDraft, findings: Findings, held: Mapping[LineKind, Collection[int]]
) -> LineRow:
    entity_id = None
    if line.entity is not None:
        entity_id = findings.use(_ROLES[line.kind], line.entity, known=held.get(line.kind, ()))
    return LineRow(
        job_id=job_id,
        position=position,
        kind=int(line.kind),
        name=line.name,
        description=line.description,
        note=line.note,
        quantity=line.quantity,
        cost=line.cost,
        price=line.price,
        gl_account=line.gl_account,
        taxes=line.taxes,
        catalogue_task_id=entity_id if line.kind is LineKind.TASK else None,
        catalogue_item_id=entity_id if line.kind is LineKind.PRODUCT else None,
        labor_rate_id=entity_id if line.kind is LineKind.LABOR else None,
    )
