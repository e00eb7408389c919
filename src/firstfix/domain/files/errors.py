"""Why a file is refused."""

from firstfix.domain.errors import Conflict, Invalid, NotFound


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


class CaptionRefused(Invalid):
    """A caption that cannot be kept."""

    code = "files.caption_refused"

    def __init__(self) -> None:
        super().__init__("A caption has at most 64 KiB and no NUL character.", field="caption")


class AttachmentNotFound(NotFound):
    """Nothing of that name is attached there."""

    code = "files.attachment_not_found"

    def __init__(self, reference: object) -> None:
        super().__init__(f"No Attachment with id={reference} exists")
        self.entity = "Attachment"
        self.reference = reference


class NotAPicture(Invalid):
    """A signature that is something else."""

    code = "files.not_a_picture"

    def __init__(self) -> None:
        super().__init__("A signature is a JPEG or PNG picture.", field="file")


class FileNotFound(NotFound):
    """Absent, hidden, or asked for by a link that is made up or has expired: not told apart."""

    code = "files.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such file, or the link to it has expired.")
