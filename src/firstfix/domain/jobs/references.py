"""Finding what jobs refer to: all that a command names in one statement, what a new job falls back on in another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select, text

from firstfix.domain.catalogue.models import JobType, Status
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import ReferenceArchived, ReferenceNotFound
from firstfix.domain.jobs.errors import BranchDisabled, NoLookup
from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.jobs.rules import DayPart
from firstfix.domain.jobs.views import Reference, TaxName
from firstfix.domain.organisations.models import Organisation
from firstfix.domain.people.policies import visible_people_sql
from firstfix.domain.places.policies import visible_places_sql
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import can_be_id
from firstfix.kit.statements import send

Kind = Literal[
    "location",
    "contact",
    "asset",
    "person",
    "branch",
    "status",
    "priority",
    "job_type",
    "payment_status",
    "time_range",
    "task",
    "item",
    "labor_rate",
]
_WORKERS = (AccountType.STAFF, AccountType.CONTRACTOR)


class Role(Struct, frozen=True):
    """What something is to a job.

    Args:
        field: The core name of the field that names it.
        entity: What people call it.
        account_types: Of a person: which accounts can be that.
    """

    field: str
    kind: Kind
    entity: str
    account_types: tuple[AccountType, ...] = ()

    @property
    def column(self) -> str:
        """The column of `jobs` that holds the id."""
        return f"{self.field}_id"


LOCATION = Role("location", "location", "Location")
CONTACTS = Role("contacts", "contact", "Contact")
ASSET = Role("asset", "asset", "Asset")
LEAD = Role("lead", "person", "User", _WORKERS)
CREW = Role("crew", "person", "User", _WORKERS)
AGENT = Role("agent", "person", "Agent", (AccountType.AGENT,))
CONTRACTOR = Role("contractor", "person", "Contractor", (AccountType.CONTRACTOR,))
BRANCH = Role("branch", "branch", "Group")
STATUS = Role("status", "status", "Status")
PRIORITY = Role("priority", "priority", "Priority")
JOB_TYPE = Role("job_type", "job_type", "JobType")
PAYMENT_STATUS = Role("payment_status", "payment_status", "PaymentStatus")
TIME_RANGE = Role("time_range", "time_range", "TimeRange")
TASK = Role("task", "task", "Task")
ITEM = Role("item", "item", "Item")
ASSIGNEE = Role("assignee", "person", "User", _WORKERS)
LABORER = Role("person", "person", "User", _WORKERS)
LABOR_RATE = Role("rate", "labor_rate", "LaborRate")


class Found(Struct, frozen=True, kw_only=True):
    """A row that a job can refer to, with the facts that the rules ask of its kind.

    Args:
        is_usable: Neither archived nor disabled: it may be newly named.
        is_removed: Kept only for what names it already: to everything else it is absent.
        unit_cost: Of the price book; of a labor rate for an hour, like `unit_price`.
        person_ids: Whom a labor rate applies to; none: everybody.
        taxes: Those on work at a labor rate.
    """

    id: int
    uuid: UUID
    is_usable: bool
    is_removed: bool = False
    name: str = ""
    branch_id: int | None = None
    account_type: int = 0
    stage: Stage = Stage.NEW
    requires_approval: bool = False
    start_time: time = time.min
    end_time: time = time.max
    unit_cost: Decimal = Decimal(0)
    unit_price: Decimal = Decimal(0)
    is_taxable: bool = False
    gl_account: str | None = None
    person_ids: tuple[int, ...] = ()
    taxes: tuple[TaxName, ...] = ()


class Findings:
    """What was found, by kind and either name."""

    def __init__(self, found: Iterable[tuple[str, Found]]) -> None:
        self._by_name: dict[tuple[str, Reference], Found] = {}
        for kind, row in found:
            self._by_name[kind, row.id] = row
            self._by_name[kind, row.uuid] = row

    def get(self, role: Role, reference: Reference) -> Found:
        """Return what was named, archived or not.

        Raises:
            ReferenceNotFound: It is absent, hidden, or a person of another kind.
        """
        row = self._by_name.get((role.kind, reference))
        if row is None or (role.account_types and row.account_type not in role.account_types):
            raise ReferenceNotFound(role.entity, reference, field=role.field)
        return row

    def use(self, role: Role, reference: Reference, *, known: Iterable[int | None] = ()) -> int:
        """Return the id of what was named, for the job to refer to.

        Args:
            role: What it is to the job.
            reference: As the caller named it.
            known: Ids that the job refers to already: they may stay, archived or not.

        Raises:
            ReferenceNotFound: As `get` has it; or it was removed.
            ReferenceArchived: It was archived.
            BranchDisabled: It is a disabled branch.
        """
        row = self.get(role, reference)
        if not row.is_usable and row.id not in known:
            if row.is_removed:
                raise ReferenceNotFound(role.entity, reference, field=role.field)
            if role is BRANCH:
                raise BranchDisabled
            raise ReferenceArchived(role.entity, reference, field=role.field)
        return row.id


# What can be removed is kept until the work ends: a job that names it comes first, or finds it gone.
# Amounts go as text: a JSON number would come back as a float.
_FIND: Final[Mapping[Kind, str]] = {
    "location": """
SELECT 'location', id, uuid, archived_at IS NULL, jsonb_build_object('branch_id', branch_id)
FROM (SELECT * FROM locations WHERE ({named}) AND {locations} FOR KEY SHARE OF locations) AS kept""",
    "contact": """
SELECT 'contact', id, uuid, archived_at IS NULL, '{{}}'::jsonb
FROM (SELECT * FROM contacts WHERE ({named}) AND {contacts} FOR KEY SHARE OF contacts) AS kept""",
    "asset": """
SELECT 'asset', id, uuid, archived_at IS NULL, '{{}}'::jsonb
FROM (SELECT * FROM assets WHERE ({named}) AND {assets} FOR KEY SHARE OF assets) AS kept""",
    "person": """
SELECT 'person', id, uuid, archived_at IS NULL, jsonb_build_object(
    'account_type', account_type, 'branch_id', branch_id, 'is_removed', removed_at IS NOT NULL)
FROM (SELECT * FROM people WHERE ({named}) AND {people} FOR KEY SHARE OF people) AS kept""",
    "branch": """
SELECT 'branch', id, uuid, is_active, '{{}}'::jsonb
FROM (SELECT * FROM branches WHERE ({named}) AND {branches} FOR KEY SHARE) AS kept""",
    "status": """
SELECT 'status', id, uuid, true, jsonb_build_object('stage', stage, 'requires_approval', requires_approval)
FROM statuses WHERE {named}""",
    "priority": """
SELECT 'priority', id, uuid, true, '{{}}'::jsonb FROM priorities WHERE {named}""",
    "job_type": """
SELECT 'job_type', id, uuid, archived_at IS NULL, jsonb_build_object('name', name)
FROM (SELECT * FROM job_types WHERE {named} FOR KEY SHARE) AS kept""",
    "payment_status": """
SELECT 'payment_status', id, uuid, true, '{{}}'::jsonb FROM payment_statuses WHERE {named}""",
    "time_range": """
SELECT 'time_range', id, uuid, true, jsonb_build_object('start_time', start_time, 'end_time', end_time)
FROM (SELECT * FROM time_ranges WHERE {named} FOR KEY SHARE) AS kept""",
    "task": """
SELECT 'task', id, uuid, archived_at IS NULL,
    jsonb_build_object('name', name, 'unit_cost', unit_cost::text, 'unit_price', unit_price::text)
FROM (SELECT * FROM catalogue_tasks WHERE {named} FOR KEY SHARE) AS kept""",
    "item": """
SELECT 'item', id, uuid, archived_at IS NULL,
    jsonb_build_object('name', name, 'unit_cost', unit_cost::text, 'unit_price', unit_price::text)
FROM (SELECT * FROM catalogue_items WHERE {named} FOR KEY SHARE) AS kept""",
    "labor_rate": """
SELECT 'labor_rate', id, uuid, true, jsonb_build_object(
    'name', name, 'unit_cost', cost::text, 'unit_price', rate::text, 'is_taxable', is_taxable, 'gl_account', gl_account,
    'person_ids', ARRAY(SELECT person_id FROM labor_rate_people WHERE labor_rate_id = labor_rates.id),
    'taxes', (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object('name', taxes.name, 'group', taxes.group_name) ORDER BY taxes.id), '[]')
        FROM labor_rate_taxes JOIN taxes ON taxes.id = labor_rate_taxes.tax_id
        WHERE labor_rate_taxes.labor_rate_id = labor_rates.id))
FROM (SELECT * FROM labor_rates WHERE {named} FOR KEY SHARE) AS labor_rates""",
}
_BRANCHES: Final = "%(visible_branch_ids)s::bigint[]"
_PLACES = ("locations", "contacts", "assets")
_JOBS_IN_BRANCHES = visible_jobs_sql(AccountType.AGENT, person="NULL", branches=_BRANCHES)
_AGENTS_IN_BRANCHES = visible_people_sql("agent", AccountType.AGENT, visible_jobs=_JOBS_IN_BRANCHES, branches=_BRANCHES)
_SEEN_IN_BRANCHES = {
    **{table: visible_places_sql(table, AccountType.AGENT, branches=_BRANCHES) for table in _PLACES},
    "branches": f"id = ANY ({_BRANCHES})",
    "people": f"""(people.account_type <> {int(AccountType.AGENT)} OR {_AGENTS_IN_BRANCHES} OR EXISTS (
        SELECT FROM jobs WHERE jobs.organisation_id = people.organisation_id
            AND jobs.agent_id = people.id AND {_JOBS_IN_BRANCHES}))""",
}
"""What agents may name: what they see, by itself or on a job."""
_EVERYTHING_SEEN = dict.fromkeys(_SEEN_IN_BRANCHES, "true")


@lru_cache(maxsize=512)
def _find_statement(named: frozenset[tuple[Kind, str]], *, is_in_branches: bool) -> str:
    """Make the statement that looks up what is named by such keys, and nothing else: most commands name few kinds."""
    seen = _SEEN_IN_BRANCHES if is_in_branches else _EVERYTHING_SEEN
    parts = []
    for kind, sql in _FIND.items():
        keys = sorted(key for named_kind, key in named if named_kind == kind)
        if keys:
            parts.append(sql.format(named=" OR ".join(f"{key} = ANY (%({kind}_{key}s)s)" for key in keys), **seen))
    found = "\nUNION ALL".join(parts)
    return f"SELECT * FROM ({found}\n) AS found (kind, id, uuid, is_usable, facts)"  # noqa: S608 (pieces of ours)


async def find_references(work: Work, wanted: Iterable[tuple[Role, Reference]]) -> Findings:
    """Look up everything that a command names. One statement, or none where nothing is named.

    Raises:
        ReferenceNotFound: The first of them that is absent, hidden, or a person of another kind.
    """
    wanted = list(wanted)
    if not wanted:
        return Findings(())
    keys: dict[tuple[Kind, str], list[Reference]] = defaultdict(list)
    for role, reference in wanted:
        if isinstance(reference, UUID):
            keys[role.kind, "uuid"].append(reference)
        elif can_be_id(reference):
            keys[role.kind, "id"].append(reference)
    parameters: dict[str, object] = {f"{kind}_{key}s": references for (kind, key), references in keys.items()}
    branch_ids = visible_branches(work)
    statement = _find_statement(frozenset(keys), is_in_branches=branch_ids is not None)
    rows = await send(work.session, statement, parameters | {"visible_branch_ids": branch_ids}) if keys else []
    findings = Findings(
        (row.kind, msgspec.convert({"id": row.id, "uuid": row.uuid, "is_usable": row.is_usable, **row.facts}, Found))
        for row in rows
    )
    for role, reference in wanted:
        findings.get(role, reference)
    return findings


def visible_branches(work: Work) -> list[int] | None:
    """Tell which branches the actor may put a job into; `None`: any."""
    return list(work.actor.branch_ids) if work.actor.account_type is AccountType.AGENT else None


class Defaults(Struct, frozen=True, kw_only=True):
    """What a new job is given, and what it falls back on."""

    uuid: UUID
    number: int
    job_prefix: str
    vat_percentage: Decimal
    notification_unit: str
    zone: ZoneInfo
    branch_id: int
    status: Found
    priority_id: int
    job_type: Found


_DEFAULTS = """
SELECT uuidv7() AS uuid, next_job_number() AS number, organisations.job_prefix, organisations.default_vat_percentage,
    organisations.notification_unit,
    coalesce(branch.time_zone, organisations.time_zone) AS zone, branch.id AS branch_id,
    status.id AS status_id, status.uuid AS status_uuid, status.stage, status.requires_approval,
    (SELECT id FROM priorities ORDER BY is_default DESC, position, id LIMIT 1) AS priority_id,
    job_type.id AS job_type_id, job_type.uuid AS job_type_uuid, job_type.name AS job_type_name
FROM organisations
LEFT JOIN LATERAL (
    SELECT id, time_zone FROM branches
    WHERE id = %(branch_id)s::bigint
       OR %(branch_id)s::bigint IS NULL AND is_active AND (
           %(visible_branch_ids)s::bigint[] IS NULL OR id = ANY (%(visible_branch_ids)s::bigint[]))
    ORDER BY array_position(%(likely_branch_ids)s::bigint[] || (
        SELECT branch_id FROM people WHERE id = %(actor_id)s::bigint), id) NULLS LAST, id
    LIMIT 1
) AS branch ON true
LEFT JOIN LATERAL (
    SELECT id, uuid, stage, requires_approval FROM statuses WHERE stage IN (0, 1, 2)
    ORDER BY requires_approval, abs(stage - %(stage)s::smallint), position, id LIMIT 1
) AS status ON true
LEFT JOIN LATERAL (
    SELECT id, uuid, name FROM job_types WHERE archived_at IS NULL
    ORDER BY is_default DESC, position, id LIMIT 1
) AS job_type ON true
"""


async def get_defaults(
    work: Work, *, branch_id: int | None, likely_branch_ids: Iterable[int | None], has_lead: bool
) -> Defaults:
    """Give a new job its uuid and number, and look up what it falls back on. One statement.

    Args:
        work: The open transaction.
        branch_id: The branch that was named.
        likely_branch_ids: Where none was named: the first of these that is active and may be used, then the actor's
            own, then the organisation's first.
        has_lead: A job with a lead begins assigned, another as new.

    Raises:
        NoLookup: The organisation has no branch, status, priority or type to take.
    """
    parameters = {
        "branch_id": branch_id,
        "actor_id": work.actor.person_id,
        "likely_branch_ids": [likely for likely in likely_branch_ids if likely is not None],
        "visible_branch_ids": visible_branches(work),
        "stage": int(Stage.ASSIGNED if has_lead else Stage.NEW),
    }
    (row,) = await send(work.session, _DEFAULTS, parameters)
    for role, found in (
        (BRANCH, row.branch_id),
        (STATUS, row.status_id),
        (PRIORITY, row.priority_id),
        (JOB_TYPE, row.job_type_id),
    ):
        if found is None:
            raise NoLookup(role.entity, field=role.field)
    return Defaults(
        uuid=row.uuid,
        number=row.number,
        job_prefix=row.job_prefix,
        vat_percentage=row.default_vat_percentage,
        notification_unit=row.notification_unit,
        zone=ZoneInfo(row.zone),
        branch_id=row.branch_id,
        status=Found(
            id=row.status_id,
            uuid=row.status_uuid,
            is_usable=True,
            stage=Stage(row.stage),
            requires_approval=row.requires_approval,
        ),
        priority_id=row.priority_id,
        job_type=Found(id=row.job_type_id, uuid=row.job_type_uuid, is_usable=True, name=row.job_type_name),
    )


async def get_default_vat(work: Work) -> Decimal:
    """Read the organisation's VAT rate, in percent."""
    rate: Decimal = (await work.session.execute(select(Organisation.default_vat_percentage))).scalar_one()
    return rate


async def get_notification_unit(work: Work) -> str:
    """Read the unit in which the organisation's jobs are deferred."""
    unit: str = (await work.session.execute(select(Organisation.notification_unit))).scalar_one()
    return unit


async def get_default_job_type(work: Work) -> int:
    """Find the type of jobs that name none.

    Raises:
        NoLookup: The organisation has no type.
    """
    found = await work.session.scalar(
        select(JobType.id)
        .where(JobType.archived_at.is_(None))
        .order_by(JobType.is_default.desc(), JobType.position, JobType.id)
        .limit(1)
    )
    if found is None:
        raise NoLookup(JOB_TYPE.entity, field=JOB_TYPE.field)
    return found


async def get_first_status(work: Work, stage: Stage) -> Found:
    """Find the first status of a stage, by position: the one that a crew's work leads to.

    Raises:
        NoLookup: The organisation has none.
    """
    row = (
        await work.session.execute(
            select(Status.id, Status.uuid, Status.requires_approval)
            .where(Status.stage == int(stage))
            .order_by(Status.position, Status.id)
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        raise NoLookup(STATUS.entity, field=STATUS.field)
    return Found(id=row.id, uuid=row.uuid, is_usable=True, stage=stage, requires_approval=row.requires_approval)


class Calendar(Struct, frozen=True):
    """A branch's time zone, and the parts of the day of its organisation, by position."""

    zone: ZoneInfo
    day_parts: tuple[DayPart, ...]


async def get_calendar(work: Work, branch_id: int) -> Calendar:
    """Read what a branch's dates are told by. One statement."""
    row = (await work.session.execute(_CALENDAR, {"branch_id": branch_id})).one()
    return Calendar(ZoneInfo(row.zone), msgspec.convert(row.day_parts, tuple[DayPart, ...]))


_CALENDAR = text("""
SELECT coalesce(branches.time_zone, organisations.time_zone) AS zone, (
    SELECT coalesce(jsonb_agg(
        jsonb_build_object('id', id, 'start', start_time, 'end', end_time) ORDER BY position, id), '[]')
    FROM time_ranges
) AS day_parts
FROM branches, organisations WHERE branches.id = :branch_id
""").bindparams(bindparam("branch_id", type_=BigInteger))
