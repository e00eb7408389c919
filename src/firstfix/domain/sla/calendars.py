"""Calendars: the working time of each branch, worked out from weeks and holidays and kept as rows to look up."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, Connection, DateTime, Row, bindparam, text

from firstfix.domain.sla.holidays import list_holidays
from firstfix.domain.sla.rules import YEARS_AFTER, YEARS_BEFORE, Span, working_spans
from firstfix.kit.tables import CURRENT_ORGANISATION

# The owner fills demonstrations with this, and no policy holds the owner: so the organisation is named.
_READ_BRANCHES = text(f"""
SELECT b.id, coalesce(b.time_zone, o.time_zone) AS zone, coalesce(own.hours, main.hours) AS hours,
    CASE WHEN own.holiday_country IS NULL THEN main.holiday_country ELSE own.holiday_country END AS country,
    CASE WHEN own.holiday_country IS NULL THEN main.holiday_subdivision ELSE own.holiday_subdivision END AS subdivision
FROM branches b JOIN organisations o ON o.id = b.organisation_id
LEFT JOIN working_weeks main ON main.organisation_id = b.organisation_id AND main.branch_id IS NULL
LEFT JOIN working_weeks own ON own.organisation_id = b.organisation_id AND own.branch_id = b.id
WHERE b.organisation_id = {CURRENT_ORGANISATION} ORDER BY b.id
""")  # noqa: S608 (an expression of ours)
_READ_DAYS_OFF = text(f"SELECT day FROM days_off WHERE organisation_id = {CURRENT_ORGANISATION}")  # noqa: S608
_SPANS = f"FROM working_spans WHERE organisation_id = {CURRENT_ORGANISATION} AND branch_id = :branch_id"
_READ_SPANS = text(f"SELECT starts_at, ends_at, seconds_before {_SPANS} ORDER BY starts_at")
_DROP_SPANS = text(f"DELETE {_SPANS}")
_WRITE_SPANS = text("""
INSERT INTO working_spans (branch_id, starts_at, ends_at, seconds_before)
SELECT :branch_id, * FROM unnest(:starts, :ends, :seconds)
""").bindparams(
    bindparam("starts", type_=ARRAY(DateTime(timezone=True))),
    bindparam("ends", type_=ARRAY(DateTime(timezone=True))),
    bindparam("seconds", type_=ARRAY(BigInteger)),
)


def build_calendars(connection: Connection, *, today: date) -> bool:
    """Work out the calendars of all branches of the organisation that the transaction works for.

    A calendar reaches from three years before this one to three years after it.

    Args:
        connection: In a transaction that works for the organisation.
        today: The date.

    Returns:
        Whether any is another than before.
    """
    days_off = frozenset(connection.scalars(_READ_DAYS_OFF))
    known: dict[tuple[Any, ...], list[Span]] = {}
    is_changed = False
    for branch in connection.execute(_READ_BRANCHES).all():
        like = (branch.zone, str(branch.hours), branch.country, branch.subdivision)
        if like not in known:
            known[like] = _spans_of(branch, days_off, today)
        is_changed |= _keep(connection, branch.id, known[like])
    return is_changed


def _spans_of(branch: Row[Any], days_off: frozenset[date], today: date) -> list[Span]:
    years = range(today.year - YEARS_BEFORE, today.year + YEARS_AFTER + 1)
    if branch.country is not None:
        days_off |= list_holidays(branch.country, branch.subdivision, years)
    return working_spans(
        [(weekday, start, end) for weekday, start, end in branch.hours or ()],
        zone=ZoneInfo(branch.zone),
        days_off=days_off,
        first=date(years[0], 1, 1),
        last=date(years[-1], 12, 31),
    )


def _keep(connection: Connection, branch_id: int, spans: Sequence[Span]) -> bool:
    """Let the branch's calendar be this one; tell whether it was another."""
    rows: Sequence[tuple[datetime, datetime, int]] = [
        (row.starts_at, row.ends_at, row.seconds_before)
        for row in connection.execute(_READ_SPANS, {"branch_id": branch_id})
    ]
    if rows == [(span.starts_at, span.ends_at, span.seconds_before) for span in spans]:
        return False
    connection.execute(_DROP_SPANS, {"branch_id": branch_id})
    connection.execute(
        _WRITE_SPANS,
        {
            "branch_id": branch_id,
            "starts": [span.starts_at for span in spans],
            "ends": [span.ends_at for span in spans],
            "seconds": [span.seconds_before for span in spans],
        },
    )
    return True
