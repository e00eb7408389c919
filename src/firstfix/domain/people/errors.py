"""Refusals about people."""

from firstfix.domain.errors import Conflict, Forbidden


class LastAdministrator(Conflict):
    code = "people.last_administrator"

    def __init__(self) -> None:
        super().__init__("The organisation needs an administrator: this is the last one.")


class OnlyAdministrators(Forbidden):
    code = "people.only_administrators"

    def __init__(self) -> None:
        super().__init__("Only an administrator makes, changes or removes an administrator.")


class NotStaff(Conflict):
    code = "people.not_staff"

    def __init__(self) -> None:
        super().__init__("Only staff can be administrators.", field="role")


class NoRole(Conflict):
    code = "people.no_role"

    def __init__(self) -> None:
        super().__init__("The organisation has no such role.", field="role")
