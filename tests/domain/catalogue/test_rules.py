"""What things of the price book cost."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.catalogue.rules import LONGEST_MINUTES, check_minutes, check_percentage, price_of, priced
from firstfix.domain.errors import ValueRefused

AMOUNTS = st.decimals("-99999999", "99999999", places=4)
BEFORE = {"unit_cost": Decimal(10), "markup_type": "percent", "markup_value": Decimal(50), "unit_price": Decimal(15)}


@given(cost=AMOUNTS, markup=AMOUNTS)
def test_a_fixed_markup_is_added(cost: Decimal, markup: Decimal) -> None:
    assert price_of(cost, "fixed", markup) == cost + markup


@given(cost=AMOUNTS, percent=st.integers(-100, 1000))
def test_a_percentage_is_of_the_cost_and_rounded_half_up(cost: Decimal, percent: int) -> None:
    exact = cost * (100 + percent) / 100

    price = price_of(cost, "percent", Decimal(percent))

    assert price.as_tuple().exponent == -4
    assert abs(price - exact) <= Decimal("0.00005")


def test_half_a_ten_thousandth_is_rounded_up() -> None:
    assert price_of(Decimal("0.0010"), "percent", Decimal(5)) == Decimal("0.0011")


@pytest.mark.parametrize(
    ("given_", "price"),
    [
        ({"unit_cost": Decimal(20)}, Decimal(30)),
        ({"markup_value": Decimal(10)}, Decimal(11)),
        ({"markup_type": "fixed"}, Decimal(60)),
        ({"markup_type": None}, Decimal(60)),
        ({"markup_value": None}, Decimal(10)),
        ({"unit_cost": None}, Decimal(0)),
        ({"unit_price": Decimal(99)}, Decimal(15)),
        ({"unit_price": None}, Decimal(15)),
    ],
)
def test_a_price_that_may_not_be_set_always_follows(given_: dict[str, Any], price: Decimal) -> None:
    assert priced(BEFORE, given_, may_set=False)["unit_price"] == price


def test_a_price_that_was_sent_is_kept_where_it_may_be() -> None:
    sent = {"unit_price": Decimal(99), "unit_cost": Decimal(1)}

    assert priced(BEFORE, sent, may_set=True)["unit_price"] == 99
    assert priced(BEFORE, {"unit_price": None}, may_set=True)["unit_price"] == 15


@pytest.mark.parametrize("may_set", [True, False])
def test_what_no_price_is_made_of_changes_none(may_set: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    assert priced(BEFORE, {"name": "Else"}, may_set=may_set) == {"name": "Else"}


def test_a_new_thing_costs_nothing_unless_told() -> None:
    assert priced(None, {"name": "New"}, may_set=True)["unit_price"] == 0


@pytest.mark.parametrize("minutes", [0, 1, LONGEST_MINUTES, None])
def test_durations_that_tasks_have(minutes: int | None) -> None:
    check_minutes(minutes)


@pytest.mark.parametrize("minutes", [-1, LONGEST_MINUTES + 1])
def test_durations_that_none_has(minutes: int) -> None:
    with pytest.raises(ValueRefused) as refusal:
        check_minutes(minutes)
    assert refusal.value.field == "estimated_minutes"


def test_taxes_are_percentages() -> None:
    for rate in (None, Decimal(0), Decimal("17.5"), Decimal(100)):
        check_percentage(rate)
    for rate in (Decimal("-0.1"), Decimal("100.1")):
        with pytest.raises(ValueRefused):
            check_percentage(rate)
