"""Upkeep of the whole database, by functions that the owner lent. Each may run at any time, and twice at once."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def fold_job_counts(session: AsyncSession) -> int:
    """Fold the counters of organisations whose changes pile up; returns how many rows were taken together."""
    return await session.scalar(select(func.fold_job_counts())) or 0


async def drop_expired_access(session: AsyncSession) -> int:
    """Drop sessions, tokens, kept answers and failed sign-ins that have run out; returns how many."""
    return await session.scalar(select(func.drop_expired_access())) or 0


async def make_event_partitions(session: AsyncSession) -> None:
    """Make the partitions of events for this month and the next two."""
    await session.execute(select(func.make_event_partitions()))


async def drop_old_outbox(session: AsyncSession) -> int:
    """Drop the months of the log of mails that are more than a year old and in which none waits; returns how many."""
    return await session.scalar(select(func.drop_old_outbox())) or 0
