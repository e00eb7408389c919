"""Amendments of the demonstration: contractors and agents ask for more, the office decides, some still wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, bindparam, select, update

from firstfix.domain.approvals.amendable import write_value
from firstfix.domain.approvals.models import Amendment
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.copying import copy_rows, reserve_ids
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.events import event_row
from firstfix.domain.demo.words.amendments import NOTES, REASONS
from firstfix.domain.demo.world import World
from firstfix.domain.history.models import EventRow
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.views import JobIds
from firstfix.domain.work import Event

_MOST = 36
_LOOKED_AT = 10 * _MOST
_OUTCOMES = ("pending", "approved", "rejected")
_LEAST_AGE = timedelta(hours=2)
_STEP = Decimal(5)
_JOBS = Job.metadata.tables[Job.__tablename__]
_WRITE = (
    update(_JOBS)
    .where(_JOBS.c.organisation_id == bindparam("organisation"), _JOBS.c.id == bindparam("job"))
    .values({name: bindparam(name) for name in ("client_budget", "contractor_budget", "updated_at")})
)


class _Asked(Struct, frozen=True, kw_only=True):
    """A request, and what became of it. The office decides half of the way from when it was made to now."""

    job: Row[*tuple[Any, ...]]
    id: int
    field_name: str
    current: Decimal
    wanted: Decimal
    outcome: str
    asked_by_id: int
    asked_at: datetime
    decided_at: datetime


def add_amendments(connection: Connection, world: World, *, now: datetime) -> None:
    """Let budgets of some jobs that are not closed be asked about; a third of the requests wait."""
    columns = (Job.id, Job.uuid, Job.reference, Job.updated_at, Job.agent_id, Job.contractor_id)
    statement = select(*columns, Job.client_budget, Job.contractor_budget).where(
        Job.organisation_id == world.organisation_id,
        Job.stage.in_((Stage.ASSIGNED, Stage.IN_PROGRESS, Stage.COMPLETE)),
        Job.updated_at < now - _LEAST_AGE,
    )
    jobs = [job for job in connection.execute(statement.order_by(Job.id).limit(_LOOKED_AT)) if _find_field(job)]
    draw = Draw(f"{world.slug} amendments")
    chosen = draw.shuffled(jobs)[:_MOST]
    ids = reserve_ids(connection, Amendment, len(chosen))
    all_asked = [
        _ask(draw, job, id_, _OUTCOMES[place % len(_OUTCOMES)], now)
        for place, (job, id_) in enumerate(zip(chosen, ids, strict=True))
    ]
    rows, events, written = [], [], []
    for asked in all_asked:
        row = _row_of(draw, world, asked)
        rows.append(row)
        events += list(_events_of(draw, asked, row))
        if asked.outcome == "approved":
            budgets = {name: getattr(asked.job, name) for name in ("client_budget", "contractor_budget")}
            ours = {"organisation": world.organisation_id, "job": asked.job.id, "updated_at": asked.decided_at}
            written.append({**ours, **budgets, asked.field_name: asked.wanted})
    copy_rows(connection, Amendment, rows)
    copy_rows(connection, EventRow, events)
    if written:
        connection.execute(_WRITE, written)


def _find_field(job: Row[*tuple[Any, ...]]) -> str | None:
    """Tell which budget is asked about: by the contractor their own, else by the agent the client's."""
    if job.contractor_id is not None:
        return "contractor_budget" if job.contractor_budget else None
    return "client_budget" if job.agent_id is not None and job.client_budget else None


def _ask(draw: Draw, job: Row[*tuple[Any, ...]], id_: int, outcome: str, now: datetime) -> _Asked:
    field_name = _find_field(job) or "client_budget"
    current: Decimal = getattr(job, field_name)
    asked_at = job.updated_at + (now - job.updated_at) * draw.share(0.1, 0.6)
    asked_at = asked_at.replace(microsecond=0)
    decided_at = (asked_at + (now - asked_at) / 2).replace(microsecond=0)
    return _Asked(
        job=job,
        id=id_,
        field_name=field_name,
        current=current,
        wanted=current + _STEP * draw.between(2, 16),
        outcome=outcome,
        asked_by_id=job.contractor_id if field_name == "contractor_budget" else job.agent_id,
        asked_at=asked_at,
        decided_at=decided_at,
    )


def _row_of(draw: Draw, world: World, asked: _Asked) -> dict[str, Any]:
    is_decided = asked.outcome != "pending"
    return {
        "id": asked.id,
        "uuid": draw.uuid_at(asked.asked_at),
        "created_at": asked.asked_at,
        "job_id": asked.job.id,
        "field_name": asked.field_name,
        "current_value": write_value(asked.current),
        "requested_value": write_value(asked.wanted),
        "reason": draw.one(REASONS),
        "status": asked.outcome,
        "requested_by_id": asked.asked_by_id,
        "decided_by_id": draw.one(world.office_ids) if is_decided else None,
        "decided_at": asked.decided_at if is_decided else None,
        "decision_note": draw.one(NOTES[asked.outcome]) if is_decided else None,
    }


def _events_of(draw: Draw, asked: _Asked, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Tell of a request as the commands do."""
    job = asked.job

    def tell(action: str, **changes: Any) -> Event:  # noqa: ANN401 (whatever changed)
        label = job.reference
        return Event(
            entity="amendment", action=action, entity_id=asked.id, entity_uuid=row["uuid"], label=label, changes=changes
        )

    names = ("field_name", "current_value", "requested_value", "reason", "requested_by_id")
    told = {name: (None, row[name]) for name in names}
    requested = tell("requested", **told, job=(None, job.reference))
    yield event_row(draw, requested, at=asked.asked_at, actor_id=asked.asked_by_id)
    if asked.outcome == "pending":
        return
    decider = {"at": asked.decided_at, "actor_id": row["decided_by_id"]}
    if asked.outcome == "approved":
        ids = JobIds(id=job.id, uuid=job.uuid, reference=job.reference)
        before, after = {asked.field_name: asked.current}, {asked.field_name: asked.wanted}
        yield event_row(draw, job_event(ids, "updated", before=before, after=after), **decider)
    decided = tell(
        asked.outcome,
        status=("pending", asked.outcome),
        field_name=(None, asked.field_name),
        requested_value=(row["current_value"], row["requested_value"]),
        requested_by_id=(None, asked.asked_by_id),
        decided_by_id=(None, row["decided_by_id"]),
        decision_note=(None, row["decision_note"]),
    )
    yield event_row(draw, decided, **decider)
