"""Changing the organisation itself, its branches and its service areas. Every change records one event."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from firstfix.domain.choices import remove_unused
from firstfix.domain.organisations.errors import (
    CurrencyInvoiced,
    DatesWouldCross,
    GroupsOff,
    LastActiveBranch,
    NumberUsed,
)
from firstfix.domain.organisations.kinds import BRANCH, ORGANISATION, SERVICE_AREA
from firstfix.domain.organisations.models import Branch
from firstfix.domain.organisations.policies import visible_branches
from firstfix.domain.organisations.queries import is_enterprise
from firstfix.domain.organisations.rules import (
    check_colour,
    check_currency,
    check_job_number,
    check_job_prefix,
    check_rectangle,
    check_time_zone,
    check_vat,
)
from firstfix.domain.rows import Reference, Row, add_row, change_row, get_row, remove_row
from firstfix.domain.work import Work

Values = Mapping[str, Any]
_SIDES = ("north", "east", "south", "west")
_OF_BRANCH = frozenset({"people", "person_branches", "locations"})
"""What would go on without its branch, and would not be the same."""
_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "time_zone": check_time_zone,
    "currency": check_currency,
    "job_prefix": check_job_prefix,
    "default_vat_percentage": check_vat,
}
_HAS_INVOICES = text("SELECT EXISTS (SELECT FROM invoices)")
_ADVANCE = text("SELECT advance_job_numbers(:wanted)")
_CROSSED = text("""
SELECT count(*) FROM jobs JOIN branches ON branches.id = jobs.branch_id CROSS JOIN organisations
WHERE jobs.stage < 4
  AND jobs.works_end_on < (jobs.scheduled_at AT TIME ZONE coalesce(branches.time_zone, organisations.time_zone))::date
""")


async def change_organisation(work: Work, values: Values) -> None:
    """Change the organisation's own settings.

    A prefix is that of new jobs. Switching True-Crew off hides whom tasks are given to, and keeps it; a new unit of
    deferral and a new rate of VAT move no job that is there already.

    Args:
        work: The open transaction.
        values: By column; besides those `next_job_number`.

    Raises:
        ValueRefused: A value that no organisation can have.
        CurrencyInvoiced: The currency would change, and there are invoices.
        DatesWouldCross: The time zone would change, and jobs would end before they begin.
        NumberUsed: The next job would have a number that is past.
    """
    row = dict((await work.session.execute(select(*ORGANISATION.columns).with_for_update())).mappings().one())
    given = dict(values)
    next_number = given.pop("next_job_number", None)
    if next_number is not None:
        check_job_number(next_number)
    for name, check in _CHECKS.items():
        if given.get(name) is not None:
            check(given[name])
    if given.get("currency") not in (None, row["currency"]) and await work.session.scalar(_HAS_INVOICES):
        raise CurrencyInvoiced
    links = {} if next_number is None else {"next_job_number": await _advance_numbers(work, next_number)}
    await change_row(work, ORGANISATION, row, given, links=links)
    if given.get("time_zone") not in (None, row["time_zone"]):
        await _refuse_crossed_dates(work)


async def require_groups(work: Work) -> None:
    """Refuse where the organisation does not work with groups.

    Raises:
        GroupsOff: It does not.
    """
    if not await is_enterprise(work):
        raise GroupsOff


async def add_branch(work: Work, values: Values) -> UUID:
    """Add a branch.

    Raises:
        ValueRefused: It has no name, or no time zone that is one.
        ValueTaken: Another branch has the name.
    """
    _check_zone(values)
    name = values.get("name") or ""
    row = await add_row(work, BRANCH, {"code": name[:3].upper(), **_activity(values)})
    uuid: UUID = row["uuid"]
    return uuid


async def change_branch(work: Work, uuid: UUID, values: Values) -> None:
    """Change a branch.

    Raises:
        EntityNotFound: There is no such branch.
        ValueRefused: A value that no branch can have.
        ValueTaken: Another branch has the name.
        DatesWouldCross: The time zone would change, and jobs would end before they begin.
        LastActiveBranch: It would be disabled, and no other one is active.
    """
    _check_zone(values)
    row, _ = await _change_branch(work, uuid, _activity(values))
    if values.get("time_zone", row["time_zone"]) != row["time_zone"]:
        await _refuse_crossed_dates(work)


async def set_branch_active(work: Work, branch: Reference, *, is_active: bool) -> bool:
    """Disable a branch, which then takes no new jobs and keeps those that it has, or enable it again.

    Args:
        work: The open transaction.
        branch: Which one.
        is_active: The state wanted afterwards.

    Returns:
        Whether anything changed.

    Raises:
        EntityNotFound: Absent or hidden.
        LastActiveBranch: No other one is active.
    """
    _, is_changed = await _change_branch(work, branch, {"is_active": is_active})
    return is_changed


async def remove_branch(work: Work, uuid: UUID) -> None:
    """Remove a branch that is empty.

    Raises:
        EntityNotFound: There is no such branch.
        EntityInUse: It has jobs, people or locations.
        LastActiveBranch: No other one is active.
    """
    active = await _lock_active_branches(work)
    row = await get_row(work, BRANCH, uuid, to_remove=True)
    _keep_one_active(active, row["id"])
    await remove_unused(work, BRANCH, row, also=_OF_BRANCH)


async def add_service_area(work: Work, values: Values) -> UUID:
    """Add a service area.

    Raises:
        ValueRefused: It has no name or no rectangle, or a colour that is none.
        ValueTaken: Another area has the name.
    """
    _check_area(values, {})
    row = await add_row(work, SERVICE_AREA, values)
    uuid: UUID = row["uuid"]
    return uuid


async def change_service_area(work: Work, uuid: UUID, values: Values) -> None:
    """Change a service area.

    Raises:
        EntityNotFound: There is no such area.
        ValueRefused: Its rectangle or colour is none.
        ValueTaken: Another area has the name.
    """
    row = await get_row(work, SERVICE_AREA, uuid)
    _check_area(values, row)
    await change_row(work, SERVICE_AREA, row, values)


async def remove_service_area(work: Work, uuid: UUID) -> None:
    """Remove a service area.

    Raises:
        EntityNotFound: There is no such area.
    """
    await remove_row(work, SERVICE_AREA, uuid)


async def _change_branch(work: Work, branch: Reference, values: Values) -> tuple[Row, bool]:
    """Change a branch; give it as it was, and whether anything changed."""
    active = await _lock_active_branches(work) if values.get("is_active") is False else []
    row = await get_row(work, BRANCH, branch, visible=visible_branches(work.actor))
    _keep_one_active(active, row["id"])
    return row, await change_row(work, BRANCH, row, values)


async def _lock_active_branches(work: Work) -> list[int]:
    """Lock the active branches, in one order, so that the last two cannot go at once."""
    active = select(Branch.id).where(Branch.is_active).order_by(Branch.id).with_for_update(key_share=True)
    return list(await work.session.scalars(active))


def _keep_one_active(active: list[int], branch_id: int) -> None:
    if active == [branch_id]:
        raise LastActiveBranch


async def _advance_numbers(work: Work, wanted: int) -> tuple[int, int]:
    """Let the next job have a number, and give what it was to be and what it is.

    Raises:
        NumberUsed: That number is past.
    """
    before: int = (await work.session.execute(_ADVANCE, {"wanted": wanted})).scalar_one()
    if wanted < before:
        raise NumberUsed(before)
    return before, wanted


async def _refuse_crossed_dates(work: Work) -> None:
    """Refuse a time zone that was just set, where open jobs end before they begin by it.

    Raises:
        DatesWouldCross: Some do.
    """
    jobs_count = await work.session.scalar(_CROSSED)
    if jobs_count:
        raise DatesWouldCross(jobs_count)


def _check_zone(values: Values) -> None:
    if values.get("time_zone") is not None:
        check_time_zone(values["time_zone"])


def _activity(values: Values) -> dict[str, Any]:
    given = dict(values)
    if "is_archived" in given:
        given["is_active"] = not given.pop("is_archived")
    return given


def _check_area(values: Values, before: Mapping[str, Any]) -> None:
    if values.get("colour") is not None:
        check_colour(values["colour"])
    sides = {side: values.get(side, before.get(side)) for side in _SIDES}
    if None not in sides.values():
        check_rectangle(**{side: float(value) for side, value in sides.items() if value is not None})
