"""Who works when: working days and times in local time, and nobody in two places at once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from firstfix.domain.demo.draws import Draw

QUARTER_MINUTES = 15
QUARTERS_A_DAY = 24 * 60 // QUARTER_MINUTES
DAY_STARTS = 8 * 4  # all times of day here are quarters since midnight
LAST_START = 16 * 4
DAY_ENDS = 18 * 4
_OFFICE_OPENS, _OFFICE_CLOSES = 8 * 3600 + 900, 17 * 3600 + 2400
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


def working_day(day: date, *, step: int) -> date:
    """Give the day itself, or the nearest one from Monday to Friday: earlier with a step of -1, later with 1."""
    while day.weekday() >= _SATURDAY:
        day += step * _ONE_DAY
    return day


def at_quarter(day: date, quarter: int, zone: ZoneInfo) -> datetime:
    """Give the instant of a local time."""
    moment = time(quarter // 4, quarter % 4 * QUARTER_MINUTES)
    return datetime.combine(day, moment, zone).astimezone(UTC)


def quarter_of(local: datetime) -> int:
    """Give the quarter of the day that a local time lies in."""
    return local.hour * 4 + local.minute // QUARTER_MINUTES


def office_time(draw: Draw, day: date, zone: ZoneInfo) -> datetime:
    """Give an instant at which somebody of the office would be at their desk that day."""
    seconds = draw.between(_OFFICE_OPENS, _OFFICE_CLOSES)
    moment = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return datetime.combine(day, moment, zone).astimezone(UTC)


class Diary:
    """What engineers are booked for, in quarters of an hour."""

    def __init__(self) -> None:
        self._booked: dict[tuple[int, date], int] = {}

    def book(self, person_id: int, day: date, quarter: int, minutes: int) -> bool:
        """Book somebody, where they are free for the whole of it; tell whether they are."""
        wanted = _quarters(quarter, minutes)
        booked = self._booked.get((person_id, day), 0)
        if booked & wanted:
            return False
        self._booked[person_id, day] = booked | wanted
        return True

    def book_until(self, person_id: int, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> bool:
        """Book somebody for a time on however many days, where they are free for all of it; tell whether they are."""
        days = list(_days(starts_at, ends_at, zone))
        if any(self._booked.get((person_id, day), 0) & quarters for day, quarters in days):
            return False
        self.enter_until(person_id, starts_at, ends_at, zone)
        return True

    def enter_until(self, person_id: int, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> None:
        """Enter what somebody did, on however many days."""
        for day, quarters in _days(starts_at, ends_at, zone):
            self._booked[person_id, day] = self._booked.get((person_id, day), 0) | quarters

    def enter(self, person_id: int, starts_at: datetime, minutes: int, zone: ZoneInfo) -> None:
        """Enter a booking made before."""
        local = starts_at.astimezone(zone)
        key = (person_id, local.date())
        quarter = quarter_of(local)
        self._booked[key] = self._booked.get(key, 0) | _quarters(quarter, minutes)


def _days(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Iterator[tuple[date, int]]:
    """Give the quarters of each day that a stretch of time touches."""
    day, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    while day <= last:
        begins_at = max(starts_at, at_quarter(day, 0, zone))
        local_end = ends_at.astimezone(zone)
        first = quarter_of(begins_at.astimezone(zone))
        end = quarter_of(local_end) + 1 if local_end.date() == day else QUARTERS_A_DAY
        yield day, _quarters(first, (end - first) * QUARTER_MINUTES)
        day += _ONE_DAY


def _quarters(first: int, minutes: int) -> int:
    """Give a bit for each quarter of a stretch within a day."""
    return ((1 << -(-minutes // QUARTER_MINUTES)) - 1) << first
