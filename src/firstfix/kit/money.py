"""Exact amounts. Never a float inside: wires parse to `Decimal` and print from it."""

from decimal import ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")


def to_pence(amount: Decimal) -> Decimal:
    """Round half-up to two places."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def places(amount: Decimal) -> int:
    """Count the digits after the point that matter (trailing zeros do not); 0 of what is not finite."""
    # Read from the digits: arithmetic, `normalize()` too, rounds to 28 of them.
    _, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or not amount:
        return 0
    written = "".join(map(str, digits))
    return max(0, len(written.rstrip("0")) - len(written) - exponent)


def fits(amount: Decimal, *, digits_before: int, digits_after: int) -> bool:
    """Tell whether an amount is finite and has no more digits than given on either side of the point."""
    if not amount.is_finite():
        return False
    return not amount or (amount.adjusted() < digits_before and places(amount) <= digits_after)


def plain_digits(amount: Decimal) -> str:
    """Write a finite amount without an exponent, and without zeros after the point that say nothing."""
    if not amount:
        return "0"
    written = f"{amount:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
