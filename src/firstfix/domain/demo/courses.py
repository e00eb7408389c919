"""What happened to a job after it was raised: one change after the other, until it stands as its scenario says."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from firstfix.domain.demo.crews import Crew
from firstfix.domain.demo.diary import office_time, working_day
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.outlines import Outline
from firstfix.domain.demo.scenarios import (
    ARCHIVED,
    ASSIGNED,
    BOOKED,
    CANCELLED,
    COMPLETE,
    IN_PROGRESS,
    INVOICED,
    ON_HOLD,
    QUOTING,
    READY,
    RECALLED,
)
from firstfix.domain.demo.worksheets import Worksheet
from firstfix.domain.demo.world import World
from firstfix.domain.recalls.views import Outcome
from firstfix.domain.work import Source

NOT_DUE, AWAITING_PAYMENT, PART_PAID, PAID = "Not due", "Awaiting payment", "Part paid", "Paid"
PAYMENT_STATUSES = frozenset({NOT_DUE, AWAITING_PAYMENT, PART_PAID, PAID})
_DISPATCHED = 2
_SECOND = timedelta(seconds=1)
_NO_GATE = dict.fromkeys(("gate_status", "gate_wanted_status_id", "gate_asked_by_id", "gate_asked_at"))
_RECALL_REASONS = (
    "It failed again two days later.",
    "The tenant says that the leak is back.",
    "One of the rooms was left undone.",
    "It works, but the noise has not gone.",
)
_REJECTION = "The photos of the finished work are missing."


class Slot(Struct, frozen=True):
    """A stretch of planned work."""

    starts_at: datetime
    minutes: int


class Change(Struct, frozen=True):
    """A change of a job's columns: when, by whom, by which way in. No actor: the system itself."""

    at: datetime
    actor_id: int | None
    source: Source
    values: dict[str, Any]


class Course:
    """The course of one job.

    Args:
        draw: What decides.
        world: The organisation.
        now: When the course ends.
        outline: The job in outline.
        crew: Who does it.
        slots: When.
        schedule: Columns that are set only when it is given to them.
        number: The job's.
        substate: What is shown of it while its engineers are under way.
        worksheet: The work on it.

    Attributes:
        gates: Columns of the gates that were decided.
        recalls: Columns of the recalls.
    """

    def __init__(
        self,
        draw: Draw,
        world: World,
        now: datetime,
        *,
        outline: Outline,
        crew: Crew,
        slots: list[Slot],
        schedule: dict[str, Any],
        number: int,
        substate: int | None,
        worksheet: Worksheet,
    ) -> None:
        self._draw = draw
        self._world = world
        self._now = now
        self._outline = outline
        self._crew = crew
        self._slots = slots
        self._schedule = schedule
        self._number = number
        self._substate = substate
        self._worksheet = worksheet
        self._desk_id = draw.one(world.office_ids)
        self._at = outline.created_at
        self._changes: list[Change] = []
        self._gate: dict[str, Any] = {}
        self._completed_at: datetime | None = None
        self.gates: list[dict[str, Any]] = []
        self.recalls: list[dict[str, Any]] = []

    def run(self) -> list[Change]:
        """Tell all changes, each later than the one before."""
        steps = {
            QUOTING: self._quote,
            ASSIGNED: self._assign,
            BOOKED: self._book,
            IN_PROGRESS: self._start,
            ON_HOLD: self._hold,
            COMPLETE: self._complete,
            READY: self._approve,
            INVOICED: self._invoice,
            ARCHIVED: self._archive,
            RECALLED: self._recall,
            CANCELLED: self._cancel,
        }
        for status in self._outline.scenario.path[1:]:
            steps[status]()
        if self._outline.scenario.gate is not None:
            self._ask_for(READY)
        if self._outline.scenario.gate == "rejected":
            values = {"gate_status": "rejected", "gate_notes": _REJECTION}
            self._change(self._later(0, 1), values, actor_id=self._authority_id)
            self._decided(is_approved=False, notes=_REJECTION)
        if self._outline.scenario.recall is not None:
            self._recall()
            self._end_recall(self._outline.scenario.recall)
        return self._changes

    @property
    def _authority_id(self) -> int:
        """The administrator, who decides what others ask for."""
        return self._world.office_ids[0]

    def _quote(self) -> None:
        self._move(QUOTING, self._between(0.1, 0.6, self._now), {"quote_no": f"Q-{self._number + 3000}"})

    def _assign(self) -> None:
        self._give_to_crew(ASSIGNED)

    def _book(self) -> None:
        self._give_to_crew(BOOKED)

    def _give_to_crew(self, status: str) -> None:
        crew, given = self._crew, dict(self._schedule)
        if crew.engineer_ids:
            given |= {
                "lead_id": crew.engineer_ids[0],
                "crew_ids": crew.engineer_ids,
                "scheduled_state": _DISPATCHED,
            }
        else:
            given |= {"contractor_id": crew.contractor_id}
        self._move(status, self._between(0.1, 0.8, self._works_begin()), given)

    def _start(self) -> None:
        slot = self._slots[0]
        # Within the slot, as all hours are: engineers go from one to the next.
        at = slot.starts_at + timedelta(seconds=self._draw.below(min(900, slot.minutes * 10)))
        is_under_way = self._outline.scenario.path[-1] == IN_PROGRESS
        self._move_by_worker(IN_PROGRESS, at, {"started_at": at, "substate": self._substate if is_under_way else None})

    def _hold(self) -> None:
        self._move_by_worker(ON_HOLD, self._between(0.02, 0.2, self._now), {"substate": self._substate})

    def _complete(self) -> None:
        last = self._slots[-1]
        at = last.starts_at + timedelta(seconds=int(last.minutes * 60 * self._draw.share(0.6, 1)))
        at = max(at, self._at + 600 * _SECOND)
        work = self._worksheet.finish(self._crew.engineer_ids, sum(slot.minutes for slot in self._slots))
        self._completed_at = at
        self._move_by_worker(COMPLETE, at, {"completed_at": at} | work)

    def _approve(self) -> None:
        self._ask_for(READY)
        self._move(READY, self._later(0, 2), {"gate_status": "approved"}, actor_id=self._authority_id)
        self._decided(is_approved=True)

    def _invoice(self) -> None:
        payments = self._world.payment_status_ids
        values = {"invoice_no": f"INV-{self._number + 20000}", "payment_status_id": payments[AWAITING_PAYMENT]}
        self._move(INVOICED, self._later(1, 5), values | _NO_GATE)
        if self._draw.chance(0.75) and self._outline.scenario.path[-1] == INVOICED:
            paid = payments[PAID if self._draw.chance(0.85) else PART_PAID]
            self._change(self._later(7, 35), {"payment_status_id": paid})

    def _archive(self) -> None:
        paid = self._world.payment_status_ids[PAID]
        self._move(ARCHIVED, self._later(20, 55), {"payment_status_id": paid})

    def _recall(self) -> None:
        reason = self._draw.one(_RECALL_REASONS)
        values = {"is_recall": True, "completed_at": None, "recall_reason": reason}
        self._move(RECALLED, self._later(1, 8), values)
        self.recalls.append(
            {
                "reason": reason,
                "raised_by_id": self._desk_id,
                "raised_at": self._at,
                "status_before_id": self._world.statuses[COMPLETE].id,
                "completed_before_at": self._completed_at,
                "closed_by_id": None,
                "closed_at": None,
                "outcome": None,
            }
        )

    def _end_recall(self, outcome: Outcome) -> None:
        """Let the recall be done, or called off: then the job has been complete all the time."""
        at = max(self._later(0, 3), self._at + _SECOND)
        completed_at = at if outcome == "standard" else self._completed_at
        self._move(COMPLETE, at, {"is_recall": False, "completed_at": completed_at, "recall_outcome": outcome})
        self.recalls[-1] |= {"closed_by_id": self._desk_id, "closed_at": at, "outcome": outcome}

    def _cancel(self) -> None:
        self._move(CANCELLED, self._between(0.2, 0.9, self._works_begin()), {})

    def _ask_for(self, status: str) -> None:
        """Ask for a status that requires approval; not as the one who decides."""
        asker_id = self._world.office_ids[1]
        at = max(self._later(0, 2), self._at + _SECOND)
        wanted = {
            "gate_status": "pending",
            "gate_wanted_status_id": self._world.statuses[status].id,
            "gate_asked_by_id": asker_id,
            "gate_asked_at": at,
        }
        self._change(at, wanted, actor_id=asker_id)
        self._gate = {"status_id": wanted["gate_wanted_status_id"], "asked_by_id": asker_id, "asked_at": at}

    def _decided(self, *, is_approved: bool, notes: str = "") -> None:
        """Note that what was asked for last has just been decided."""
        decision = {"decided_by_id": self._authority_id, "decided_at": self._at, "is_approved": is_approved}
        self.gates.append({**self._gate, **decision, "notes": notes})

    def _move_by_worker(self, status: str, at: datetime, values: dict[str, Any]) -> None:
        engineer_ids = self._crew.engineer_ids
        actor_id = engineer_ids[0] if engineer_ids else self._crew.contractor_id
        self._move(status, at, values, actor_id=actor_id, source="web" if engineer_ids else "manage")

    def _move(
        self,
        status: str,
        at: datetime,
        values: dict[str, Any],
        *,
        actor_id: int | None = None,
        source: Source = "web",
    ) -> None:
        """Change the status, and what changes with it; by default at a desk of the office."""
        found = self._world.statuses[status]
        moved = {"status_id": found.id, "stage": found.stage, "substate": None}
        self._change(at, moved | values, actor_id=actor_id, source=source)

    def _change(
        self, at: datetime, values: dict[str, Any], *, actor_id: int | None = None, source: Source = "web"
    ) -> None:
        self._at = max(at, self._at + _SECOND)
        self._changes.append(Change(self._at, actor_id or self._desk_id, source, values))

    def _works_begin(self) -> datetime:
        return min(self._slots[0].starts_at, self._now) if self._slots else self._now

    def _between(self, earliest: float, latest: float, end: datetime) -> datetime:
        """Draw a time between the last change and an end, as shares of the way; in office hours where that fits."""
        way = (end - self._at).total_seconds()
        at = self._at + timedelta(seconds=int(way * self._draw.share(earliest, latest)))
        zone = self._world.zone
        in_hours = office_time(self._draw, working_day(at.astimezone(zone).date(), step=-1), zone)
        return in_hours if self._at < in_hours < end else at

    def _later(self, fewest: int, most: int) -> datetime:
        """Draw a time in office hours some days after the last change, or else before now."""
        zone = self._world.zone
        day = self._at.astimezone(zone).date() + timedelta(days=self._draw.between(fewest, most))
        at = office_time(self._draw, working_day(day, step=1), zone)
        if at <= self._at:
            at = self._at + timedelta(seconds=self._draw.between(300, 5399))
        return at if at <= self._now else self._between(0.2, 0.7, self._now)
