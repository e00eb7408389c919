"""Working time: what a clock on the wall says, through holidays and changes of clocks."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.errors import ValueRefused
from firstfix.domain.sla.rules import DEFAULT_WEEK, MINUTES_OF_DAY, Hours, check_hours, check_minutes, working_spans

DAY = timedelta(days=1)
LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "UTC",
)
EVERY_HOUR = tuple((weekday, 0, MINUTES_OF_DAY) for weekday in range(7))


@st.composite
def stretches(draw: st.DrawFn) -> tuple[int, int, int]:
    start = draw(st.integers(0, MINUTES_OF_DAY - 1))
    return draw(st.integers(0, 6)), start, draw(st.integers(start + 1, MINUTES_OF_DAY))


weeks = st.lists(stretches(), min_size=1, max_size=10)
zones = st.sampled_from(ZONES).map(ZoneInfo)
# Around nights on which clocks change somewhere: in March and April, and from September to November.
days = st.sampled_from([date(2026, 3, 8), SPRING, date(2026, 4, 5), date(2026, 10, 4), AUTUMN, date(2026, 11, 1)])


def seconds(spans: list[tuple[datetime, datetime]]) -> float:
    return sum((end - start).total_seconds() for start, end in spans)


def between(
    hours: Iterable[Hours], first: date, last: date, zone: ZoneInfo = LONDON, off: frozenset[date] = frozenset()
) -> list[tuple[datetime, datetime]]:
    spans = working_spans(hours, zone=zone, days_off=off, first=first, last=last)
    return [(span.starts_at, span.ends_at) for span in spans]


@given(weeks, zones, days, st.sets(st.integers(-2, 2)))
def test_time_is_worked_when_the_clock_on_the_wall_says_so(
    hours: list[tuple[int, int, int]], zone: ZoneInfo, day: date, off: set[int]
) -> None:
    first, last = day - 2 * DAY, day + 2 * DAY
    days_off = frozenset(day + number * DAY for number in off)

    spans = between(hours, first, last, zone, days_off)

    moment = datetime.combine(first, datetime.min.time(), UTC) - DAY
    while moment < datetime.combine(last, datetime.min.time(), UTC) + 2 * DAY:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        is_worked = (
            first <= local.date() <= last
            and local.date() not in days_off
            and any(local.weekday() == weekday and start <= minute < end for weekday, start, end in hours)
        )
        assert is_worked == any(start <= moment < end for start, end in spans), local
        moment += timedelta(minutes=7)


@given(weeks, zones, days)
def test_stretches_are_apart_in_order_and_counted(hours: list[tuple[int, int, int]], zone: ZoneInfo, day: date) -> None:
    spans = working_spans(hours, zone=zone, days_off=(), first=day - 3 * DAY, last=day + 3 * DAY)

    counted = 0
    for before, span in zip([None, *spans], spans, strict=False):
        assert span.starts_at < span.ends_at
        assert before is None or before.ends_at < span.starts_at
        assert span.seconds_before == counted
        counted += int((span.ends_at - span.starts_at).total_seconds())


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (SPRING + DAY, 24)])
def test_a_day_has_as_many_hours_as_it_has(day: date, hours: int) -> None:
    assert seconds(between(EVERY_HOUR, day, day)) == hours * 3600


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 7), (AUTUMN, 9), (SPRING + 7 * DAY, 8)])
def test_a_night_shift_goes_on_over_midnight(day: date, hours: int) -> None:
    night = ((5, 22 * 60, MINUTES_OF_DAY), (6, 0, 6 * 60))

    (shift,) = between(night, day - DAY, day)

    assert seconds([shift]) == hours * 3600


def test_an_hour_that_is_left_out_is_not_worked_and_one_that_comes_twice_is_twice() -> None:
    early = ((6, 60, 120),)

    assert between(early, SPRING, SPRING) == []
    assert between(early, AUTUMN, AUTUMN) == [
        (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))
    ]
    half = between(((6, 60, 90),), AUTUMN, AUTUMN)
    assert [(end - start).total_seconds() for start, end in half] == [1800, 1800]


def test_a_holiday_on_a_night_of_change_is_off() -> None:
    assert between(EVERY_HOUR, AUTUMN, AUTUMN, off=frozenset({AUTUMN})) == []


def test_a_plain_week_is_fifty_hours() -> None:
    monday = date(2026, 6, 1)

    spans = between(DEFAULT_WEEK, monday, monday + 6 * DAY)

    assert (len(spans), seconds(spans)) == (5, 50 * 3600)
    assert spans[0][0] == datetime(2026, 6, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "hours", [(), ((7, 0, 60),), ((-1, 0, 60),), ((0, 60, 60),), ((0, -1, 60),), ((0, 0, 1441),), ((0, 0, 60),) * 51]
)
def test_what_is_no_week_is_refused(hours: tuple[tuple[int, int, int], ...]) -> None:
    with pytest.raises(ValueRefused):
        check_hours(hours)


@pytest.mark.parametrize(
    ("response", "resolution", "warning", "field"),
    [
        (0, 60, None, "response_minutes"),
        (129_601, 60, None, "response_minutes"),
        (60, 0, None, "resolution_minutes"),
        (60, 129_601, None, "resolution_minutes"),
        (60, 60, 0, "warning_minutes"),
        (60, 60, 61, "warning_minutes"),
    ],
)
def test_targets_that_nobody_can_keep_are_refused(
    response: int, resolution: int, warning: int | None, field: str
) -> None:
    with pytest.raises(ValueRefused) as refused:
        check_minutes(response=response, resolution=resolution, warning=warning)

    assert refused.value.field == field
