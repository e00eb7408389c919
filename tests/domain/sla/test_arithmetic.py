"""Counting in working time, as PostgreSQL does it over the rows of a calendar: both ways are each other's inverse."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from firstfix.domain.sla.rules import Span, working_spans
from tests.conftest import MakeOrganisation
from tests.domain.sla.test_rules import AUTUMN, DAY, SPRING, days, weeks, zones
from tests.factories.organisations import TestOrganisation

Calendar = tuple[Connection, int, int]
points = st.integers(0, 6 * 24 * 3600)
amounts = st.integers(1, 100 * 3600)


@pytest.fixture(scope="module")
def office(make_organisation: MakeOrganisation) -> TestOrganisation:
    return make_organisation()


@pytest.fixture(scope="module")
def calendar(owner_engine: Engine, office: TestOrganisation) -> Iterator[Calendar]:
    """A transaction in which a branch's calendar is what a test says; it is never committed."""
    with owner_engine.connect() as connection, connection.begin() as outer:
        yield connection, office.id, office.ids["branches"]["North"]
        outer.rollback()


def hang_up(calendar: Calendar, spans: list[Span]) -> None:
    connection, organisation_id, branch_id = calendar
    where = {"organisation_id": organisation_id, "branch_id": branch_id}
    connection.execute(text("DELETE FROM working_spans WHERE organisation_id = :organisation_id"), where)
    for span in spans:
        connection.execute(
            text(
                "INSERT INTO working_spans VALUES (:organisation_id, :branch_id, :starts_at, :ends_at, :seconds_before)"
            ),
            {
                **where,
                "starts_at": span.starts_at,
                "ends_at": span.ends_at,
                "seconds_before": span.seconds_before,
            },
        )


def until(calendar: Calendar, moment: datetime) -> int:
    """Count the working seconds until a moment."""
    connection, organisation_id, branch_id = calendar
    statement = text("SELECT working_seconds_until(:organisation_id, :branch_id, :moment)")
    values = {"organisation_id": organisation_id, "branch_id": branch_id, "moment": moment}
    return int(connection.execute(statement, values).scalar_one())


def after(calendar: Calendar, moment: datetime, seconds: int) -> datetime | None:
    """Find the moment that is so many working seconds on."""
    connection, organisation_id, branch_id = calendar
    statement = text("SELECT working_moment(:organisation_id, :branch_id, :seconds)")
    values = {
        "organisation_id": organisation_id,
        "branch_id": branch_id,
        "seconds": until(calendar, moment) + seconds,
    }
    found: datetime | None = connection.execute(statement, values).scalar_one()
    return found


@given(hours=weeks, zone=zones, day=days, point=points, amount=amounts, more=amounts)
def test_adding_and_counting_are_inverse_in_order_and_within_hours(
    calendar: Calendar,
    *,
    hours: list[tuple[int, int, int]],
    zone: ZoneInfo,
    day: date,
    point: int,
    amount: int,
    more: int,
) -> None:
    spans = working_spans(hours, zone=zone, days_off=(), first=day - 3 * DAY, last=day + 3 * DAY)
    hang_up(calendar, spans)
    moment = datetime.combine(day - 3 * DAY, datetime.min.time(), UTC) + timedelta(seconds=point)
    total = spans[-1].seconds_before + int((spans[-1].ends_at - spans[-1].starts_at).total_seconds()) if spans else 0
    left = total - until(calendar, moment)

    due, later = (after(calendar, moment, seconds) for seconds in (amount, amount + more))

    if not spans:
        assert due is None
        return
    assert due is not None
    assert later is not None
    assert due <= later
    assert any(span.starts_at < due <= span.ends_at for span in spans)
    assert until(calendar, due) - until(calendar, moment) == min(amount, left)
    if amount <= left:
        assert due >= moment + timedelta(seconds=amount)


def test_counting_matches_the_stretches_between(calendar: Calendar) -> None:
    spans = working_spans(
        [(weekday, 480, 1080) for weekday in range(5)],
        zone=ZoneInfo("Europe/London"),
        days_off={SPRING + DAY},
        first=SPRING - 7 * DAY,
        last=AUTUMN,
    )
    hang_up(calendar, spans)
    friday_noon, tuesday = datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 31, 8, tzinfo=UTC)

    # Six hours of the Friday, no Monday, and an hour of the Tuesday: it is nine in London, for clocks have changed.
    assert until(calendar, tuesday) - until(calendar, friday_noon) == 7 * 3600
    assert after(calendar, friday_noon, 6 * 3600) == datetime(2026, 3, 27, 18, tzinfo=UTC)
    assert after(calendar, friday_noon, 6 * 3600 + 60) == datetime(2026, 3, 31, 7, 1, tzinfo=UTC)
