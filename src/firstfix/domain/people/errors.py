"""Refusals about people."""

from firstfix.domain.errors import Conflict, Forbidden, Invalid


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


class UnknownKey(Invalid):
    code = "people.unknown_key"

    def __init__(self, key: str) -> None:
        super().__init__("There is no such permission key.", field="key", key=key)


class OwnKeys(Forbidden):
    code = "people.own_keys"

    def __init__(self) -> None:
        super().__init__("Nobody changes their own permissions.")


class KeyNotHeld(Forbidden):
    code = "people.key_not_held"

    def __init__(self, key: str) -> None:
        super().__init__("Nobody gives or takes a permission that they do not have themselves.", key=key)


class AdministratorRole(Conflict):
    code = "people.administrator_role"

    def __init__(self) -> None:
        super().__init__("The administrators' role stays, and holds every permission.")


class BeyondOwnRights(Forbidden):
    code = "people.beyond_own_rights"

    def __init__(self) -> None:
        super().__init__("This account may do or see, or would, what you may not yourself.")


class AddressTaken(Conflict):
    """The same for one's own and other organisations."""

    code = "people.email_taken"

    def __init__(self) -> None:
        super().__init__("This e-mail address cannot be used.", field="email")


class AccountTypeNeeded(Conflict):
    code = "people.account_type_needed"

    def __init__(self) -> None:
        super().__init__("Jobs or places name this account for what it is.", field="account_type")
