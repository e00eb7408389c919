"""Invoices of the demonstration: every closed job has one, from when it was closed."""

import msgspec
from sqlalchemy import ARRAY, BigInteger, Connection, Text, Uuid, bindparam, text

from firstfix.domain.billing.lines import WORK_LINES
from firstfix.domain.billing.models import Invoice
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.copying import copy_rows, reserve_ids, reserve_numbers
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.world import World
from firstfix.domain.history.models import EventRow

Invoiced = dict[str, list[int]]
"""Ids of jobs and, in the same order, of their invoices."""

_TERMS = "Payment within 30 days, please."
# Closed they were by the event that tells their invoice's number in the books.
_CLOSED = text("""
SELECT jobs.id AS job_id, jobs.reference, jobs.location_id, locations.customer_id, organisations.currency,
    told.id AS event_id, told.at, told.actor_id, told.source
FROM jobs
JOIN organisations ON organisations.id = jobs.organisation_id
JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
JOIN events AS told ON told.organisation_id = jobs.organisation_id AND told.entity = 'job'
    AND told.entity_id = jobs.id AND jsonb_exists(told.changes, 'invoice_no')
WHERE jobs.organisation_id = :organisation_id AND jobs.stage = :closed AND jobs.invoice_uuid IS NULL
ORDER BY told.at, jobs.id
""")
_PUT_ON = text("""
WITH given AS (
    SELECT * FROM unnest(:job_ids, :event_ids, :uuids, :numbers) AS given (job_id, event_id, uuid, number)
), told AS (
    UPDATE events SET changes = changes || jsonb_build_object('invoice', jsonb_build_array(NULL, given.number))
    FROM given WHERE events.organisation_id = :organisation_id AND events.id = given.event_id
)
UPDATE jobs SET invoice_uuid = given.uuid FROM given
WHERE jobs.organisation_id = :organisation_id AND jobs.id = given.job_id
""").bindparams(
    bindparam("job_ids", type_=ARRAY(BigInteger)),
    bindparam("event_ids", type_=ARRAY(Uuid)),
    bindparam("uuids", type_=ARRAY(Uuid)),
    bindparam("numbers", type_=ARRAY(Text)),
)
_LINES_OF_JOBS = f"""
INSERT INTO invoice_lines (invoice_id, job_id, created_at, position, kind, name, description, note, quantity, cost,
    price, gl_account, taxes, catalogue_task_id, catalogue_item_id, labor_rate_id)
SELECT invoices.id, jobs.id, invoices.created_at, lines.position, lines.kind, lines.name, lines.description, lines.note,
    lines.quantity, lines.cost, lines.price, lines.gl_account, lines.taxes, lines.catalogue_task_id,
    lines.catalogue_item_id, lines.labor_rate_id
FROM unnest(:job_ids, :invoice_ids) AS given (job_id, invoice_id)
JOIN jobs ON jobs.organisation_id = :organisation_id AND jobs.id = given.job_id
JOIN invoices ON invoices.organisation_id = jobs.organisation_id AND invoices.id = given.invoice_id
JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
CROSS JOIN LATERAL ({WORK_LINES}) AS lines
"""  # noqa: S608 (pieces of ours)
_ADD_LINES = text(_LINES_OF_JOBS).bindparams(
    bindparam("job_ids", type_=ARRAY(BigInteger)), bindparam("invoice_ids", type_=ARRAY(BigInteger))
)


def add_invoices(connection: Connection, world: World) -> Invoiced:
    """Invoice the closed jobs of one organisation that have no invoice yet, as the owner working for it.

    Returns:
        What the lines are to be added to.
    """
    ours = {"organisation_id": world.organisation_id}
    closed = connection.execute(_CLOSED, {**ours, "closed": int(Stage.CLOSED)}).all()
    numbers = reserve_numbers(connection, f"invoice_numbers_{world.organisation_id}", len(closed))
    draw = Draw(f"{world.slug} invoices from {numbers[:1]}")
    invoices, events = [], []
    for job, number, id_ in zip(closed, numbers, reserve_ids(connection, Invoice, len(closed)), strict=True):
        row = {
            "number": f"{number:08}",
            "customer_id": job.customer_id,
            "location_id": job.location_id,
            "currency": job.currency,
            "comment": _TERMS,
        }
        told = {**row, "jobs": [job.reference]}
        invoices.append({"id": id_, "uuid": draw.uuid_at(job.at), "created_at": job.at, **row})
        events.append(
            {
                "id": draw.uuid_at(job.at),
                "at": job.at,
                "actor_id": job.actor_id,
                "source": job.source,
                "entity": "invoice",
                "entity_id": id_,
                "entity_uuid": invoices[-1]["uuid"],
                "label": row["number"],
                "action": "created",
                "changes": msgspec.json.encode({name: (None, value) for name, value in told.items()}).decode(),
            }
        )
    copy_rows(connection, Invoice, invoices)
    copy_rows(connection, EventRow, events)
    job_ids = [job.job_id for job in closed]
    put_on = {
        "job_ids": job_ids,
        "event_ids": [job.event_id for job in closed],
        "uuids": [invoice["uuid"] for invoice in invoices],
        "numbers": [invoice["number"] for invoice in invoices],
    }
    connection.execute(_PUT_ON, {**ours, **put_on})
    return {"job_ids": job_ids, "invoice_ids": [invoice["id"] for invoice in invoices]}


def add_lines(connection: Connection, world: World, invoiced: Invoiced) -> None:
    """Write what was done on the jobs onto their invoices.

    Each job's work is looked up by index; without statistics of it the planner would seek it in all there is.
    """
    connection.execute(_ADD_LINES, {"organisation_id": world.organisation_id, **invoiced})
    connection.execute(text("ANALYZE invoices, invoice_lines"))
