"""Steps that are taken again and again: one that fails costs nothing but itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import structlog

from firstfix.domain.errors import Refusal
from firstfix.kit.failures import FAILURES, Told, advise, is_of_the_moment

STEP_FAILURES: Final = (*FAILURES, Refusal)
_REST_SECONDS = 5.0
"""After a step that failed as a whole, and not with one thing."""
_HOLD_BACK_SECONDS = 60.0

_log = structlog.get_logger(__name__)


async def take_steps(name: str, step: Callable[[], Awaitable[float | None]]) -> None:
    """Take a step again and again.

    One that fails is told of once, and taken again after a rest. What else runs in the worker does not notice. Only
    where the database is gone for those that listen to it does the worker end, to begin anew.

    Args:
        name: What the log calls it.
        step: Says how many seconds to rest before the next; `None` where there is no next.
    """
    told = Told()
    while True:
        try:
            rest_seconds = await step()
        except STEP_FAILURES as failure:
            if told.is_news(name):
                _log.exception("worker.step_failed", step=name, advice=advise(failure))
            rest_seconds = _REST_SECONDS
        else:
            if told.forget(name):
                _log.info("worker.step_goes_on", step=name)
        if rest_seconds is None:
            return
        await asyncio.sleep(rest_seconds)


class HeldBack:
    """Things that failed, by id, such as jobs whose dispatch did: the others do not wait for them."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}
        self._told = Told()

    def add(self, failure: Exception, event: str, **named: int | None) -> None:
        """Leave a thing alone for a minute, and tell of it unless it had failed the time before, too.

        Args:
            failure: Is being handled.
            event: What the log calls it.
            named: The thing, by what it is, such as `job_id=7`; `None` where it failed before there was one.

        Raises:
            Exception: The failure, where it is no thing's: it is of the moment, or there was none yet.
        """
        ((_, id_),) = named.items()
        if id_ is None or is_of_the_moment(failure):
            raise failure
        self._until[id_] = time.monotonic() + _HOLD_BACK_SECONDS
        if self._told.is_news(id_):
            _log.exception(event, advice=advise(failure), **named)

    def went_well(self, ids: Iterable[int]) -> None:
        """Note that things went well: if one fails again, that is news."""
        for id_ in ids:
            self._told.forget(id_)

    def ids(self) -> tuple[int, ...]:
        """Give the things to leave alone now."""
        now = time.monotonic()
        self._until = {id_: until for id_, until in self._until.items() if until > now}
        return tuple(self._until)
