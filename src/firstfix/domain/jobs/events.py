"""Facts that commands of jobs record: one for every change, with the changed fields' old and new values."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from firstfix.domain.jobs.views import JobIds
from firstfix.domain.work import Event

_DERIVED = frozenset(
    {
        "id",
        "uuid",
        "number",
        "stage",
        "updated_at",
        "predecessor_id",
        "notification_minutes",
        "dispatch_due_at",
        "field_values",
        "gate_asked_at",
    }
)
"""Columns that say nothing that the others, or the event itself, do not."""


def job_event(
    ids: JobIds,
    action: Literal["created", "updated", "restored", "deleted"],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Event:
    """Make the event of a change from columns and their values; sealed ones stay sealed.

    Args:
        ids: The job's names.
        action: What happened to it.
        before: Old values; of what is not in it, nothing.
        after: New values: what the event tells of.
    """
    before = before or {}
    changes = {
        column.removesuffix("_sealed"): (before.get(column), value)
        for column, value in (after or {}).items()
        if column not in _DERIVED and before.get(column) != value
    }
    return Event(
        entity="job",
        action=action,
        entity_id=ids.id,
        entity_uuid=ids.uuid,
        label=ids.reference,
        changes=msgspec.to_builtins(changes),
    )


def dispatch_events(
    before: JobIds, after: JobIds, *, notification_delta: int | None, late_seconds: int | None
) -> tuple[Event, Event]:
    """Make the events of a dispatch: the job goes on under new names, and what it was called before is gone.

    Args:
        before: The names of the deferred job.
        after: Those that it has from now on.
        notification_delta: What it was deferred by.
        late_seconds: How much too late it is dispatched; `None`: in time, or by hand.
    """
    changes: dict[str, tuple[Any, Any]] = {
        "reference": (before.reference, after.reference),
        "notification_delta": (notification_delta, None),
    }
    if late_seconds is not None:
        changes["late_seconds"] = (None, late_seconds)
    return (
        _dispatched("deferred_job", before, {}),
        _dispatched("job", after, changes),
    )


def _dispatched(entity: str, ids: JobIds, changes: dict[str, tuple[Any, Any]]) -> Event:
    return Event(
        entity=entity,
        action="dispatched",
        entity_id=ids.id,
        entity_uuid=ids.uuid,
        label=ids.reference,
        changes=changes,
    )
