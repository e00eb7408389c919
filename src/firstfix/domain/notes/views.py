"""What goes into the commands of case notes and what comes out of them."""

from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

Party: TypeAlias = Literal["contractor", "agent", "tenant"]
"""Whom a note may be sent to."""
TextForm: TypeAlias = Literal["text", "html"]
NoteSource: TypeAlias = Literal["user", "email"]


class NoteDraft(Struct, frozen=True, kw_only=True):
    """A note to be written.

    Args:
        text: What it says, not sanitised yet.
        form: What that is; `None` tells it by looking, for who may send either.
        sends_mail: Whether it goes to the parties of the job by e-mail.
        parties: To which of them; `None` for all.
        source: Whether somebody wrote it here, or answered by e-mail.
        in_reply_to: The id of the note that it answers; where that is gone, or of another job, it answers none.
        contact_id: The contact who wrote it; else it is the actor.
        may_be_empty: Whether it may say nothing: an answer that is a photo alone.
    """

    text: str
    form: TextForm | None = None
    sends_mail: bool = False
    parties: tuple[Party, ...] | None = None
    source: NoteSource = "user"
    in_reply_to: int | None = None
    contact_id: int | None = None
    may_be_empty: bool = False


class NoteIds(Struct, frozen=True):
    """The names of a note, and its job's number and reference."""

    id: int
    uuid: UUID
    job_id: int
    job_reference: str
