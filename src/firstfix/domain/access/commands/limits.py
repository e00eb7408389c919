"""What an organisation allows its accounts to ask for in a minute."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select

from firstfix.domain.access.models import RateLimit
from firstfix.domain.access.rate_limits import DEFAULT_ALLOWANCE, EVERYTHING
from firstfix.domain.errors import ValueRefused
from firstfix.domain.organisations.kinds import ORGANISATION
from firstfix.domain.rows import record_row
from firstfix.domain.work import Work

FEWEST_OF_ALL = 60
"""Of all operations together: with fewer, nobody gets far enough to ask for more."""


async def list_rate_limits(work: Work) -> dict[str, int]:
    """List what is limited, by name; that of all together under `EVERYTHING`."""
    rows = await work.session.execute(select(RateLimit.operation, RateLimit.requests).order_by(RateLimit.operation))
    return {row.operation: row.requests for row in rows}


async def set_rate_limits(work: Work, limits: Mapping[str, int], *, known: Collection[str]) -> None:
    """Let these be all limits. Every process goes by them within seconds.

    Args:
        work: The open transaction.
        limits: Requests a minute by the name of an operation; those of all together under `EVERYTHING`.
        known: The names of all operations that accounts ask for.

    Raises:
        ValueRefused: There is no such operation, or so many requests a minute cannot be a limit.
    """
    for name, requests in limits.items():
        if name != EVERYTHING and name not in known:
            raise ValueRefused(f"Accounts ask for no operation {name}.", field="operations")
        if not (FEWEST_OF_ALL if name == EVERYTHING else 1) <= requests <= DEFAULT_ALLOWANCE:
            raise ValueRefused(
                f"A limit is up to {DEFAULT_ALLOWANCE} requests a minute, of all together {FEWEST_OF_ALL} at least.",
                field="everything" if name == EVERYTHING else "operations",
            )
    # Whoever sets them at the same moment waits, and what they set is told to have gone from what stands now.
    organisation = dict((await work.session.execute(select(*ORGANISATION.columns).with_for_update())).mappings().one())
    before = await list_rate_limits(work)
    after = dict(sorted(limits.items()))
    if after == before:
        return
    await work.session.execute(delete(RateLimit))
    if after:
        rows = [{"operation": name, "requests": requests} for name, requests in after.items()]
        await work.session.execute(insert(RateLimit), rows)
    record_row(work, ORGANISATION, organisation, "updated", {"rate_limits": (before, after)})
