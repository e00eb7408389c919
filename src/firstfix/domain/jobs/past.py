"""The past of a job: telling it without telling more than the job itself does, and putting the job back to it."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.domain.errors import Conflict, Invalid, ReferenceNotFound
from firstfix.domain.history.queries import find_values_after, list_commits
from firstfix.domain.history.views import Change, Commit, ValueThen
from firstfix.domain.jobs.changing import PLAIN, ROLES, SEALED
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.dependencies import SIDES
from firstfix.domain.jobs.policies import WITHOUT_CLIENT_BUDGET
from firstfix.domain.jobs.queries import find_visible_references, get_visible_job
from firstfix.domain.jobs.references import LEAD
from firstfix.domain.jobs.views import JobChanges, JobReference, JobUpdate
from firstfix.domain.people.permissions import (
    CASE_NOTES,
    DOCUMENTS,
    MANAGE_PHOTOS,
    VIEW_INVOICES,
    VIEW_PHOTOS,
    document_key,
)
from firstfix.domain.work import AccountType, Actor, Work

_RESTORED: Final = {
    **{name: name for name in (*PLAIN, *SEALED, "vat_percentage", "scheduled_at", "works_end_on")},
    **{role.column: role.field for role in ROLES if role is not LEAD},
    "contact_ids": "contacts",
}
"""Fields that are put back, as events call them and as an update does.

They are what the job itself says. Its crew and slots are of the plan, its tasks, hours and signatures of the work that
was done, dependencies of two jobs: none of them comes back because a description does.
"""

_NAMING_JOBS: Final = frozenset({*SIDES, "parent_job", "remedial_job"})
"""Fields that tell of other jobs, by reference."""


class CommitOutdated(Conflict):
    """The job cannot be as it was: what a field held then is gone, or not taken any more."""

    code = "jobs.commit_outdated"

    def __init__(self, field: str | None) -> None:
        super().__init__("What this held then is not there any more, or not allowed any more.", field=field)


class JobPast(Struct, frozen=True):
    """A page of a job's history, newest first, and how many commits there are in all."""

    commits: list[Commit]
    count: int


async def list_job_commits(
    work: Work, job_id: int, *, limit: int, offset: int = 0, before: UUID | None = None
) -> JobPast:
    """List what changed on a job that the actor sees, without what they may not see.

    That are the client's budget, invoices for who may not view them, notes, photos and documents for who may not read
    them, and other jobs that they do not see.
    Three statements, up to two more where events tell of custom fields and of other jobs.
    """
    commits, count = await list_commits(
        work,
        entity="job",
        entity_id=job_id,
        sealed={name: f"jobs.{name}" for name in SEALED},
        limit=limit,
        offset=offset,
        before=before,
        hidden_fields=_hidden_from(work.actor),
    )
    return JobPast(_without_hidden_documents(work.actor, await _without_hidden_jobs(work, commits)), count)


async def restore_commit(work: Work, job: JobReference, commit: UUID) -> JobUpdate:
    """Put a job's fields back as they stood after one of its commits; that is a new commit. See `_RESTORED`.

    It is an update with values of old, so that the rules of updates hold, and who may not change a field does not put
    it back. Where the job is as it was, nothing is written.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        CommitNotFound: The job has no such commit.
        CommitOutdated: What a field held then is gone, or is not taken any more.
        Conflict: A rule forbids it; see `update_job`.
        PermissionMissing: The actor may not change one of the fields.
    """
    current = await get_visible_job(work, job, for_update=True)
    then = await find_values_after(work, entity="job", entity_id=current.id, commit=commit)
    values = {_RESTORED[name]: _value_of(work, name, held) for name, held in then.items() if name in _RESTORED}
    try:
        return await update_job(work, current.id, msgspec.convert(values, JobChanges), is_restoring=True)
    except (ReferenceNotFound, Invalid) as refusal:
        raise CommitOutdated(refusal.field) from refusal


def _value_of(work: Work, name: str, held: ValueThen) -> Any:  # noqa: ANN401 (whatever a field holds)
    if name in SEALED:
        return work.keys.find_open(held.value, record=held.record, field=f"jobs.{name}")
    return (held.value or []) if name == "contact_ids" else held.value


def _hidden_from(actor: Actor) -> frozenset[str]:
    hidden = set()
    if actor.account_type in WITHOUT_CLIENT_BUDGET:
        hidden |= {"client_budget", "remedial_reason"}
    if not actor.may(VIEW_INVOICES):
        hidden.add("invoice")
    if not actor.may(CASE_NOTES):
        hidden.add("case_notes")
    if not actor.may(VIEW_PHOTOS) and not actor.may(MANAGE_PHOTOS):
        hidden.add("photos")
    if not actor.may(DOCUMENTS):
        hidden.add("documents")
    return frozenset(hidden)


async def _without_hidden_jobs(work: Work, commits: list[Commit]) -> list[Commit]:
    """Leave out other jobs that the actor does not see. Staff see them all."""
    if work.actor.account_type is AccountType.STAFF:
        return commits
    named = {name for commit in commits for change in commit.changes for name in _neighbours(change)}
    seen = await find_visible_references(work, named)
    return [
        msgspec.structs.replace(
            commit, changes=tuple(told for change in commit.changes for told in _seen_of(change, seen))
        )
        for commit in commits
    ]


def _without_hidden_documents(actor: Actor, commits: list[Commit]) -> list[Commit]:
    """Leave out documents of types that the actor may not read."""
    return [
        msgspec.structs.replace(
            commit, changes=tuple(told for change in commit.changes for told in _read_of(actor, change))
        )
        for commit in commits
    ]


def _read_of(actor: Actor, change: Change) -> Iterable[Change]:
    if change.field != "documents":
        return (change,)
    before, after = (
        [told for told in side if actor.may(document_key(told["type"], "read"))]
        for side in (change.before, change.after)
    )
    return (msgspec.structs.replace(change, before=before, after=after),) if before or after else ()


def _neighbours(change: Change) -> Iterable[str]:
    if change.field not in _NAMING_JOBS:
        return ()
    return (name for name in (change.before, change.after) if name is not None)


def _seen_of(change: Change, seen: frozenset[str]) -> Iterable[Change]:
    if change.field not in _NAMING_JOBS:
        return (change,)
    before, after = (name if name in seen else None for name in (change.before, change.after))
    return () if before == after else (msgspec.structs.replace(change, before=before, after=after),)
