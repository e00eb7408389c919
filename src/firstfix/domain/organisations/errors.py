"""Refusals about organisations."""

from firstfix.domain.errors import Forbidden


class GroupsOff(Forbidden):
    code = "organisations.groups_off"

    def __init__(self) -> None:
        super().__init__("This organisation does not work with groups.")
