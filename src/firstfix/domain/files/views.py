"""What leaves the domain of files, and what comes in."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from firstfix.domain.files.formats import Facts
from firstfix.domain.files.ports import StoredContent

Moment = Literal["before", "during", "after", "other"]
"""Of the work: when a photo was taken."""
Purpose = Literal["attachment", "photo", "document", "note", "signature"]
"""What a file is for; those made of photos are there for `variant`."""
FilmStatus = Literal["waiting", "processing", "ready", "failed"]
"""How far a film is: it waits for its turn, or to be tried again; is being made; is made; or could not be."""
FilmReason = Literal["unreadable", "unavailable", "no_room", "died"]
"""Why an attempt to make a film came to nothing: it is none or asks for too much; the installation could not; the
organisation has no room left; the worker died, perhaps of it."""


class Media(Struct, frozen=True, kw_only=True):
    """What is known of a file that has passed the gate: its type, its facts, and its thumbnail in the store."""

    type: str
    facts: Facts
    thumbnail: StoredContent | None = None


class GivenFile(Struct, frozen=True, kw_only=True):
    """A file that somebody sent, its content already in the store.

    Args:
        part_name: The name of its part in the form.
        given_name: What the sender called it: anything at all.
        content: Where its content lies.
        media: What the gate tells of it; `None` for a file of any type, kept as it came.
    """

    part_name: str
    given_name: str
    content: StoredContent
    media: Media | None = None

    @property
    def contents(self) -> list[StoredContent]:
        """All that is in the store for it."""
        thumbnail = None if self.media is None else self.media.thumbnail
        return [self.content] if thumbnail is None else [self.content, thumbnail]


class Variant(Struct, frozen=True, kw_only=True):
    """A file that is another one once more, its content in the store."""

    file_name: str
    media_type: str
    content: StoredContent


class FileView(Struct, frozen=True, kw_only=True):
    """What is told about a file."""

    id: int
    uuid: UUID
    file_name: str
    mime_type: str
    size_bytes: int
    caption: str
    created_at: datetime


class FileContent(Struct, frozen=True, kw_only=True):
    """What is needed to send a file. `may_inline`: a browser may show it rather than save it."""

    organisation_id: int
    storage_key: UUID
    file_name: str
    mime_type: str
    size_bytes: int
    sha256: bytes
    may_inline: bool


class Usage(Struct, frozen=True):
    """What an organisation has used of its room for files."""

    used_bytes: int
    quota_bytes: int


class FilmView(Struct, frozen=True, kw_only=True):
    """What is told about a film, and about how far it is at other sizes.

    Args:
        uuid: The film's.
        file_name: What it is called.
        status: How far it is.
        percent: How much is done.
        attempts: How many have failed so far; `None` where nothing is left to do.
        reason: Why the last one did.
        next_at: When it is looked at next.
        variants: At which sizes it can be played, the largest first.
    """

    uuid: UUID
    file_name: str
    status: FilmStatus
    percent: int
    attempts: int | None
    reason: FilmReason | None
    next_at: datetime | None
    variants: list[str]
