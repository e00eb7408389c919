"""The gate: what comes in as photo, document, or attachment of a note or a mail passes here before it is kept.

A type is taken if the name's extension and the content agree about it and it is one of those taken there. Pictures are
written anew, films bared of what they tell of themselves, the rest is looked through; all of it happens in the
inspector's child processes.

    screened = await gate.screen(draft, given_name, "mail", organisation_id=…)  # a finished draft of `gate.storage`
    file = await gate.keep(screened)                                            # a `GivenFile` for `add_files`
    await drop(screened)                                                        # in every case, as the draft itself

An operation that takes files declares `accepts="note"`, and its handler is given files that have passed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final, Literal

from msgspec import Struct

from firstfix.domain.files.errors import TypeNotTaken
from firstfix.domain.files.formats import DOCX, JPEG, MP4, PDF, PNG, Facts
from firstfix.domain.files.ports import Draft, Inspector, Storage
from firstfix.domain.files.rules import display_name, media_type_of
from firstfix.domain.files.views import GivenFile, Media

Accepted = Literal["photo", "document", "note", "mail"]
"""What a file comes in as."""

_ALL = {JPEG: "JPEG", PNG: "PNG", MP4: "MP4", PDF: "PDF", DOCX: "DOCX"}
_TAKEN: Final[Mapping[Accepted, Mapping[str, str]]] = {
    "photo": {each: _ALL[each] for each in (JPEG, PNG, MP4)},
    "document": {each: _ALL[each] for each in (PDF, DOCX, JPEG, PNG)},
    "note": _ALL,
    "mail": _ALL,
}


class Screened(Struct, frozen=True, kw_only=True):
    """A file that may be kept.

    Args:
        given_name: What the sender called it.
        media_type: What it is, by name and content.
        facts: What it tells of itself.
        draft: What to keep: of a picture what was written anew, else the draft that came.
        thumbnail: Of a picture that comes in as photo: the same, small.
    """

    given_name: str
    media_type: str
    facts: Facts
    draft: Draft
    thumbnail: Draft | None


class Gate(Struct, frozen=True):
    """The gate of one process: its store, and who looks into files for it."""

    storage: Storage
    inspector: Inspector

    async def screen(self, draft: Draft, given_name: str, accepted: Accepted, *, organisation_id: int) -> Screened:
        """Look into a file that has come.

        The draft stays the caller's to drop, as do `draft` and `thumbnail` of what is returned; `drop` does both.

        Args:
            draft: Finished.
            given_name: What the sender called it: anything at all.
            accepted: What it comes in as.
            organisation_id: Whose file it is.

        Raises:
            TypeNotTaken: Its name and its beginning do not agree, or it is of a type that is not taken.
            ContentRefused: It is not what it says, or more.
            InspectionUnavailable: It cannot be looked into now.
            StorageUnavailable: It cannot be read back, or what is written anew cannot be written.
        """
        media_type = require_type(given_name, draft.head, accepted)
        inspected = await self.inspector.inspect(draft, media_type, partial(self.storage.draft, organisation_id))
        thumbnail = inspected.thumbnail
        if thumbnail is not None and accepted != "photo":  # nobody shows it, and no row would tell of it
            await thumbnail.drop()
            thumbnail = None
        return Screened(
            given_name=given_name,
            media_type=media_type,
            facts=inspected.facts,
            draft=inspected.written or draft,
            thumbnail=thumbnail,
        )

    async def keep(self, screened: Screened, *, part_name: str = "") -> GivenFile:
        """Put a file that has passed, and its thumbnail, into the store.

        Raises:
            StorageUnavailable: The store does not take it. What it has taken stays without a row, for the sweep.
        """
        content = await self.storage.keep(screened.draft)
        thumbnail = None if screened.thumbnail is None else await self.storage.keep(screened.thumbnail)
        media = Media(type=screened.media_type, facts=screened.facts, thumbnail=thumbnail)
        return GivenFile(part_name=part_name, given_name=screened.given_name, content=content, media=media)


async def drop(screened: Screened) -> None:
    """Forget the drafts of a file that passed, those that were not kept. Harmless when repeated."""
    await screened.draft.drop()
    if screened.thumbnail is not None:
        await screened.thumbnail.drop()


def require_type(given_name: str, head: bytes, accepted: Accepted) -> str:
    """Tell the type that a name and the beginning of the content agree about.

    Raises:
        TypeNotTaken: They do not, or it is not taken.
    """
    taken = _TAKEN[accepted]
    media_type = media_type_of(display_name(given_name), head)
    if media_type is None or media_type not in taken:
        raise TypeNotTaken(taken.values())
    return media_type
