"""Refusals about the past."""

from uuid import UUID

from firstfix.domain.errors import NotFound


class CommitNotFound(NotFound):
    code = "history.commit_not_found"

    def __init__(self, commit: UUID) -> None:
        super().__init__(f"No Commit with id={commit} exists")
        self.entity = "Commit"
        self.reference = commit
