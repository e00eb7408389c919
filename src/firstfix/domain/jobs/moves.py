"""Moves of a job's status by the features above, under rights of their own: a gate that is decided, a recall."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from firstfix.domain.catalogue.models import Status
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs import crew as crews
from firstfix.domain.jobs.commands import save_progress
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.references import Found
from firstfix.domain.work import Work


async def get_status(work: Work, status_id: int) -> Found:
    """Read a status that something of ours names. One statement."""
    row = (
        await work.session.execute(
            select(Status.id, Status.uuid, Status.stage, Status.requires_approval).where(Status.id == status_id)
        )
    ).one()
    return Found(
        id=row.id, uuid=row.uuid, is_usable=True, stage=Stage(row.stage), requires_approval=row.requires_approval
    )


async def save_move(work: Work, job: Job, values: dict[str, Any], *, told: Mapping[str, tuple[Any, Any]]) -> None:
    """Write columns of a locked job that a move of its status changes, let its crew follow, and record one event.

    Args:
        work: The open transaction.
        job: As it was read under the lock.
        values: What its columns come to.
        told: What else the event tells: old and new values.
    """
    await crews.follow(work, job.id, Stage(job.stage), Stage(values.get("stage", job.stage)))
    await save_progress(work, job, values, told=told)
