"""One job, with everything that its page shows."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.api.dispatched import find_new_uuid
from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.services import Services
from firstfix.api.shown import full_name, instant
from firstfix.api.web.job_rows import (
    LOCAL_ZONE,
    READ_JOBS,
    ROW_COLUMNS,
    ROW_JOINS,
    Instant,
    JobRow,
    Named,
    looked_up,
    name_of,
    uuid_of,
)
from firstfix.api.web.operations import operation
from firstfix.domain.catalogue.stages import MainState, Stage
from firstfix.domain.jobs.abilities import Abilities, abilities_on
from firstfix.domain.jobs.crew import CrewState
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.policies import WITHOUT_CLIENT_BUDGET
from firstfix.domain.work import AccountType

ScheduledState = Literal["tentative", "confirmed", "dispatched"]
CrewStateName = Literal["scheduled", "in_transit", "active", "paused", "completed"]

SCHEDULED_STATES: tuple[ScheduledState, ...] = ("tentative", "confirmed", "dispatched")
CREW_STATES: tuple[CrewStateName, ...] = ("scheduled", "in_transit", "active", "paused", "completed")


class Lead(Struct, kw_only=True):
    id: int
    name: str
    email: str
    phone: str | None


class Party(Struct, kw_only=True):
    """A customer or a contact."""

    uuid: UUID
    name: str
    email: str | None
    phone: str | None


class Site(Struct, kw_only=True):
    """Where the work is. Lines of the address that there are not are empty."""

    uuid: UUID
    name: str | None
    line1: str
    line2: str
    city: str
    region: str
    postcode: str
    country: str | None
    lat: float | None
    lng: float | None


class Point(Struct, kw_only=True):
    lat: float
    lng: float


class WorkedHours(Struct, kw_only=True):
    """A stretch of travel or work. Without an end it goes on; a pause that ended it has a reason."""

    starts_at: Instant
    ends_at: Instant | None
    is_travel: bool
    started_in: Point | None
    ended_in: Point | None
    pause_reason: str | None


class CrewMember(Named, kw_only=True):
    """Somebody of the crew, and how far they are."""

    state: CrewStateName
    worked_hours: list[WorkedHours]


class PlannedSlot(Struct, kw_only=True):
    """A stretch of planned work, the lead first among who is planned."""

    uuid: UUID
    starts_at: Instant
    minutes: int
    crew_ids: list[int]


class Gate(Struct, kw_only=True):
    """The last status that needed approval, until the job moves on; undecided it has nobody who decided it."""

    status_name: str
    asked_by_name: str | None
    asked_at: Instant
    decided_by_name: str | None
    decided_at: Instant | None
    notes: str | None


class Recall(Struct, kw_only=True):
    """Why a job is in recall."""

    reason: str
    raised_by_name: str | None
    raised_at: Instant


class JobDetail(JobRow, kw_only=True):
    """A job as its page shows it. Amounts are decimals; dates are those of `time_zone`."""

    description: str
    gate: Gate | None
    recall: Recall | None
    status_name: str
    priority_name: str
    job_type_name: str
    branch_name: str
    customer: Party | None
    location: Site
    contacts: list[Party]
    lead: Lead | None
    crew: list[CrewMember]
    slots: list[PlannedSlot]
    agent: Named | None
    contractor: Named | None
    estimated_minutes: int | None
    works_start_on: date | None
    time_range_name: str | None
    time_zone: str
    scheduled_state: ScheduledState
    client_budget: str | None
    contractor_budget: str | None
    vat_percentage: str
    currency: str
    invoice_no: str | None
    quote_no: str | None
    works_order_ref: str | None
    payment_status_name: str | None
    access_details: str | None
    private_contact_name: str | None
    private_contact_email: str | None
    started_at: Instant | None
    completed_at: Instant | None
    created_by_name: str | None
    abilities: Abilities


@operation("GET", "/web/jobs/{uuid:str}", key=READ_JOBS, operation_id="getJob", reply=JobDetail)
async def get_job(reads: HotReads, services: Services, uuid: str) -> RawJson:
    """Fetch one job."""
    record = uuid_of(uuid)
    body, stage, is_invoiced, keys, *sealed = await reads.row(job_detail, {"uuid": record})
    if body is None and (new_uuid := await find_new_uuid(reads, "uuid", record)) is not None:
        record = new_uuid
        body, stage, is_invoiced, keys, *sealed = await reads.row(job_detail, {"uuid": record})
    if body is None:
        raise JobNotFound(uuid)
    names = ("access_details", "private_contact_name", "private_contact_email")
    opened: dict[str, Any] = {
        name: services.database.keys.find_open(value, record=record, field=f"jobs.{name}")
        for name, value in zip(names, sealed, strict=True)
    }
    opened["abilities"] = abilities_on(Stage(stage), keys, is_invoiced=is_invoiced)
    # Both are objects: the second goes on where the first ends.
    return RawJson(body.encode()[:-1] + b"," + msgspec.json.encode(opened)[1:])


def crew_state_name(state: CrewState) -> CrewStateName:
    """Name how far somebody is as this API does."""
    return CREW_STATES[state]


def job_detail(visible: str, account_type: AccountType) -> str:
    """Write the statement that fetches one job, its sealed fields and the caller's keys."""
    client_budget = "NULL" if account_type in WITHOUT_CLIENT_BUDGET else "jobs.client_budget::text"
    return f"""
SELECT (SELECT row_to_json(detail)::text FROM (SELECT {ROW_COLUMNS},
    jobs.description,
    CASE WHEN jobs.gate_status IS NOT NULL THEN {_GATE} END AS gate,
    CASE WHEN jobs.is_recall THEN {_RECALL} END AS recall,
    {looked_up("found.name", "statuses", "status_id")} AS status_name,
    {looked_up("found.name", "priorities", "priority_id")} AS priority_name,
    {looked_up("found.name", "job_types", "job_type_id")} AS job_type_name,
    branches.name AS branch_name,
    (SELECT row_to_json(party) FROM (
        SELECT customers.uuid, customers.name, customers.email, customers.phone WHERE customers.id IS NOT NULL
    ) AS party) AS customer,
    (SELECT row_to_json(site) FROM (
        SELECT locations.uuid, locations.name, locations.line1, locations.line2, locations.city, locations.region,
            locations.postcode, locations.country, locations.latitude AS lat, locations.longitude AS lng
    ) AS site) AS location,
    (SELECT coalesce(json_agg(party), '[]') FROM (
        SELECT contacts.uuid, {full_name("contacts")} AS name, contacts.email, contacts.phone
        FROM job_contacts
        JOIN contacts
            ON contacts.organisation_id = job_contacts.organisation_id AND contacts.id = job_contacts.contact_id
        WHERE job_contacts.organisation_id = jobs.organisation_id AND job_contacts.job_id = jobs.id
        ORDER BY job_contacts.position
    ) AS party) AS contacts,
    (SELECT row_to_json(lead) FROM
        {_person("found.id, {name} AS name, found.email, found.phone", "lead_id")} AS lead) AS lead,
    (SELECT coalesce(json_agg(member), '[]') FROM (
        SELECT members.id, {full_name("members")} AS name,
            CASE WHEN jobs.state = {int(MainState.COMPLETED)} THEN 'completed'
                ELSE {name_of("job_crew.state", CREW_STATES)} END AS state,
            (SELECT coalesce(json_agg(stretch), '[]') FROM (
                SELECT {instant("hours.starts_at")} AS starts_at, {instant("hours.ends_at")} AS ends_at,
                    hours.is_travel, {_place("start")} AS started_in, {_place("end")} AS ended_in,
                    hours.pause_reason
                FROM worked_hours AS hours
                WHERE hours.organisation_id = job_crew.organisation_id AND hours.job_id = job_crew.job_id
                    AND hours.person_id = job_crew.person_id
                ORDER BY hours.starts_at, hours.id
            ) AS stretch) AS worked_hours
        FROM job_crew
        JOIN people AS members
            ON members.organisation_id = job_crew.organisation_id AND members.id = job_crew.person_id
        WHERE job_crew.organisation_id = jobs.organisation_id AND job_crew.job_id = jobs.id
        ORDER BY job_crew.position
    ) AS member) AS crew,
    (SELECT coalesce(json_agg(slot), '[]') FROM (
        SELECT time_slots.uuid, {instant("time_slots.starts_at")} AS starts_at, time_slots.minutes, ARRAY(
            SELECT planned.person_id FROM time_slot_people AS planned
            WHERE planned.organisation_id = time_slots.organisation_id AND planned.time_slot_id = time_slots.id
            ORDER BY planned.position, planned.person_id) AS crew_ids
        FROM time_slots
        WHERE time_slots.organisation_id = jobs.organisation_id AND time_slots.job_id = jobs.id
        ORDER BY time_slots.starts_at, time_slots.id
    ) AS slot) AS slots,
    (SELECT row_to_json(agent) FROM {_person("found.id, {name} AS name", "agent_id")} AS agent) AS agent,
    (SELECT row_to_json(firm) FROM {_person("found.id, {name} AS name", "contractor_id")} AS firm) AS contractor,
    jobs.estimated_minutes,
    ({_LOCAL_START})::date AS works_start_on,
    coalesce({looked_up("found.name", "time_ranges", "time_range_id")}, (
        SELECT parts.name FROM time_ranges AS parts
        WHERE parts.organisation_id = jobs.organisation_id
            AND ({_LOCAL_START})::time >= parts.start_time AND ({_LOCAL_START})::time < parts.end_time
        ORDER BY parts.position, parts.id LIMIT 1
    )) AS time_range_name,
    {LOCAL_ZONE} AS time_zone,
    {name_of("jobs.scheduled_state", SCHEDULED_STATES)} AS scheduled_state,
    {client_budget} AS client_budget,
    jobs.contractor_budget::text AS contractor_budget,
    jobs.vat_percentage::text AS vat_percentage,
    (SELECT organisations.currency FROM organisations WHERE organisations.id = me.organisation_id) AS currency,
    jobs.invoice_no,
    jobs.quote_no,
    jobs.works_order_ref,
    {looked_up("found.name", "payment_statuses", "payment_status_id")} AS payment_status_name,
    {instant("jobs.started_at")} AS started_at,
    {instant("jobs.completed_at")} AS completed_at,
    {looked_up(full_name("found"), "people", "created_by_id")} AS created_by_name
    ) AS detail),
    jobs.stage,
    jobs.invoice_uuid IS NOT NULL,
    ARRAY(SELECT unnest(me.role_keys || me.granted_keys) EXCEPT SELECT unnest(me.denied_keys)),
    jobs.access_details_sealed,
    jobs.private_contact_name_sealed,
    jobs.private_contact_email_sealed
FROM jobs
{ROW_JOINS}
WHERE jobs.organisation_id = me.organisation_id AND jobs.uuid = %(uuid)s AND {visible}"""  # noqa: S608 (pieces of ours)


# What few jobs have is read for those only: PostgreSQL does not run the other branch of a CASE.
_GATE = f"""(SELECT row_to_json(gate) FROM (
        SELECT {looked_up("found.name", "statuses", "gate_wanted_status_id")} AS status_name,
            {looked_up(full_name("found"), "people", "gate_asked_by_id")} AS asked_by_name,
            {instant("jobs.gate_asked_at")} AS asked_at,
            {full_name("deciders")} AS decided_by_name, {instant("decided.decided_at")} AS decided_at,
            nullif(decided.notes, '') AS notes
        FROM (SELECT) AS asked
        LEFT JOIN gate_decisions AS decided ON decided.organisation_id = jobs.organisation_id
            AND decided.job_id = jobs.id AND decided.asked_at = jobs.gate_asked_at
        LEFT JOIN people AS deciders
            ON deciders.organisation_id = decided.organisation_id AND deciders.id = decided.decided_by_id
    ) AS gate)"""  # noqa: S608 (pieces of ours)
_RECALL = f"""(SELECT row_to_json(recall) FROM (
        SELECT open.reason, {instant("open.raised_at")} AS raised_at, {full_name("raisers")} AS raised_by_name
        FROM recalls AS open
        LEFT JOIN people AS raisers
            ON raisers.organisation_id = open.organisation_id AND raisers.id = open.raised_by_id
        WHERE open.organisation_id = jobs.organisation_id AND open.job_id = jobs.id AND open.closed_at IS NULL
    ) AS recall)"""  # noqa: S608 (as above)
_LOCAL_START = f"jobs.scheduled_at AT TIME ZONE {LOCAL_ZONE}"


def _place(side: str) -> str:
    return f"""CASE WHEN hours.{side}_latitude IS NOT NULL
                        THEN json_build_object('lat', hours.{side}_latitude, 'lng', hours.{side}_longitude) END"""


def _person(columns: str, column: str) -> str:
    return looked_up(columns.format(name=full_name("found")), "people", column)
