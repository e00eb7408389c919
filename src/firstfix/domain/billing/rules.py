"""What lines an invoice can have, and which jobs stand on it together."""

from collections.abc import Iterable
from decimal import Decimal

from firstfix.domain.billing.errors import JobNamedTwice, NothingInvoiced
from firstfix.domain.billing.views import BilledJob, LineDraft, LineKind
from firstfix.domain.errors import ValueRefused
from firstfix.domain.jobs.rules import check_minutes, check_price, check_quantity, check_text
from firstfix.kit.money import fits, places

_TAX_DIGITS_BEFORE, _TAX_DIGITS_AFTER = 3, 4
_TEXTS = ("name", "description", "note", "gl_account")


def check_jobs(jobs: Iterable[BilledJob]) -> None:
    """Refuse what no invoice can be for, and values that no line can have.

    Raises:
        NothingInvoiced: No job at all.
        JobNamedTwice: One of them stands there twice.
        ValueRefused: A value; likewise `ValueOutOfRange`.
    """
    named = [job.job for job in jobs]
    if not named:
        raise NothingInvoiced
    if len(set(named)) < len(named):
        raise JobNamedTwice
    for place, job in enumerate(jobs):
        for line_place, line in enumerate(job.lines or ()):
            check_line(line, path=f"jobs[{place}].line_items[{line_place}].")


def check_line(line: LineDraft, *, path: str = "") -> None:
    """Refuse a line or a tax without a name, and values that none can have.

    Raises:
        ValueRefused: A name, the minutes or the rate of a tax; likewise `ValueOutOfRange`.
    """
    if not line.name.strip():
        raise ValueRefused("This cannot be empty.", field=f"{path}name")
    for field in _TEXTS:
        check_text(path + field, getattr(line, field))
    check_price(f"{path}cost", line.cost)
    check_price(f"{path}price", line.price)
    if line.kind is LineKind.LABOR:
        if places(line.quantity):
            raise ValueRefused("Labor is told in whole minutes.", field=f"{path}quantity")
        check_minutes(f"{path}quantity", int(line.quantity))
    else:
        check_quantity(f"{path}quantity", line.quantity)
    for place, tax in enumerate(line.taxes):
        tax_path = f"{path}taxes[{place}]."
        for field in ("name", "agency", "gl_account"):
            check_text(tax_path + field, getattr(tax, field))
        if not tax.name.strip():
            raise ValueRefused("This cannot be empty.", field=f"{tax_path}name")
        if not is_tax_rate(tax.rate):
            raise ValueRefused(
                "A tax lies between 0 and 100 percent, with at most four decimals.", field=tax_path + "rate"
            )


def is_tax_rate(rate: Decimal) -> bool:
    """Tell whether a number can be a tax in percent."""
    return fits(rate, digits_before=_TAX_DIGITS_BEFORE, digits_after=_TAX_DIGITS_AFTER) and 0 <= rate <= 100  # noqa: PLR2004 (percent)


def may_share(first: tuple[int, int | None], second: tuple[int, int | None]) -> bool:
    """Tell whether two places, each a location and its customer, stand on one invoice: those of one customer do."""
    return first[0] == second[0] or (first[1] is not None and first[1] == second[1])
