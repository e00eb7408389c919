"""What must hold of any work, however it goes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from firstfix.domain.errors import Conflict
from firstfix.domain.jobs.crew import CrewState
from firstfix.domain.scheduling import rules
from firstfix.domain.scheduling.errors import StepNotAllowed
from firstfix.domain.scheduling.views import Step
from firstfix.domain.work import Work
from tests.domain.scheduling.conftest import MakeJob, move
from tests.factories.organisations import TestOrganisation

STATES = st.sampled_from(CrewState)
CREWS = st.dictionaries(st.integers(1, 9), STATES, max_size=5)


@given(state=STATES, step=st.sampled_from(Step), was_travelling=st.booleans())
def test_a_step_is_the_same_when_repeated(state: CrewState, step: Step, was_travelling: bool) -> None:  # noqa: FBT001
    try:
        after = rules.next_state(state, step, was_travelling=was_travelling)
    except StepNotAllowed:
        return
    assert rules.next_state(after, step, was_travelling=was_travelling) is after


@given(crew=CREWS, lead=st.integers(1, 9))
def test_a_job_is_never_done_while_somebody_is_under_way(crew: dict[int, CrewState], lead: int) -> None:
    is_done = rules.is_work_done(crew, lead_id=lead)

    assert not (is_done and rules.substate_of(crew) is not None)
    if lead in crew and rules.substate_of(crew) is None:
        assert is_done == (crew[lead] is CrewState.COMPLETED)


NIGHTS = [
    # Each begins in the evening before the clocks change.
    ("Europe/London", datetime(2024, 3, 30, 22, 0)),  # noqa: DTZ001 (local)
    ("Europe/London", datetime(2024, 10, 26, 22, 0)),  # noqa: DTZ001
    ("America/New_York", datetime(2024, 11, 3, 0, 30)),  # noqa: DTZ001
    ("Australia/Lord_Howe", datetime(2024, 4, 6, 22, 0)),  # noqa: DTZ001 (by half an hour)
]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["engineer1", "engineer2"]), st.integers(0, 1), st.sampled_from(Step), st.integers(0, 90)
    ),
    max_size=25,
)


@pytest.mark.parametrize(("zone", "evening"), NIGHTS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
async def test_hours_are_never_negative_never_overlap_and_add_up(
    *,
    work: Work,
    home: TestOrganisation,
    make_job: MakeJob,
    zone: str,
    evening: datetime,
    moves: list[tuple[str, int, Step, int]],
) -> None:
    async with work.session.begin_nested() as savepoint:
        jobs = [await make_job(), await make_job()]
        clock = evening.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        running: dict[str, datetime] = {}
        expected: dict[str, timedelta] = {"engineer1": timedelta(), "engineer2": timedelta()}
        for who, which, step, minutes in moves:
            clock += timedelta(minutes=minutes)
            at = clock.astimezone(ZoneInfo(zone))  # as a phone tells it
            try:
                moved = await move(work, jobs[which], home[who].id, step.value, at=at)
            except Conflict:
                continue
            if not moved.is_changed:
                continue
            if who in running:
                expected[who] += clock - running.pop(who)
            if moved.state in (CrewState.IN_TRANSIT, CrewState.ACTIVE):
                running[who] = clock

        for who, total in expected.items():
            rows = (await work.session.execute(HOURS, {"person": home[who].id})).all()
            ended = [row for row in rows if row.ends_at is not None]
            assert all(row.starts_at <= row.ends_at for row in ended)
            assert all(before.ends_at <= after.starts_at for before, after in pairwise(rows))
            assert sum((row.ends_at - row.starts_at for row in ended), timedelta()) == total
            assert [row.starts_at for row in rows if row.ends_at is None] == [
                running[person] for person in running if person == who
            ]
        await savepoint.rollback()
    work.events.clear()


HOURS = text("SELECT starts_at, ends_at FROM worked_hours WHERE person_id = :person ORDER BY starts_at, id")
