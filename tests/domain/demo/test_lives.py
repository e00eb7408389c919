"""Lives of jobs, told at any time of the week and of the year."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.diary import Diary, at_quarter, working_day
from firstfix.domain.demo.draws import Draw, spread
from firstfix.domain.demo.lives import Life, Narrator
from firstfix.domain.demo.notes import MOST_NOTES, draw_notes
from firstfix.domain.demo.outlines import draw_outlines
from firstfix.domain.demo.scenarios import LIVELY_JOBS, SCENARIOS, choose_scenarios
from firstfix.domain.demo.world import World, read_world
from firstfix.domain.jobs.crew import CrewState
from firstfix.kit.sealing import KeyRing
from tests.domain.demo.conftest import Demo

MOMENTS = [
    datetime(2026, 3, 16, 8, 1, tzinfo=UTC),  # Monday, the day has only begun
    datetime(2026, 3, 18, 17, 59, tzinfo=UTC),  # Wednesday, the day is over
    datetime(2026, 3, 22, 0, 5, tzinfo=UTC),  # in the night to a Sunday
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # half an hour into summer time
    datetime(2026, 10, 25, 1, 15, tzinfo=UTC),  # the hour that comes twice
    datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),  # a leap day's last second
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
]


@pytest.fixture(scope="session")
def world(demo: Demo) -> World:
    with demo.engine.connect() as connection:
        return read_world(connection, "larkfield")


def tell(world: World, keys: KeyRing, now: datetime) -> list[Life]:
    draw = Draw("test")
    narrator = Narrator(draw, world, Diary(), keys, now)
    outlines = draw_outlines(draw, world, have=0, count=700, now=now)
    return [narrator.tell(outline, job_id=number, number=number) for number, outline in enumerate(outlines, start=1)]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_whenever_it_is_told_a_life_is_in_order(world: World, keys: KeyRing, now: datetime) -> None:
    mail_draw = Draw("mail")
    for life in tell(world, keys, now):
        job = life.columns
        times = [told.at for told in life.events]
        assert times == sorted(set(times))
        assert times[-1] <= now
        assert job["scheduled_at"] is None or job["created_at"] < job["scheduled_at"]
        assert job["stage"] > Stage.ASSIGNED or job["scheduled_at"] is None or job["scheduled_at"] > now
        assert job["stage"] not in {Stage.IN_PROGRESS, Stage.COMPLETE} or job["scheduled_at"] < now
        assert job["lead_id"] in {None, *life.engineer_ids[:1]}
        assert job["stage"] not in {Stage.ASSIGNED, Stage.IN_PROGRESS} or job["lead_id"] or job["contractor_id"]
        assert [slot.starts_at for slot in life.slots[:1]] == [job["scheduled_at"]][: len(life.slots)]
        notes = draw_notes(Draw("notes"), world, life, now, mail_draw=mail_draw)
        assert len(notes) <= MOST_NOTES
        assert all(job["created_at"] <= note.at <= now for note in notes)


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_whenever_it_is_told_nobody_works_in_two_places(world: World, keys: KeyRing, now: datetime) -> None:
    lives = tell(world, keys, now)

    for person in {person for life in lives for person in life.engineer_ids}:
        theirs = [stretch for life in lives if person in life.engineer_ids for stretch in life.hours]
        hours = sorted((stretch.starts_at, stretch.ends_at or now) for stretch in theirs)
        assert all(starts_at <= ends_at <= now for starts_at, ends_at in hours)
        assert all(before[1] <= after[0] for before, after in pairwise(hours))
        assert sum(stretch.ends_at is None for stretch in theirs) <= 1
    under_way = {life.crew_state for life in lives if life.columns["stage"] == Stage.IN_PROGRESS and life.hours}
    assert {CrewState.ACTIVE, CrewState.PAUSED} <= under_way


def test_only_the_first_jobs_are_told_in_full(world: World, keys: KeyRing) -> None:
    lives = tell(world, keys, MOMENTS[1])

    assert sum(life.outline.is_full for life in lives) == LIVELY_JOBS
    assert {len(life.events) for life in lives if not life.outline.is_full} == {1, 2}
    assert max(len(life.events) for life in lives) >= 7


@pytest.mark.parametrize(("have", "count"), [(0, 1), (0, 20), (0, 60), (0, 400), (390, 100), (400, 1000)])
def test_as_many_scenarios_as_jobs(have: int, count: int) -> None:
    chosen = choose_scenarios(Draw("test"), have=have, count=count)

    assert len(chosen) == count
    assert sum(is_full for _, is_full in chosen) == max(0, min(count, LIVELY_JOBS - have))


@pytest.mark.parametrize("count", [60, 300, 400])
def test_a_small_organisation_has_every_scenario(count: int) -> None:
    assert {scenario for scenario, _ in choose_scenarios(Draw("test"), have=0, count=count)} == set(SCENARIOS)


def test_nobody_is_booked_twice_and_a_booking_made_before_counts(world: World) -> None:
    diary = Diary()
    monday = datetime(2026, 3, 16, tzinfo=UTC).date()
    diary.enter(7, at_quarter(monday, 40, world.zone), 60, world.zone)

    assert not diary.book(7, monday, 38, 45)
    assert diary.book(7, monday, 38, 30)
    assert diary.book(7, monday, 44, 15)
    assert diary.book(8, monday, 40, 60)
    assert not diary.book(8, monday, 43, 15)


def test_a_weekend_is_left_on_the_side_that_was_asked_for() -> None:
    saturday = datetime(2026, 3, 21, tzinfo=UTC).date()

    assert working_day(saturday, step=1).isoformat() == "2026-03-23"
    assert working_day(saturday, step=-1).isoformat() == "2026-03-20"
    assert working_day(saturday - timedelta(days=1), step=1).isoformat() == "2026-03-20"


def test_a_drawn_uuid_is_one_of_its_time() -> None:
    at = datetime(2026, 3, 18, 14, 20, 5, tzinfo=UTC)

    drawn = [Draw("test").uuid_at(at + timedelta(milliseconds=step)) for step in (0, 1)]

    assert all((uuid.version, uuid.variant) == (7, UUID(int=0x8 << 60).variant) for uuid in drawn)
    assert drawn[0] < drawn[1]
    assert drawn[0].int >> 80 == int(at.timestamp() * 1000)


def test_draws_repeat_with_their_seed_and_shares_are_kept() -> None:
    first, second, other = Draw("a"), Draw("a"), Draw("b")
    assert first.apart("work").digits(9) == second.apart("work").digits(9) != second.apart("play").digits(9)

    assert [first.below(1000) for _ in range(9)] == [second.below(1000) for _ in range(9)]
    assert [first.below(1000) for _ in range(9)] != [other.below(1000) for _ in range(9)]
    assert spread({"a": 2, "b": 1, "c": 0}) == ("a", "a", "b")
    assert {first.between(3, 5) for _ in range(99)} == {3, 4, 5}
    assert sorted(first.shuffled("abc")) == ["a", "b", "c"]
    assert len(first.digits(6)) == 6
