"""The change feed: what clients poll to keep a copy up to date."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from firstfix.api.exchange import Exchange
from firstfix.api.field.operations import operation
from firstfix.api.field.wire import SchemaMismatch
from firstfix.domain.history.feed import Change, get_last_position
from firstfix.domain.history.feed import list_changes as list_changes_since
from firstfix.domain.people.permissions import READ_CHANGES
from firstfix.domain.work import Work

_LARGEST_TOKEN = 2**63 - 1
_CLASSES = {
    "asset": ("Asset", "/asset/"),
    "branch": ("Group", "/group/"),
    "catalogue_item": ("Item", "/item/"),
    "catalogue_task": ("Task", "/task/"),
    "contact": ("Contact", "/contact/"),
    "customer": ("Customer", "/customer/"),
    "deferred_job": ("Job", "/job/"),
    "invoice": ("Invoice", "/invoice/"),
    "job": ("Job", "/job/"),
    "job_type": ("JobType", "/jobtype/"),
    "location": ("Location", "/location/"),
    "person": ("User", "/user/"),
}
"""What the feed tells of: how this wire calls it, and where it stands."""

Action = Literal["ASSIGNED", "REASSIGNED", "UNASSIGNED", "DISPATCHED"]


class Token(Struct, rename="camel"):
    since_token: int


class ChangeItem(Struct, rename="camel", kw_only=True):
    """One change. `entity` is the uuid of what changed, `changedBy` that of the user who did it."""

    id: str
    status: Literal["created", "updated", "deleted"]
    changed_on: str
    changed_by: str | None
    entity_class: str
    entity: str
    url: str
    actions: list[Action]


class ChangePage(Struct, rename="camel", kw_only=True):
    """Changes since a token. Where there are `more`, ask again with the new token."""

    items: list[ChangeItem]
    since_token: Annotated[int, Meta(ge=0)]
    more: bool


@operation("GET", "/changes/token", key=READ_CHANGES, operation_id="getChangeToken")
async def get_token(work: Work) -> Token:
    """Give the token that stands for now."""
    return Token(since_token=await get_last_position(work))


@operation("GET", "/changes/{token:str}/", key=READ_CHANGES, operation_id="listChanges")
async def list_changes(work: Work, exchange: Exchange, token: str) -> ChangePage:
    """List what was committed since a token, none skipped and none doubled."""
    since = _parse_token(token)
    page = await list_changes_since(work, since=since)
    items = [_item(change, exchange.base_url) for change in page.changes if change.entity in _CLASSES]
    return ChangePage(items=items, since_token=page.position, more=page.more)


def _parse_token(token: str) -> int:
    # Counted before it is read: Python refuses to read thousands of digits.
    is_number = token.isascii() and token.isdecimal() and len(token) <= len(str(_LARGEST_TOKEN))
    if not is_number or int(token) > _LARGEST_TOKEN:
        raise SchemaMismatch("A token is a whole number, as it was given out.", path="token")
    return int(token)


def _item(change: Change, base_url: str) -> ChangeItem:
    entity_class, path = _CLASSES[change.entity]
    return ChangeItem(
        id=change.id.hex,
        status=_status(change),
        changed_on=change.at.replace(microsecond=0).isoformat(),
        changed_by=None if change.person_uuid is None else change.person_uuid.hex,
        entity_class=entity_class,
        entity=change.entity_uuid.hex,
        url=f"{base_url}{path}{change.entity_uuid.hex}",
        actions=_actions(change.action, change.changes) if change.entity == "job" else [],
    )


def _status(change: Change) -> Literal["created", "updated", "deleted"]:
    """Tell what became of it. A dispatch ends a deferred job, and begins a new one."""
    if change.action == "dispatched":
        return "deleted" if change.entity == "deferred_job" else "created"
    return change.action if change.action in ("created", "deleted") else "updated"  # type: ignore[return-value]


def _actions(action: str, changes: dict[str, Any]) -> list[Action]:
    """Tell what a change of a job means to its crew: a job with its first lead goes out to them."""
    before, after = changes.get("lead_id", (None, None))
    actions: list[Action] = []
    if after is not None:
        actions.append("ASSIGNED" if before is None else "REASSIGNED")
    elif before is not None and action != "deleted":
        actions.append("UNASSIGNED")
    if action == "dispatched" or (after is not None and before is None):
        actions.append("DISPATCHED")
    return actions
