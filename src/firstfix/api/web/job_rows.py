"""Rows of job lists, as PostgreSQL writes them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from firstfix.api.shown import full_name, instant, works_end_on
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.people.permissions import LIST_JOBS, MANAGE_JOBS
from firstfix.kit.ids import find_uuid

Instant = Annotated[datetime, Meta(tz=True)]
StageName = Literal["new", "assigned", "in_progress", "complete", "closed", "archived", "cancelled"]
Substate = Literal["in_transit", "on_site", "paused"]
GateStatus = Literal["pending", "approved", "rejected"]

STAGE_NAMES = tuple(stage.wire_name for stage in Stage)
READ_JOBS = (LIST_JOBS, MANAGE_JOBS)
"""Reading never needs the right to write, and the right to write brings it."""
SUBSTATES: tuple[Substate, ...] = ("in_transit", "on_site", "paused")


class Named(Struct, kw_only=True):
    id: int
    name: str


class JobRow(Struct, kw_only=True):
    """A job as lists show it. `substate` is what the crew says, `total_amount` a decimal with VAT."""

    id: int
    uuid: UUID
    reference: str
    title: str
    status_id: int
    stage: StageName
    substate: Substate | None
    priority_id: int
    job_type_id: int
    branch_id: int
    customer_name: str | None
    full_address: str
    postcode: str | None
    lead_name: str | None
    contractor_name: str | None
    agent_name: str | None
    scheduled_at: Instant | None
    works_end_on: date | None
    total_amount: str | None
    is_pinned: bool
    is_recall: bool
    gate_status: GateStatus | None
    photos_count: int
    documents_count: int
    created_at: Instant
    updated_at: Instant


def uuid_of(text: str) -> UUID:
    """Read a job's uuid from an address.

    Raises:
        JobNotFound: It is none, and so no job's.
    """
    uuid = find_uuid(text)
    if uuid is None:
        raise JobNotFound(text)
    return uuid


def name_of(number: str, names: tuple[str, ...]) -> str:
    """Give SQL that turns a small number into its name."""
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"(ARRAY[{quoted}])[{number} + 1]"


def looked_up(columns: str, table: str, column: str) -> str:
    """Give SQL that reads the one row that a column of the job points to.

    A subquery for each, not a join: with fifteen joins the planner takes ten times as long as the reading.
    """
    return f"""(SELECT {columns} FROM {table} AS found
        WHERE found.organisation_id = jobs.organisation_id AND found.id = jobs.{column})"""  # noqa: S608 (ours)


LOCAL_ZONE = """coalesce(branches.time_zone,
        (SELECT organisations.time_zone FROM organisations WHERE organisations.id = me.organisation_id))"""
"""The time zone that a job's dates are in: its branch's, else its organisation's."""

ROW_COLUMNS = f"""
    jobs.id,
    jobs.uuid,
    jobs.reference,
    jobs.title,
    jobs.status_id,
    {name_of("jobs.stage", STAGE_NAMES)} AS stage,
    {name_of("jobs.substate", SUBSTATES)} AS substate,
    jobs.priority_id,
    jobs.job_type_id,
    jobs.branch_id,
    customers.name AS customer_name,
    locations.full_address,
    nullif(locations.postcode, '') AS postcode,
    {looked_up(full_name("found"), "people", "lead_id")} AS lead_name,
    {looked_up(full_name("found"), "people", "contractor_id")} AS contractor_name,
    {looked_up(full_name("found"), "people", "agent_id")} AS agent_name,
    {instant("jobs.scheduled_at")} AS scheduled_at,
    {works_end_on(LOCAL_ZONE)} AS works_end_on,
    jobs.total_amount::text AS total_amount,
    EXISTS (
        SELECT FROM pins
        WHERE pins.organisation_id = jobs.organisation_id AND pins.job_id = jobs.id AND pins.person_id = me.person_id
    ) AS is_pinned,
    jobs.is_recall,
    jobs.gate_status,
    jobs.photos_count,
    jobs.documents_count,
    {instant("jobs.created_at")} AS created_at,
    {instant("jobs.updated_at")} AS updated_at"""

ROW_JOINS = """
JOIN branches ON branches.organisation_id = jobs.organisation_id AND branches.id = jobs.branch_id
JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
LEFT JOIN customers ON customers.organisation_id = jobs.organisation_id AND customers.id = locations.customer_id"""
