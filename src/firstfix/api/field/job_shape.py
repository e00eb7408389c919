"""The shape of a job, and the statement that PostgreSQL writes it by."""

from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType, field

from firstfix.api.field.attachment_shape import OF_TASKS, Attachment
from firstfix.api.field.job_lists import STATE_SQL, Named
from firstfix.api.field.signatures import SIGNATURES_SQL, UNSIGNED, Signature
from firstfix.api.field.wire import (
    Link,
    TaxName,
    amount_sql,
    fields_sql,
    hex_sql,
    link_sql,
    name_sql,
    ref_sql,
    time_sql,
)
from firstfix.domain.catalogue.stages import MainState
from firstfix.domain.jobs.crew import CrewState
from firstfix.domain.jobs.revenue import ITEM_AMOUNT, LABOR_AMOUNT
from firstfix.domain.work import AccountType

SCHEDULED_STATES = ("tentative", "confirmed", "dispatched")
CREW_STATES = tuple(state.wire_name for state in CrewState)


class NamedThing(Struct, kw_only=True):
    uuid: str
    name: str


class Lead(Struct, rename="camel", kw_only=True):
    email_address: str
    telno: str | None
    surname: str
    uuid: str
    name: str


class Point(Struct, kw_only=True):
    lat: float
    lng: float


class WorkedHours(Struct, rename="camel", kw_only=True):
    """A stretch of travel or work. Without an end it goes on; a pause that ended it has a reason."""

    start: str
    in_transit: bool
    end: str | None
    start_location: Point | None
    end_location: Point | None
    pause_reason: str | None


class CrewMember(Struct, rename="camel", kw_only=True):
    """Somebody of the crew; who has not started has no worked hours. `pauseReason` is that of the last ones."""

    worked_hours: list[WorkedHours]
    pause_reason: str | None
    state: Literal["scheduled", "in transit", "active", "paused", "completed"]
    uuid: str


class Site(Struct, rename="camel", kw_only=True):
    uuid: str
    locality: str | None
    country: str | None
    region: str | None
    postcode: str | None
    street_name: str | None
    name: str | None


class Customer(Struct, rename="camel", kw_only=True):
    uuid: str
    name: str
    customer_id: int


class Contact(Struct, rename="camel", kw_only=True):
    uuid: str
    first_name: str
    last_name: str
    phone: str | None
    email: str | None


class TimeSlot(Struct, rename="camel", kw_only=True):
    """A stretch of planned work. Duration in minutes, the lead first in the crew."""

    duration: int
    scheduled_on: str
    uuid: str
    crew: list[str]


class CatalogueName(Struct, kw_only=True):
    uuid: str
    name: str
    description: str


class TaskItem(Struct, rename="camel", kw_only=True):
    """A part that a task takes; the prices are those on this job."""

    item: CatalogueName
    unit_cost: float
    unit_price: float
    uuid: str
    quantity: float


class Assignee(Struct, rename="camel", kw_only=True):
    uuid: str
    email_address: str


class Task(Struct, rename="camel", kw_only=True):
    """A task on a job. `assignee` only where the organisation works with True-Crew."""

    note: str
    task: CatalogueName
    done: bool
    uuid: str
    asset: Named | None
    items: list[TaskItem]
    unit_price: float
    unit_cost: float
    custom_fields: dict[str, Any]
    attachments: list[Attachment]
    assignee: Assignee | UnsetType | None = UNSET


class Rate(Struct, rename="camel", kw_only=True):
    """What an hour costs and is charged at; the uuid only of a rate of the organisation."""

    name: str
    rate: float
    cost: float
    taxable: bool
    taxes: list[TaxName]
    gl_account: str | None
    uuid: str | UnsetType = UNSET


class Labor(Struct, rename="camel", kw_only=True):
    """Somebody's minutes on a job; price and cost are for an hour."""

    uuid: str
    user: Named
    quantity: int
    rate: Rate
    unit_price: float
    unit_cost: float


class Neighbour(Struct):
    uuid: str
    link: Link


class Dependencies(Struct):
    """The jobs that come before and after; null where there is none."""

    predecessor: Neighbour | None
    successor: Neighbour | None


class TimeWindow(Struct, rename="camel", kw_only=True):
    """When work may begin and must be done; null where that is open."""

    start_after: str | None
    deadline: str | None


class Job(Struct, rename="camel", kw_only=True):
    """A job.

    What stands last is there only at times: `dependencies` and `timeWindow` where it has some, `notificationDelta`
    while it is deferred, `group` where the organisation works with groups, `link` in the reply to its creation.
    """

    tasks: list[Task]
    revenue: float
    scheduled_duration: int
    job_id: str
    invoice: Neighbour | None
    job_lead: Lead | None
    job_type: NamedThing
    scheduled_on: str | None
    labor: list[Labor]
    uuid: str
    crew: list[CrewMember]
    state: list[str]
    scheduled_state: Literal["tentative", "confirmed", "dispatched"]
    location: Site
    completed_on: str | None
    custom_fields: dict[str, Any]
    asset: NamedThing | None
    started_on: str | None
    description: str
    est_duration: int | None
    pre_signature: Signature | None = field(name="pre_signature")
    customer: Customer | None
    created_on: str
    contact: Contact | None
    signature: Signature | None
    time_slots: list[TimeSlot]
    planned_effort: int
    dependencies: Dependencies | UnsetType = UNSET
    time_window: TimeWindow | UnsetType = UNSET
    notification_delta: int | UnsetType = UNSET
    group: NamedThing | UnsetType = UNSET
    link: Link | UnsetType = UNSET


def _place(side: str) -> str:
    """Give SQL of where a stretch of work began or ended; null where nobody told."""
    return f"""CASE WHEN worked_hours.{side}_latitude IS NOT NULL THEN json_build_object(
                'lat', worked_hours.{side}_latitude, 'lng', worked_hours.{side}_longitude) END"""


_FOUND = "{table}.organisation_id = jobs.organisation_id AND {table}.id = jobs.{column}"
# OFFSET 0: else the planner would read a slot's crew once for each column that asks for it.
_SLOTS = f"""
    SELECT json_agg(json_build_object('duration', slots.minutes, 'scheduledOn', {time_sql("slots.starts_at")},
            'uuid', {hex_sql("slots.uuid")}, 'crew', slots.crew) ORDER BY slots.starts_at, slots.id) AS slots,
        sum(slots.minutes * cardinality(slots.crew)) AS planned_effort,
        extract(epoch FROM max(slots.starts_at + make_interval(mins => slots.minutes)) - min(slots.starts_at))
            AS seconds
    FROM (
        SELECT time_slots.id, time_slots.uuid, time_slots.starts_at, time_slots.minutes, ARRAY(
            SELECT {hex_sql("people.uuid")} FROM time_slot_people JOIN people
                ON people.organisation_id = time_slot_people.organisation_id AND people.id = time_slot_people.person_id
            WHERE time_slot_people.organisation_id = time_slots.organisation_id
                AND time_slot_people.time_slot_id = time_slots.id
            ORDER BY time_slot_people.position, people.id) AS crew
        FROM time_slots
        WHERE time_slots.organisation_id = jobs.organisation_id AND time_slots.job_id = jobs.id
        OFFSET 0
    ) AS slots"""  # noqa: S608 (pieces of ours)
_HOURS = f"""
    SELECT json_agg(json_build_object('start', {time_sql("worked_hours.starts_at")},
            'inTransit', worked_hours.is_travel, 'end', {time_sql("worked_hours.ends_at")},
            'startLocation', {_place("start")}, 'endLocation', {_place("end")},
            'pauseReason', worked_hours.pause_reason) ORDER BY worked_hours.starts_at, worked_hours.id) AS bodies,
        (array_agg(worked_hours.pause_reason ORDER BY worked_hours.starts_at DESC, worked_hours.id DESC))[1]
            AS pause_reason
    FROM worked_hours
    WHERE worked_hours.organisation_id = job_crew.organisation_id AND worked_hours.job_id = job_crew.job_id
        AND worked_hours.person_id = job_crew.person_id"""  # noqa: S608 (pieces of ours)
# Who never set out is done with a job that is: the office may have completed it.
_CREW = f"""
    SELECT json_agg(json_build_object('workedHours', coalesce(hours.bodies, '[]'), 'pauseReason', hours.pause_reason,
            'state', CASE WHEN jobs.state = {int(MainState.COMPLETED)} THEN 'completed'
                ELSE {name_sql("job_crew.state", CREW_STATES)} END,
            'uuid', {hex_sql("people.uuid")}) ORDER BY job_crew.position, people.id) AS bodies
    FROM job_crew JOIN people
        ON people.organisation_id = job_crew.organisation_id AND people.id = job_crew.person_id
    CROSS JOIN LATERAL ({_HOURS}) AS hours
    WHERE job_crew.organisation_id = jobs.organisation_id AND job_crew.job_id = jobs.id"""  # noqa: S608 (pieces of ours)
_CONTACT = f"""
    SELECT json_build_object('uuid', {hex_sql("contacts.uuid")}, 'firstName', contacts.first_name,
        'lastName', contacts.last_name, 'phone', contacts.phone, 'email', contacts.email)
    FROM job_contacts JOIN contacts
        ON contacts.organisation_id = job_contacts.organisation_id AND contacts.id = job_contacts.contact_id
    WHERE job_contacts.organisation_id = jobs.organisation_id AND job_contacts.job_id = jobs.id
    ORDER BY job_contacts.position, contacts.id LIMIT 1"""  # noqa: S608 (pieces of ours)
_ITEMS = f"""
    SELECT json_agg(json_build_object(
            'item', json_build_object('uuid', {hex_sql("catalogue_items.uuid")}, 'name', catalogue_items.name,
                'description', catalogue_items.description),
            'unitCost', {amount_sql("job_task_items.unit_cost")},
            'unitPrice', {amount_sql("job_task_items.unit_price")},
            'uuid', {hex_sql("job_task_items.uuid")},
            'quantity', {amount_sql("job_task_items.quantity")})
            ORDER BY job_task_items.position, job_task_items.id) AS bodies,
        sum({ITEM_AMOUNT}) AS amount
    FROM job_task_items JOIN catalogue_items
        ON catalogue_items.organisation_id = job_task_items.organisation_id
            AND catalogue_items.id = job_task_items.catalogue_item_id
    WHERE job_task_items.organisation_id = job_tasks.organisation_id
        AND job_task_items.job_task_id = job_tasks.id"""  # noqa: S608 (pieces of ours)
_ASSIGNEE = f"""
    SELECT json_build_object('uuid', {hex_sql("people.uuid")}, 'emailAddress', people.email)::text
    FROM people
    WHERE people.organisation_id = job_tasks.organisation_id AND people.id = job_tasks.assignee_id"""  # noqa: S608 (pieces of ours)
TASK_ROWS = f"""
    SELECT job_tasks.id, job_tasks.uuid, job_tasks.position, job_tasks.unit_price + coalesce(items.amount, 0) AS amount,
        left(json_build_object(
            'note', job_tasks.note,
            'task', json_build_object('uuid', {hex_sql("catalogue_tasks.uuid")}, 'name', catalogue_tasks.name,
                'description', catalogue_tasks.description),
            'done', job_tasks.is_done,
            'uuid', {hex_sql("job_tasks.uuid")},
            'asset', (SELECT json_build_object('uuid', {hex_sql("assets.uuid")}) FROM assets
                WHERE assets.organisation_id = job_tasks.organisation_id AND assets.id = job_tasks.asset_id),
            'items', coalesce(items.bodies, '[]'),
            'unitPrice', {amount_sql("job_tasks.unit_price")},
            'unitCost', {amount_sql("job_tasks.unit_cost")},
            'customFields', {fields_sql("job_tasks")},
            'attachments', {OF_TASKS.all_sql})::text, -1)
        || CASE WHEN organisations.is_true_crew THEN ',"assignee":' || coalesce(({_ASSIGNEE}), 'null') ELSE '' END
        || '}}' AS body
    FROM job_tasks
    JOIN organisations ON organisations.id = job_tasks.organisation_id
    JOIN catalogue_tasks ON catalogue_tasks.organisation_id = job_tasks.organisation_id
        AND catalogue_tasks.id = job_tasks.catalogue_task_id
    CROSS JOIN LATERAL ({_ITEMS}) AS items
    WHERE job_tasks.organisation_id = jobs.organisation_id AND job_tasks.job_id = jobs.id"""  # noqa: S608 (pieces of ours)
"""Rows of the tasks of `jobs`, each written as JSON text."""
_TASKS = f"""
    SELECT ('[' || string_agg(tasks.body, ',' ORDER BY tasks.position, tasks.id) || ']')::json AS bodies,
        sum(tasks.amount) AS amount
    FROM ({TASK_ROWS}) AS tasks"""  # noqa: S608 (pieces of ours)
_RATE = f"""
    CASE WHEN job_labor.labor_rate_id IS NULL THEN '{{' ELSE (
        SELECT '{{"uuid":"' || {hex_sql("labor_rates.uuid")} || '",' FROM labor_rates
        WHERE labor_rates.organisation_id = job_labor.organisation_id AND labor_rates.id = job_labor.labor_rate_id) END
    || substr(json_build_object('name', job_labor.name, 'rate', {amount_sql("job_labor.rate")},
        'cost', {amount_sql("job_labor.cost")}, 'taxable', job_labor.is_taxable, 'taxes', job_labor.taxes,
        'glAccount', job_labor.gl_account)::text, 2)"""  # noqa: S608 (pieces of ours)
_LABOR = f"""
    SELECT json_agg(json_build_object('uuid', {hex_sql("job_labor.uuid")},
            'user', json_build_object('uuid', {hex_sql("people.uuid")}),
            'quantity', job_labor.minutes,
            'rate', ({_RATE})::json,
            'unitPrice', {amount_sql("job_labor.rate")},
            'unitCost', {amount_sql("job_labor.cost")}) ORDER BY job_labor.position, job_labor.id) AS bodies,
        sum({LABOR_AMOUNT}) AS amount
    FROM job_labor JOIN people
        ON people.organisation_id = job_labor.organisation_id AND people.id = job_labor.person_id
    WHERE job_labor.organisation_id = jobs.organisation_id AND job_labor.job_id = jobs.id"""  # noqa: S608 (pieces of ours)
SITE_SQL = f"""json_build_object('uuid', {hex_sql("locations.uuid")}, 'locality', nullif(locations.city, ''),
        'country', locations.country, 'region', nullif(locations.region, ''),
        'postcode', nullif(locations.postcode, ''), 'streetName', nullif(
            firstfix_join_lines(ARRAY[nullif(locations.line1, ''), nullif(locations.line2, '')]), ''),
        'name', locations.name)"""
"""SQL of where a job is, from `locations`."""
_REVENUE = amount_sql("(coalesce(todo.amount, 0) + coalesce(worked.amount, 0))")
_COLUMNS = f"""
    coalesce(todo.bodies, '[]') AS tasks,
    {_REVENUE} AS revenue,
    coalesce((planned.seconds / 60)::integer, 0) AS "scheduledDuration",
    jobs.reference AS "jobId",
    CASE WHEN jobs.invoice_uuid IS NOT NULL THEN {ref_sql("/invoice", "jobs.invoice_uuid")} END AS invoice,
    (SELECT json_build_object('emailAddress', people.email, 'telno', people.phone, 'surname', people.last_name,
        'uuid', {hex_sql("people.uuid")}, 'name', people.first_name)
        FROM people WHERE {_FOUND.format(table="people", column="lead_id")}) AS "jobLead",
    (SELECT json_build_object('uuid', {hex_sql("job_types.uuid")}, 'name', job_types.name)
        FROM job_types WHERE {_FOUND.format(table="job_types", column="job_type_id")}) AS "jobType",
    {time_sql("jobs.scheduled_at")} AS "scheduledOn",
    coalesce(worked.bodies, '[]') AS labor,
    {hex_sql("jobs.uuid")} AS uuid,
    coalesce(manned.bodies, '[]') AS crew,
    {STATE_SQL} AS state,
    {name_sql("jobs.scheduled_state", SCHEDULED_STATES)} AS "scheduledState",
    {SITE_SQL} AS location,
    {time_sql("jobs.completed_at")} AS "completedOn",
    {fields_sql("jobs")} AS "customFields",
    (SELECT json_build_object('uuid', {hex_sql("assets.uuid")}, 'name', assets.name)
        FROM assets WHERE {_FOUND.format(table="assets", column="asset_id")}) AS asset,
    {time_sql("jobs.started_at")} AS "startedOn",
    jobs.description,
    jobs.estimated_minutes AS "estDuration",
    (SELECT json_build_object('uuid', {hex_sql("customers.uuid")}, 'name', customers.name,
        'customerId', customers.customer_number)
        FROM customers WHERE customers.organisation_id = locations.organisation_id
            AND customers.id = locations.customer_id) AS customer,
    {time_sql("jobs.created_at")} AS "createdOn",
    ({_CONTACT}) AS contact,
    coalesce(planned.planned_effort, 0) AS "plannedEffort",
    coalesce(planned.slots, '[]') AS "timeSlots"
    """  # noqa: S608 (pieces of ours)
_GROUP = f"""
    SELECT ',"group":' || json_build_object('uuid', {hex_sql("branches.uuid")}, 'name', branches.name)::text
    FROM branches JOIN organisations ON organisations.id = branches.organisation_id AND organisations.is_enterprise
    WHERE {_FOUND.format(table="branches", column="branch_id")}"""  # noqa: S608 (pieces of ours)


# Both are asked for by the names of the outer job, for inside `jobs` is the neighbour, which must be visible too.
_NEIGHBOUR = f"""
    SELECT json_build_object('uuid', {hex_sql("jobs.uuid")}, 'link', {link_sql("'/job/' || " + hex_sql("jobs.uuid"))})
    FROM jobs WHERE jobs.organisation_id = own.organisation_id AND {{is_it}} AND {{visible}}"""  # noqa: S608 (pieces of ours)
_DEPENDENCIES = f"""
    SELECT ',"dependencies":' || json_build_object('predecessor', sides.predecessor, 'successor', sides.successor)::text
    FROM (
        SELECT ({_NEIGHBOUR.replace("{is_it}", "jobs.id = own.predecessor_id")}) AS predecessor,
            ({_NEIGHBOUR.replace("{is_it}", "jobs.predecessor_id = own.id")}) AS successor
        FROM (SELECT jobs.organisation_id, jobs.id, jobs.predecessor_id) AS own
    ) AS sides
    WHERE sides.predecessor IS NOT NULL OR sides.successor IS NOT NULL"""  # noqa: S608 (pieces of ours)
_TIME_WINDOW = f"""
    CASE WHEN coalesce(jobs.window_starts_at, jobs.window_ends_at) IS NOT NULL THEN
        ',"timeWindow":' || json_build_object('startAfter', {time_sql("jobs.window_starts_at")},
            'deadline', {time_sql("jobs.window_ends_at")})::text END"""


Part = Literal["tasks", "labor", "crew", "dependencies", "signatures"]
"""What a job may have none of."""
_NOTHING: Final = "SELECT NULL::json AS bodies, NULL::numeric AS amount"


class JobShape(Struct, frozen=True):
    """The statement of one job: makes the SELECT for a read. It takes `base_url`.

    Its columns are `body`, the job as one that nobody signed for, and `signatures`; `with_signatures` joins them.

    Args:
        key: What names the job: its `uuid` or its `reference`; also the name of the parameter.
        lacking: What it is known to have none of. That is not looked for: in PostgreSQL each part costs, found or not.
    """

    key: Literal["uuid", "reference"]
    lacking: frozenset[Part] = frozenset()

    def __call__(self, visible: str, _account_type: AccountType) -> str:
        """Write it."""
        dependencies = self._unless_lacking("dependencies", _DEPENDENCIES.format(visible=visible), "NULL::text")
        return f"""
            SELECT left((SELECT row_to_json(shape)::text FROM (SELECT {_COLUMNS}) AS shape), -1)
                || coalesce(({dependencies}), '') || coalesce({_TIME_WINDOW}, '')
                || coalesce(',"notificationDelta":' || jobs.notification_delta, '')
                || coalesce(({_GROUP}), '') || '{UNSIGNED}' AS body,
                ({self._unless_lacking("signatures", SIGNATURES_SQL, "NULL::text")}) AS signatures
            FROM jobs
            JOIN locations
                ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id
            CROSS JOIN LATERAL ({_SLOTS}) AS planned
            CROSS JOIN LATERAL ({self._unless_lacking("tasks", _TASKS)}) AS todo
            CROSS JOIN LATERAL ({self._unless_lacking("labor", _LABOR)}) AS worked
            CROSS JOIN LATERAL ({self._unless_lacking("crew", _CREW)}) AS manned
            WHERE jobs.{self.key} = %({self.key})s AND {visible}"""  # noqa: S608 (pieces of ours)

    def _unless_lacking(self, part: Part, sql: str, nothing: str = _NOTHING) -> str:
        return nothing if part in self.lacking else sql
