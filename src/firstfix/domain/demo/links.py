"""Work that goes in an order, and work that has its time: deferred jobs behind others, time windows for some."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.world import World
from firstfix.domain.history.models import EventRow
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.views import JobIds

_AGO = timedelta(minutes=20)
_WINDOWS = 12
_WINDOW_STARTS_BEFORE, _WINDOW_LASTS = timedelta(days=1), timedelta(days=5)

Told = Mapping[str, Any]


def add_links(connection: Connection, world: World, *, now: datetime) -> None:
    """Put each deferred job behind a job that is done before it, and give some others a time window.

    The office does it, shortly before now.
    """
    columns = (Job.id, Job.uuid, Job.reference, Job.scheduled_at, Job.notification_delta, Job.dispatch_due_at)
    planned = select(*columns).where(
        Job.organisation_id == world.organisation_id,
        Job.stage <= Stage.ASSIGNED,
        Job.scheduled_at.is_not(None),
        Job.updated_at < now - _AGO,
    )
    jobs = connection.execute(planned.order_by(Job.scheduled_at, Job.id)).all()
    office = _Office(connection, world, now - _AGO)
    free = [job for job in jobs if job.notification_delta is None]
    for waiting in (job for job in jobs if job.notification_delta is not None):
        earlier = next((job for job in free if job.scheduled_at < waiting.dispatch_due_at), None)
        if earlier is not None:
            free.remove(earlier)
            office.change(waiting, {"predecessor_id": earlier.id}, {"predecessor": earlier.reference})
            office.change(earlier, {}, {"successor": waiting.reference})
    for job in free[:_WINDOWS]:
        starts_at = job.scheduled_at - _WINDOW_STARTS_BEFORE
        window = {"window_starts_at": starts_at, "window_ends_at": starts_at + _WINDOW_LASTS}
        office.change(job, window, window)


class _Office:
    """Somebody of the office, who changes jobs one after the other."""

    def __init__(self, connection: Connection, world: World, at: datetime) -> None:
        self._connection = connection
        self._world = world
        self._draw = Draw(f"{world.slug} links")
        self._at = at

    def change(self, job: Row[*tuple[Any, ...]], values: Told, told: Told) -> None:
        at = self._at = self._at + timedelta(seconds=1)
        mine = (Job.organisation_id == self._world.organisation_id, Job.id == job.id)
        self._connection.execute(update(Job).where(*mine).values({**values, "updated_at": at}))
        event = job_event(JobIds(id=job.id, uuid=job.uuid, reference=job.reference), "updated", after=told)
        self._connection.execute(
            insert(EventRow).values(
                organisation_id=self._world.organisation_id,
                id=self._draw.uuid_at(at),
                at=at,
                actor_id=self._world.office_ids[0],
                source="web",
                entity=event.entity,
                entity_id=event.entity_id,
                entity_uuid=event.entity_uuid,
                label=event.label,
                action=event.action,
                changes=event.changes,
            )
        )
