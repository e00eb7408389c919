"""What settings an organisation can have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.errors import ValueRefused
from firstfix.domain.organisations.rules import check_colour, check_currency, check_rectangle, check_time_zone

LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)


def test_time_zones_are_those_of_the_database() -> None:
    check_time_zone("Europe/London")
    for name in ("Mars/Base", "", "../etc/passwd"):
        with pytest.raises(ValueRefused):
            check_time_zone(name)


def test_currencies_have_three_capital_letters() -> None:
    check_currency("GBP")
    for code in ("gbp", "GB", "POUND", "GBP\n"):
        with pytest.raises(ValueRefused):
            check_currency(code)


def test_colours_have_six_hex_digits() -> None:
    check_colour("ff8800")
    check_colour("FF8800")
    for colour in ("ff880", "#ff8800", "orange", "ff8800\n"):
        with pytest.raises(ValueRefused):
            check_colour(colour)


@given(latitudes=st.tuples(LATITUDES, LATITUDES), east=LONGITUDES, west=LONGITUDES)
def test_a_rectangle_may_cross_the_date_line_but_not_stand_on_its_head(
    latitudes: tuple[float, float], east: float, west: float
) -> None:
    south, north = sorted(latitudes)

    check_rectangle(north=north, east=east, south=south, west=west)
    if south < north:
        with pytest.raises(ValueRefused):
            check_rectangle(north=south, east=east, south=north, west=west)


@pytest.mark.parametrize("side", [{"north": 90.1}, {"south": -90.1}, {"east": 180.1}, {"west": -180.1}])
def test_corners_are_on_earth(side: dict[str, float]) -> None:
    with pytest.raises(ValueRefused):
        check_rectangle(**({"north": 1.0, "east": 1.0, "south": 0.0, "west": 0.0} | side))
