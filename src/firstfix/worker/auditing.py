"""Taking up into the audit logs what happened and what was refused, at a bounded pace."""

import time
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.history.audit import claim_chain, extend_chain
from firstfix.kit.failures import FAILURES
from firstfix.worker.steps import HeldBack, take_steps

LOOK_EVERY_SECONDS = 1.0
_RESTS_FOR_WORK = 4.0
"""How much longer it rests than it works where much has piled up: requests come first."""


class OpensSession(Protocol):
    """The database as the audit uses it."""

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that works for nobody yet."""


async def audit_for_ever(database: OpensSession) -> None:
    """Extend whichever chain has something to take up, and look again every second."""
    held_back = HeldBack()

    async def step() -> float:
        began_at = time.monotonic()
        is_more = await audit_next(database, held_back)
        worked = time.monotonic() - began_at
        return _RESTS_FOR_WORK * worked if is_more else LOOK_EVERY_SECONDS

    await take_steps("audit", step)


async def audit_next(database: OpensSession, held_back: HeldBack) -> bool:
    """Extend one chain by a batch, in a transaction of its own: what a crash undoes is taken up again.

    Returns:
        Whether there was something to take up.
    """
    organisation_id = None
    try:
        async with database.session() as session:
            organisation_id = await claim_chain(session, passing_over=held_back.ids())
            if organisation_id is None:
                return False
            await extend_chain(session)
    except FAILURES as failure:
        held_back.add(failure, "audit.failed", organisation_id=organisation_id)
    else:
        held_back.went_well((organisation_id,))
    return True
