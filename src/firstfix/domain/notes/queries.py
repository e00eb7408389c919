"""Reading case notes. Who may see a note's job sees the note."""

from uuid import UUID

from firstfix.domain.notes.rules import POLICY, sanitise
from firstfix.kit.sealing import KeyRing

TEXT_FIELD = "case_notes.text"
"""What the texts of notes are sealed for."""


def open_text(keys: KeyRing, *, uuid: UUID, sealed: str, policy: int) -> str:
    """Give the HTML of a note, safe by what is allowed today.

    Args:
        keys: The ring that opens it.
        uuid: The note's.
        sealed: What is stored.
        policy: The version of what it was sanitised by.
    """
    text = keys.open(sealed, record=uuid, field=TEXT_FIELD)
    return text if policy == POLICY else sanitise(text)
