"""Rows of many jobs and of all that hangs on them, to be written together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from firstfix.domain.approvals.gate_models import GateDecision
from firstfix.domain.demo.copying import copy_rows
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.events import event_row
from firstfix.domain.demo.fields import as_column
from firstfix.domain.demo.lives import Life
from firstfix.domain.demo.notes import Note
from firstfix.domain.demo.timesheets import Stretch
from firstfix.domain.history.models import EventRow
from firstfix.domain.jobs.models import (
    Job,
    JobContact,
    JobCrewMember,
    JobLabor,
    JobTask,
    JobTaskItem,
    TimeSlot,
    TimeSlotPerson,
    WorkedHours,
)
from firstfix.domain.notes.models import CaseNote
from firstfix.domain.notes.queries import TEXT_FIELD
from firstfix.domain.notes.rules import POLICY
from firstfix.domain.recalls.models import Recall
from firstfix.domain.work import Event
from firstfix.kit.sealing import KeyRing

_JOBS_TABLES = (Job, JobContact, JobCrewMember, WorkedHours, TimeSlot, TimeSlotPerson, JobTask, JobTaskItem, JobLabor)
TABLES = (*_JOBS_TABLES, GateDecision, Recall, CaseNote, EventRow)
"""What a batch has rows of, in the order of their keys."""
_PINNED_SHARE = 0.06
_TOLD_OF_NOTES = ("created_by_id", "written_by_contact_id", "source", "in_reply_to_id", "sends_mail", "parties")


class Batch:
    """Rows of jobs.

    Args:
        draw: What decides, of uuids among others.
        keys: The ring that notes are sealed with.
        slot_ids: Ids for time slots.
        task_ids: Ids for tasks.
        note_ids: Ids for notes.
        notes_draw: What decides the uuids of what the history tells of notes.
    """

    def __init__(
        self,
        draw: Draw,
        keys: KeyRing,
        *,
        slot_ids: Iterator[int],
        task_ids: Iterator[int],
        note_ids: Iterator[int],
        notes_draw: Draw,
    ) -> None:
        self._draw = draw
        self._note_ids = note_ids
        self._notes_draw = notes_draw
        self._keys = keys
        self._slot_ids = slot_ids
        self._task_ids = task_ids
        self._rows: dict[type[Any], list[dict[str, Any]]] = {table: [] for table in TABLES}

    @property
    def jobs_count(self) -> int:
        """How many jobs were added."""
        return len(self._rows[Job])

    def add(self, life: Life, notes: Sequence[Note]) -> None:
        """Add a job with its contacts, crew, time slots, tasks, items, labor, gates, recalls, notes and history."""
        job_id, created_at = life.columns["id"], life.columns["created_at"]
        self._rows[Job].append(life.columns)
        self._rows[JobContact] += (
            {"job_id": job_id, "contact_id": contact_id, "position": position}
            for position, contact_id in enumerate(life.outline.place.contact_ids)
        )
        self._rows[JobCrewMember] += (
            {"job_id": job_id, "person_id": person_id, "position": position, "state": int(life.crew_state)}
            for position, person_id in enumerate(life.engineer_ids)
        )
        self._rows[WorkedHours] += (
            self._hours_row(job_id, person_id, stretch) for person_id in life.engineer_ids for stretch in life.hours
        )
        for slot in life.slots:
            slot_id = next(self._slot_ids)
            self._rows[TimeSlot].append(
                {
                    "id": slot_id,
                    "uuid": self._draw.uuid_at(created_at),
                    "job_id": job_id,
                    "starts_at": slot.starts_at,
                    "minutes": slot.minutes,
                    "created_at": created_at,
                }
            )
            self._rows[TimeSlotPerson] += (
                {"time_slot_id": slot_id, "person_id": person_id, "position": position}
                for position, person_id in enumerate(life.engineer_ids)
            )
        self._add_work(life)
        for table, rows in ((GateDecision, life.gates), (Recall, life.recalls)):
            self._rows[table] += ({"uuid": self._draw.uuid_at(created_at), "job_id": job_id, **row} for row in rows)
        self._add_notes(life, notes)
        self._rows[EventRow] += (
            {
                "id": self._draw.uuid_at(told.at),
                "at": told.at,
                "actor_id": told.actor_id,
                "source": told.source,
                "entity": told.event.entity,
                "entity_id": told.event.entity_id,
                "entity_uuid": told.event.entity_uuid,
                "label": told.event.label,
                "action": told.event.action,
                "changes": msgspec.json.encode(told.event.changes).decode(),
            }
            for told in life.events
        )

    def write(self, connection: Connection) -> None:
        """Write all rows that were added. In another thread, while nobody else uses the connection, is fine."""
        for table in TABLES:
            copy_rows(connection, table, self._rows[table])

    def _hours_row(self, job_id: int, person_id: int, stretch: Stretch) -> dict[str, Any]:
        came_from, went_to = stretch.came_from, stretch.went_to
        return {
            "uuid": self._draw.uuid_at(stretch.starts_at),
            "job_id": job_id,
            "person_id": person_id,
            "is_travel": stretch.is_travel,
            "starts_at": stretch.starts_at,
            "ends_at": stretch.ends_at,
            "start_latitude": came_from and came_from.latitude,
            "start_longitude": came_from and came_from.longitude,
            "end_latitude": went_to and went_to.latitude,
            "end_longitude": went_to and went_to.longitude,
            "pause_reason": stretch.pause_reason,
            "created_at": stretch.starts_at,
        }

    def _add_work(self, life: Life) -> None:
        job_id, created_at = life.columns["id"], life.columns["created_at"]
        for task in life.tasks:
            task_id = next(self._task_ids)
            self._rows[JobTask].append(
                {
                    "id": task_id,
                    "uuid": task.uuid,
                    "job_id": job_id,
                    "position": task.position,
                    "catalogue_task_id": task.task_id,
                    "note": task.note,
                    "unit_cost": task.unit_cost,
                    "unit_price": task.unit_price,
                    "is_done": task.is_done,
                    "field_values": as_column(task.field_values),
                    "created_at": created_at,
                }
            )
            self._rows[JobTaskItem] += (
                {
                    "uuid": item.uuid,
                    "job_task_id": task_id,
                    "position": item.position,
                    "catalogue_item_id": item.item_id,
                    "quantity": item.quantity,
                    "unit_cost": item.unit_cost,
                    "unit_price": item.unit_price,
                    "created_at": created_at,
                }
                for item in task.items
            )
        self._rows[JobLabor] += (
            {
                "uuid": uuid,
                "job_id": job_id,
                "position": line.position,
                "person_id": line.person_id,
                "minutes": line.minutes,
                "labor_rate_id": line.labor_rate_id,
                "name": line.name,
                "rate": line.rate,
                "cost": line.cost,
                "is_taxable": line.is_taxable,
                "created_at": created_at,
            }
            for uuid, line in life.labor
        )

    def _add_notes(self, life: Life, notes: Sequence[Note]) -> None:
        ids: dict[Note, int] = {}
        for note in notes:
            ids[note] = next(self._note_ids)
            row = self._note_row(life.columns["id"], note, ids)
            self._rows[CaseNote].append(row)
            self._rows[EventRow] += self._events_of_note(life, note, row)

    def _note_row(self, job_id: int, note: Note, ids: Mapping[Note, int]) -> dict[str, Any]:
        uuid = self._draw.uuid_at(note.at)
        return {
            "id": ids[note],
            "uuid": uuid,
            "job_id": job_id,
            "created_by_id": note.author_id,
            "written_by_contact_id": note.contact_id,
            "source": "user" if note.contact_id is None else "email",
            "in_reply_to_id": None if note.answers is None else ids[note.answers],
            "text_sealed": self._keys.seal(note.text, record=uuid, field=TEXT_FIELD),
            "text_policy": POLICY,
            "is_pinned": self._draw.chance(_PINNED_SHARE),
            "sends_mail": note.is_sent,
            "parties": ["tenant"] if note.is_sent else None,
            "created_at": note.at,
            "updated_at": note.at,
        }

    def _events_of_note(self, life: Life, note: Note, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Tell of a note as the command that writes one does."""
        columns = life.columns
        told = {name: (None, row[name]) for name in _TOLD_OF_NOTES if row[name]}
        summary = {"uuid": str(row["uuid"]), "is_pinned": row["is_pinned"], "updated_at": note.at}
        for event in (
            Event(
                entity="case_note",
                action="created",
                entity_id=row["id"],
                entity_uuid=row["uuid"],
                label=columns["reference"],
                changes={"text": (None, row["text_sealed"]), **told},
            ),
            Event(
                entity="job",
                action="updated",
                entity_id=columns["id"],
                entity_uuid=columns["uuid"],
                label=columns["reference"],
                changes={"case_notes": ([], [summary])},
            ),
        ):
            yield event_row(self._notes_draw, event, at=note.at, actor_id=note.author_id)
