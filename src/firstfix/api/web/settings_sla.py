"""Settings: what is promised about jobs, in which hours, without which days, and where the clock stands."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.web.job_rows import name_of
from firstfix.api.web.operations import operation
from firstfix.api.web.settings_wire import Made, Name, given, uuid_in
from firstfix.domain.people.permissions import MANAGE_SETTINGS
from firstfix.domain.sla import commands
from firstfix.domain.sla.commands import Week
from firstfix.domain.work import AccountType, Work

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
ClockEnd = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")]
"""A local time, `HH:MM`; 24:00 is the end of the day."""
Minutes = Annotated[int, Meta(ge=1, le=129_600)]
Country = Annotated[str, Meta(min_length=2, max_length=2)]
Subdivision = Annotated[str, Meta(min_length=1, max_length=10)]


class Policy(Struct, kw_only=True):
    """A promise about jobs of a priority, in minutes of working time.

    Without a branch it is for all of them, without a type for all types; a branch's own comes first, then the type's.
    `warning_minutes` before the deadline there is word of it; null: none.
    """

    uuid: UUID
    branch_id: int | None
    priority_id: int
    job_type_id: int | None
    response_minutes: int
    resolution_minutes: int
    warning_minutes: int | None


class NewPolicy(Struct, forbid_unknown_fields=True, kw_only=True):
    """See `Policy`."""

    priority_id: int
    response_minutes: Minutes
    resolution_minutes: Minutes
    branch_id: int | None = None
    job_type_id: int | None = None
    warning_minutes: Minutes | None = None


class PolicyChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is."""

    priority_id: int | UnsetType = UNSET
    response_minutes: Minutes | UnsetType = UNSET
    resolution_minutes: Minutes | UnsetType = UNSET
    branch_id: int | UnsetType | None = UNSET
    job_type_id: int | UnsetType | None = UNSET
    warning_minutes: Minutes | UnsetType | None = UNSET


class Stretch(Struct, forbid_unknown_fields=True, kw_only=True):
    """Working hours of a day, in local time. A night shift is two: until 24:00, and from 00:00 of the next day."""

    weekday: Weekday
    start: ClockTime
    end: ClockEnd


class WorkingWeek(Struct, forbid_unknown_fields=True, kw_only=True):
    """When an organisation works. Public holidays are those of a country, and of a part of it: ISO 3166 codes."""

    hours: Annotated[list[Stretch], Meta(min_length=1, max_length=50)]
    holiday_country: Country | None = None
    holiday_subdivision: Subdivision | None = None


class BranchWeek(Struct, forbid_unknown_fields=True, kw_only=True):
    """When a branch works. Without hours, or without a country, it keeps the organisation's."""

    hours: Annotated[list[Stretch], Meta(min_length=1, max_length=50)] | None = None
    holiday_country: Country | None = None
    holiday_subdivision: Subdivision | None = None


class ListedBranchWeek(Struct, kw_only=True):
    branch_id: int
    hours: list[Stretch] | None
    holiday_country: str | None
    holiday_subdivision: str | None


class NewDayOff(Struct, forbid_unknown_fields=True, kw_only=True):
    """A day on which nobody of the organisation works."""

    day: date
    name: Name


class DayOff(Struct, kw_only=True):
    uuid: UUID
    day: date
    name: str


class PausingStatuses(Struct, forbid_unknown_fields=True, kw_only=True):
    """All statuses in which the clock stands."""

    status_ids: Annotated[list[int], Meta(max_length=1000)]


class SlaSettings(Struct, kw_only=True):
    """All of it. While `is_refreshing`, open jobs are being brought in step with what was changed last."""

    policies: list[Policy]
    week: WorkingWeek
    branch_weeks: list[ListedBranchWeek]
    days_off: list[DayOff]
    pausing_status_ids: list[int]
    is_refreshing: bool


@operation("GET", "/web/settings/sla", key=MANAGE_SETTINGS, operation_id="getSlaSettings", reply=SlaSettings)
async def get_sla_settings(reads: HotReads) -> RawJson:
    """Tell what is promised about jobs, and in which hours."""
    (body,) = await reads.row(sla_settings, {})
    return RawJson(body.encode())


@operation("POST", "/web/settings/sla-policies", key=MANAGE_SETTINGS, operation_id="addSlaPolicy", status=201)
async def add_policy(work: Work, data: NewPolicy) -> Made:
    """Promise something about jobs; those that are open follow within seconds."""
    return Made(uuid=await commands.add_policy(work, given(data)))


@operation(
    "PATCH", "/web/settings/sla-policies/{uuid:str}", key=MANAGE_SETTINGS, operation_id="changeSlaPolicy", status=204
)
async def change_policy(work: Work, uuid: str, data: PolicyChanges) -> None:
    """Change what is promised; open jobs follow within seconds."""
    await commands.change_policy(work, uuid_in(uuid, "SlaPolicy"), given(data))


@operation(
    "DELETE", "/web/settings/sla-policies/{uuid:str}", key=MANAGE_SETTINGS, operation_id="removeSlaPolicy", status=204
)
async def remove_policy(work: Work, uuid: str) -> None:
    """Promise it no more; open jobs follow within seconds."""
    await commands.remove_policy(work, uuid_in(uuid, "SlaPolicy"))


@operation("PUT", "/web/settings/working-week", key=MANAGE_SETTINGS, operation_id="setWorkingWeek", status=204)
async def set_week(work: Work, data: WorkingWeek) -> None:
    """Say when the organisation works."""
    await commands.set_week(work, _week(data))


@operation(
    "PUT",
    "/web/settings/branches/{uuid:str}/working-week",
    key=MANAGE_SETTINGS,
    operation_id="setBranchWorkingWeek",
    status=204,
)
async def set_branch_week(work: Work, uuid: str, data: BranchWeek) -> None:
    """Say when a branch works."""
    await commands.set_week(work, _week(data), branch=uuid_in(uuid, "Branch"))


@operation(
    "DELETE",
    "/web/settings/branches/{uuid:str}/working-week",
    key=MANAGE_SETTINGS,
    operation_id="resetBranchWorkingWeek",
    status=204,
)
async def reset_branch_week(work: Work, uuid: str) -> None:
    """Let a branch keep the organisation's hours and holidays."""
    await commands.reset_week(work, branch=uuid_in(uuid, "Branch"))


@operation("POST", "/web/settings/days-off", key=MANAGE_SETTINGS, operation_id="addDayOff", status=201)
async def add_day_off(work: Work, data: NewDayOff) -> Made:
    """Add a day on which nobody works."""
    return Made(uuid=await commands.add_day_off(work, day=data.day, name=data.name))


@operation("DELETE", "/web/settings/days-off/{uuid:str}", key=MANAGE_SETTINGS, operation_id="removeDayOff", status=204)
async def remove_day_off(work: Work, uuid: str) -> None:
    """Let a day be one like any other."""
    await commands.remove_day_off(work, uuid_in(uuid, "DayOff"))


@operation("PUT", "/web/settings/pausing-statuses", key=MANAGE_SETTINGS, operation_id="setPausingStatuses", status=204)
async def set_pausing_statuses(work: Work, data: PausingStatuses) -> None:
    """Say in which statuses the clock of a job stands."""
    await commands.set_pausing_statuses(work, data.status_ids)


def sla_settings(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that reads all of it."""
    week = f"{_HOURS} AS hours, holiday_country, holiday_subdivision FROM working_weeks WHERE branch_id"
    policy = "uuid, branch_id, priority_id, job_type_id, response_minutes, resolution_minutes, warning_minutes"
    return f"""
SELECT row_to_json(settings)::text FROM (SELECT
    {_list(f"{policy} FROM sla_policies ORDER BY priority_id, branch_id NULLS FIRST, job_type_id NULLS FIRST")}
        AS policies,
    (SELECT row_to_json(main) FROM (SELECT {week} IS NULL) AS main) AS week,
    {_list(f"branch_id, {week} IS NOT NULL ORDER BY branch_id")} AS branch_weeks,
    {_list("uuid, day, name FROM days_off ORDER BY day")} AS days_off,
    (SELECT coalesce(json_agg(id ORDER BY position, id), '[]') FROM statuses WHERE pauses_sla) AS pausing_status_ids,
    EXISTS (SELECT FROM sla_refreshes) AS is_refreshing
) AS settings"""  # noqa: S608 (pieces of ours)


def _list(columns: str) -> str:
    return f"(SELECT coalesce(json_agg(listed), '[]') FROM (SELECT {columns}) AS listed)"  # noqa: S608 (as above)


def _clock(element: str) -> str:
    minutes = f"(stretch ->> {element})::integer"
    return f"lpad(({minutes} / 60)::text, 2, '0') || ':' || lpad(({minutes} %% 60)::text, 2, '0')"


_HOURS = f"""(SELECT json_agg(json_build_object(
    'weekday', {name_of("(stretch ->> 0)::integer", WEEKDAYS)}, 'start', {_clock("1")}, 'end', {_clock("2")}
)) FROM jsonb_array_elements(hours) AS stretches (stretch))"""  # noqa: S608 (as above)


def _week(data: WorkingWeek | BranchWeek) -> Week:
    hours = None
    if data.hours is not None:
        hours = [(WEEKDAYS.index(one.weekday), _minutes(one.start), _minutes(one.end)) for one in data.hours]
    return Week(hours=hours, holiday_country=data.holiday_country, holiday_subdivision=data.holiday_subdivision)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
