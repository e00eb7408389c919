"""Changing what jobs are sorted into: statuses, priorities, parts of the day, payment statuses.

Nothing in use breaks. What a job has is not removed; its status stays at its stage, its part of the day at its times;
and jobs always find a status at every stage, a priority and a type.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from firstfix.domain.catalogue.errors import NotForRecalls, StageLeftEmpty
from firstfix.domain.catalogue.kinds import JOB_TYPE, PAYMENT_STATUS, PRIORITY, STATUS, TIME_RANGE
from firstfix.domain.catalogue.rules import check_rank, check_times, find_gap, may_take_recalls
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.choices import (
    arrange,
    clear_default,
    lock_rows,
    next_position,
    pick,
    refuse_needed,
    refuse_used,
    remove_unused,
    take_default,
)
from firstfix.domain.rows import Row, add_row, change_row, get_row
from firstfix.domain.work import Work

Values = Mapping[str, Any]


async def add_status(work: Work, values: Values) -> UUID:
    """Add a status, after the others.

    Raises:
        ValueRefused: It has no name.
        ValueTaken: Another status has it.
    """
    row = await add_row(work, STATUS, {**values, "position": await next_position(work, STATUS)})
    uuid: UUID = row["uuid"]
    return uuid


async def change_status(work: Work, uuid: UUID, values: Values) -> None:
    """Change a status. Requiring approval makes it a gate; a change that waits for approval goes on waiting.

    Made the one that recalled jobs come to, it takes the place of the other.

    Raises:
        EntityNotFound: There is no such status.
        ValueRefused: It would have no name.
        ValueTaken: Another status has the name.
        EntityInUse: Its stage would change, and jobs have it or wait for it.
        NotForRecalls: Recalled jobs would come to it, and cannot.
        StageLeftEmpty: Jobs would have no way to a stage.
    """
    rows = await lock_rows(work, STATUS)
    row = pick(STATUS, rows, uuid)
    after = {**row, **values}
    if after["is_recall"] and not may_take_recalls(Stage(after["stage"]), after["requires_approval"]):
        raise NotForRecalls
    if values.get("stage", row["stage"]) != row["stage"]:
        await refuse_used(work, STATUS, row)  # and the key of jobs, which holds the stage too, is the referee
    _refuse_gap(rows, [after if other is row else other for other in rows])
    if after["is_recall"]:
        for other in rows:  # at most one is
            if other["is_recall"] and other is not row:
                await change_row(work, STATUS, other, {"is_recall": False})
    await change_row(work, STATUS, row, values)


async def remove_status(work: Work, uuid: UUID) -> None:
    """Remove a status that no job has.

    Raises:
        EntityNotFound: There is no such status.
        EntityInUse: Jobs have it.
        StageLeftEmpty: Jobs would have no way to a stage.
    """
    rows = await lock_rows(work, STATUS)
    row = pick(STATUS, rows, uuid)
    _refuse_gap(rows, [other for other in rows if other is not row])
    await remove_unused(work, STATUS, row)


async def arrange_statuses(work: Work, uuids: Sequence[UUID]) -> None:
    """Put the statuses into an order. What a crew does leads to the first one of the stage.

    Raises:
        OrderOutOfDate: Those are not all of them, each once.
    """
    await arrange(work, STATUS, uuids)


async def add_priority(work: Work, values: Values) -> UUID:
    """Add a priority, after the others; without a rank it is the least urgent one.

    Raises:
        ValueRefused: It has no name, or no rank that can be one.
        ValueTaken: Another priority has the name.
    """
    check_rank(values.get("rank"))
    rows = await lock_rows(work, PRIORITY)
    given = {"rank": max((row["rank"] for row in rows), default=0) + 1, **values}
    if given.get("is_default"):
        await clear_default(work, PRIORITY, rows)
    row = await add_row(work, PRIORITY, {**given, "position": await next_position(work, PRIORITY)})
    uuid: UUID = row["uuid"]
    return uuid


async def change_priority(work: Work, uuid: UUID, values: Values) -> None:
    """Change a priority. One is the default of jobs that name none: made so, it takes the place of the other.

    Raises:
        EntityNotFound: There is no such priority.
        ValueRefused: It would have no name, or no rank that can be one.
        ValueTaken: Another priority has the name.
        DefaultNeeded: It would be the default no more, and no other one in its place.
    """
    check_rank(values.get("rank"))
    rows = await lock_rows(work, PRIORITY)
    row = pick(PRIORITY, rows, uuid)
    await take_default(work, PRIORITY, rows, row, values)
    await change_row(work, PRIORITY, row, values)


async def remove_priority(work: Work, uuid: UUID) -> None:
    """Remove a priority that no job has.

    Raises:
        EntityNotFound: There is no such priority.
        EntityInUse: Jobs have it.
        LastOne: There is no other.
        DefaultNeeded: It is the default.
    """
    rows = await lock_rows(work, PRIORITY)
    row = pick(PRIORITY, rows, uuid)
    refuse_needed(PRIORITY, rows, row)
    await remove_unused(work, PRIORITY, row)


async def arrange_priorities(work: Work, uuids: Sequence[UUID]) -> None:
    """Put the priorities into an order, the most urgent first: ranks follow.

    Raises:
        OrderOutOfDate: Those are not all of them, each once.
    """
    await arrange(work, PRIORITY, uuids, also="rank")


async def arrange_job_types(work: Work, uuids: Sequence[UUID]) -> None:
    """Put the job types into an order, archived ones too.

    Raises:
        OrderOutOfDate: Those are not all of them, each once.
    """
    await arrange(work, JOB_TYPE, uuids)


async def add_time_range(work: Work, values: Values) -> UUID:
    """Add a part of the day, after the others. It may overlap them: a start lies in the first that holds it.

    Raises:
        ValueRefused: It has no name, or ends before it starts.
        ValueTaken: Another one has the name.
    """
    check_times(values["start_time"], values["end_time"])
    row = await add_row(work, TIME_RANGE, {**values, "position": await next_position(work, TIME_RANGE)})
    uuid: UUID = row["uuid"]
    return uuid


async def change_time_range(work: Work, uuid: UUID, values: Values) -> None:
    """Change a part of the day. Its times are fixed once jobs are booked into it: they begin within it.

    Raises:
        EntityNotFound: There is no such part.
        ValueRefused: It would have no name, or end before it starts.
        ValueTaken: Another one has the name.
        EntityInUse: Its times would change, and jobs are booked into it.
    """
    # A job that is just booked into it comes first and is counted, or waits and reads the new times.
    row = await get_row(work, TIME_RANGE, uuid, to_remove=True)
    times = {name: values.get(name, row[name]) for name in ("start_time", "end_time")}
    check_times(**times)
    if any(row[name] != value for name, value in times.items()):
        await refuse_used(work, TIME_RANGE, row)
    await change_row(work, TIME_RANGE, row, values)


async def remove_time_range(work: Work, uuid: UUID) -> None:
    """Remove a part of the day that no job is booked into.

    Raises:
        EntityNotFound: There is no such part.
        EntityInUse: Jobs are booked into it.
    """
    await remove_unused(work, TIME_RANGE, await get_row(work, TIME_RANGE, uuid, to_remove=True))


async def arrange_time_ranges(work: Work, uuids: Sequence[UUID]) -> None:
    """Put the parts of the day into an order. A start lies in the first that holds it.

    Raises:
        OrderOutOfDate: Those are not all of them, each once.
    """
    await arrange(work, TIME_RANGE, uuids)


async def add_payment_status(work: Work, values: Values) -> UUID:
    """Add a payment status, after the others.

    Raises:
        ValueRefused: It has no name.
        ValueTaken: Another one has it.
    """
    row = await add_row(work, PAYMENT_STATUS, {**values, "position": await next_position(work, PAYMENT_STATUS)})
    uuid: UUID = row["uuid"]
    return uuid


async def change_payment_status(work: Work, uuid: UUID, values: Values) -> None:
    """Rename a payment status.

    Raises:
        EntityNotFound: There is no such status.
        ValueRefused: It would have no name.
        ValueTaken: Another one has the name.
    """
    await change_row(work, PAYMENT_STATUS, await get_row(work, PAYMENT_STATUS, uuid), values)


async def remove_payment_status(work: Work, uuid: UUID) -> None:
    """Remove a payment status that no job has.

    Raises:
        EntityNotFound: There is no such status.
        EntityInUse: Jobs have it.
    """
    await remove_unused(work, PAYMENT_STATUS, await get_row(work, PAYMENT_STATUS, uuid, to_remove=True))


async def arrange_payment_statuses(work: Work, uuids: Sequence[UUID]) -> None:
    """Put the payment statuses into an order.

    Raises:
        OrderOutOfDate: Those are not all of them, each once.
    """
    await arrange(work, PAYMENT_STATUS, uuids)


def _refuse_gap(before: Sequence[Row], after: Sequence[Row]) -> None:
    gap = find_gap(_choices(before), _choices(after))
    if gap is not None:
        stage, is_without_approval = gap
        raise StageLeftEmpty(stage, is_without_approval=is_without_approval)


def _choices(statuses: Sequence[Row]) -> list[tuple[Stage, bool]]:
    return [(Stage(status["stage"]), status["requires_approval"]) for status in statuses]
