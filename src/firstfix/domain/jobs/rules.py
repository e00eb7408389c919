"""Pure decisions about jobs: no I/O, no clock."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct, UnsetType

from firstfix.domain.catalogue.stages import STATE_OF_STAGE, MainState, Stage
from firstfix.domain.jobs.errors import (
    ApprovalPending,
    JobInvoiced,
    JobRecalled,
    MoveNotAllowed,
    StatusNotForNewJob,
    ValueOutOfRange,
    WindowEndsBeforeStart,
    WorksEndBeforeStart,
)
from firstfix.kit.money import fits

DAY_STARTS_AT = time(9)
LONGEST_TITLE = 200
LONGEST_TEXT_BYTES = 64 * 1024
LONGEST_MINUTES = 10 * 366 * 24 * 60
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
MONEY_DIGITS_BEFORE, MONEY_DIGITS_AFTER = 12, 2
PRICE_DIGITS_AFTER, QUANTITY_DIGITS_AFTER = 4, 3
WHOLE = Decimal(100)
MINUTES_OF_UNIT = {"minutes": 1, "hours": 60, "days": 24 * 60}
LONGEST_NOTIFICATION_MINUTES = 8_784 * 60


# Values -------------------------------------------------------------------------------------------------------------


def check_text(field: str, value: str | None) -> None:
    """Refuse a text that PostgreSQL cannot keep, or of more than 64 KiB."""
    if value is None:
        return
    if "\0" in value:
        raise ValueOutOfRange("The text holds a NUL character.", field=field)
    if len(value.encode(errors="surrogatepass")) > LONGEST_TEXT_BYTES:
        raise ValueOutOfRange("The text is longer than 64 KiB.", field=field)


def check_title(field: str, value: str | None) -> None:
    """Refuse a title of blanks alone; without any, a new job is given one."""
    if value is not None and not value.strip():
        raise ValueOutOfRange("The title holds nothing but blanks.", field=field)


def check_money(field: str, value: Decimal | None) -> None:
    """Refuse an amount that is negative, has more than two decimals, or more than twelve digits before them."""
    if value is None:
        return
    if not fits(value, digits_before=MONEY_DIGITS_BEFORE, digits_after=MONEY_DIGITS_AFTER) or value < 0:
        raise ValueOutOfRange("The amount must not be negative, and has at most two decimals.", field=field)


def check_price(field: str, value: Decimal) -> None:
    """Refuse a price or cost of one that has more than four decimals, or more than twelve digits before them.

    It may be negative: a discount is a task or an item too.
    """
    if not fits(value, digits_before=MONEY_DIGITS_BEFORE, digits_after=PRICE_DIGITS_AFTER):
        raise ValueOutOfRange("The amount has at most twelve digits before the point and four after it.", field=field)


def check_rate(field: str, value: Decimal) -> None:
    """Refuse a price of an hour that is negative, or no price."""
    check_price(field, value)
    if value < 0:
        raise ValueOutOfRange("The amount must not be negative.", field=field)


def check_quantity(field: str, value: Decimal) -> None:
    """Refuse a quantity that is negative, or has more than three decimals or twelve digits before them."""
    if not fits(value, digits_before=MONEY_DIGITS_BEFORE, digits_after=QUANTITY_DIGITS_AFTER) or value < 0:
        raise ValueOutOfRange("The quantity must not be negative, and has at most three decimals.", field=field)


def check_vat(field: str, value: Decimal | None) -> None:
    """Refuse a rate outside 0 to 100, or with more than two decimals."""
    check_money(field, value)
    if value is not None and value > WHOLE:
        raise ValueOutOfRange("The rate must lie between 0 and 100.", field=field)


def check_minutes(field: str, value: int | None) -> None:
    """Refuse a duration that is negative or of more than ten years."""
    if value is not None and not 0 <= value <= LONGEST_MINUTES:
        raise ValueOutOfRange("The minutes must be between 0 and ten years.", field=field)


def check_day(field: str, value: date | datetime | None) -> None:
    """Refuse a time for which no calendar of ours has room."""
    if value is None:
        return
    day = value.date() if isinstance(value, datetime) else value
    if not EARLIEST <= day <= LATEST:
        raise ValueOutOfRange("The date is out of range.", field=field)


def check_window(starts_at: datetime | None, ends_at: datetime | None) -> None:
    """Refuse a time window that ends before it starts. One that is open on a side is none of that."""
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise WindowEndsBeforeStart


def title_of(description: str, job_type_name: str) -> str:
    """Give a job without a title one: the first line of its description, else the name of its type."""
    first_line = next(iter(description.strip().splitlines()), "").strip()
    return first_line[:LONGEST_TITLE] or job_type_name


# Status -------------------------------------------------------------------------------------------------------------


def may_begin_in(stage: Stage, *, requires_approval: bool) -> bool:
    """Tell whether a new job may have a status."""
    return stage <= Stage.IN_PROGRESS and not requires_approval


def check_new_status(stage: Stage, *, requires_approval: bool) -> None:
    """Refuse a status that a new job cannot begin in."""
    if not may_begin_in(stage, requires_approval=requires_approval):
        raise StatusNotForNewJob


def may_move(origin: Stage, target: Stage, *, may_reopen: bool) -> bool:
    """Tell whether a job's status may change between stages; within one stage it always may, archived ones excepted.

    Forward by any number of stages, but into closed only from complete; to cancelled from any stage before closed;
    back, and out of cancelled, only for who may reopen.
    """
    if origin is Stage.ARCHIVED:
        return False
    if origin is target:
        return True
    if target is Stage.CANCELLED:
        return origin < Stage.CLOSED
    if origin is Stage.CANCELLED:
        return may_reopen and target <= Stage.COMPLETE
    if target < origin:
        return may_reopen
    return target is not Stage.CLOSED or origin is Stage.COMPLETE


def check_move(
    origin: Stage,
    target: Stage,
    *,
    is_gate_pending: bool,
    is_invoiced: bool = False,
    is_recall: bool = False,
    may_reopen: bool,
) -> None:
    """Refuse a change of status that stages, invoice or recall do not allow, or while another waits for approval."""
    if is_gate_pending:
        raise ApprovalPending
    if is_invoiced and STATE_OF_STAGE[target] is not MainState.COMPLETED:
        raise JobInvoiced
    if not may_move(origin, target, may_reopen=may_reopen):
        raise MoveNotAllowed(origin.wire_name, target.wire_name)
    if is_recall and target is Stage.ARCHIVED:
        raise JobRecalled


class Stamps(Struct, frozen=True):
    """When the work began, and when it last became complete."""

    started_at: datetime | None
    completed_at: datetime | None


def stamp(before: Stamps, origin: Stage | None, target: Stage, now: datetime) -> Stamps:
    """Stamp a change of stage. `origin` is `None` for a new job; cancelling leaves both as they are."""
    if target is Stage.CANCELLED:
        return before
    started_at = before.started_at or now if target >= Stage.IN_PROGRESS else before.started_at
    if target < Stage.COMPLETE:
        return Stamps(started_at, None)
    was_complete = origin is not None and Stage.COMPLETE <= origin <= Stage.ARCHIVED
    return Stamps(started_at, before.completed_at if was_complete else now)


def is_on_device(stage: Stage) -> bool:
    """Tell whether a job is on a mobile device: while its state is active."""
    return STATE_OF_STAGE[stage] is MainState.ACTIVE


def is_scheduled(stage: Stage) -> bool:
    """Tell whether the crew may still change."""
    return STATE_OF_STAGE[stage] is MainState.SCHEDULED


# Deferral -----------------------------------------------------------------------------------------------------------


def notification_minutes(delta: int, unit: str) -> int:
    """Turn the time by which a job is dispatched before it is scheduled into minutes.

    Raises:
        ValueOutOfRange: It is negative, or longer than the longest year.
    """
    minutes = delta * MINUTES_OF_UNIT[unit]
    if not 0 <= minutes <= LONGEST_NOTIFICATION_MINUTES:
        raise ValueOutOfRange("A job is deferred by 0 to 8,784 hours.", field="notification_delta")
    return minutes


# Dates --------------------------------------------------------------------------------------------------------------


class DayPart(Struct, frozen=True):
    """A time range of the organisation, in local time; its end is not part of it."""

    id: int
    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Tell whether a time of day lies in it."""
        return self.start <= moment < self.end


class Schedule(Struct, frozen=True):
    """When a job is planned. `day_part` and `ends_on` are what was set; unset, both are derived."""

    starts_at: datetime | None = None
    day_part: DayPart | None = None
    ends_on: date | None = None


class ShownSchedule(Struct, frozen=True):
    """What of a schedule is shown, set or derived, in the branch's time zone."""

    starts_on: date | None
    day_part: DayPart | None
    ends_on: date | None


class ScheduleChanges(Struct, frozen=True, kw_only=True):
    """What a command says about a schedule; see `JobChanges`."""

    starts_at: datetime | UnsetType | None = UNSET
    starts_on: date | UnsetType | None = UNSET
    ends_on: date | UnsetType | None = UNSET
    day_part: DayPart | UnsetType | None = UNSET


def show(
    schedule: Schedule, *, zone: ZoneInfo, day_parts: Iterable[DayPart] = (), last_slot_ends_at: datetime | None = None
) -> ShownSchedule:
    """Work out what a job shows of its schedule.

    Args:
        schedule: As it stands.
        zone: The branch's time zone.
        day_parts: The organisation's, by position: the first that holds the local start is shown where none is set.
        last_slot_ends_at: Its local date is shown where no end is set.
    """
    local = None if schedule.starts_at is None else schedule.starts_at.astimezone(zone)
    day_part = schedule.day_part
    if day_part is None and local is not None:
        day_part = next((part for part in day_parts if part.holds(local.time())), None)
    ends_on = schedule.ends_on or (last_slot_ends_at and last_slot_ends_at.astimezone(zone).date())
    return ShownSchedule(local and local.date(), day_part, ends_on)


def plan(
    current: Schedule,
    changes: ScheduleChanges,
    *,
    zone: ZoneInfo,
    day_parts: Iterable[DayPart] = (),
    last_slot_ends_at: datetime | None = None,
) -> Schedule:
    """Work out a job's schedule after a change. What equals the shown value, set or derived, is no change.

    Args:
        current: As it stands.
        changes: What is said; a start in UTC wins over a date.
        zone: As `show` takes it, with what follows.
        day_parts: See there.
        last_slot_ends_at: See there.

    Raises:
        WorksEndBeforeStart: The end that was set would lie before the date of the start.
    """
    local = None if current.starts_at is None else current.starts_at.astimezone(zone)
    starts_at, day_part, ends_on = current.starts_at, current.day_part, current.ends_on

    shown = show(current, zone=zone, day_parts=day_parts, last_slot_ends_at=last_slot_ends_at)
    is_part_new = changes.day_part is not UNSET and changes.day_part != shown.day_part
    if is_part_new:
        day_part = changes.day_part or None
    new_time = day_part.start if is_part_new and day_part is not None else None

    if changes.starts_at is not UNSET:
        starts_at = changes.starts_at
    elif changes.starts_on is not UNSET and changes.starts_on != shown.starts_on:
        fallback = day_part.start if day_part is not None else DAY_STARTS_AT
        kept_time = local.time() if local is not None else fallback
        starts_at = None if changes.starts_on is None else _at(changes.starts_on, new_time or kept_time, zone)
    elif local is not None and new_time is not None:
        starts_at = _at(local.date(), new_time, zone)

    new_local = None if starts_at is None else starts_at.astimezone(zone)
    is_part_left = new_local is not None and day_part is not None and not day_part.holds(new_local.time())
    if is_part_left and not is_part_new and starts_at != current.starts_at:
        day_part = None

    if changes.ends_on is not UNSET and changes.ends_on != shown.ends_on:
        ends_on = changes.ends_on
    elif changes.starts_at is not UNSET and ends_on is not None and local is not None and new_local is not None:
        ends_on += new_local.date() - local.date()
    planned = Schedule(starts_at, day_part, ends_on)
    if planned != current:
        _check_order(planned, zone)
    return planned


def set_schedule(current: Schedule, changes: ScheduleChanges, *, zone: ZoneInfo) -> Schedule:
    """Take each part of a schedule just as it is given: nothing follows another, and nothing is derived.

    Raises:
        WorksEndBeforeStart: The end would lie before the date of the start.
    """
    planned = Schedule(
        starts_at=current.starts_at if changes.starts_at is UNSET else changes.starts_at,
        day_part=current.day_part if changes.day_part is UNSET else changes.day_part,
        ends_on=current.ends_on if changes.ends_on is UNSET else changes.ends_on,
    )
    _check_order(planned, zone)
    return planned


def _check_order(planned: Schedule, zone: ZoneInfo) -> None:
    if planned.starts_at is None or planned.ends_on is None:
        return
    if planned.ends_on < planned.starts_at.astimezone(zone).date():
        raise WorksEndBeforeStart


def _at(day: date, moment: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, moment, zone).astimezone(UTC)


# Crew ---------------------------------------------------------------------------------------------------------------


def crew_with_lead(lead: int | None, crew: Iterable[int]) -> tuple[int, ...]:
    """Put the lead first, keep the others in their order, and everybody once."""
    return tuple(dict.fromkeys(crew if lead is None else (lead, *crew)))
