"""What a job is, before its life is told: how it goes, what is to be done where, how urgent it is, and when."""

from datetime import date, datetime, timedelta
from functools import cache

from msgspec import Struct

from firstfix.domain.demo.diary import (
    DAY_ENDS,
    DAY_STARTS,
    LAST_START,
    QUARTER_MINUTES,
    at_quarter,
    office_time,
    quarter_of,
    working_day,
)
from firstfix.domain.demo.draws import Draw, spread
from firstfix.domain.demo.scenarios import IN_PROGRESS, Scenario, choose_scenarios
from firstfix.domain.demo.words.briefs import Brief, Urgency
from firstfix.domain.demo.words.work import BRIEFS_BY_JOB_TYPE, SHARE_OF_JOBS
from firstfix.domain.demo.world import Place, World

EMERGENCY, HIGH, MEDIUM, LOW = "Emergency", "High", "Medium", "Low"
PRIORITIES = frozenset({EMERGENCY, HIGH, MEDIUM, LOW})
_JOB_TYPES = spread(SHARE_OF_JOBS)
_URGENCIES: tuple[Urgency, ...] = spread({"urgent": 8, "routine": 58, "planned": 34})
_URGENCIES_AHEAD: tuple[Urgency, ...] = spread({"routine": 60, "planned": 40})
_PRIORITIES_OF = {
    "urgent": spread({EMERGENCY: 60, HIGH: 40}),
    "routine": spread({HIGH: 18, MEDIUM: 57, LOW: 25}),
    "planned": spread({MEDIUM: 40, LOW: 60}),
}
_DAYS_AHEAD = {HIGH: (1, 2), MEDIUM: (2, 12), LOW: (5, 30)}
"""How many days before the work a job is raised; an emergency hours before."""
WHOLE_DAY_MINUTES = 480
_EMERGENCY_STARTS, _EMERGENCY_LAST_START = 7 * 4, 20 * 4
_TENANTS_JOBS_APART, _TENANTS_JOBS_APART_IN_BULK = 30, 2000
_AT_LEAST_AGO = timedelta(minutes=5)
_NOTICE_QUARTERS = 2
_HIGH_WAITS_DAYS = 4
_SOONER = 1.4
_SETTLED_AFTER_DAYS = 6  # a second day before then might not be over
_ONE_DAY = timedelta(days=1)


class Outline(Struct, frozen=True, kw_only=True):
    """A job in outline.

    Attributes:
        is_full: Whether its life is told in full; otherwise its beginning and its end.
        day: When the work begins, in local time; `None`: not dated.
        quarter: At what time of day, in quarters of an hour since midnight.
        is_two_days: Whether it goes on for the whole of the next working day.
    """

    scenario: Scenario
    is_full: bool
    place: Place
    job_type: str
    brief: Brief
    priority: str
    created_at: datetime
    day: date | None = None
    quarter: int = 0
    is_two_days: bool = False


def draw_outlines(draw: Draw, world: World, *, have: int, count: int, now: datetime) -> list[Outline]:
    """Draw so many jobs for an organisation that has some already, the one raised first at the front."""
    outlines = [
        _draw_outline(draw, world, number, scenario, is_full=is_full, now=now)
        for number, (scenario, is_full) in enumerate(choose_scenarios(draw, have=have, count=count))
    ]
    return sorted(outlines, key=lambda outline: outline.created_at)


def _draw_outline(
    draw: Draw, world: World, number: int, scenario: Scenario, *, is_full: bool, now: datetime
) -> Outline:
    apart = _TENANTS_JOBS_APART if is_full else _TENANTS_JOBS_APART_IN_BULK
    place = draw.one(world.places if number % apart else world.tenants_places or world.places)
    job_type = draw.one(_JOB_TYPES)
    is_ahead = scenario.days is None or scenario.days[1] > 0  # nobody lets what is urgent wait for days
    urgency = draw.one(_URGENCIES_AHEAD if is_ahead else _URGENCIES)
    brief = draw.one(_briefs(job_type, urgency, is_home=place.is_home))
    priority = draw.one(_PRIORITIES_OF[urgency])
    today = now.astimezone(world.zone).date()
    if scenario.days is None:
        return Outline(
            scenario=scenario,
            is_full=is_full,
            place=place,
            job_type=job_type,
            brief=brief,
            priority=priority,
            created_at=_raised_at(draw, today - _ONE_DAY * draw.below(15), world, now),
        )
    start_quarters = _start_quarters(brief.minutes, priority)
    if scenario.path[-1] == IN_PROGRESS:
        day, quarter = _draw_start_of_today(draw, start_quarters, now.astimezone(world.zone))
    else:
        days = _narrow(scenario.days, priority)
        day, quarter = _draw_start(
            draw, days, start_quarters, now.astimezone(world.zone), is_any_day=priority == EMERGENCY
        )
    if priority == EMERGENCY:
        created_at = at_quarter(day, quarter, world.zone) - timedelta(seconds=draw.between(3000, 13999))
    else:
        created_at = _raised_at(draw, day - _ONE_DAY * draw.between(*_DAYS_AHEAD[priority]), world, now)
    is_settled = day > today or (today - day).days >= _SETTLED_AFTER_DAYS
    return Outline(
        scenario=scenario,
        is_full=is_full,
        place=place,
        job_type=job_type,
        brief=brief,
        priority=priority,
        created_at=created_at,
        day=day,
        quarter=quarter,
        is_two_days=is_settled and brief.minutes == WHOLE_DAY_MINUTES and draw.chance(0.5),
    )


def _raised_at(draw: Draw, day: date, world: World, now: datetime) -> datetime:
    """Draw when a job is raised: on a working day in office hours, and some minutes ago at least."""
    raised_at = office_time(draw, working_day(day, step=-1), world.zone)
    if raised_at <= now - _AT_LEAST_AGO:
        return raised_at
    yesterday = now.astimezone(world.zone).date() - _ONE_DAY
    return office_time(draw, working_day(yesterday - _ONE_DAY * draw.below(3), step=-1), world.zone)


def _start_quarters(minutes: int, priority: str) -> tuple[int, int]:
    """Give the first and the last quarter of the day at which work of some length may begin."""
    if priority == EMERGENCY:
        return _EMERGENCY_STARTS, _EMERGENCY_LAST_START
    return DAY_STARTS, min(LAST_START, DAY_ENDS - minutes // QUARTER_MINUTES)


def _narrow(days: tuple[int, int], priority: str) -> tuple[int, int]:
    """Let what is important not wait for weeks."""
    earliest, latest = days
    return (earliest, min(latest, earliest + _HIGH_WAITS_DAYS)) if priority == HIGH and earliest >= 0 else days


def _draw_start_of_today(draw: Draw, quarters: tuple[int, int], local_now: datetime) -> tuple[date, int]:
    """Draw a start some time before now: today, unless the day has only begun or is free."""
    first, last = quarters
    today, latest = local_now.date(), quarter_of(local_now) - _NOTICE_QUARTERS
    if latest >= first and today == working_day(today, step=1):
        return today, draw.between(first, min(last, latest))
    return working_day(today - _ONE_DAY, step=-1), draw.between(first, last)


def _draw_start(
    draw: Draw, days: tuple[int, int], quarters: tuple[int, int], local_now: datetime, *, is_any_day: bool
) -> tuple[date, int]:
    """Draw a start between two days counted from today, sooner more often than later; today some time after now."""
    (earliest, latest), (first, last) = days, quarters
    today = local_now.date()
    offset = earliest + int((latest - earliest + 1) * draw.random() ** (_SOONER if earliest >= 0 else 1))
    day = today + _ONE_DAY * offset
    if is_any_day:
        return day, draw.between(first, last)
    day = working_day(day, step=1 if offset >= 0 else -1)
    if day != today:
        return day, draw.between(first, last)
    soon = max(first, quarter_of(local_now) + _NOTICE_QUARTERS)
    if soon <= last:
        return today, draw.between(soon, last)
    return working_day(today + _ONE_DAY, step=1), draw.between(first, last)


@cache
def _briefs(job_type: str, urgency: Urgency, *, is_home: bool) -> tuple[Brief, ...]:
    return tuple(
        brief for brief in BRIEFS_BY_JOB_TYPE[job_type] if brief.urgency == urgency and brief.fits(is_home=is_home)
    )
