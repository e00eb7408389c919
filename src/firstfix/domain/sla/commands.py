"""Changing what is promised, and in which hours. Every change records one event.

What follows for jobs is worked out afterwards by the worker (`refreshing`): a trigger notes that there is something to
do, so that a request never waits for a hundred thousand jobs.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from firstfix.domain.catalogue.kinds import STATUS
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs.references import BRANCH, JOB_TYPE, PRIORITY, find_references
from firstfix.domain.jobs.views import Reference
from firstfix.domain.rows import Row, add_row, change_row, get_row, remove_row, remove_rows
from firstfix.domain.sla import rules
from firstfix.domain.sla.holidays import check_place
from firstfix.domain.sla.kinds import DAY_OFF, POLICY, WORKING_WEEK
from firstfix.domain.work import Work

Values = Mapping[str, Any]

_ROLES = {"branch_id": BRANCH, "priority_id": PRIORITY, "job_type_id": JOB_TYPE}


class Week(Struct, frozen=True, kw_only=True):
    """When an organisation or a branch works; see `WorkingWeek`. Without hours a branch keeps the organisation's."""

    hours: Sequence[rules.Hours] | None
    holiday_country: str | None = None
    holiday_subdivision: str | None = None


async def add_policy(work: Work, values: Values) -> UUID:
    """Add a policy.

    Raises:
        ValueRefused: A target is missing, or is none.
        ReferenceNotFound: There is no such branch, priority or type.
        ReferenceArchived: It is archived; `BranchDisabled` for a branch.
        ValueTaken: There is one for this branch, priority and type.
    """
    await _check_policy(work, values, {})
    row = await add_row(work, POLICY, values)
    uuid: UUID = row["uuid"]
    return uuid


async def change_policy(work: Work, uuid: UUID, values: Values) -> None:
    """Change a policy; absent leaves as it is.

    Raises:
        EntityNotFound: There is no such policy.
        ValueRefused: As `add_policy`; likewise `ReferenceNotFound`, `ReferenceArchived`, `ValueTaken`.
    """
    row = await get_row(work, POLICY, uuid)
    await _check_policy(work, values, row)
    await change_row(work, POLICY, row, values)


async def remove_policy(work: Work, uuid: UUID) -> None:
    """Remove a policy. Open jobs that no other fits are promised nothing any more.

    Raises:
        EntityNotFound: There is no such policy.
    """
    await remove_row(work, POLICY, uuid)


async def set_week(work: Work, week: Week, *, branch: Reference | None = None) -> None:
    """Set when the organisation works, or one of its branches. What is so already is no change.

    Raises:
        ValueRefused: The hours are none, or the holidays of that country are not known.
        ReferenceNotFound: There is no such branch.
    """
    if week.hours is not None or branch is None:
        rules.check_hours(week.hours or ())
    if week.holiday_country is not None:
        # In a thread: the library takes half a second to load, the first time.
        await asyncio.to_thread(check_place, week.holiday_country, week.holiday_subdivision)
    branch_id = None if branch is None else (await find_references(work, ((BRANCH, branch),))).get(BRANCH, branch).id
    row = await _find_week(work, branch_id)
    values: dict[str, Any] = {
        "hours": None if week.hours is None else sorted(list(stretch) for stretch in week.hours),
        "holiday_country": week.holiday_country,
        "holiday_subdivision": None if week.holiday_country is None else week.holiday_subdivision,
    }
    if row is not None:
        await change_row(work, WORKING_WEEK, row, values)
        return
    await add_row(work, WORKING_WEEK, values | {"branch_id": branch_id})


async def reset_week(work: Work, *, branch: Reference) -> None:
    """Let a branch keep to the organisation's hours and holidays again. Where it does so already nothing changes.

    Raises:
        ReferenceNotFound: There is no such branch.
    """
    findings = await find_references(work, ((BRANCH, branch),))
    week = WORKING_WEEK.rows.c
    await remove_rows(work, WORKING_WEEK, week.branch_id == findings.get(BRANCH, branch).id)


async def add_day_off(work: Work, *, day: date, name: str) -> UUID:
    """Add a day on which nobody works.

    Raises:
        ValueRefused: It has no name.
        ValueTaken: It is off already.
    """
    row = await add_row(work, DAY_OFF, {"day": day, "name": name})
    uuid: UUID = row["uuid"]
    return uuid


async def remove_day_off(work: Work, uuid: UUID) -> None:
    """Let a day be one like any other.

    Raises:
        EntityNotFound: There is no such day off.
    """
    await remove_row(work, DAY_OFF, uuid)


async def set_pausing_statuses(work: Work, statuses: Collection[int]) -> None:
    """Let the clock of a job stand in these statuses, and in no others. One event for each status that changes.

    Raises:
        ReferenceNotFound: There is no such status.
    """
    table = STATUS.rows
    rows = (await work.session.execute(select(*STATUS.columns).order_by(table.c.id).with_for_update())).mappings().all()
    known = {row["id"] for row in rows}
    missing = next((id_ for id_ in statuses if id_ not in known), None)
    if missing is not None:
        raise ReferenceNotFound(STATUS.entity, missing, field="status_ids")
    for row in rows:
        await change_row(work, STATUS, dict(row), {"pauses_sla": row["id"] in statuses})


async def _check_policy(work: Work, values: Values, before: Row | Mapping[str, Any]) -> None:
    """Refuse targets that are none, and find what is newly named."""
    after = {**before, **values}
    if after.get("response_minutes") is not None and after.get("resolution_minutes") is not None:
        rules.check_minutes(
            response=after["response_minutes"],
            resolution=after["resolution_minutes"],
            warning=after.get("warning_minutes"),
        )
    named = [(role, values[column]) for column, role in _ROLES.items() if values.get(column) is not None]
    findings = await find_references(work, named)
    for role, reference in named:
        findings.use(role, reference, known=(before.get(role.column),))


async def _find_week(work: Work, branch_id: int | None) -> dict[str, Any] | None:
    table = WORKING_WEEK.rows
    is_its = table.c.branch_id.is_(None) if branch_id is None else table.c.branch_id == branch_id
    statement = select(*WORKING_WEEK.columns).where(is_its).with_for_update()
    row = (await work.session.execute(statement)).mappings().one_or_none()
    return None if row is None else dict(row)
