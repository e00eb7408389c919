"""What settings an organisation can have."""

import re
from decimal import Decimal
from zoneinfo import available_timezones

from firstfix.domain.errors import ValueRefused

_CURRENCY = re.compile(r"[A-Z]{3}")
_JOB_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,9}", re.ASCII)
_COLOUR = re.compile(r"[0-9a-fA-F]{6}")
_WHOLE = Decimal(100)
LARGEST_JOB_NUMBER = 999_999_999
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


def check_job_prefix(prefix: str) -> None:
    """Refuse what job references cannot begin with: they stand in addresses, and are told from uuids.

    Raises:
        ValueRefused: It is no letter with up to nine letters, digits or dashes after it.
    """
    if not _JOB_PREFIX.fullmatch(prefix):
        raise ValueRefused(
            "A prefix is a letter, with up to nine letters, digits or dashes after it.", field="job_prefix"
        )


def check_job_number(number: int) -> None:
    """Refuse what no job can have for its number.

    Raises:
        ValueRefused: It is below 1, or too large.
    """
    if not 1 <= number <= LARGEST_JOB_NUMBER:
        raise ValueRefused(f"A job's number is between 1 and {LARGEST_JOB_NUMBER}.", field="next_job_number")


def check_vat(percentage: Decimal) -> None:
    """Refuse what is no rate of VAT.

    Raises:
        ValueRefused: It is below 0 or above 100 percent.
    """
    if not 0 <= percentage <= _WHOLE:
        raise ValueRefused("VAT is between 0 and 100 percent.", field="default_vat_percentage")


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
