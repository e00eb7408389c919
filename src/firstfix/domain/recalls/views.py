"""What comes out of recalls."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Outcome = Literal["standard", "cancel"]
"""How a recall ends: the work is done, or it is called off."""


class RecallView(Struct, frozen=True, kw_only=True):
    """A recall as people see it. `closed_at` and `outcome` are `None` while it is open."""

    uuid: UUID
    reason: str
    raised_by_name: str | None
    raised_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None


class RecallChange(Struct, frozen=True, kw_only=True):
    """What came of a command: the job's uuid, and its recall.

    Args:
        is_approval_required: Whether the status that the job should come to waits for approval. Then the recall is
            open as before.
    """

    job_uuid: UUID
    recall: RecallView
    is_approval_required: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the job is in recall."""
        return self.recall.closed_at is None
