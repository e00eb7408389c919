"""One unit of work: a transaction, who acts in it, its time, and the facts it records."""

from datetime import datetime
from enum import IntEnum
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.kit.sealing import KeyRing

Source = Literal["field", "manage", "web", "worker", "cli", "mail"]


class AccountType(IntEnum):
    """What kind of account somebody has; the numbers are the manage API's."""

    STAFF = 1
    AGENT = 2
    LANDLORD = 3
    TENANT = 4
    CONTRACTOR = 5


class Actor(Struct, frozen=True, kw_only=True):
    """Who acts. `branch_ids` are what agents and landlords see; empty for everybody else.

    `person_id` is `None` for the system itself: the worker and the command line, which hold every key.
    """

    organisation_id: int
    person_id: int | None
    person_uuid: UUID | None
    account_type: AccountType
    is_administrator: bool = False
    branch_ids: tuple[int, ...] = ()
    keys: frozenset[str] = frozenset()
    credential_id: int | None = None

    def may(self, key: str) -> bool:
        """Tell whether the actor holds a permission key."""
        return self.person_id is None or key in self.keys


class Event(Struct, frozen=True, kw_only=True):
    """A fact that a command records in its own transaction.

    Args:
        entity: What it is about, such as `job`.
        action: What happened to it, such as `created`.
        label: A name for people that outlives the entity, such as the job's reference.
        changes: `{field: [from, to]}` with core names and JSON values; sealed values stay sealed.
    """

    entity: str
    action: str
    entity_id: int
    entity_uuid: UUID
    label: str = ""
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)


class Work:
    """An open transaction. Commands and queries take it first; neither commits: the edge that opened it does.

    Attributes:
        session: The transaction. Its organisation is set, so domain code never mentions it.
        actor: Who acts.
        now: The transaction's own time, in whole seconds, UTC: the wires show no finer one.
        keys: The ring that sealed fields are sealed with.
        source: Which way in this came by.
        request_id: The id that the reply and the log carry.
        address: Where the caller is, where there is one.
        events: What has been recorded so far; written when the work is closed.
    """

    def __init__(
        self,
        session: AsyncSession,
        *,
        actor: Actor,
        now: datetime,
        keys: KeyRing,
        source: Source,
        request_id: str | None = None,
        address: str | None = None,
    ) -> None:
        self.session = session
        self.actor = actor
        self.now = now.replace(microsecond=0)
        self.keys = keys
        self.source = source
        self.request_id = request_id
        self.address = address
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        """Keep a fact, to be written with the transaction."""
        self.events.append(event)
