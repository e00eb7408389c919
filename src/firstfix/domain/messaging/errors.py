"""Refusals about mail."""

from uuid import UUID

from firstfix.domain.errors import Conflict, NotFound


class NobodyAssigned(Conflict):
    """The job has no contractor to be told."""

    code = "messaging.nobody_assigned"

    def __init__(self) -> None:
        super().__init__("No contractor is assigned to this job.")


class MailNotFound(NotFound):
    code = "messaging.mail_not_found"

    def __init__(self, mail: UUID | str) -> None:
        super().__init__(f"No Mail with id={mail} exists")
        self.entity = "Mail"
        self.reference = mail


class MailUnderWay(Conflict):
    """It is going to be sent anyway."""

    code = "messaging.under_way"

    def __init__(self) -> None:
        super().__init__("This mail is on its way already.")
