"""Which fields of a job can be amended, who may ask for a change of which, and whose requests somebody sees."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, assert_never
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, text

from firstfix.domain.approvals.views import AmendableField, FieldKind, Option, Value
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import ValueRefused
from firstfix.domain.jobs import rules
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.rules import DayPart, Schedule
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import can_be_id


class Field(Struct, frozen=True):
    """A field that can be amended at all, by its core name."""

    name: str
    label: str
    kind: FieldKind


FIELDS: Final[Mapping[str, Field]] = {
    field.name: field
    for field in (
        Field("client_budget", "Total budget", "money"),
        Field("contractor_budget", "Contractor budget", "money"),
        Field("vat_percentage", "VAT", "percent"),
        Field("works_start_on", "Works start", "date"),
        Field("works_end_on", "Works end", "date"),
        Field("time_range", "Time range", "choice"),
        Field("priority", "Priority", "choice"),
        Field("job_type", "Job type", "choice"),
        Field("contractor", "Contractor", "choice"),
    )
}
_ASKED_FOR_BY: Final[Mapping[AccountType, tuple[str, ...]]] = {
    AccountType.STAFF: tuple(FIELDS),
    AccountType.AGENT: ("client_budget", "works_start_on", "works_end_on", "priority"),
    AccountType.CONTRACTOR: ("contractor_budget", "works_start_on", "works_end_on", "time_range"),
}
_IN_OFFICES: Final = (AccountType.STAFF, AccountType.AGENT, AccountType.LANDLORD)
"""Who is shown every field of a job."""
_PAST_AMENDING: Final = (Stage.ARCHIVED, Stage.CANCELLED)


def fields_of(account_type: AccountType) -> tuple[str, ...]:
    """Give the core names of the fields that somebody may ask to change."""
    return _ASKED_FOR_BY.get(account_type, ())


def is_amendable(job: Job) -> bool:
    """Tell whether anything of a job can still be amended."""
    return Stage(job.stage) not in _PAST_AMENDING


def visible_amendments_sql(account_type: AccountType, *, person: str) -> str:
    """Give the predicate on `amendments` of jobs that somebody sees, as SQL.

    Who is not shown all of a job sees only what is asked of fields of their own list. And contractors, who may follow
    one another on a job, do not see what another has asked for it.

    Args:
        account_type: Whose eyes.
        person: SQL of the actor's id.
    """
    if account_type in _IN_OFFICES:
        return "true"
    own = fields_of(account_type)
    if not own:
        return "false"
    names = ", ".join(f"'{name}'" for name in own)
    return f"""amendments.field_name IN ({names}) AND (amendments.requested_by_id = {person} OR NOT EXISTS (
        SELECT FROM people WHERE people.organisation_id = amendments.organisation_id
        AND people.id = amendments.requested_by_id AND people.account_type = {int(AccountType.CONTRACTOR)}))"""


def check_value(field: Field, value: Value) -> None:
    """Refuse a value that no job can have in a field, as far as that can be told without one.

    Raises:
        ValueOutOfRange: It is out of range.
        ValueRefused: It is of another type.
    """
    match field.kind, value:
        case "money", Decimal():
            rules.check_money("requested_value", value)
        case "percent", Decimal():
            rules.check_vat("requested_value", value)
        case "date", date():
            rules.check_day("requested_value", value)
        case "choice", int() if can_be_id(value):
            pass
        case _:
            raise ValueRefused("This field takes another kind of value.", field="requested_value")


def write_value(value: Value | None) -> str | None:
    """Write a value as it is kept: equal ones look equal."""
    match value:
        case None:
            return None
        case Decimal():
            return f"{value:.2f}"
        case date():
            return value.isoformat()
        case int():
            return str(value)
        case _:
            assert_never(value)


def read_value(field: Field, written: str) -> Value:
    """Read a value as it is kept."""
    match field.kind:
        case "money" | "percent":
            return Decimal(written)
        case "date":
            return date.fromisoformat(written)
        case "choice":
            return int(written)
        case _:
            assert_never(field.kind)


async def list_amendable_fields(work: Work, job: JobReference) -> tuple[AmendableField, ...]:
    """List the fields of a job that the actor may ask to change; none of one that is archived or cancelled.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
    """
    found = await get_visible_job(work, job)
    if not is_amendable(found):
        return ()
    fields = await read_fields(work, found)
    return tuple(fields[name] for name in fields_of(work.actor.account_type))


async def read_fields(work: Work, job: Job) -> dict[str, AmendableField]:
    """Read what a job shows in every field, and what there is to choose from. One statement."""
    row = (await work.session.execute(_AROUND_A_JOB, {"job_id": job.id, "branch_id": job.branch_id})).one()
    around = msgspec.convert(row._mapping["around"], _Around)  # noqa: SLF001 (how SQLAlchemy calls it)
    shown = rules.show(
        Schedule(
            starts_at=job.scheduled_at,
            day_part=next((part for part in around.day_parts if part.id == job.time_range_id), None),
            ends_on=job.works_end_on,
        ),
        zone=ZoneInfo(around.zone),
        day_parts=around.day_parts,
        last_slot_ends_at=row.last_slot_ends_at,
    )
    current: dict[str, Value | None] = {
        "client_budget": job.client_budget,
        "contractor_budget": job.contractor_budget,
        "vat_percentage": job.vat_percentage,
        "works_start_on": shown.starts_on,
        "works_end_on": shown.ends_on,
        "time_range": None if shown.day_part is None else shown.day_part.id,
        "priority": job.priority_id,
        "job_type": job.job_type_id,
        "contractor": job.contractor_id,
    }
    options = {
        "time_range": around.time_ranges,
        "priority": around.priorities,
        "job_type": around.job_types,
        "contractor": around.contractors,
    }
    return {
        name: AmendableField(
            name=name, label=field.label, kind=field.kind, current=current[name], options=options.get(name, ())
        )
        for name, field in FIELDS.items()
    }


class _Around(Struct, frozen=True, kw_only=True):
    """What a job's values are read by, and what they may become."""

    zone: str
    day_parts: tuple[DayPart, ...]
    time_ranges: tuple[Option, ...]
    priorities: tuple[Option, ...]
    job_types: tuple[Option, ...]
    contractors: tuple[Option, ...]


def _options(source: str, order: str, name: str = "name") -> str:
    return (
        f"(SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', {name}) ORDER BY {order}, id), '[]')"  # noqa: S608
        f" FROM {source})"
    )


_AROUND_A_JOB = text(f"""
SELECT (
    SELECT max(starts_at + minutes * interval '1 minute') FROM time_slots WHERE job_id = :job_id
) AS last_slot_ends_at, jsonb_build_object(
    'zone', coalesce(branches.time_zone, organisations.time_zone),
    'day_parts', (
        SELECT coalesce(jsonb_agg(
            jsonb_build_object('id', id, 'start', start_time, 'end', end_time) ORDER BY position, id), '[]')
        FROM time_ranges),
    'time_ranges', {_options("time_ranges", "position")},
    'priorities', {_options("priorities", "position")},
    'job_types', {_options("job_types WHERE archived_at IS NULL", "position")},
    'contractors', {
    _options(
        f"people WHERE account_type = {int(AccountType.CONTRACTOR)} AND archived_at IS NULL",
        "last_name, first_name",
        "btrim(first_name || ' ' || last_name)",
    )
}
) AS around
FROM branches, organisations WHERE branches.id = :branch_id
""").bindparams(bindparam("job_id", type_=BigInteger), bindparam("branch_id", type_=BigInteger))  # noqa: S608
