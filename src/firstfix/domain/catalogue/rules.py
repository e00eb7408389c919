"""What things of the price book cost."""

from collections.abc import Iterable, Mapping
from datetime import time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import ValueRefused

LONGEST_MINUTES = 10 * 366 * 24 * 60
STAGES_WITHOUT_APPROVAL: Final = (Stage.NEW, Stage.ASSIGNED, Stage.IN_PROGRESS)
"""Where jobs begin and work goes on: nobody waits for approval to get a job there at all."""
LARGEST_RANK: Final = 1000
_PLACES = Decimal("0.0001")
_PRICED_BY = ("unit_cost", "markup_type", "markup_value")


def price_of(cost: Decimal, markup_type: str, markup_value: Decimal) -> Decimal:
    """Give the price that cost and markup come to, rounded half-up to four places."""
    markup = markup_value if markup_type == "fixed" else cost * markup_value / 100
    return (cost + markup).quantize(_PLACES, rounding=ROUND_HALF_UP)


def priced(before: Mapping[str, Any] | None, given: Mapping[str, Any], *, may_set: bool) -> dict[str, Any]:
    """Give values with the price that belongs to them.

    Args:
        before: The row as it is; `None` for a new one.
        given: What is to be changed, by column.
        may_set: Whether a price may be set. Else it always follows; and it follows where none is set and something
            that it is made of comes.
    """
    if may_set and given.get("unit_price") is not None:
        return dict(given)
    values = {name: value for name, value in given.items() if name != "unit_price"}
    if before is not None and not any(name in given for name in (*_PRICED_BY, "unit_price")):
        return values
    base: dict[str, Any] = {"unit_cost": Decimal(0), "markup_type": "fixed", "markup_value": Decimal(0)}
    wanted = {
        name: (given[name] if given[name] is not None else base[name])
        if name in given
        else (base if before is None else before)[name]
        for name in _PRICED_BY
    }
    values["unit_price"] = price_of(wanted["unit_cost"], wanted["markup_type"], wanted["markup_value"])
    return values


def check_minutes(minutes: int | None) -> None:
    """Refuse a duration that no task has.

    Raises:
        ValueRefused: It is negative, or longer than ten years.
    """
    if minutes is not None and not 0 <= minutes <= LONGEST_MINUTES:
        raise ValueRefused("The minutes must be between 0 and ten years.", field="estimated_minutes")


def check_percentage(rate: Decimal | None) -> None:
    """Refuse a tax that is no percentage.

    Raises:
        ValueRefused: It is below 0 or above 100.
    """
    if rate is not None and not 0 <= rate <= 100:  # noqa: PLR2004 (percent)
        raise ValueRefused("A tax is between 0 and 100 percent.", field="rate")


def find_gap(before: Iterable[tuple[Stage, bool]], after: Iterable[tuple[Stage, bool]]) -> tuple[Stage, bool] | None:
    """Find a stage that jobs could get to and cannot any more; `True` beside it: not without approval.

    Args:
        before: Stage of each status, and whether it requires approval.
        after: The same, as it would be.
    """
    lost = sorted(_ways(before) - _ways(after))
    return lost[0] if lost else None


def may_take_recalls(stage: Stage, requires_approval: bool) -> bool:  # noqa: FBT001 (a fact of the status)
    """Tell whether recalled jobs may come to a status: the work goes on there, and nobody has to approve that."""
    return stage in STAGES_WITHOUT_APPROVAL and not requires_approval


def check_rank(rank: int | None) -> None:
    """Refuse what is no rank.

    Raises:
        ValueRefused: It is below 1, or above 1,000.
    """
    if rank is not None and not 1 <= rank <= LARGEST_RANK:
        raise ValueRefused("A rank is between 1, the most urgent, and 1,000.", field="rank")


def check_times(start_time: time, end_time: time) -> None:
    """Refuse a part of the day that ends before it starts, or has no length.

    Raises:
        ValueRefused: It does.
    """
    if start_time >= end_time:
        raise ValueRefused("It has to end after it starts, on the same day.", field="end_time")


def _ways(statuses: Iterable[tuple[Stage, bool]]) -> set[tuple[Stage, bool]]:
    """Give the ways to get somewhere: to each stage at all, and to some without approval."""
    ways = set()
    for stage, requires_approval in statuses:
        ways.add((stage, False))
        if stage in STAGES_WITHOUT_APPROVAL and not requires_approval:
            ways.add((stage, True))
    return ways
