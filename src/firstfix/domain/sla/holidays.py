"""Public holidays of countries and their subdivisions, as the `holidays` library knows them."""

from collections.abc import Iterable
from datetime import date

from firstfix.domain.errors import ValueRefused


def list_holidays(country: str, subdivision: str | None, years: Iterable[int]) -> frozenset[date]:
    """List the public holidays of some years, those included that are moved because they fall on a weekend.

    A country or subdivision that the library has given up has none: its organisation's calendar goes on without.
    """
    from holidays import country_holidays  # noqa: PLC0415 (takes half a second and some MB, which only this needs)

    try:
        return frozenset(country_holidays(country, subdiv=subdivision, years=years))
    except NotImplementedError:
        return frozenset()


def check_place(country: str, subdivision: str | None) -> None:
    """Refuse a country or subdivision whose holidays are not known.

    Raises:
        ValueRefused: They are not. Source: ISO 3166, as far as the library has it.
    """
    from holidays import list_supported_countries  # noqa: PLC0415 (as above)

    known = list_supported_countries(include_aliases=False)
    if country not in known:
        raise ValueRefused("The holidays of this country are not known.", field="holiday_country")
    if subdivision is not None and subdivision not in known[country]:
        raise ValueRefused("The holidays of this part of the country are not known.", field="holiday_subdivision")
