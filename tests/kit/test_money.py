"""Exact amounts: half-up to pence, and how many digits they have."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firstfix.kit.money import fits, places, to_pence

ANY_DECIMAL = st.decimals() | st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=60).map(tuple),
    st.integers(-1_000_000, 1_000_000),
)
WRITABLE = st.builds(
    lambda negative, before, after: Decimal(f"{'-' * negative}{before}.{after}"),
    st.booleans(),
    st.text("0123456789", min_size=1, max_size=40),
    st.text("0123456789", min_size=1, max_size=40),
)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
@example(Decimal("0.005"))
@example(Decimal("-0.005"))
@example(Decimal("2.675"))
def test_pence_are_the_nearest_and_halves_go_away_from_zero(amount: Decimal) -> None:
    pence = to_pence(amount)

    assert pence.as_tuple().exponent == -2
    assert abs(pence - amount) <= Decimal("0.005")
    assert abs(pence - amount) < Decimal("0.005") or abs(pence) > abs(amount)


@given(WRITABLE)
def test_digits_are_counted_as_they_are_written(amount: Decimal) -> None:
    before, _, after = f"{amount:f}".lstrip("-").partition(".")

    assert places(amount) == len(after.rstrip("0"))
    assert fits(amount, digits_before=12, digits_after=4) == (len(before.lstrip("0")) <= 12 and places(amount) <= 4)


@given(ANY_DECIMAL)
@example(Decimal("1E+1000000"))
@example(Decimal("1E-1000000"))
@example(Decimal("1.00000000000000000000000000000000000001"))
@example(Decimal("0E+50"))
@example(Decimal("NaN"))
@example(Decimal("sNaN"))
@example(Decimal("-Infinity"))
def test_what_fits_survives_a_column_of_that_size(amount: Decimal) -> None:
    is_kept = False
    if fits(amount, digits_before=12, digits_after=4):
        with localcontext(prec=100):
            is_kept = amount.quantize(Decimal("0.0001")) == amount and abs(amount) < 10**12

    assert is_kept == fits(amount, digits_before=12, digits_after=4)


@pytest.mark.parametrize("amount", ["1e999999999999999999", "NaN", "Infinity"])
def test_what_is_not_finite_or_far_too_large_does_not_fit(amount: str) -> None:
    assert not fits(Decimal(amount), digits_before=12, digits_after=4)
