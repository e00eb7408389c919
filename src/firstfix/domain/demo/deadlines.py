"""What was promised about jobs that are done.

It comes with their rows, and is what `deadlines_of` and `works_due_at` in the database say: the trigger that asks those
for each new job takes longer than all else that writes it. Jobs that are open are left to the trigger.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection, Row, func, select

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.diary import at_quarter
from firstfix.domain.demo.world import World
from firstfix.domain.organisations.models import Branch, Organisation
from firstfix.domain.sla.models import SlaPolicy, WorkingSpan

_ONE_DAY = timedelta(days=1)
_LEFT_TO_THE_DATABASE = dict.fromkeys(("works_due_at", "response_due_at", "resolution_due_at", "warning_due_at"))


class _Calendar(Struct, frozen=True):
    """The working time of a branch, and the zone that its days begin in."""

    zone: ZoneInfo
    starts: list[datetime]
    ends: list[datetime]
    seconds_before: list[int]

    def seconds_until(self, moment: datetime) -> int:
        """Count the working time until a moment."""
        place = bisect_right(self.starts, moment) - 1
        if place < 0:
            return 0
        return self.seconds_before[place] + int((min(moment, self.ends[place]) - self.starts[place]).total_seconds())

    def moment_after(self, seconds: int) -> datetime | None:
        """Give the first moment by which there is so much working time, or the calendar's end."""
        place = bisect_left(self.seconds_before, seconds) - 1
        if place < 0:
            return None
        return min(self.starts[place] + timedelta(seconds=seconds - self.seconds_before[place]), self.ends[place])


class Deadlines:
    """The promises of an organisation, read once.

    Args:
        connection: The owner's.
        world: The organisation.
    """

    def __init__(self, connection: Connection, world: World) -> None:
        ours = {"organisation_id": world.organisation_id}
        self._policies: dict[tuple[int, int | None, int | None], Row[*tuple[Any, ...]]] = {
            (policy.priority_id, policy.branch_id, policy.job_type_id): policy
            for policy in connection.execute(
                select(
                    *(SlaPolicy.priority_id, SlaPolicy.branch_id, SlaPolicy.job_type_id),
                    *(SlaPolicy.response_minutes, SlaPolicy.resolution_minutes, SlaPolicy.warning_minutes),
                ).filter_by(**ours)
            )
        }
        spans: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
        for span in connection.execute(select(WorkingSpan.__table__).filter_by(**ours).order_by(WorkingSpan.starts_at)):
            spans[span.branch_id].append(span)
        zones = (
            select(Branch.id, func.coalesce(Branch.time_zone, Organisation.time_zone))
            .join(Organisation, Organisation.id == Branch.organisation_id)
            .where(Branch.organisation_id == world.organisation_id)
        )
        self._calendars = {
            branch_id: _Calendar(
                ZoneInfo(zone),
                [span.starts_at for span in spans[branch_id]],
                [span.ends_at for span in spans[branch_id]],
                [span.seconds_before for span in spans[branch_id]],
            )
            for branch_id, zone in connection.execute(zones)
        }

    def promised(self, job: Mapping[str, Any]) -> dict[str, datetime | None]:
        """Give the columns of what was promised about a job, all empty where the database sees to them."""
        policy = self._find_policy(job)
        if job["stage"] < Stage.COMPLETE or policy is None:
            return _LEFT_TO_THE_DATABASE
        calendar = self._calendars[job["branch_id"]]
        began = calendar.seconds_until(job["created_at"])
        done_by = began + 60 * policy.resolution_minutes
        warning = policy.warning_minutes
        return {
            "works_due_at": _end_of_works(job, calendar.zone),
            "response_due_at": calendar.moment_after(began + 60 * policy.response_minutes),
            "resolution_due_at": calendar.moment_after(done_by),
            "warning_due_at": None if warning is None else calendar.moment_after(done_by - 60 * warning),
        }

    def _find_policy(self, job: Mapping[str, Any]) -> Row[*tuple[Any, ...]] | None:
        """Find the policy that fits: the branch's own first, then that of the job's type."""
        priority_id, branch_id, job_type_id = job["priority_id"], job["branch_id"], job["job_type_id"]
        for key in (
            (priority_id, branch_id, job_type_id),
            (priority_id, branch_id, None),
            (priority_id, None, job_type_id),
            (priority_id, None, None),
        ):
            if key in self._policies:
                return self._policies[key]
        return None


def _end_of_works(job: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    day = job["works_end_on"]
    if day is None:
        if job["scheduled_at"] is None:
            return None
        ends_at = job["scheduled_at"] + timedelta(minutes=job["estimated_minutes"])
        day = ends_at.astimezone(zone).date()
    return at_quarter(day + _ONE_DAY, 0, zone)
