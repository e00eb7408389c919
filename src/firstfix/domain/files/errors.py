"""Why a file is refused."""

from firstfix.domain.errors import Conflict, Invalid


class NoFileGiven(Invalid):
    """An upload without a file."""

    code = "files.none_given"

    def __init__(self) -> None:
        super().__init__("At least one file is needed.")


class QuotaExceeded(Conflict):
    """The organisation has used all the room that it has for files."""

    code = "files.quota_exceeded"

    def __init__(self, quota_bytes: int) -> None:
        super().__init__("There is no room left for files.", quota_bytes=quota_bytes)
