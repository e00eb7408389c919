"""Exact amounts. Never a float inside: wires parse to `Decimal` and print from it."""

from decimal import ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")


def to_pence(amount: Decimal) -> Decimal:
    """Round half-up to two places."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def places(amount: Decimal) -> int:
    """Count the digits after the point that matter (trailing zeros do not)."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def fits(amount: Decimal, *, digits_before: int, digits_after: int) -> bool:
    """Tell whether an amount is finite and has no more digits than given on either side of the point."""
    return amount.is_finite() and abs(amount) < Decimal(10) ** digits_before and places(amount) <= digits_after
