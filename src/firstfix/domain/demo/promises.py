"""What the demonstration promises: policies, public holidays, and how a job's clock has run so far."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, text

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.courses import Change
from firstfix.domain.demo.world import World
from firstfix.domain.sla.calendars import build_calendars
from firstfix.domain.sla.models import DayOff, SlaPolicy

_WORKING_DAY = 600
_TARGETS = {
    "Emergency": (120, 270, 60),
    "High": (900, 1440, 240),
    "Medium": (5 * _WORKING_DAY, 9 * _WORKING_DAY, _WORKING_DAY),
    "Low": (12 * _WORKING_DAY, 20 * _WORKING_DAY, 2 * _WORKING_DAY),
}
"""By priority, in working minutes: until somebody answers, until the job is done, and how long before that to warn."""
_FASTER_TYPE, _FASTER_PRIORITY, _FASTER = "Gas & Heating", "Medium", (4 * _WORKING_DAY, 7 * _WORKING_DAY, 300)
_COUNTRY, _SUBDIVISION = "GB", "ENG"


def add_promises(connection: Connection, world: World, *, now: datetime) -> None:
    """Write policies, holidays and the calendars that follow, for the organisation that the transaction works for."""
    targets: dict[tuple[str, int | None], tuple[int, int, int]] = {
        (priority, None): target for priority, target in _TARGETS.items()
    }
    targets[_FASTER_PRIORITY, world.job_type_ids[_FASTER_TYPE]] = _FASTER
    connection.execute(
        insert(SlaPolicy),
        [
            {
                "priority_id": world.priority_ids[priority],
                "job_type_id": job_type_id,
                "response_minutes": response,
                "resolution_minutes": resolution,
                "warning_minutes": warning,
            }
            for (priority, job_type_id), (response, resolution, warning) in targets.items()
        ],
    )
    place = {"organisation": world.organisation_id, "country": _COUNTRY, "subdivision": _SUBDIVISION}
    connection.execute(
        text(
            "UPDATE working_weeks SET holiday_country = :country, holiday_subdivision = :subdivision"
            " WHERE organisation_id = :organisation"
        ),
        place,
    )
    connection.execute(insert(DayOff).values(day=date(now.year, 12, 24), name="Christmas Eve"))
    build_calendars(connection, today=now.date())


def clock_of(changes: Iterable[Change], state: dict[str, Any], pausing: frozenset[int]) -> dict[str, Any]:
    """Tell when somebody first answered to a job, and since when its clock stands.

    Args:
        changes: All that happened to it, in order.
        state: What the job has come to.
        pausing: Statuses in which the clock stands.
    """
    moves = [(change.at, change.values) for change in changes if "status_id" in change.values]
    answers = (at for at, values in moves if Stage.ASSIGNED <= values["stage"] <= Stage.ARCHIVED)
    is_standing = state["stage"] >= Stage.COMPLETE or state["status_id"] in pausing
    stood_at = state["completed_at"] or (moves[-1][0] if moves else state["created_at"])
    return {"responded_at": next(answers, None), "clock_stopped_at": stood_at if is_standing else None}
