"""What people do about mail: have somebody told, send a mail again, choose what is told."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, update

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.jobs.errors import JobArchived
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.messaging.errors import MailNotFound, MailUnderWay, NobodyAssigned
from firstfix.domain.messaging.models import OutboxMail
from firstfix.domain.messaging.queueing import OUTBOX_CHANNEL
from firstfix.domain.messaging.telling import ASSIGNMENT_NOTIFIED, MailKind
from firstfix.domain.organisations.commands import change_organisation
from firstfix.domain.people.kinds import PERSON
from firstfix.domain.places.commands import change_contact
from firstfix.domain.rows import change_row, get_row
from firstfix.domain.work import Event, Work

_FINAL = ("sent", "dead", "withheld")


async def notify_assignment(work: Work, job: JobReference) -> None:
    """Have a job's contractor told that it is assigned to them, whatever they have switched off.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: Nothing is told of it any more.
        NobodyAssigned: It has no contractor.
    """
    found = await get_visible_job(work, job, for_update=True)
    if found.stage == Stage.ARCHIVED:
        raise JobArchived
    if found.contractor_id is None:
        raise NobodyAssigned
    work.record(
        Event(
            entity="job",
            action=ASSIGNMENT_NOTIFIED,
            entity_id=found.id,
            entity_uuid=found.uuid,
            label=found.reference,
            changes={"notified_id": (None, found.contractor_id)},
        )
    )


async def send_again(work: Work, mail: UUID) -> None:
    """Let a mail that was sent, withheld or given up go out again, by the same name. Access is asked again then.

    Raises:
        MailNotFound: There is no such mail.
        MailUnderWay: It waits, or is being sent.
    """
    row = await work.session.scalar(select(OutboxMail).where(OutboxMail.uuid == mail).with_for_update())
    if row is None:
        raise MailNotFound(mail)
    if row.state not in _FINAL:
        raise MailUnderWay
    again = {
        "state": "waiting",
        "next_at": func.now(),
        "attempts": 0,
        "first_attempt_at": None,
        "reason": None,
    }
    before = row.state
    await work.session.execute(update(OutboxMail).where(OutboxMail.uuid == mail).values(again))
    await work.session.execute(select(func.pg_notify(OUTBOX_CHANNEL, "")))
    work.record(
        Event(
            entity="mail",
            action="sent_again",
            entity_id=row.job_id,
            entity_uuid=row.uuid,
            label=row.kind,
            changes={"state": (before, "waiting")},
        )
    )


async def switch_kinds(work: Work, off: Collection[MailKind]) -> None:
    """Set which kinds of mail nobody of the organisation gets."""
    await change_organisation(work, {"mails_off": sorted({kind.value for kind in off})})


async def switch_own_kinds(work: Work, off: Collection[MailKind]) -> None:
    """Set which kinds of mail the actor does not want."""
    if work.actor.person_uuid is None:
        raise EntityNotFound(PERSON.entity, "system")
    row = await get_row(work, PERSON, work.actor.person_uuid)
    await change_row(work, PERSON, row, {"mails_off": sorted({kind.value for kind in off})})


async def switch_contact(work: Work, contact: UUID, *, takes_mail: bool) -> None:
    """Set whether a contact is told by mail.

    Raises:
        EntityNotFound: Absent, or hidden from the actor.
    """
    await change_contact(work, contact, {"takes_mail": takes_mail})
