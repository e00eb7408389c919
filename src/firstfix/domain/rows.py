"""Rows of plain things: added, changed and removed, each with its checks and its one event.

What an organisation's jobs refer to is kept by the same few steps: values are checked against the columns that take
them, the database's constraints settle races and come out as refusals, and an event tells what went from what to what.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    TextClause,
    and_,
    cast,
    delete,
    func,
    insert,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.base import Executable

from firstfix.domain.custom_fields.values import PATH as CUSTOM_FIELDS
from firstfix.domain.custom_fields.values import find_fields
from firstfix.domain.custom_fields.views import EntityClass
from firstfix.domain.errors import (
    EntityInUse,
    EntityNotFound,
    ReferenceArchived,
    ReferenceNotFound,
    Refusal,
    ValueRefused,
    ValueTaken,
)
from firstfix.domain.work import Event, Work
from firstfix.kit.money import fits
from firstfix.kit.tables import Base

Visible = ColumnElement[bool] | TextClause
"""Who may see a row: a predicate on its table."""

Reference = UUID | int
"""What names a row: its uuid or its number."""

Row = Mapping[str, Any]
"""A row as it was read, by column."""

LONGEST_TEXT = 20_000
_UNIQUE, _REFERENCED = "23505", "23503"
_INTEGER_BITS = ((SmallInteger, 16), (BigInteger, 64), (Integer, 32))
_DERIVED = frozenset({"organisation_id", "id", "uuid", "created_at", "field_values"})


class Kind(Struct, frozen=True, eq=False, kw_only=True):
    """A kind of thing.

    Args:
        name: As events call it.
        entity: As sentences call it.
        table: Where its rows are.
        labels: The columns whose texts name one to people.
        required: Columns that cannot be empty or blank.
        cleared: What clearing means for columns that are never null.
        unique: The field at fault, by the name of the constraint that another row is in the way of.
        secret: Columns whose values no event tells.
        holds_fields_of: The class whose custom fields it holds. Their values are given by key, as `custom_fields`.
    """

    name: str
    entity: str
    table: str
    labels: tuple[str, ...] = ("name",)
    required: tuple[str, ...] = ("name",)
    cleared: Mapping[str, Any] = msgspec.field(default_factory=dict)
    unique: Mapping[str, str] = msgspec.field(default_factory=dict)
    secret: frozenset[str] = frozenset()
    holds_fields_of: EntityClass | None = None

    @property
    def rows(self) -> Table:
        """The table."""
        return Base.metadata.tables[self.table]

    @property
    def columns(self) -> list[Column[Any]]:
        """The columns that hold what was given; PostgreSQL works out the others."""
        return [column for column in self.rows.c if column.computed is None]


async def get_row(
    work: Work, kind: Kind, reference: Reference, *, visible: Visible | None = None, to_remove: bool = False
) -> Row:
    """Fetch and lock a row that the actor may see: what a change starts from.

    Args:
        work: The open transaction.
        kind: What is fetched.
        reference: Which one.
        visible: Who may see it.
        to_remove: Whether to wait for whoever is about to refer to it, and let nobody do so any more.

    Raises:
        EntityNotFound: Absent or hidden.
    """
    named = kind.rows.c[_name_of(reference)] == reference
    statement = select(*kind.columns).where(named, true() if visible is None else visible)
    locked = statement.with_for_update(of=kind.rows, key_share=not to_remove)
    row = (await work.session.execute(locked)).mappings().one_or_none()
    if row is None:
        raise EntityNotFound(kind.entity, reference)
    return dict(row)


async def find_id(
    work: Work,
    kind: Kind,
    reference: Reference | None,
    *,
    field: str,
    current: int | None = None,
    visible: Visible | None = None,
) -> int | None:
    """Find what a field names, and keep it from being removed until the work ends; `None` for nothing named.

    Args:
        work: The open transaction.
        kind: What is named.
        reference: Which one.
        field: The core name of the field.
        current: What the field names so far: that may be archived.
        visible: Who may see it.

    Raises:
        ReferenceNotFound: Absent or hidden.
        ReferenceArchived: It is archived and newly named.
    """
    known = () if current is None else (current,)
    ids = await find_ids(
        work, kind, () if reference is None else (reference,), field=field, known=known, visible=visible
    )
    return next(iter(ids), None)


async def find_ids(
    work: Work,
    kind: Kind,
    references: Iterable[Reference],
    *,
    field: str,
    known: Collection[int] = (),
    visible: Visible | None = None,
) -> list[int]:
    """Find all that a field names, all in one way, as `find_id` does; one statement, or none where nothing is named."""
    wanted = list(dict.fromkeys(references))
    if not wanted:
        return []
    name = _name_of(wanted[0])
    columns = [column for column in kind.rows.c if column.name in ("id", "uuid", "archived_at")]
    statement = select(*columns).where(kind.rows.c[name].in_(wanted), true() if visible is None else visible)
    locked = statement.with_for_update(read=True, key_share=True, of=kind.rows)
    found = {row[name]: row for row in (await work.session.execute(locked)).mappings()}
    for reference in wanted:
        if reference not in found:
            raise ReferenceNotFound(kind.entity, reference, field=field)
        if found[reference].get("archived_at") is not None and found[reference]["id"] not in known:
            raise ReferenceArchived(kind.entity, reference, field=field)
    return [found[reference]["id"] for reference in wanted]


async def find_named(
    work: Work, kind: Kind, named: Iterable[tuple[str, ...]], *, field: str
) -> dict[tuple[str, ...], int]:
    """Find what a field names by the values of its kind's labels, and keep it as `find_id` does; one statement.

    Returns:
        Ids, by what was named.

    Raises:
        ReferenceNotFound: There is no such row.
    """
    wanted = list(dict.fromkeys(named))
    if not wanted:
        return {}
    labels = [kind.rows.c[name] for name in kind.labels]
    # PostgreSQL takes no NUL, and no row holds one.
    possible = [name for name in wanted if not any("\0" in part for part in name)]
    # However many are named: a few arrays, where each as a parameter of its own would be too many.
    columns = [[name[place] for name in possible] for place in range(len(labels))]
    given = select(*(func.unnest(cast(column, ARRAY(Text))) for column in columns))
    statement = select(kind.rows.c.id, *labels).where(tuple_(*labels).in_(given))
    locked = statement.with_for_update(read=True, key_share=True)
    found = {tuple(name): id_ for id_, *name in await work.session.execute(locked)}
    missing = next((name for name in wanted if name not in found), None)
    if missing is not None:
        raise ReferenceNotFound(kind.entity, " ".join(missing), field=field)
    return found


async def add_row(work: Work, kind: Kind, values: Mapping[str, Any], *, links: Mapping[str, Any] | None = None) -> Row:
    """Add a row and record that it was created; return it.

    Args:
        work: The open transaction.
        kind: What is added.
        values: By column. What is absent gets the column's default.
        links: What else the event tells of.

    Raises:
        ValueRefused: A value that the column does not take, or none where one is needed.
        ValueTaken: Another row has a value that only one can have.
    """
    values, told = await _with_fields(work, kind, values, {})
    given = _checked(kind, {**dict.fromkeys(kind.required), **values})
    statement = insert(kind.rows).values(**given).returning(*kind.columns)
    row: Row = dict((await write(work, kind, statement)).mappings().one())
    shown = {name: (None, value) for name, value in {**given, **(links or {})}.items()}
    record_row(work, kind, row, "created", {**shown, **told})
    return row


async def change_row(
    work: Work,
    kind: Kind,
    row: Row,
    values: Mapping[str, Any],
    *,
    links: Mapping[str, tuple[Any, Any]] | None = None,
) -> bool:
    """Change a row and record what changed; what it holds already is no change. Return whether anything was.

    Args:
        work: The open transaction.
        kind: What is changed.
        row: As `get_row` gave it.
        values: By column; what is absent stays.
        links: From what to what else changed with it.

    Raises:
        ValueRefused: A value that the column does not take.
        ValueTaken: Another row has a value that only one can have.
    """
    values, told = await _with_fields(work, kind, values, row)
    changed = {name: value for name, value in _checked(kind, values).items() if row[name] != value}
    moved = {name: pair for name, pair in {**(links or {}), **told}.items() if pair[0] != pair[1]}
    if changed:
        await write(work, kind, update(kind.rows).where(kind.rows.c.id == row["id"]).values(**changed))
    if changed or moved:
        shown = {name: (row[name], value) for name, value in changed.items()}
        record_row(work, kind, {**row, **changed}, "updated", {**shown, **moved})
    return bool(changed or moved)


async def remove_row(work: Work, kind: Kind, uuid: UUID, *, visible: Visible | None = None) -> None:
    """Remove a row that the actor may see; the event stays as its tombstone.

    Raises:
        EntityNotFound: Absent or hidden.
        EntityInUse: Something refers to it.
    """
    if not await remove_rows(work, kind, and_(kind.rows.c.uuid == uuid, true() if visible is None else visible)):
        raise EntityNotFound(kind.entity, uuid)


async def remove_rows(work: Work, kind: Kind, condition: ColumnElement[bool]) -> int:
    """Remove all rows that meet a condition, with one event each; return how many those were.

    Raises:
        EntityInUse: Something refers to one of them; then all stay.
    """
    removed = (await write(work, kind, delete(kind.rows).where(condition).returning(*kind.columns))).mappings().all()
    for row in removed:
        record_row(work, kind, row, "deleted", {})
    return len(removed)


async def retire_row(work: Work, kind: Kind, row: Row, values: Mapping[str, Any]) -> None:
    """Let a row stay for what refers to it, changed so that nobody finds it any more; to the world it was removed."""
    await write(work, kind, update(kind.rows).where(kind.rows.c.id == row["id"]).values(**values))
    record_row(work, kind, row, "deleted", {})


def archiving(work: Work, row: Row | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give values with `archived_at` in the place of `is_archived`; what is archived stays so since when it was."""
    given = dict(values)
    if "is_archived" in given:
        before = None if row is None else row["archived_at"]
        given["archived_at"] = (before or work.now) if given.pop("is_archived") else None
    return given


async def linked(work: Work, table: str, owner: tuple[str, int], column: str) -> list[int]:
    """Read what a table of pairs holds for one owner, sorted."""
    pairs = Base.metadata.tables[table]
    owner_column, owner_id = owner
    return sorted(await work.session.scalars(select(pairs.c[column]).where(pairs.c[owner_column] == owner_id)))


async def set_links(
    work: Work, table: str, owner: tuple[str, int], column: str, ids: Iterable[int]
) -> tuple[list[int], list[int]]:
    """Let a table of pairs hold exactly these for one owner; return what it held and what it holds, sorted."""
    pairs = Base.metadata.tables[table]
    owner_column, owner_id = owner
    is_owners = pairs.c[owner_column] == owner_id
    before = await linked(work, table, owner, column)
    after = sorted(set(ids))
    if gone := set(before).difference(after):
        await work.session.execute(delete(pairs).where(is_owners, pairs.c[column].in_(gone)))
    if added := [id_ for id_ in after if id_ not in before]:
        await work.session.execute(insert(pairs), [{owner_column: owner_id, column: id_} for id_ in added])
    return before, after


def _name_of(reference: Reference) -> str:
    return "id" if isinstance(reference, int) else "uuid"


async def _with_fields(
    work: Work, kind: Kind, values: Mapping[str, Any], row: Row
) -> tuple[dict[str, Any], dict[str, tuple[Any, Any]]]:
    """Put what a thing will hold in its custom fields in the place of what is given to them, and tell the difference.

    Raises:
        ValueRefused: A field does not take its value.
    """
    kept = dict(values)
    if kind.holds_fields_of is None or CUSTOM_FIELDS not in kept:
        return kept, {}
    given, held = kept.pop(CUSTOM_FIELDS), row.get("field_values", {})
    fields = await find_fields(work, {kind.holds_fields_of: given or ()}, ids=held if given is None else ())
    kept["field_values"] = fields.merge(kind.holds_fields_of, held, given)
    return kept, {CUSTOM_FIELDS: fields.told(held, kept["field_values"])}


def record_row(
    work: Work, kind: Kind, row: Mapping[str, Any], action: str, changes: Mapping[str, tuple[Any, Any]]
) -> None:
    """Record what happened to a row: from what to what its columns and links went, without what no event tells."""
    work.record(
        Event(
            entity=kind.name,
            action=action,
            entity_id=row["id"],
            entity_uuid=row["uuid"],
            label=" ".join(str(row[name]) for name in kind.labels if row[name]),
            changes={
                name: (msgspec.to_builtins(before), msgspec.to_builtins(after))
                for name, (before, after) in changes.items()
                if name not in _DERIVED and name not in kind.secret and before != after
            },
        )
    )


async def write(work: Work, kind: Kind, statement: Executable) -> Any:  # noqa: ANN401 (a result)
    """Run a write; what the constraints refuse comes out as a refusal, after which the work can do no more."""
    try:
        return await work.session.execute(statement)
    except IntegrityError as error:
        refusal = _refusal_of(kind, error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal_of(kind: Kind, error: IntegrityError) -> Refusal | None:
    state = getattr(error.orig, "sqlstate", None)
    if state == _REFERENCED:
        return EntityInUse(kind.entity)
    constraint = str(getattr(getattr(error.orig, "diag", None), "constraint_name", ""))
    if state == _UNIQUE and constraint in kind.unique:
        return ValueTaken(kind.entity, field=kind.unique[constraint])
    return None


def _checked(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what clearing means, and refuse what the columns do not take."""
    checked: dict[str, Any] = {}
    for name, given in values.items():
        column = kind.rows.c[name]
        value = kind.cleared[name] if given is None and name in kind.cleared else given
        if isinstance(value, datetime) and value.microsecond:
            value = value.replace(microsecond=0)
        is_empty = value is None or (isinstance(value, str) and not value.strip())
        if (is_empty and name in kind.required) or (value is None and not column.nullable):
            raise ValueRefused("This cannot be empty.", field=name)
        if not _takes(column, value):
            raise ValueRefused("This value is too long, too large, or holds what cannot be stored.", field=name)
        checked[name] = value
    return checked


def _takes(column: Column[Any], value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and "\0" not in value
    if isinstance(value, int) and not isinstance(value, bool):
        bits = next((bits for type_, bits in _INTEGER_BITS if isinstance(column.type, type_)), None)
        if bits is not None:
            return -(1 << (bits - 1)) <= value < 1 << (bits - 1)
    if isinstance(value, int | Decimal) and isinstance(column.type, Numeric) and column.type.scale is not None:
        before = (column.type.precision or 0) - column.type.scale
        return fits(Decimal(value), digits_before=before, digits_after=column.type.scale)
    return True
