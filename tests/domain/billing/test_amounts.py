"""What lines come to: the same in PostgreSQL as in decimal arithmetic, whatever the digits."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from firstfix.domain.billing.lines import LINE_AMOUNT, LINE_TAX
from firstfix.domain.billing.rules import is_tax_rate, may_share
from firstfix.domain.billing.views import LineKind
from firstfix.domain.work import Work

_PRICED = text(f"""
    SELECT {LINE_AMOUNT} AS amount, {LINE_TAX} AS tax
    FROM jsonb_to_recordset(CAST(CAST(:lines AS text) AS jsonb))
        AS lines (place integer, kind smallint, quantity numeric, price numeric, taxes jsonb)
    ORDER BY place
""")  # noqa: S608 (pieces of ours)
prices = st.decimals("-999999999999", "999999999999", places=4)
rates = st.decimals(0, 100, places=4)
parts = st.tuples(st.just(LineKind.PRODUCT), st.decimals(0, "999999999999", places=3), prices)
labor = st.tuples(st.just(LineKind.LABOR), st.integers(0, 5_000_000).map(Decimal), prices)
# Few digits meet halves far more often than many do.
small = st.tuples(st.sampled_from(LineKind), st.integers(0, 60).map(Decimal), st.decimals("0", "2", places=3))


def rounded(exact: Fraction) -> Decimal:
    """Round half-up, away from zero, to two places: exactly."""
    pence = abs(exact) * 100
    whole = pence.numerator // pence.denominator + (pence % 1 >= Fraction(1, 2))
    return Decimal(whole if exact >= 0 else -whole).scaleb(-2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.tuples(st.one_of(parts, labor, small), st.lists(rates, max_size=3)), min_size=1, max_size=20))
async def test_every_amount_and_every_tax_is_rounded_half_up(
    work: Work, lines: list[tuple[tuple[LineKind, Decimal, Decimal], list[Decimal]]]
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "place": place,
            "kind": int(kind),
            "quantity": str(quantity),
            "price": str(price),
            "taxes": [{"rate": str(rate)} for rate in taxes],
        }
        for place, ((kind, quantity, price), taxes) in enumerate(lines)
    ]

    found = (await work.session.execute(_PRICED, {"lines": msgspec.json.encode(rows).decode()})).all()

    for row, ((kind, quantity, price), taxes) in zip(found, lines, strict=True):
        amount = rounded(Fraction(quantity) * Fraction(price) / (60 if kind is LineKind.LABOR else 1))
        assert row.amount == amount
        assert row.tax == sum((rounded(Fraction(amount) * Fraction(rate) / 100) for rate in taxes), Decimal(0))


def test_the_measure_itself_rounds_half_up() -> None:
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP
        for written in ("0.005", "0.0049999", "1.115", "-0.005", "2.675", "0"):
            assert rounded(Fraction(written)) == Decimal(written).quantize(Decimal("0.01")), written


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("0", True), ("20", True), ("100", True), ("0.1250", True), ("0.00001", False), ("100.01", False), ("-1", False)],
)
def test_a_tax_lies_between_nothing_and_all(rate: str, expected: bool) -> None:  # noqa: FBT001 (the outcome)
    assert is_tax_rate(Decimal(rate)) is expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((1, None), (1, None), True), ((1, None), (2, None), False), ((1, 7), (2, 7), True), ((1, 7), (2, 8), False)],
)
def test_places_share_an_invoice_by_their_customer(
    first: tuple[int, int | None],
    second: tuple[int, int | None],
    expected: bool,  # noqa: FBT001 (the outcome)
) -> None:
    assert may_share(first, second) is expected
