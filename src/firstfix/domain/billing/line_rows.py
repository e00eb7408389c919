"""Rows of the lines of invoices, for the commands of this feature."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, cast, delete, literal, select, text, union_all

from firstfix.domain.billing.lines import WORK_LINES
from firstfix.domain.billing.models import InvoiceLine
from firstfix.domain.billing.views import BilledJob, LineKind, TaxLine
from firstfix.domain.catalogue.models import CatalogueItem, CatalogueTask, LaborRate
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.work import Work

_ENTITIES = {
    LineKind.TASK: ("Task", CatalogueTask),
    LineKind.PRODUCT: ("Item", CatalogueItem),
    LineKind.LABOR: ("LaborRate", LaborRate),
}
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
_ADD_WORK = text(f"""
INSERT INTO invoice_lines (invoice_id, {_COLUMNS})
SELECT :invoice_id, jobs.id, {", ".join(f"lines.{name}" for name in LineRow.__struct_fields__[1:])}
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
_ENCODER = msgspec.json.Encoder(decimal_format="number")


async def plan_lines(work: Work, jobs: Iterable[tuple[int, BilledJob]]) -> dict[int, list[LineRow]]:
    """Work out the rows of the lines that are given, by job. One statement where they name anything, else none.

    Args:
        work: The open transaction.
        jobs: Each with its id. One without lines of its own is left out of what comes back.

    Raises:
        ReferenceNotFound: A line stands for something that there is not.
    """
    given = [(id_, job.lines) for id_, job in jobs if job.lines is not UNSET]
    named = {(line.kind, line.entity) for _, lines in given for line in lines if line.entity is not None}
    ids = await _find_entities(work, named)
    rows: dict[int, list[LineRow]] = {}
    for job_id, lines in given:
        rows[job_id] = []
        for position, line in enumerate(lines):
            entity_id = None if line.entity is None else ids[line.kind, line.entity]
            rows[job_id].append(
                LineRow(
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
            )
    return rows


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


async def _find_entities(work: Work, named: set[tuple[LineKind, UUID]]) -> dict[tuple[LineKind, UUID], int]:
    if not named:
        return {}
    statement = union_all(
        *(
            select(literal(int(kind)).label("kind"), table.id, table.uuid).where(
                table.uuid.in_([uuid for of, uuid in named if of is kind])
            )
            for kind, (_, table) in _ENTITIES.items()
        )
    )
    found = {(LineKind(row.kind), row.uuid): row.id for row in await work.session.execute(statement)}
    for kind, uuid in named:
        if (kind, uuid) not in found:
            raise ReferenceNotFound(_ENTITIES[kind][0], uuid, field="entity")
    return found
