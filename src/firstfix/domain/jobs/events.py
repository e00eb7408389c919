"""Facts that commands of jobs record: one for every change, with the changed fields' old and new values."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from firstfix.domain.jobs.views import JobIds
from firstfix.domain.work import Event

_DERIVED = frozenset({"id", "uuid", "number", "stage", "updated_at", "predecessor_id"})
"""Columns that say nothing that the others, or the event itself, do not."""


def job_event(
    ids: JobIds,
    action: Literal["created", "updated", "deleted"],
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
