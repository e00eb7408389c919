"""Pure decisions about promises: what working time is, and what a policy may say. No I/O, no clock."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from firstfix.domain.errors import ValueRefused

MINUTES_OF_DAY: Final = 24 * 60
DAYS_OF_WEEK: Final = 7
LONGEST_MINUTES: Final = 90 * MINUTES_OF_DAY
MOST_HOURS: Final = 50
DEFAULT_WEEK: Final = tuple((weekday, 8 * 60, 18 * 60) for weekday in range(5))
"""Monday to Friday from eight to six."""
YEARS_BEFORE, YEARS_AFTER = 3, 3
"""So far a calendar reaches from this year."""

Hours = tuple[int, int, int]
"""A stretch of a week: the weekday, Monday is 0, and start and end in minutes from midnight, at most 1440."""

_DAY = timedelta(days=1)


class Span(Struct, frozen=True):
    """A stretch of working time, in UTC; `seconds_before` is how much there is before it."""

    starts_at: datetime
    ends_at: datetime
    seconds_before: int


def working_spans(
    hours: Iterable[Hours], *, zone: ZoneInfo, days_off: Collection[date], first: date, last: date
) -> list[Span]:
    """Work out a calendar: the moments at which a clock on the wall shows a time within the hours of a day not off.

    So what a change of clocks leaves out is not worked, and what it repeats is worked twice. Stretches that touch, such
    as those of two days around midnight, are one.

    Args:
        hours: Of the week, in local time, in any order; they may overlap.
        zone: Where the clock hangs.
        days_off: Local dates on which nobody works.
        first: The first local date of the calendar.
        last: The last one.
    """
    of_weekday: list[list[tuple[int, int]]] = [[] for _ in range(DAYS_OF_WEEK)]
    for weekday, start, end in hours:
        of_weekday[weekday].append((start, end))
    pieces = sorted(
        piece
        for day in _days(first, last)
        if day not in days_off
        for start, end in of_weekday[day.weekday()]
        for piece in _moments(day, start, end, zone)
    )
    spans: list[Span] = []
    seconds = 0
    for starts_at, ends_at in _joined(pieces):
        spans.append(Span(starts_at, ends_at, seconds))
        seconds += int((ends_at - starts_at).total_seconds())
    return spans


def check_hours(hours: Sequence[Hours]) -> None:
    """Refuse a week that is none.

    Raises:
        ValueRefused: It has no hours, too many stretches, or one that is none.
    """
    if not 0 < len(hours) <= MOST_HOURS:
        raise ValueRefused(f"A week has 1 to {MOST_HOURS} stretches of working hours.", field="hours")
    for weekday, start, end in hours:
        if not 0 <= weekday < DAYS_OF_WEEK or not 0 <= start < end <= MINUTES_OF_DAY:
            raise ValueRefused("A stretch of working hours ends later on the same day than it starts.", field="hours")


def check_minutes(*, response: int, resolution: int, warning: int | None) -> None:
    """Refuse a policy that nobody can keep to, or that warns before there is anything to warn of.

    Raises:
        ValueRefused: It does.
    """
    for field, minutes in (("response_minutes", response), ("resolution_minutes", resolution)):
        if not 0 < minutes <= LONGEST_MINUTES:
            raise ValueRefused(f"A target lies 1 to {LONGEST_MINUTES} minutes ahead.", field=field)
    if warning is not None and not 0 < warning <= resolution:
        raise ValueRefused(
            "A warning comes before the job's deadline, and not before the job.", field="warning_minutes"
        )


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * _DAY


def _moments(day: date, start: int, end: int, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Give the moments at which it is between two times of a local day: one stretch, or two around a change of clocks.

    Between two changes of clocks local time is UTC and a fixed difference. So each difference that the day knows gives
    a stretch, as far as it is in force.
    """
    begins, stops = (datetime.combine(day, datetime.min.time()) + minutes * _MINUTE for minutes in (start, end))
    offsets = {_offset(zone, begins - _DAY), _offset(zone, stops + _DAY)}
    if len(offsets) == 1:
        (offset,) = offsets
        yield (begins - offset).replace(tzinfo=UTC), (stops - offset).replace(tzinfo=UTC)
        return
    change = _find_change(zone, begins - 2 * _DAY, stops + 2 * _DAY)
    before, after = _offset(zone, change - _SECOND), _offset(zone, change)
    for starts_at, ends_at in (
        (begins - before, min(stops - before, change)),
        (max(begins - after, change), stops - after),
    ):
        if starts_at < ends_at:
            yield starts_at.replace(tzinfo=UTC), ends_at.replace(tzinfo=UTC)


def _find_change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Find the second, in UTC, from which a zone's new difference is in force."""
    before = _offset(zone, low)
    while high - low > _SECOND:
        middle = low + (high - low) // (2 * _SECOND) * _SECOND
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    """Tell by how much local time is ahead at a moment, in UTC without saying so."""
    return moment.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()


def _joined(pieces: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Make one of stretches that touch or overlap; they come in order."""
    current: tuple[datetime, datetime] | None = None
    for starts_at, ends_at in pieces:
        if current is None:
            current = starts_at, ends_at
        elif starts_at <= current[1]:
            current = current[0], max(current[1], ends_at)
        else:
            yield current
            current = starts_at, ends_at
    if current is not None:
        yield current


_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
