"""Remedials of the demonstration: open jobs that follow from work that was done at the same address."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, bindparam, text, update

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.copying import copy_rows, reserve_ids
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.events import event_row
from firstfix.domain.demo.words.amendments import REMEDIAL_REASONS
from firstfix.domain.demo.world import World
from firstfix.domain.history.models import EventRow
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.views import JobIds
from firstfix.domain.remedials.models import RemedialLink

Pair: TypeAlias = Row[*tuple[Any, ...]]

_MOST = 24
_LOOKED_AT = 10 * _MOST
_THOUGHT_OF_AFTER = timedelta(minutes=5)
# A parent was done before its remedial was made, so none of them follows from itself.
_PAIRS = text("""
WITH newest AS MATERIALIZED (
    SELECT * FROM jobs
    WHERE organisation_id = :organisation_id AND stage <= :in_progress AND updated_at < :until
    ORDER BY created_at DESC, id DESC LIMIT :looked_at
)
SELECT DISTINCT ON (newest.id) newest.id, newest.uuid, newest.reference,
    greatest(newest.updated_at, parent.updated_at) AS last_changed_at,
    parent.id AS parent_id, parent.uuid AS parent_uuid, parent.reference AS parent_reference
FROM newest JOIN jobs AS parent ON parent.organisation_id = newest.organisation_id
    AND parent.location_id = newest.location_id AND parent.completed_at < newest.created_at
ORDER BY newest.id, parent.completed_at DESC, parent.id DESC
""")

_JOBS = Job.metadata.tables[Job.__tablename__]
_TOUCH = (
    update(_JOBS)
    .where(_JOBS.c.organisation_id == bindparam("organisation"), _JOBS.c.id == bindparam("job"))
    .values(updated_at=bindparam("updated_at"))
)


def add_remedials(connection: Connection, world: World, *, now: datetime) -> None:
    """Link some open jobs to what was done there before, where anything was."""
    until = now - 2 * _THOUGHT_OF_AFTER
    wanted = {
        "organisation_id": world.organisation_id,
        "in_progress": int(Stage.IN_PROGRESS),
        "until": until,
        "looked_at": _LOOKED_AT,
    }
    pairs = _apart(connection.execute(_PAIRS, wanted).all(), until=until)
    draw = Draw(f"{world.slug} remedials")
    links: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    written: list[dict[str, Any]] = []
    for pair, id_ in zip(pairs, reserve_ids(connection, RemedialLink, len(pairs)), strict=True):
        at, actor_id = pair.last_changed_at + _THOUGHT_OF_AFTER, draw.one(world.office_ids)
        reason = draw.one(REMEDIAL_REASONS)
        links.append(
            {
                "id": id_,
                "uuid": draw.uuid_at(at),
                "created_at": at,
                "parent_id": pair.parent_id,
                "remedial_id": pair.id,
                "reason": reason,
                "linked_by_id": actor_id,
            }
        )
        parent, remedial = _ends_of(pair)
        for ids, told in (
            (parent, {"remedial_job": remedial.reference}),
            (remedial, {"parent_job": parent.reference, "remedial_reason": reason}),
        ):
            written.append({"organisation": world.organisation_id, "job": ids.id, "updated_at": at})
            events.append(event_row(draw, job_event(ids, "updated", after=told), at=at, actor_id=actor_id))
    copy_rows(connection, RemedialLink, links)
    copy_rows(connection, EventRow, events)
    if written:
        connection.execute(_TOUCH, written)


def _apart(pairs: Sequence[Pair], *, until: datetime) -> list[Pair]:
    """Choose pairs of which no job stands in two, and that nothing has happened to lately."""
    chosen: list[Pair] = []
    used: set[int] = set()
    for pair in pairs:
        ends = {pair.id, pair.parent_id}
        if used.isdisjoint(ends) and pair.last_changed_at < until and len(chosen) < _MOST:
            used |= ends
            chosen.append(pair)
    return chosen


def _ends_of(pair: Pair) -> tuple[JobIds, JobIds]:
    return (
        JobIds(id=pair.parent_id, uuid=pair.parent_uuid, reference=pair.parent_reference),
        JobIds(id=pair.id, uuid=pair.uuid, reference=pair.reference),
    )
