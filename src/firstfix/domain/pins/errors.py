"""Refusals about pins."""

from firstfix.domain.errors import Conflict


class ArchivedJobPinned(Conflict):
    code = "pins.job_archived"

    def __init__(self) -> None:
        super().__init__("An archived job cannot be pinned.")
