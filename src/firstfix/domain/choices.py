"""Rows that an organisation chooses from: in an order of its own, removed when unused, one of them the default.

Whoever may leave too few of them locks all first, in one order. So of two who take the last two away the second sees
what the first has left. That lock lets jobs go on referring to them.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, cast, func, or_, select, update

from firstfix.domain.errors import Conflict, EntityInUse, EntityNotFound
from firstfix.domain.rows import Kind, Row, change_row, record_row, remove_rows
from firstfix.domain.work import Work
from firstfix.kit.tables import Base


class LastOne(Conflict):
    """Jobs need one to be there."""

    code = "last_one"

    def __init__(self, entity: str) -> None:
        super().__init__(f"This is the last {entity} that jobs can have.")


class DefaultNeeded(Conflict):
    """What names none gets it."""

    code = "default_needed"

    def __init__(self, entity: str) -> None:
        super().__init__(f"This {entity} is the default: make another one the default first.")


class OrderOutOfDate(Conflict):
    """Somebody added or removed one meanwhile, or the order names one twice."""

    code = "order_out_of_date"

    def __init__(self) -> None:
        super().__init__("The order has to name each one that there is, once.", field="uuids")


async def lock_rows(work: Work, kind: Kind) -> list[Row]:
    """Lock all rows of a kind, and give them in their order."""
    locked = select(*kind.columns).order_by(kind.rows.c.id).with_for_update(key_share=True)
    rows = [dict(row) for row in (await work.session.execute(locked)).mappings()]
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


def pick(kind: Kind, rows: Sequence[Row], uuid: UUID) -> Row:
    """Give the one with this uuid.

    Raises:
        EntityNotFound: It is not among them.
    """
    row = next((row for row in rows if row["uuid"] == uuid), None)
    if row is None:
        raise EntityNotFound(kind.entity, uuid)
    return row


async def next_position(work: Work, kind: Kind) -> int:
    """Give the place after all others."""
    return (await work.session.scalar(select(func.max(kind.rows.c.position))) or 0) + 1


async def arrange(work: Work, kind: Kind, uuids: Sequence[UUID], *, also: str | None = None) -> None:
    """Put all rows of a kind into this order. One event for each that moves.

    Args:
        work: The open transaction.
        kind: What is arranged.
        uuids: All of them.
        also: A column that counts like the position.

    Raises:
        OrderOutOfDate: Those are not all of them, each once.
    """
    rows = {row["uuid"]: row for row in await lock_rows(work, kind)}
    if len(uuids) != len(rows) or rows.keys() != set(uuids):
        raise OrderOutOfDate
    columns = ("position",) if also is None else ("position", also)
    places = {rows[uuid]["id"]: place for place, uuid in enumerate(uuids, start=1)}
    moved = [row for row in rows.values() if any(row[column] != places[row["id"]] for column in columns)]
    if not moved:
        return
    place = select(
        func.unnest(cast([row["id"] for row in moved], ARRAY(BigInteger))).label("id"),
        func.unnest(cast([places[row["id"]] for row in moved], ARRAY(Integer))).label("place"),
    ).subquery()
    values = dict.fromkeys(columns, place.c.place)
    await work.session.execute(update(kind.rows).where(kind.rows.c.id == place.c.id).values(**values))
    for row in moved:
        record_row(work, kind, row, "updated", {column: (row[column], places[row["id"]]) for column in columns})


async def clear_default(work: Work, kind: Kind, rows: Sequence[Row]) -> None:
    """Let none of these locked rows be what is taken where none is named: another one is about to be."""
    for row in rows:  # at most one is, unless somebody made them so by hand
        if row["is_default"]:
            await change_row(work, kind, row, {"is_default": False})


async def take_default(work: Work, kind: Kind, rows: Sequence[Row], row: Row, values: Mapping[str, Any]) -> None:
    """Let one of these locked rows be the default in the place of whichever was, where the values say so.

    Raises:
        DefaultNeeded: It would be the default no more, and no other one in its place.
    """
    if values.get("is_default") and not row["is_default"]:
        await clear_default(work, kind, rows)
    if row["is_default"] and not values.get("is_default", True):
        raise DefaultNeeded(kind.entity)


def refuse_needed(kind: Kind, rows: Sequence[Row], row: Row) -> None:
    """Refuse to take away one of these locked rows that jobs without a choice of their own need.

    Raises:
        LastOne: There is no other.
        DefaultNeeded: It is the default.
    """
    if all(other["id"] == row["id"] for other in rows):
        raise LastOne(kind.entity)
    if row["is_default"]:
        raise DefaultNeeded(kind.entity)


async def count_uses(work: Work, kind: Kind, row: Row, *, also: Container[str] = ()) -> dict[str, int]:
    """Count, by table, what keeps a row from being removed. One statement; tables without any are left out.

    Args:
        work: The open transaction.
        kind: What it is.
        row: Which one.
        also: Tables that would do without it, and count all the same.
    """
    counts = []
    for table in Base.metadata.sorted_tables:
        columns = [
            element.parent
            for key in table.foreign_key_constraints
            if key.referred_table is kind.rows and (key.ondelete is None or table.name in also)
            for element in key.elements
            if element.column is kind.rows.c.id
        ]
        if columns:
            holds = or_(*(column == row["id"] for column in columns))
            counts.append(select(func.count()).select_from(table).where(holds).scalar_subquery().label(table.name))
    found: dict[str, Any] = dict((await work.session.execute(select(*counts))).mappings().one())
    return {table: count for table, count in found.items() if count}


async def refuse_used(work: Work, kind: Kind, row: Row, *, also: Container[str] = ()) -> None:
    """Refuse what only an unused row takes; `also` as `count_uses` has it.

    Raises:
        EntityInUse: Something refers to it; tells how much of what does.
    """
    uses = await count_uses(work, kind, row, also=also)
    if uses:
        raise EntityInUse(kind.entity, uses)


async def remove_unused(work: Work, kind: Kind, row: Row, *, also: Container[str] = ()) -> None:
    """Remove a row that nothing refers to. What comes to do so at this moment finds it gone, or keeps it by its key.

    Raises:
        EntityInUse: Something refers to it; `also` as `count_uses` has it.
    """
    await refuse_used(work, kind, row, also=also)
    await remove_rows(work, kind, kind.rows.c.id == row["id"])
