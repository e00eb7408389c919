"""What a letter tells and to whom: read when it is written, with the rights that its reader has then."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import exists, func, select, true
from sqlalchemy.orm import aliased

from firstfix.domain.access.queries import NotAuthenticated, PermissionMissing, recognise
from firstfix.domain.catalogue.models import JobType, Priority, Status, TimeRange
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.files.models import CaseNoteAttachment, File
from firstfix.domain.files.queries import content_of
from firstfix.domain.files.views import FileContent
from firstfix.domain.history.models import EventRow
from firstfix.domain.jobs.models import Job, JobContact
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.notes.models import CaseNote
from firstfix.domain.notes.queries import open_text
from firstfix.domain.organisations.models import Branch, Organisation
from firstfix.domain.people.models import Person
from firstfix.domain.people.permissions import LIST_JOBS, MANAGE_JOBS
from firstfix.domain.places.models import Contact, Location
from firstfix.domain.work import Work

PERSON, CONTACT = 1, 2
"""Kinds of recipients, as the outbox has them."""


class Recipient(Struct, frozen=True, kw_only=True):
    """Whom a letter is for. Contacts have no account to sign in with, or need none."""

    kind: int
    id: int
    name: str
    email: str
    locale: str
    mails_off: frozenset[str]


class JobFacts(Struct, frozen=True, kw_only=True):
    """What letters tell of a job. Nothing sealed, and no amounts."""

    uuid: UUID
    reference: str
    title: str
    description: str
    status: str
    priority: str
    job_type: str
    address: str
    starts_at: datetime | None
    ends_on: date | None
    time_range: str | None
    is_closed: bool
    organisation: str
    mails_off: frozenset[str]


class NoteFacts(Struct, frozen=True, kw_only=True):
    """A case note as it is now: sanitised HTML, and the files that came with it."""

    html: str
    files: tuple[FileContent, ...]


class EventFacts(Struct, frozen=True, kw_only=True):
    """What happened, and who did it; `author` is empty where nobody did."""

    action: str
    changes: dict[str, Any]
    author: str


async def find_recipient(work: Work, *, kind: int, id: int) -> Recipient | None:  # noqa: A002 (as its column)
    """Find somebody whom mail may be for: not archived, and with an address."""
    if kind == PERSON:
        person = await work.session.scalar(select(Person).where(Person.id == id, Person.archived_at.is_(None)))
        if person is None:
            return None
        return Recipient(
            kind=kind,
            id=id,
            name=f"{person.first_name} {person.last_name}".strip(),
            email=person.email,
            locale=person.locale,
            mails_off=frozenset(person.mails_off),
        )
    takes = (Contact.archived_at.is_(None), Contact.takes_mail, Contact.email != "")
    contact = await work.session.scalar(select(Contact).where(Contact.id == id, *takes))
    if contact is None or contact.email is None:
        return None
    return Recipient(
        kind=kind,
        id=id,
        name=f"{contact.first_name} {contact.last_name}".strip(),
        email=contact.email,
        locale="",
        mails_off=frozenset(),
    )


async def find_job_for(work: Work, recipient: Recipient, job_id: int) -> JobFacts | None:
    """Read a job if somebody sees it now: an account as it does when signed in, a contact the jobs that it is on."""
    if recipient.kind == CONTACT:
        is_on = (JobContact.job_id == Job.id, JobContact.contact_id == recipient.id)
        return await _find_job(work, job_id, exists().where(*is_on))
    try:
        actor, _ = await recognise(
            work.session,
            organisation_id=work.actor.organisation_id,
            person_id=recipient.id,
            operation_keys=(LIST_JOBS, MANAGE_JOBS),
        )
    except (NotAuthenticated, PermissionMissing):
        return None
    return await _find_job(work, job_id, visible_to(actor))


async def find_event(work: Work, event_id: UUID) -> EventFacts | None:
    """Read what an event tells."""
    name = func.btrim(Person.first_name + " " + Person.last_name)
    found = select(EventRow.action, EventRow.changes, name.label("author")).outerjoin(
        Person, Person.id == EventRow.actor_id
    )
    row = (await work.session.execute(found.where(EventRow.id == event_id))).one_or_none()
    return None if row is None else EventFacts(action=row.action, changes=row.changes, author=row.author or "")


async def find_note(work: Work, note_id: int) -> NoteFacts | None:
    """Read a case note; who may see its job has been asked."""
    note = await work.session.scalar(select(CaseNote).where(CaseNote.id == note_id))
    if note is None:
        return None
    files = await work.session.scalars(
        select(File)
        .join(CaseNoteAttachment, CaseNoteAttachment.file_id == File.id)
        .where(CaseNoteAttachment.case_note_id == note_id, File.archived_at.is_(None))
        .order_by(File.id)
    )
    return NoteFacts(
        html=open_text(work.keys, uuid=note.uuid, sealed=note.text_sealed, policy=note.text_policy),
        files=tuple(content_of(file) for file in files),
    )


async def _find_job(work: Work, job_id: int, is_seen: Any) -> JobFacts | None:  # noqa: ANN401 (a predicate, or SQL)
    range_ = aliased(TimeRange)
    statement = (
        select(
            Job.uuid,
            Job.reference,
            Job.title,
            Job.description,
            Status.name.label("status"),
            Priority.name.label("priority"),
            JobType.name.label("job_type"),
            Location.full_address.label("address"),
            Job.scheduled_at,
            Job.works_end_on,
            Job.stage,
            range_.name.label("time_range"),
            Organisation.name.label("organisation"),
            Organisation.mails_off,
            func.coalesce(Branch.time_zone, Organisation.time_zone).label("zone"),
        )
        .select_from(Job)
        .join(Status, Status.id == Job.status_id)
        .join(Priority, Priority.id == Job.priority_id)
        .join(JobType, JobType.id == Job.job_type_id)
        .join(Location, Location.id == Job.location_id)
        .join(Branch, Branch.id == Job.branch_id)
        .join(Organisation, true())
        .outerjoin(range_, range_.id == Job.time_range_id)
        .where(Job.id == job_id, is_seen)
    )
    row = (await work.session.execute(statement)).one_or_none()
    if row is None:
        return None
    return JobFacts(
        uuid=row.uuid,
        reference=row.reference,
        title=row.title,
        description=row.description,
        status=row.status,
        priority=row.priority,
        job_type=row.job_type,
        address=row.address,
        starts_at=None if row.scheduled_at is None else row.scheduled_at.astimezone(ZoneInfo(row.zone)),
        ends_on=row.works_end_on,
        time_range=row.time_range,
        is_closed=row.stage >= Stage.CLOSED,
        organisation=row.organisation,
        mails_off=frozenset(row.mails_off),
    )
