"""Changing the organisation itself, its branches and its service areas. Every change records one event."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from firstfix.domain.organisations.errors import GroupsOff
from firstfix.domain.organisations.kinds import BRANCH, ORGANISATION, SERVICE_AREA
from firstfix.domain.organisations.queries import is_enterprise
from firstfix.domain.organisations.rules import check_colour, check_currency, check_rectangle, check_time_zone
from firstfix.domain.rows import add_row, change_row, get_row, remove_row
from firstfix.domain.work import Work

Values = Mapping[str, Any]
_SIDES = ("north", "east", "south", "west")


async def change_organisation(work: Work, values: Values) -> None:
    """Change the organisation's own settings.

    Raises:
        ValueRefused: A value that no organisation can have.
    """
    row = (await work.session.execute(select(*ORGANISATION.columns).with_for_update())).mappings().one()
    if values.get("time_zone") is not None:
        check_time_zone(values["time_zone"])
    if values.get("currency") is not None:
        check_currency(values["currency"])
    await change_row(work, ORGANISATION, dict(row), values)


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
        ValueRefused: It has no name.
        ValueTaken: Another branch has it.
    """
    name = values.get("name") or ""
    row = await add_row(work, BRANCH, {"code": name[:3].upper(), **_activity(values)})
    uuid: UUID = row["uuid"]
    return uuid


async def change_branch(work: Work, uuid: UUID, values: Values) -> None:
    """Change a branch.

    Raises:
        EntityNotFound: There is no such branch.
        ValueTaken: Another branch has the name.
    """
    row = await get_row(work, BRANCH, uuid)
    await change_row(work, BRANCH, row, _activity(values))


async def remove_branch(work: Work, uuid: UUID) -> None:
    """Remove a branch that has no jobs.

    Raises:
        EntityNotFound: There is no such branch.
        EntityInUse: It has jobs.
    """
    await remove_row(work, BRANCH, uuid)


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
