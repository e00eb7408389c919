"""Dependencies: which job comes before which.

A job has at most one predecessor and one successor. Only the later one keeps the other's id, so that both sides always
say the same. What takes part in a dependency has no time window.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct
from sqlalchemy import BigInteger, TextClause, and_, bindparam, func, literal, or_, select, text, update
from sqlalchemy.orm import aliased

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import ReferenceArchived, ReferenceNotFound
from firstfix.domain.jobs import rules
from firstfix.domain.jobs.errors import (
    DependencyCycle,
    DependencyTaken,
    JobOnDevice,
    WindowWithDependencies,
)
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.queries import find_new_uuids
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.work import Work

Side = Literal["predecessor", "successor"]
SIDES: tuple[Side, ...] = ("predecessor", "successor")
_OPPOSITE: Mapping[Side, Side] = {"predecessor": "successor", "successor": "predecessor"}
NO_WINDOW: Mapping[str, None] = {"window_starts_at": None, "window_ends_at": None}

# The walk never enters the job itself: what leads to it is judged by the predecessor that it will have.
_LEADS_BACK: TextClause = text("""
WITH RECURSIVE later AS (
    SELECT id FROM jobs WHERE id = :first
    UNION
    SELECT jobs.id FROM later JOIN jobs ON jobs.predecessor_id = later.id
    WHERE :itself IS NULL OR jobs.id <> :itself
)
SELECT EXISTS (SELECT FROM later WHERE id = :last)
""").bindparams(*(bindparam(name, type_=BigInteger) for name in ("first", "itself", "last")))


class Links(Struct, frozen=True):
    """What a command comes to: the jobs on both sides of one, before and after."""

    before: dict[Side, Job | None] = {}
    after: dict[Side, Job | None] = {}

    @property
    def changed(self) -> tuple[Side, ...]:
        """The sides that change."""
        return tuple(side for side in SIDES if self.before.get(side) is not self.after.get(side))

    @property
    def values(self) -> dict[str, Any]:
        """The job's own columns that change. A dependency that is set wipes the time window."""
        values: dict[str, Any] = {}
        if "predecessor" in self.changed:
            predecessor = self.after["predecessor"]
            values["predecessor_id"] = None if predecessor is None else predecessor.id
        if any(self.after[side] is not None for side in self.changed):
            values |= NO_WINDOW
        return values

    def told(self, sides: Mapping[Side, Job | None]) -> dict[str, str | None]:
        """Give the sides that change as the history tells them: by reference."""
        return {side: _reference(sides.get(side)) for side in self.changed}


async def hold_dependencies(work: Work, given: JobDraft | JobChanges) -> None:
    """Let other changes of the organisation's dependencies wait until this work ends, if a command names some.

    Two that each see only half of a circle would close it together. To be called before any job is locked: who waits
    here must not hold what the other wants.
    """
    if _given(given):
        await hold_links(work)


async def hold_links(work: Work) -> None:
    """Let everything else wait that links jobs of the organisation: whatever else it locks, it does in peace."""
    name = f"dependencies {work.actor.organisation_id}"
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def plan_links(work: Work, given: JobDraft | JobChanges, *, job: Job | None = None) -> Links:
    """Work out what a command makes of a job's dependencies, and lock the jobs that it touches.

    No statement where nothing is said of dependencies or of a time window.

    Args:
        work: The open transaction; `hold_dependencies` was called where dependencies are given.
        given: What is said.
        job: The job, locked; `None` for one to be made.

    Raises:
        ReferenceNotFound: A job that is named is absent, or hidden from the actor.
        ReferenceArchived: It is archived.
        DependencyTaken: The job, or one that is named, already has another one on that side.
        DependencyCycle: A job would come before itself.
        WindowWithDependencies: A time window is given too, or to a job that has dependencies.
        JobOnDevice: It is active: this would change it, too.
    """
    sides = _given(given)
    has_window = given.window_starts_at or given.window_ends_at
    if not sides and not has_window:
        return Links()
    new_uuids = await find_new_uuids(work, [uuid for uuid in sides.values() if uuid is not None])
    sides = {side: uuid and new_uuids.get(uuid, uuid) for side, uuid in sides.items()}
    named = [uuid for uuid in sides.values() if uuid is not None]
    found = await _find_neighbours(work, job, named) if named or job is not None else []
    before = _sides_of(job, found)
    after = before | {side: _named(found, uuid, side) for side, uuid in sides.items()}
    links = Links(before, after)
    if has_window and (named or any(after.values())):
        raise WindowWithDependencies
    for side in links.changed:
        _check_side(links, side, found, job)
    if any(after[side] is not None for side in links.changed):
        await _refuse_cycle(work, links, job)
    return links


async def write_links(work: Work, ids: JobIds, links: Links) -> None:
    """Write the other jobs' part of a change: their side of it, a window that goes, and an event for each.

    Args:
        work: The open transaction.
        ids: The names of the job whose `links` they are.
        links: As planned.
    """
    for side in links.changed:
        for other, reference in ((links.before.get(side), None), (links.after[side], ids.reference)):
            if other is None:
                continue
            values: dict[str, Any] = dict(NO_WINDOW) if reference else {}
            if side == "successor":
                values["predecessor_id"] = ids.id if reference else None
            values["updated_at"] = max(work.now, other.updated_at + timedelta(seconds=1))
            opposite = _OPPOSITE[side]
            told_before = {column: getattr(other, column) for column in values}
            told_before[opposite] = None if reference else ids.reference
            await work.session.execute(
                update(Job).where(Job.id == other.id).values(values),
                execution_options={"synchronize_session": False},
            )
            names = JobIds(id=other.id, uuid=other.uuid, reference=other.reference)
            work.record(job_event(names, "updated", before=told_before, after=values | {opposite: reference}))


async def part_from_neighbours(work: Work, ids: JobIds, job: Job) -> None:
    """Let go of the jobs on both sides of one that goes."""
    before = _sides_of(job, await _find_neighbours(work, job, []))
    await write_links(work, ids, Links(before, dict.fromkeys(SIDES)))


def _given(given: JobDraft | JobChanges) -> dict[Side, UUID | None]:
    """Give what a command says of each side; a draft cannot clear what is not there."""
    named = {side: getattr(given, side) for side in SIDES}
    nothing = None if isinstance(given, JobDraft) else UNSET
    return {side: uuid for side, uuid in named.items() if uuid is not nothing}


async def _find_neighbours(work: Work, job: Job | None, named: Iterable[UUID]) -> list[Job]:
    """Lock the jobs beside one, those that a command names, and those that follow these. In the order of ids."""
    named = list(named)
    earlier = aliased(Job)
    conditions = []
    if named:
        followed = select(earlier.id).where(earlier.uuid.in_(named))
        conditions += [and_(Job.uuid.in_(named), visible_to(work.actor)), Job.predecessor_id.in_(followed)]
    if job is not None:
        conditions += [Job.predecessor_id == job.id, Job.id == literal(job.predecessor_id, BigInteger)]
    statement = select(Job).where(or_(*conditions)).order_by(Job.id).with_for_update(of=Job)
    return list(await work.session.scalars(statement, execution_options={"populate_existing": True}))


def _sides_of(job: Job | None, found: Iterable[Job]) -> dict[Side, Job | None]:
    if job is None:
        return dict.fromkeys(SIDES)
    return {
        "predecessor": next((one for one in found if one.id == job.predecessor_id), None),
        "successor": next((one for one in found if one.predecessor_id == job.id), None),
    }


def _named(found: Iterable[Job], uuid: UUID | None, side: Side) -> Job | None:
    if uuid is None:
        return None
    job = next((one for one in found if one.uuid == uuid), None)
    if job is None:
        raise ReferenceNotFound("Job", uuid, field=side)
    return job


def _check_side(links: Links, side: Side, found: Iterable[Job], job: Job | None) -> None:
    """Refuse a job that cannot stand on a side."""
    other = links.after[side]
    if other is None:
        return
    if other.stage == Stage.ARCHIVED:
        raise ReferenceArchived("Job", other.uuid, field=side)
    if other is job:
        raise DependencyCycle(side)
    if side == "successor":
        is_taken = other.predecessor_id is not None
    else:
        is_taken = any(one.predecessor_id == other.id for one in found)
    if is_taken or links.before.get(side) is not None:
        raise DependencyTaken(side)
    if rules.is_on_device(Stage(other.stage)):
        raise JobOnDevice


async def _refuse_cycle(work: Work, links: Links, job: Job | None) -> None:
    """Refuse what would close a circle: that takes a job on both sides."""
    predecessor, successor = (links.after[side] for side in SIDES)
    if predecessor is None or successor is None:
        return
    ends = {"first": successor.id, "itself": job and job.id, "last": predecessor.id}
    if (await work.session.execute(_LEADS_BACK, ends)).scalar_one():
        raise DependencyCycle(links.changed[0])


def _reference(job: Job | None) -> str | None:
    return None if job is None else job.reference
