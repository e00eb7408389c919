"""How values are read."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.api.field.wire import SchemaMismatch, parse_time

moments = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 (the offset comes apart)
    lambda moment: moment.replace(microsecond=0)
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, offsets, st.sampled_from("T "))
def test_a_time_is_read_with_its_offset(moment: datetime, offset: timezone, separator: str) -> None:
    aware = moment.replace(tzinfo=offset)

    assert parse_time(aware.isoformat(separator), path="start") == aware
    assert parse_time(aware.strftime(f"%Y-%m-%d{separator}%H%M%S%z"), path="start") == aware


@given(moments)
def test_a_time_without_an_offset_is_utc(moment: datetime) -> None:
    assert parse_time(moment.isoformat(), path="start") == moment.replace(tzinfo=UTC)
    assert parse_time(moment.isoformat(" ", "minutes"), path="start") == moment.replace(second=0, tzinfo=UTC)


@given(st.dates(date(1000, 1, 1)))
def test_a_bare_date_is_its_first_instant(day: date) -> None:
    assert parse_time(day.isoformat(), path="start") == datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(st.text())
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(SchemaMismatch) as refusal:
        parse_time(f"{text}!", path="start")

    assert refusal.value.field == "start"


@pytest.mark.parametrize(
    "text",
    ["", "2014", "2014-01", "20140123", "2014-W04-1", "2014-01-23T", "2014-01-23T16", "٢٠١٤-01-23", "2014-01-23T24:00"],
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(SchemaMismatch):
        parse_time(text, path="start")
