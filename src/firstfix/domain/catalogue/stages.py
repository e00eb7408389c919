"""Stages of a job's life: what the organisation's own statuses mean to the rules."""

from enum import IntEnum


class Stage(IntEnum):
    """Stages in their order; `CANCELLED` stands outside it. Stored as a small number."""

    NEW = 0
    ASSIGNED = 1
    IN_PROGRESS = 2
    COMPLETE = 3
    CLOSED = 4
    ARCHIVED = 5
    CANCELLED = 6

    @property
    def wire_name(self) -> str:
        """The name that the manage API uses: `in_progress`."""
        return self.name.lower()


class MainState(IntEnum):
    """The crew's view of a stage, in the field API's order of sorting."""

    SCHEDULED = 0
    ACTIVE = 1
    COMPLETED = 2
    CANCELLED = 3


STATE_OF_STAGE = {
    Stage.NEW: MainState.SCHEDULED,
    Stage.ASSIGNED: MainState.SCHEDULED,
    Stage.IN_PROGRESS: MainState.ACTIVE,
    Stage.COMPLETE: MainState.COMPLETED,
    Stage.CLOSED: MainState.COMPLETED,
    Stage.ARCHIVED: MainState.COMPLETED,
    Stage.CANCELLED: MainState.CANCELLED,
}
