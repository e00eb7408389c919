"""Reading what happened to a thing. Who may read the thing may read its history; that is asked before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Select, and_, func, literal, select, tuple_, union_all
from sqlalchemy.orm import aliased

from firstfix.domain.catalogue.models import JobType, PaymentStatus, Priority, Status, TimeRange
from firstfix.domain.custom_fields.queries import find_names
from firstfix.domain.custom_fields.values import PATH as CUSTOM_FIELDS
from firstfix.domain.custom_fields.views import EntityClass
from firstfix.domain.history.errors import CommitNotFound
from firstfix.domain.history.models import EventRow
from firstfix.domain.history.views import Change, Commit, ValueThen
from firstfix.domain.organisations.models import Branch
from firstfix.domain.people.models import Person
from firstfix.domain.places.models import Asset, Contact, Location
from firstfix.domain.work import Work
from firstfix.kit.tables import OrganisationTable

_FULL_NAME: Final = func.btrim(Person.first_name + " " + Person.last_name)
_CONTACT_NAME: Final = func.btrim(Contact.first_name + " " + Contact.last_name)
_NAMED: Final[Mapping[str, tuple[type[OrganisationTable], Any]]] = {
    "status_id": (Status, Status.name),
    "gate_wanted_status_id": (Status, Status.name),
    "priority_id": (Priority, Priority.name),
    "job_type_id": (JobType, JobType.name),
    "payment_status_id": (PaymentStatus, PaymentStatus.name),
    "time_range_id": (TimeRange, TimeRange.name),
    "branch_id": (Branch, Branch.name),
    "location_id": (Location, Location.full_address),
    "asset_id": (Asset, Asset.name),
    "contact_ids": (Contact, _CONTACT_NAME),
    "agent_id": (Person, _FULL_NAME),
    "contractor_id": (Person, _FULL_NAME),
    "lead_id": (Person, _FULL_NAME),
    "crew_ids": (Person, _FULL_NAME),
    "crew_member_id": (Person, _FULL_NAME),
    "created_by_id": (Person, _FULL_NAME),
    "gate_asked_by_id": (Person, _FULL_NAME),
}
"""What each field with an id, or with several, refers to."""

_CLASSES: Final[Mapping[str, EntityClass]] = {"job": "Job"}
"""Whose custom fields the things hold that events tell of."""

_IDS = ARRAY(BigInteger)

Names = Mapping[tuple[str, int | str], str]
"""What is called how, by field and id; custom fields by key."""


async def list_commits(
    work: Work,
    *,
    entity: str,
    entity_id: int,
    sealed: Mapping[str, str],
    limit: int,
    offset: int = 0,
    before: UUID | None = None,
    hidden_fields: frozenset[str] = frozenset(),
) -> tuple[list[Commit], int]:
    """List the changes of a thing, newest first. Two statements, a third where custom fields changed.

    Args:
        work: The open transaction; the actor has been found to see the thing.
        entity: What it is, as events call it.
        entity_id: Which one.
        sealed: Of its sealed fields: the core name, and what values are sealed for, such as `jobs.access_details`.
        limit: At most so many.
        offset: How many to leave out first.
        before: Only what came before this commit.
        hidden_fields: Core names of fields that the actor must not see.

    Returns:
        The commits, and how many there are in all.
    """
    mine = (EventRow.entity == entity, EventRow.entity_id == entity_id)
    total = select(func.count()).select_from(EventRow).where(*mine).scalar_subquery()
    page = (
        select(EventRow, _FULL_NAME.label("by_name"), total.label("total"))
        .outerjoin(Person, Person.id == EventRow.actor_id)
        .where(*mine)
        .order_by(EventRow.id.desc())
    )
    if before is not None:
        page = page.where(EventRow.id < before)
    rows = (await work.session.execute(page.limit(limit).offset(offset))).all()
    if not rows:
        return [], await work.session.scalar(select(total)) or 0
    all_changes = [row.EventRow.changes for row in rows]
    names: Names = {**await _find_names(work, all_changes), **await _find_labels(work, entity, all_changes)}
    commits = [
        Commit(
            id=row.EventRow.id,
            at=row.EventRow.at.replace(microsecond=0),
            by_id=row.EventRow.actor_id,
            by_name=row.by_name,
            source=row.EventRow.source,
            action=row.EventRow.action,
            changes=tuple(
                change
                for field in row.EventRow.changes
                if field not in hidden_fields
                for change in _changes_of(work, row.EventRow, field, sealed, names)
            ),
        )
        for row in rows
    ]
    return commits, rows[0].total


async def find_values_after(work: Work, *, entity: str, entity_id: int, commit: UUID) -> dict[str, ValueThen]:
    """Find what the fields of a thing held after a commit, of those that have changed since. One statement.

    Args:
        work: The open transaction; the actor has been found to see the thing, and holds its lock.
        entity: What it is, as events call it.
        entity_id: Which one.
        commit: One of its own.

    Returns:
        By core name; what has not changed since is not in it.

    Raises:
        CommitNotFound: The thing has no such commit.
    """
    chosen = aliased(EventRow)
    rows = (
        await work.session.execute(
            select(EventRow.entity_uuid, EventRow.changes)
            .join(chosen, and_(chosen.id == commit, chosen.entity == entity, chosen.entity_id == entity_id))
            .where(
                EventRow.entity == entity,
                EventRow.entity_id == entity_id,
                tuple_(EventRow.position, EventRow.id) >= tuple_(chosen.position, chosen.id),
            )
            .order_by(EventRow.position, EventRow.id)
        )
    ).all()
    if not rows:
        raise CommitNotFound(commit)
    then: dict[str, ValueThen] = {}
    for row in rows[1:]:
        for field, (before, _) in row.changes.items():
            then.setdefault(field, ValueThen(before, record=row.entity_uuid))
    return then


def _changes_of(work: Work, event: EventRow, field: str, sealed: Mapping[str, str], names: Names) -> Iterator[Change]:
    """Tell what an event has of one field; the values of custom fields one by one."""
    before, after = event.changes[field]
    if field == CUSTOM_FIELDS:
        for key in {**(before or {}), **(after or {})}:
            yield Change(
                field=f"{CUSTOM_FIELDS}.{key}",
                before=(before or {}).get(key),
                after=(after or {}).get(key),
                label=names.get((CUSTOM_FIELDS, key), key),
            )
        return
    if field in sealed:
        before, after = (
            work.keys.find_open(value, record=event.entity_uuid, field=sealed[field]) for value in (before, after)
        )
    if field not in _NAMED:
        yield Change(field=field, before=before, after=after)
        return
    yield Change(
        field=field,
        before=before,
        after=after,
        name_before=_name_of(field, before, names),
        name_after=_name_of(field, after, names),
    )


async def _find_names(work: Work, changes: Iterable[Mapping[str, Sequence[Any]]]) -> Names:
    """Find the names of all ids that some changes hold. One statement, or none."""
    wanted: dict[str, set[int]] = {}
    for change in changes:
        for field in _NAMED.keys() & change.keys():
            wanted.setdefault(field, set()).update(id_ for value in change[field] for id_ in _ids_in(value))
    parts = [_select_names(field, ids) for field, ids in wanted.items() if ids]
    if not parts:
        return {}
    rows = (await work.session.execute(union_all(*parts))).mappings()
    return {(row["field"], row["id"]): row["name"] for row in rows}


async def _find_labels(work: Work, entity: str, changes: Iterable[Mapping[str, Sequence[Any]]]) -> Names:
    """Find what the custom fields are called that some changes tell of. One statement, or none."""
    keys = {key for change in changes for values in change.get(CUSTOM_FIELDS, ()) for key in values or ()}
    if not keys:
        return {}
    found = await find_names(work, _CLASSES[entity], keys)
    return {(CUSTOM_FIELDS, key): name for key, name in found.items()}


def _select_names(field: str, ids: set[int]) -> Select[tuple[str, int, str]]:
    table, name = _NAMED[field]
    return select(literal(field).label("field"), table.id, name.label("name")).where(
        table.id == func.any(literal(list(ids), _IDS))
    )


def _ids_in(value: object) -> list[int]:
    match value:
        case int():
            return [value]
        case list():
            return value
        case _:
            return []


def _name_of(field: str, value: object, names: Names) -> object:
    if isinstance(value, list):
        return [names.get((field, id_)) for id_ in value]
    return names.get((field, value)) if isinstance(value, int) else None
