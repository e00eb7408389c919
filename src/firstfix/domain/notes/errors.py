"""Refusals about case notes."""

from firstfix.domain.errors import Forbidden, Invalid, NotFound


class NoteNotFound(NotFound):
    code = "notes.not_found"

    def __init__(self, reference: object) -> None:
        super().__init__(f"No case note with id={reference} exists")


class NotYourNote(Forbidden):
    code = "notes.not_yours"

    def __init__(self) -> None:
        super().__init__("Only its author and staff change what a note says, or delete it.")


class NoteEmpty(Invalid):
    code = "notes.empty"

    def __init__(self) -> None:
        super().__init__("The note says nothing, or nothing that can be kept.", field="text")


class TooMuchMarkup(Invalid):
    code = "notes.too_much_markup"

    def __init__(self) -> None:
        super().__init__("The note has too many HTML tags.", field="text")
