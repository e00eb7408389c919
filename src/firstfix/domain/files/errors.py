"""Why a file is refused."""

from collections.abc import Iterable
from typing import Final

from firstfix.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unsupported
from firstfix.domain.files.formats import Reason

_REFUSED: Final[dict[Reason, str]] = {
    "unreadable": "This file cannot be read as what its name says it is.",
    "too_large": "This file is too large once it is opened.",
    "packed": "Documents with archives or other files inside are not taken.",
    "macros": "Documents with macros or programs inside are not taken.",
    "entities": "This document declares things that no document needs.",
    "hidden": "This file holds more than it shows.",
    "encrypted": "Documents with a password are not taken.",
    "no_video": "This file has no moving pictures in it.",
}


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


class TypeNotTaken(Unsupported):
    """Name and content do not agree, or are of a type that is not taken there."""

    code = "files.type_not_taken"

    def __init__(self, taken: Iterable[str]) -> None:
        *others, last = taken
        super().__init__(f"Only {', '.join(others)} and {last} files are taken, named as what they are.", field="file")


class ContentRefused(Unsupported):
    """The type is taken, this content is not. `reason` is for programs."""

    code = "files.content_refused"

    def __init__(self, reason: Reason) -> None:
        super().__init__(_REFUSED[reason], field="file", reason=reason)
        self.reason = reason


class NotAPicture(Invalid):
    """A signature that is something else."""

    code = "files.not_a_picture"

    def __init__(self) -> None:
        super().__init__("A signature is a JPEG or PNG picture.", field="file")


class PhotoNotFound(NotFound):
    """Absent, deleted, or of a job that is hidden from the actor."""

    code = "files.photo_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such photo.")


class DocumentNotFound(NotFound):
    """Absent, deleted, of a job that is hidden from the actor, or of a type that they may not read."""

    code = "files.document_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such document.")


class ArchivedFileNotFound(NotFound):
    """Never deleted, deleted for good, or nothing that the actor could see."""

    code = "files.archived_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such deleted file.")


class DocumentTypeForbidden(Forbidden):
    """The actor reads documents of this type, and does no more with them."""

    def __init__(self, key: str) -> None:
        super().__init__("You do not have permission to perform this action", key=key)


class FileNotFound(NotFound):
    """Absent, hidden, or asked for by a link that is made up or has expired: not told apart."""

    code = "files.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such file, or the link to it has expired.")


class FilmNotFailed(Conflict):
    """There is nothing to try again."""

    code = "files.film_not_failed"

    def __init__(self) -> None:
        super().__init__("Only a film that could not be made ready can be tried again.")
