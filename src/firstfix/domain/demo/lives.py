"""The life of a job: what it was raised as, what became of it, and so what it is now."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from firstfix.domain.demo.courses import NOT_DUE, Change, Course, Slot
from firstfix.domain.demo.crews import Crew, choose_crew, minutes_of_first_day, second_day
from firstfix.domain.demo.diary import DAY_STARTS, Diary, at_quarter
from firstfix.domain.demo.draws import Draw, spread
from firstfix.domain.demo.fields import as_column, by_id, draw_values
from firstfix.domain.demo.outlines import WHOLE_DAY_MINUTES, Outline
from firstfix.domain.demo.promises import clock_of
from firstfix.domain.demo.scenarios import ASSIGNED, BOOKED, ON_HOLD
from firstfix.domain.demo.timesheets import Presence, Stretch, crew_state_of, draw_hours, find_presence
from firstfix.domain.demo.words.notes import ACCESS_DETAILS
from firstfix.domain.demo.words.people import FIRST_NAMES, LAST_NAMES
from firstfix.domain.demo.words.places import PARTS_OF_DAY, ROOMS, SIDES, WEEKDAYS, WET_ROOMS
from firstfix.domain.demo.worksheets import Worksheet
from firstfix.domain.demo.world import World
from firstfix.domain.jobs.crew import CrewState
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.labor import LaborState
from firstfix.domain.jobs.task_rows import TaskState
from firstfix.domain.jobs.views import JobIds
from firstfix.domain.work import Event, Source
from firstfix.kit.sealing import KeyRing

MOST_SLOTS = 2
_VAT = spread({20: 93, 5: 4, 0: 3})
_NOTIFICATION_HOURS = (24, 48, 72, 168)
_TOLD_ONLY = ("crew_ids", "contact_ids", "custom_fields", "gate_notes", "recall_reason", "recall_outcome")
"""What the history tells beside columns."""
_NOTHING_SEALED: dict[str, str | None] = dict.fromkeys(
    ("access_details_sealed", "private_contact_name_sealed", "private_contact_email_sealed")
)
_ACCESS_SHARE, _PRIVATE_CONTACT_SHARE = 0.25, 0.08


class Told(Struct, frozen=True):
    """An event with what only the command that records one would know."""

    at: datetime
    actor_id: int | None
    source: Source
    event: Event


class Life(Struct, frozen=True, kw_only=True):
    """A job as it stands, and how it came to that.

    Attributes:
        columns: Of the job's row.
        events: Each later than the one before.
        engineer_ids: The crew, the lead first.
        labor: Each line with its uuid.
        hours: Of each of the crew, in order.
        crew_state: How far each of them is.
        gates: Columns of the gates that were decided; of a job that is not told in full, those that it still tells of.
        recalls: Columns of its recalls.
    """

    outline: Outline
    columns: dict[str, Any]
    events: list[Told]
    slots: list[Slot]
    engineer_ids: tuple[int, ...]
    tasks: tuple[TaskState, ...]
    labor: tuple[tuple[UUID, LaborState], ...]
    hours: list[Stretch]
    crew_state: CrewState
    gates: list[dict[str, Any]]
    recalls: list[dict[str, Any]]


class Narrator:
    """Tells the jobs of one organisation, in the order in which they were raised.

    Args:
        draw: What decides.
        world: The organisation.
        diary: What engineers are booked for; the jobs told are entered.
        keys: The ring that sealed fields are sealed with.
        now: When the telling ends, in whole seconds.
    """

    def __init__(self, draw: Draw, world: World, diary: Diary, keys: KeyRing, now: datetime) -> None:
        self._draw = draw
        self._work_draw = draw.apart("work")
        self._fields_draw = draw.apart("fields")
        self._hours_draw = draw.apart("hours")
        self._world = world
        self._diary = diary
        self._keys = keys
        self._now = now

    def tell(self, outline: Outline, *, job_id: int, number: int) -> Life:
        """Tell the life of one job."""
        draw, world, path = self._draw, self._world, outline.scenario.path
        ids = JobIds(id=job_id, uuid=draw.uuid_at(outline.created_at), reference=f"{world.prefix}{number}")
        is_given = ASSIGNED in path or BOOKED in path
        crew = choose_crew(draw, world, self._diary, outline) if is_given else Crew((), None, outline.quarter)
        slots = _slots(outline, crew, world.zone)
        schedule = self._schedule(outline, crew, slots)
        is_scheduled_late = is_given and draw.chance(0.6)
        worksheet = Worksheet(self._work_draw, world, outline)
        state = self._raise_job(ids, number, outline) | ({} if is_scheduled_late else schedule)
        state |= {"tasks": worksheet.tasks or None, "labor": None}
        presence = find_presence(
            self._hours_draw,
            self._diary,
            outline,
            engineer_ids=crew.engineer_ids,
            slots=slots,
            zone=world.zone,
            now=self._now,
        )
        course = Course(
            draw,
            world,
            self._now,
            outline=outline,
            crew=crew,
            slots=slots,
            schedule=schedule if is_scheduled_late else {},
            number=number,
            worksheet=worksheet,
            substate=None if presence is None else presence.substate,
        )
        changes = course.run()
        hours = self._tell_hours(outline, slots, changes, presence) if crew.engineer_ids else []
        events = self._record(ids, state, changes if outline.is_full else _summed_up(changes))
        for name in _TOLD_ONLY:
            state.pop(name, None)
        tasks, labor = state.pop("tasks") or (), state.pop("labor") or ()
        state["updated_at"] = events[-1].at
        state |= clock_of(changes, state, world.pausing_status_ids)
        return Life(
            outline=outline,
            columns=state,
            events=events,
            slots=slots,
            engineer_ids=crew.engineer_ids,
            tasks=tasks,
            labor=tuple((self._work_draw.uuid_at(outline.created_at), line) for line in labor),
            hours=hours,
            crew_state=crew_state_of(state["stage"], presence, hours),
            gates=course.gates if outline.is_full or state["gate_status"] is not None else [],
            recalls=course.recalls,
        )

    def _tell_hours(
        self, outline: Outline, slots: list[Slot], changes: list[Change], presence: Presence | None
    ) -> list[Stretch]:
        """Tell the hours of each engineer: from when work began until the job was complete, or on hold."""
        on_hold = self._world.statuses[ON_HOLD].id
        started = (change.values["started_at"] for change in changes if "started_at" in change.values)
        ended = (change.at for change in changes if change.values.get("status_id") == on_hold)
        completed = (change.values["completed_at"] for change in changes if change.values.get("completed_at"))
        return draw_hours(
            self._hours_draw,
            outline,
            slots=slots,
            presence=presence,
            started_at=next(started, None),
            ended_at=next(ended, None) or next(completed, None),
            now=self._now,
        )

    def _raise_job(self, ids: JobIds, number: int, outline: Outline) -> dict[str, Any]:
        """Give the job as it was raised, without its schedule: its columns, its crew and its contacts."""
        draw, world, place = self._draw, self._world, outline.place
        status = world.statuses[outline.scenario.path[0]]
        title, description = outline.brief.fill(
            room=draw.one(ROOMS[place.kind]),
            wet=draw.one(WET_ROOMS[place.kind]),
            side=draw.one(SIDES),
            day=draw.one(WEEKDAYS),
            when=draw.one(PARTS_OF_DAY),
        )
        agent_id = draw.early(world.agent_ids[place.branch_id]) if draw.chance(0.75) else None
        is_raised_by_agent = agent_id is not None and draw.chance(0.5)
        values = draw_values(self._fields_draw, world, outline)
        vat = draw.one(_VAT)
        price = round(outline.brief.price * draw.share(0.85, 1.3) * 2) / 2
        client_price = -(-price * (1 + vat / 100) * 1.2 // 10) * 10
        return {
            "id": ids.id,
            "uuid": ids.uuid,
            "number": number,
            "reference": ids.reference,
            "created_at": outline.created_at,
            "title": title,
            "description": description,
            "branch_id": place.branch_id,
            "status_id": status.id,
            "stage": status.stage,
            "substate": None,
            "gate_status": None,
            "gate_wanted_status_id": None,
            "gate_asked_by_id": None,
            "gate_asked_at": None,
            "is_recall": False,
            "priority_id": world.priority_ids[outline.priority],
            "job_type_id": world.job_type_ids[outline.job_type],
            "location_id": place.id,
            "asset_id": place.asset_ids.get(outline.job_type) if draw.chance(0.7) else None,
            "lead_id": None,
            "agent_id": agent_id,
            "contractor_id": None,
            "created_by_id": agent_id if is_raised_by_agent else draw.one(world.office_ids),
            "scheduled_at": None,
            "scheduled_state": 0,
            "estimated_minutes": None,
            "works_end_on": None,
            "time_range_id": None,
            "notification_delta": (hours := draw.one(_NOTIFICATION_HOURS) if outline.scenario.is_deferred else None),
            "notification_minutes": hours and hours * 60,
            "client_budget": _money(client_price) if draw.chance(0.8) else None,
            "contractor_budget": _money(price) if draw.chance(0.8) else None,
            "vat_percentage": Decimal(vat),
            "payment_status_id": world.payment_status_ids[NOT_DUE],
            "invoice_no": None,
            "quote_no": f"Q-{number + 3000}" if draw.chance(0.06) else None,
            "works_order_ref": f"WO-{draw.digits(6)}" if draw.chance(0.45) else None,
            **self._sealed(ids.uuid),
            "started_at": None,
            "completed_at": None,
            "updated_at": outline.created_at,
            "field_values": as_column(by_id(values, world.field_ids["Job"])),
            "custom_fields": values or None,
            "crew_ids": None,
            "contact_ids": place.contact_ids or None,
        }

    def _sealed(self, job: UUID) -> dict[str, str | None]:
        """Draw what only those who may see the job may read."""
        draw = self._draw
        values: dict[str, str] = {}
        if draw.chance(_ACCESS_SHARE):
            details = {"code": draw.digits(4), "flat": str(draw.between(1, 59))}
            values["access_details"] = draw.one(ACCESS_DETAILS).format_map(details)
        if draw.chance(_PRIVATE_CONTACT_SHARE):
            first_name, last_name = draw.one(FIRST_NAMES), draw.one(LAST_NAMES)
            values["private_contact_name"] = f"{first_name} {last_name}"
            values["private_contact_email"] = f"{first_name}.{last_name}@example.net".lower()
        sealed = {
            f"{name}_sealed": self._keys.seal(value, record=job, field=f"jobs.{name}") for name, value in values.items()
        }
        return _NOTHING_SEALED | sealed

    def _schedule(self, outline: Outline, crew: Crew, slots: list[Slot]) -> dict[str, Any]:
        """Give the columns of a job's schedule; none where it has no date."""
        if outline.day is None:
            return {}
        ends_on = second_day(outline.day) if outline.is_two_days else None
        if crew.contractor_id is not None and self._draw.chance(0.4):
            ends_on = (ends_on or outline.day) + timedelta(days=self._draw.below(3))
        starts_at = slots[0].starts_at
        local_start = starts_at.astimezone(self._world.zone).time()
        parts = (part.id for part in self._world.day_parts if part.start <= local_start < part.end)
        return {
            "scheduled_at": starts_at,
            "estimated_minutes": sum(slot.minutes for slot in slots),
            "works_end_on": ends_on,
            "time_range_id": next(parts, None) if self._draw.chance(0.4) else None,
        }

    def _record(self, ids: JobIds, state: dict[str, Any], changes: list[Change]) -> list[Told]:
        """Write down that a job was raised and changed, and let the changes come to pass."""
        source: Source = self._draw.one(("web", "web", "web", "manage", "manage", "field"))
        set_values = {name: value for name, value in state.items() if value is not None and value is not False}
        events = [
            Told(state["created_at"], state["created_by_id"], source, job_event(ids, "created", after=set_values))
        ]
        for change in changes:
            event = job_event(ids, "updated", before=state, after=change.values)
            events.append(Told(change.at, change.actor_id, change.source, event))
            state |= change.values
        return events


def _slots(outline: Outline, crew: Crew, zone: ZoneInfo) -> list[Slot]:
    if outline.day is None:
        return []
    first = Slot(at_quarter(outline.day, crew.quarter, zone), minutes_of_first_day(outline))
    if not outline.is_two_days:
        return [first]
    return [first, Slot(at_quarter(second_day(outline.day), DAY_STARTS, zone), WHOLE_DAY_MINUTES)]


def _summed_up(changes: list[Change]) -> list[Change]:
    """Make one change of many: the last one's time and actor, and what all come to."""
    if not changes:
        return []
    last = changes[-1]
    values = {name: value for change in changes for name, value in change.values.items()}
    return [Change(last.at, last.actor_id, last.source, values)]


def _money(pounds: float) -> Decimal:
    return Decimal(f"{pounds:.2f}")
