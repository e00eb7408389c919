"""What settings an organisation can have."""

import re
from zoneinfo import available_timezones

from firstfix.domain.errors import ValueRefused

_CURRENCY = re.compile(r"[A-Z]{3}")
_COLOUR = re.compile(r"[0-9a-fA-F]{6}")
_LARGEST_LATITUDE, _LARGEST_LONGITUDE = 90, 180


def check_time_zone(name: str) -> None:
    """Refuse what is no time zone.

    Raises:
        ValueRefused: It is none. Source: the IANA time zone database.
    """
    if name not in available_timezones():
        raise ValueRefused("This is no time zone.", field="time_zone")


def check_currency(code: str) -> None:
    """Refuse what is no currency's code.

    Raises:
        ValueRefused: It is none. Source: ISO 4217.
    """
    if not _CURRENCY.fullmatch(code):
        raise ValueRefused("A currency has three capital letters.", field="currency")


def check_colour(colour: str) -> None:
    """Refuse what is no colour.

    Raises:
        ValueRefused: It is none.
    """
    if not _COLOUR.fullmatch(colour):
        raise ValueRefused("A colour has six hex digits.", field="colour")


def check_rectangle(*, north: float, east: float, south: float, west: float) -> None:
    """Refuse corners that are nowhere, or a rectangle whose top lies below its bottom. It may cross the date line.

    Raises:
        ValueRefused: They are.
    """
    is_on_earth = all(abs(side) <= _LARGEST_LATITUDE for side in (north, south)) and all(
        abs(side) <= _LARGEST_LONGITUDE for side in (east, west)
    )
    if not is_on_earth or south > north:
        raise ValueRefused("These corners make no rectangle on the map.", field="area")
