"""Races between real connections: works that run at once, and two of which the second waits for the first."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from sqlalchemy import text

from firstfix.adapters.database import Database
from firstfix.domain.access.queries import Claim
from firstfix.domain.work import Source
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold

CONTENDERS = 50
"""So many want the same thing at once."""
ROUNDS = 20
"""So often a race is run: what only sometimes goes wrong does so in one of them."""
_WAIT_LONG: Final = text("SELECT set_config('lock_timeout', '60s', true), set_config('statement_timeout', '60s', true)")


class Run:
    """Runs commands, each in a work of its own, as somebody of one organisation."""

    def __init__(self, database: Database, organisation: TestOrganisation) -> None:
        self._database = database
        self._organisation = organisation

    async def __call__(
        self,
        command: Callable[..., Awaitable[Any]],
        *given: object,
        who: str = "admin",
        source: Source = "field",
        hold: Hold | None = None,
        **named: object,
    ) -> Any:  # noqa: ANN401 (whatever the command gives)
        """Run one command, and keep its work open as long as `hold` says."""
        claim = Claim("api_key", self._organisation[who].api_key)
        async with self._database.work(claim, operation_keys=(), source=source) as work:
            # On a loaded machine the last of many who want a row wait longer for it than a request may.
            await work.session.execute(_WAIT_LONG)
            outcome = await command(work, *given, **named)
            if hold is not None:
                await hold(work)
            return outcome


async def race(run: Run, first: tuple[Any, ...], second: tuple[Any, ...]) -> object:
    """Let the second wait for the first, and give what becomes of the second."""
    hold = Hold()
    begun = asyncio.ensure_future(run(*first, hold=hold))
    await hold.begun()
    outcomes: list[object] = await asyncio.gather(run(*second), return_exceptions=True)
    await begun
    return outcomes[0]


async def at_once(calls: Iterable[Awaitable[object]]) -> Counter[type]:
    """Let all go at once, and count what becomes of them: types of results and of refusals."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    return Counter(type(outcome) for outcome in outcomes)


def told_of(organisation: TestOrganisation, job_id: int) -> list[dict[str, list[Any]]]:
    """Read what the history tells of a job after it was made: the changes of each event, in order."""
    rows = organisation.execute(
        "SELECT changes FROM events WHERE entity = 'job' AND entity_id = :id AND action <> 'created' ORDER BY position",
        id=job_id,
    )
    return [row.changes for row in rows]
