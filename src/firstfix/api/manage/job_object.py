"""The job object of the manage API: as PostgreSQL writes it, and with its sealed values opened."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct, field

from firstfix.api.shown import full_name, instant, works_end_on
from firstfix.domain.jobs.policies import WITHOUT_CLIENT_BUDGET
from firstfix.domain.sla.standing import SLA_STATUS, SlaStatus
from firstfix.domain.work import AccountType
from firstfix.kit.sealing import KeyRing


class JobObject(Struct, kw_only=True):
    """A job. Money and percentages are numbers, dates are of the branch's time zone.

    `total_amount` is the contractor's budget with VAT; `job_total_budget` includes VAT and is null for contractors and
    tenants. `sla_status` is null without a policy, and when cancelled.
    """

    id: int = field(name="ID")
    uuid: UUID
    job_ref: str
    job_title: str
    job_description: str
    status_id: int
    status_name: str
    priority_id: int
    priority_name: str
    job_type_id: int
    job_type_name: str
    agent_id: int | None
    agent_name: str | None
    contractor_id: int | None
    contractor_name: str | None
    address_id: int
    full_address: str
    branch_id: int
    branch_name: str
    tenants_ids: list[int]
    job_total_budget: Decimal | None
    contractor_budget: Decimal | None
    vat_percentage: Decimal
    total_amount: Decimal | None
    date_works_start_date: date | None
    date_works_end_date: date | None
    time_range_id: int | None
    invoice_no: str | None
    quote_no: str | None
    works_order_ref: str | None
    access_details: str | None
    private_contact_name: str | None
    private_contact_email: str | None
    is_pinned: bool
    is_recall: bool
    sla_status: SlaStatus | None
    gate_status: Literal["pending", "approved", "rejected"] | None
    payment_status_id: int | None
    payment_status_name: str | None
    photos_count: int
    documents_count: int
    created_by: int | None
    created_by_name: str | None
    created_at: datetime
    updated_at: datetime


SEALED: Final = ("access_details", "private_contact_name", "private_contact_email")
_BEFORE_SEALED = b'":"v1.'
_COLUMNS = f"""
    jobs.id AS "ID", jobs.uuid, jobs.reference AS job_ref, jobs.title AS job_title, jobs.description AS job_description,
    jobs.status_id, statuses.name AS status_name, jobs.priority_id, priorities.name AS priority_name,
    jobs.job_type_id, job_types.name AS job_type_name,
    jobs.agent_id, {full_name("agents")} AS agent_name,
    jobs.contractor_id, {full_name("contractors")} AS contractor_name,
    jobs.location_id AS address_id, locations.full_address, jobs.branch_id, branches.name AS branch_name,
    (SELECT coalesce(json_agg(job_contacts.contact_id ORDER BY job_contacts.position, job_contacts.contact_id), '[]')
     FROM job_contacts
     WHERE job_contacts.organisation_id = jobs.organisation_id AND job_contacts.job_id = jobs.id) AS tenants_ids,
    {{client_budget}} AS job_total_budget, jobs.contractor_budget, jobs.vat_percentage, jobs.total_amount,
    local.starts_at::date AS date_works_start_date,
    {works_end_on("local.zone")} AS date_works_end_date,
    coalesce(jobs.time_range_id, (
        SELECT time_ranges.id FROM time_ranges
        WHERE time_ranges.organisation_id = jobs.organisation_id
          AND time_ranges.start_time <= local.starts_at::time AND time_ranges.end_time > local.starts_at::time
        ORDER BY time_ranges.position, time_ranges.id LIMIT 1
    )) AS time_range_id,
    jobs.invoice_no, jobs.quote_no, jobs.works_order_ref,
    jobs.access_details_sealed || '/' || jobs.uuid AS access_details,
    jobs.private_contact_name_sealed || '/' || jobs.uuid AS private_contact_name,
    jobs.private_contact_email_sealed || '/' || jobs.uuid AS private_contact_email,
    EXISTS (SELECT FROM pins WHERE pins.organisation_id = jobs.organisation_id AND pins.person_id = me.person_id
            AND pins.job_id = jobs.id) AS is_pinned,
    jobs.is_recall, {SLA_STATUS} AS sla_status, jobs.gate_status,
    jobs.payment_status_id, payment_statuses.name AS payment_status_name, jobs.photos_count, jobs.documents_count,
    jobs.created_by_id AS created_by, {full_name("creators")} AS created_by_name,
    {instant("jobs.created_at")} AS created_at,
    {instant("jobs.updated_at")} AS updated_at"""  # noqa: S608 (pieces of ours alone)
# The zone's time is worked out once for each job: without OFFSET 0 it would be for each use.
_JOINS = """
    JOIN organisations ON organisations.id = jobs.organisation_id
    JOIN branches ON branches.organisation_id = jobs.organisation_id AND branches.id = jobs.branch_id
    JOIN statuses ON statuses.organisation_id = jobs.organisation_id AND statuses.id = jobs.status_id
    JOIN priorities ON priorities.organisation_id = jobs.organisation_id AND priorities.id = jobs.priority_id
    JOIN job_types ON job_types.organisation_id = jobs.organisation_id AND job_types.id = jobs.job_type_id
    JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
    LEFT JOIN people AS agents ON agents.organisation_id = jobs.organisation_id AND agents.id = jobs.agent_id
    LEFT JOIN people AS contractors
        ON contractors.organisation_id = jobs.organisation_id AND contractors.id = jobs.contractor_id
    LEFT JOIN people AS creators ON creators.organisation_id = jobs.organisation_id AND creators.id = jobs.created_by_id
    LEFT JOIN payment_statuses
        ON payment_statuses.organisation_id = jobs.organisation_id AND payment_statuses.id = jobs.payment_status_id
    CROSS JOIN LATERAL (
        SELECT zone, jobs.scheduled_at AT TIME ZONE zone AS starts_at
        FROM (SELECT coalesce(branches.time_zone, organisations.time_zone) AS zone) AS named OFFSET 0
    ) AS local"""


def job_objects(page: str, order: str, account_type: AccountType) -> str:
    """Write the expression of a JSON array of jobs, still sealed.

    Args:
        page: A SELECT of all columns of the jobs wanted; names come to these rows only.
        order: Their order, by columns of `jobs`, `priorities` and `statuses`.
        account_type: Who reads them.
    """
    columns = _COLUMNS.format(client_budget="NULL" if account_type in WITHOUT_CLIENT_BUDGET else "jobs.client_budget")
    return f"""
(SELECT coalesce(json_agg(objects), '[]')::text FROM (
    SELECT {columns}
    FROM ({page}) AS jobs {_JOINS}
    ORDER BY {order}
) AS objects)"""  # noqa: S608 (pieces of ours; values are parameters)


def changed_job(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (who changed it sees what came of it)
    """Write the statement that reads one job as a work has left it: a JSON array of it alone, still sealed."""
    objects = job_objects("SELECT jobs.* FROM jobs WHERE jobs.id = %(job_id)s::bigint", "jobs.id", account_type)
    return f"SELECT {objects} AS objects"


def open_sealed(objects: str, keys: KeyRing) -> bytes:
    """Open the sealed values of job objects, in the JSON that PostgreSQL wrote.

    A sealed value stands there with its record behind it: `"access_details":"v1.<…>/<uuid>"`. Nothing that somebody
    typed can look like that, for inside a JSON string a quote is escaped.
    """
    pieces = objects.encode().split(_BEFORE_SEALED)
    for index in range(1, len(pieces)):
        name = pieces[index - 1].rpartition(b'"')[2].decode()
        if name not in SEALED:
            pieces[index] = _BEFORE_SEALED + pieces[index]
            continue
        sealed, _, rest = pieces[index].partition(b'"')
        value, _, record = sealed.decode().rpartition("/")
        opened = keys.open(f"v1.{value}", record=UUID(record), field=f"jobs.{name}")
        pieces[index] = b'":' + msgspec.json.encode(opened) + rest
    return b"".join(pieces)
