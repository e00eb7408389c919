"""Pure decisions about jobs."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.catalogue.stages import STATE_OF_STAGE, Stage
from firstfix.domain.jobs import rules
from firstfix.domain.jobs.errors import (
    ApprovalPending,
    JobRecalled,
    MoveNotAllowed,
    ValueOutOfRange,
    WorksEndBeforeStart,
)
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.rules import DayPart, Schedule, ScheduleChanges, Stamps, plan

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
MORNING, AFTERNOON = DayPart(1, time(8), time(12)), DayPart(2, time(12), time(17))
PARTS = (MORNING, AFTERNOON)

stages = st.sampled_from(Stage)
instants = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001 (made aware here)
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
days = st.dates(date(2001, 1, 1), date(2099, 1, 1))
zones = st.sampled_from([ZoneInfo(name) for name in ("Europe/London", "America/Chicago", "Pacific/Auckland", "UTC")])


# Moves between stages

_FORWARD = [
    (Stage.NEW, Stage.ASSIGNED),
    (Stage.NEW, Stage.COMPLETE),
    (Stage.NEW, Stage.ARCHIVED),
    (Stage.ASSIGNED, Stage.IN_PROGRESS),
    (Stage.COMPLETE, Stage.CLOSED),
    (Stage.COMPLETE, Stage.ARCHIVED),
    (Stage.CLOSED, Stage.ARCHIVED),
    (Stage.NEW, Stage.CANCELLED),
    (Stage.COMPLETE, Stage.CANCELLED),
]
_NEVER = [
    (Stage.NEW, Stage.CLOSED),
    (Stage.IN_PROGRESS, Stage.CLOSED),
    (Stage.CLOSED, Stage.CANCELLED),
    (Stage.ARCHIVED, Stage.ARCHIVED),
    (Stage.ARCHIVED, Stage.CLOSED),
    (Stage.ARCHIVED, Stage.NEW),
    (Stage.CANCELLED, Stage.CLOSED),
    (Stage.CANCELLED, Stage.ARCHIVED),
]
_BACK = [
    (Stage.ASSIGNED, Stage.NEW),
    (Stage.CLOSED, Stage.COMPLETE),
    (Stage.COMPLETE, Stage.NEW),
    (Stage.CANCELLED, Stage.NEW),
    (Stage.CANCELLED, Stage.COMPLETE),
]


_MOVES = {
    # To new, assigned, in progress, complete, closed, archived, cancelled: always, with the right to reopen, never.
    Stage.NEW: "yyyy-yy",
    Stage.ASSIGNED: "ryyy-yy",
    Stage.IN_PROGRESS: "rryy-yy",
    Stage.COMPLETE: "rrryyyy",
    Stage.CLOSED: "rrrryy-",
    Stage.ARCHIVED: "-------",
    Stage.CANCELLED: "rrrr--y",
}


@pytest.mark.parametrize("origin", Stage)
def test_the_table_of_moves(origin: Stage) -> None:
    for target, expected in zip(Stage, _MOVES[origin], strict=True):
        assert rules.may_move(origin, target, may_reopen=False) is (expected == "y"), target
        assert rules.may_move(origin, target, may_reopen=True) is (expected in "yr"), target


@given(stages, stages)
def test_a_job_in_recall_goes_wherever_another_does_but_into_the_archive(origin: Stage, target: Stage) -> None:
    if target is Stage.ARCHIVED and rules.may_move(origin, target, may_reopen=True):
        with pytest.raises(JobRecalled):
            rules.check_move(origin, target, is_gate_pending=False, is_recall=True, may_reopen=True)
    elif rules.may_move(origin, target, may_reopen=True):
        rules.check_move(origin, target, is_gate_pending=False, is_recall=True, may_reopen=True)


@pytest.mark.parametrize(("origin", "target"), _FORWARD)
def test_a_job_goes_forward(origin: Stage, target: Stage) -> None:
    assert rules.may_move(origin, target, may_reopen=False)


@pytest.mark.parametrize(("origin", "target"), _NEVER)
def test_some_moves_nobody_makes(origin: Stage, target: Stage) -> None:
    assert not rules.may_move(origin, target, may_reopen=True)


@pytest.mark.parametrize(("origin", "target"), _BACK)
def test_a_job_goes_back_only_by_who_may_reopen(origin: Stage, target: Stage) -> None:
    assert not rules.may_move(origin, target, may_reopen=False)
    assert rules.may_move(origin, target, may_reopen=True)


@given(stages)
def test_statuses_of_one_stage_change_freely_until_it_is_archived(stage: Stage) -> None:
    assert rules.may_move(stage, stage, may_reopen=False) is (stage is not Stage.ARCHIVED)


@given(stages, stages)
def test_the_right_to_reopen_takes_no_move_away(origin: Stage, target: Stage) -> None:
    assert rules.may_move(origin, target, may_reopen=True) >= rules.may_move(origin, target, may_reopen=False)


@given(stages, stages)
def test_nothing_moves_while_an_approval_is_pending(origin: Stage, target: Stage) -> None:
    with pytest.raises(ApprovalPending):
        rules.check_move(origin, target, is_gate_pending=True, may_reopen=True)


def test_a_refused_move_names_both_stages() -> None:
    with pytest.raises(MoveNotAllowed, match="from stage new to stage closed"):
        rules.check_move(Stage.NEW, Stage.CLOSED, is_gate_pending=False, may_reopen=True)


@given(stages, st.booleans())
def test_a_new_job_begins_before_it_is_complete_and_ungated(stage: Stage, requires_approval: bool) -> None:  # noqa: FBT001
    expected = stage in (Stage.NEW, Stage.ASSIGNED, Stage.IN_PROGRESS) and not requires_approval
    assert rules.may_begin_in(stage, requires_approval=requires_approval) is expected


def test_the_database_computes_the_same_state() -> None:
    assert [rules.is_scheduled(stage) for stage in Stage] == [True, True, False, False, False, False, False]
    assert [rules.is_on_device(stage) for stage in Stage] == [False, False, True, False, False, False, False]
    assert [int(STATE_OF_STAGE[stage]) for stage in Stage] == [0, 0, 1, 2, 2, 2, 3]
    assert "stage <= 1 THEN 0 WHEN stage = 2 THEN 1 WHEN stage <= 5 THEN 2 ELSE 3" in str(
        Job.__table__.c.state.computed.sqltext
    )


# Stamps


def test_the_work_starts_once() -> None:
    started = rules.stamp(Stamps(None, None), Stage.NEW, Stage.IN_PROGRESS, NOW)

    assert started == Stamps(NOW, None)
    assert rules.stamp(Stamps(EARLIER, None), Stage.IN_PROGRESS, Stage.COMPLETE, NOW) == Stamps(EARLIER, NOW)


def test_a_job_that_is_complete_straight_away_has_started_too() -> None:
    assert rules.stamp(Stamps(None, None), Stage.NEW, Stage.COMPLETE, NOW) == Stamps(NOW, NOW)


def test_closing_does_not_complete_again() -> None:
    assert rules.stamp(Stamps(EARLIER, EARLIER), Stage.COMPLETE, Stage.CLOSED, NOW) == Stamps(EARLIER, EARLIER)


def test_a_job_that_goes_back_is_no_longer_complete() -> None:
    assert rules.stamp(Stamps(EARLIER, EARLIER), Stage.COMPLETE, Stage.IN_PROGRESS, NOW) == Stamps(EARLIER, None)


def test_cancelling_keeps_what_was() -> None:
    assert rules.stamp(Stamps(EARLIER, None), Stage.IN_PROGRESS, Stage.CANCELLED, NOW) == Stamps(EARLIER, None)


@given(st.none() | stages, stages)
def test_whatever_is_complete_has_both_stamps(origin: Stage | None, target: Stage) -> None:
    stamps = rules.stamp(Stamps(None, None), origin, target, NOW)

    assert (stamps.started_at is not None) is (Stage.IN_PROGRESS <= target <= Stage.ARCHIVED)
    if origin is None or origin < Stage.COMPLETE:
        assert (stamps.completed_at is not None) is (Stage.COMPLETE <= target <= Stage.ARCHIVED)


# Values


@pytest.mark.parametrize(
    ("description", "title"),
    [
        ("Boiler\nNo hot water", "Boiler"),
        ("  \n  Leak in the roof  \nSince Monday", "Leak in the roof"),
        ("", "Plumbing"),
        (" \n ", "Plumbing"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_title_is_the_first_line_or_the_type(description: str, title: str) -> None:
    assert rules.title_of(description, "Plumbing") == title


@pytest.mark.parametrize(
    "amount", [Decimal("-0.01"), Decimal("0.001"), Decimal(10**12), Decimal("NaN"), Decimal("Inf")]
)
def test_amounts_that_no_job_has(amount: Decimal) -> None:
    with pytest.raises(ValueOutOfRange) as refusal:
        rules.check_money("client_budget", amount)

    assert refusal.value.field == "client_budget"


@given(st.decimals(0, 10**12 - 1, places=2))
def test_amounts_that_a_job_may_have(amount: Decimal) -> None:
    rules.check_money("client_budget", amount)


@pytest.mark.parametrize("rate", [Decimal(-1), Decimal("100.01"), Decimal("20.005")])
def test_rates_that_no_job_has(rate: Decimal) -> None:
    with pytest.raises(ValueOutOfRange):
        rules.check_vat("vat_percentage", rate)


@pytest.mark.parametrize("text", ["a\0b", "é" * 32_769])
def test_texts_that_no_job_has(text: str) -> None:
    with pytest.raises(ValueOutOfRange):
        rules.check_text("description", text)


@given(st.none() | st.integers(1, 9), st.lists(st.integers(1, 9)))
def test_a_crew_has_its_lead_first_and_everybody_once(lead: int | None, crew: list[int]) -> None:
    members = rules.crew_with_lead(lead, crew)

    assert len(members) == len(set(members))
    assert set(members) == {*crew, *([] if lead is None else [lead])}
    assert lead is None or members[0] == lead


# Dates


def test_a_date_without_a_time_starts_at_nine() -> None:
    planned = plan(Schedule(), ScheduleChanges(starts_on=date(2026, 6, 1)), zone=LONDON)

    assert planned == Schedule(datetime(2026, 6, 1, 8, tzinfo=UTC))


def test_a_part_of_the_day_gives_a_date_its_time() -> None:
    changes = ScheduleChanges(starts_on=date(2026, 1, 1), day_part=AFTERNOON)

    assert plan(Schedule(), changes, zone=LONDON) == Schedule(datetime(2026, 1, 1, 12, tzinfo=UTC), AFTERNOON)


@given(instants, days, zones)
def test_another_date_keeps_the_local_time(starts_at: datetime, day: date, zone: ZoneInfo) -> None:
    planned = plan(Schedule(starts_at), ScheduleChanges(starts_on=day), zone=zone)

    assert planned.starts_at is not None
    before, after = starts_at.astimezone(zone), planned.starts_at.astimezone(zone)
    # An hour that a clock change leaves out is told by the hour after it.
    assert after.date() in (day, day + timedelta(days=1))
    assert after.replace(tzinfo=None) - datetime.combine(day, before.time()) in (timedelta(0), timedelta(hours=1))


@given(instants, zones, st.sampled_from(PARTS))
def test_another_part_of_the_day_moves_the_start_to_its_own(starts_at: datetime, zone: ZoneInfo, part: DayPart) -> None:
    planned = plan(Schedule(starts_at), ScheduleChanges(day_part=part), zone=zone, day_parts=PARTS)

    local = starts_at.astimezone(zone)
    if part.holds(local.time()) and next(p for p in PARTS if p.holds(local.time())) == part:
        assert planned == Schedule(starts_at)
    else:
        assert planned.starts_at is not None
        assert planned.starts_at.astimezone(zone).date() == local.date()
        assert planned.day_part == part


@given(instants, st.none() | days, zones)
def test_what_a_job_shows_already_is_no_change(starts_at: datetime, ends_on: date | None, zone: ZoneInfo) -> None:
    local = starts_at.astimezone(zone)
    current = Schedule(starts_at, None, ends_on)
    changes = ScheduleChanges(
        starts_on=local.date(),
        day_part=next((part for part in PARTS if part.holds(local.time())), None),
        ends_on=ends_on or local.date(),
    )

    assert plan(current, changes, zone=zone, day_parts=PARTS, last_slot_ends_at=starts_at) == current


@given(instants, instants, st.integers(0, 30), zones)
def test_a_moved_start_takes_the_end_with_it(
    starts_at: datetime, moved_to: datetime, length_days: int, zone: ZoneInfo
) -> None:
    ends_on = starts_at.astimezone(zone).date() + timedelta(days=length_days)

    planned = plan(Schedule(starts_at, None, ends_on), ScheduleChanges(starts_at=moved_to), zone=zone)

    assert planned == Schedule(moved_to, None, moved_to.astimezone(zone).date() + timedelta(days=length_days))


def test_a_start_that_leaves_the_part_of_the_day_forgets_it() -> None:
    current = Schedule(datetime(2026, 1, 1, 9, tzinfo=UTC), MORNING)

    kept = plan(current, ScheduleChanges(starts_at=datetime(2026, 1, 2, 10, tzinfo=UTC)), zone=LONDON)
    left = plan(current, ScheduleChanges(starts_at=datetime(2026, 1, 2, 13, tzinfo=UTC)), zone=LONDON)

    assert kept.day_part == MORNING
    assert left.day_part is None


def test_works_do_not_end_before_they_start() -> None:
    current = Schedule(datetime(2026, 6, 1, 9, tzinfo=UTC), None, date(2026, 6, 3))

    for changes in (
        ScheduleChanges(ends_on=date(2026, 5, 31)),
        ScheduleChanges(starts_on=date(2026, 6, 4)),
        ScheduleChanges(starts_on=date(2026, 7, 4), ends_on=date(2026, 7, 3)),
    ):
        with pytest.raises(WorksEndBeforeStart):
            plan(current, changes, zone=LONDON)


def test_a_job_leaves_the_calendar() -> None:
    current = Schedule(datetime(2026, 6, 1, 9, tzinfo=UTC), MORNING)

    assert plan(current, ScheduleChanges(starts_on=None), zone=LONDON).starts_at is None
    assert plan(current, ScheduleChanges(starts_at=None), zone=LONDON).starts_at is None


@pytest.mark.parametrize("title", ["", " ", "\t\n", "\u00a0\u3000"])
def test_a_title_says_something(title: str) -> None:
    with pytest.raises(ValueOutOfRange):
        rules.check_title("title", title)
    rules.check_title("title", f"{title}x")
    rules.check_title("title", None)
