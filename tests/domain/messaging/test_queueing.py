"""Who is told of what: rows of the outbox, written with the change itself."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.dispatching import dispatch_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.recalls.commands import close_recall, raise_recall
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, Run, at_once


def told(organisation: TestOrganisation, job_id: int) -> list[set[tuple[str, str]]]:
    """Read who is told what of a job: for each event, in their order, the kinds and the recipients."""
    rows = organisation.execute(
        "SELECT event_id, kind, recipient_kind, recipient_id FROM outbox WHERE job_id = :id ORDER BY event_id",
        id=job_id,
    )
    labels = {(1, account.id): label for label, account in organisation.accounts.items()}
    labels[2, organisation.contact_id] = "contact"
    by_event: dict[Any, set[tuple[str, str]]] = {}
    for row in rows:
        by_event.setdefault(row.event_id, set()).add((row.kind, labels[row.recipient_kind, row.recipient_id]))
    return list(by_event.values())


async def make_job(run: Run, organisation: TestOrganisation, who: str = "admin", **values: Any) -> JobIds:  # noqa: ANN401
    draft = {"title": "Boiler", "description": "Cold", "location": organisation.location_id, **values}
    ids: JobIds = await run(create_job, JobDraft(**draft), who=who)
    return ids


@pytest.fixture
def parties(organisation: TestOrganisation) -> dict[str, Any]:
    """Everybody who can have to do with a job."""
    return {
        "contractor": organisation["contractor1"].id,
        "agent": organisation["agent1"].id,
        "lead": organisation["engineer1"].id,
        "contacts": (organisation.contact_id,),
    }


async def test_a_new_job_is_told_to_each_by_what_they_are(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    job = await make_job(run, organisation, **parties)

    assert told(organisation, job.id) == [
        {
            ("job_assigned", "contractor1"),
            ("job_assigned", "engineer1"),
            ("job_created", "agent1"),
            ("job_created", "contact"),
        }
    ]


async def test_what_others_made_is_told_to_the_administrators(run: Run, organisation: TestOrganisation) -> None:
    job = await make_job(run, organisation, "agent1", agent=organisation["agent1"].id)

    assert told(organisation, job.id) == [{("job_created", "admin")}]


async def test_an_event_and_its_mail_have_one_id_and_one_name(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    job = await make_job(run, organisation, **parties)

    (event,) = organisation.execute("SELECT id FROM events WHERE entity = 'job' AND entity_id = :id", id=job.id)
    rows = organisation.execute(
        "SELECT event_id, state, message_id, recipient_kind AS kind, recipient_id AS id FROM outbox WHERE job_id = :id",
        id=job.id,
    )
    assert {(row.event_id, row.state) for row in rows} == {(event.id, "waiting")}
    assert {row.message_id for row in rows} == {f"<{event.id}.{row.kind}.{row.id}@firstfix.invalid>" for row in rows}


async def test_changes_are_told_to_whom_they_concern(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    job = await make_job(run, organisation, **parties)
    other = organisation["contractor2"].id
    for changes in (
        JobChanges(title="Boiler and tap"),
        JobChanges(works_order_ref="17"),
        JobChanges(contractor=other),
        JobChanges(status=organisation.ids["statuses"]["Complete"]),
    ):
        await run(update_job, job.id, changes, who="manager")

    assert told(organisation, job.id)[1:] == [
        {("job_updated", "contractor1"), ("job_updated", "engineer1"), ("job_updated", "agent1")},
        {("job_assigned", "contractor2"), ("job_updated", "engineer1"), ("job_updated", "agent1")},
        {
            *(("job_completed", who) for who in ("contractor2", "engineer1", "agent1", "contact")),
            ("job_completed", "admin"),
        },
    ]


async def test_recalls_are_told_to_everybody(run: Run, organisation: TestOrganisation, parties: dict[str, Any]) -> None:
    job = await make_job(run, organisation, **parties)
    await run(update_job, job.id, JobChanges(status=organisation.ids["statuses"]["Complete"]))
    for outcome in ("standard", "cancel"):
        await run(raise_recall, job.id, reason="Cold again", who="manager")
        await run(close_recall, job.id, outcome=outcome, who="manager")

    everybody = ("contractor1", "engineer1", "agent1", "contact", "admin")
    assert told(organisation, job.id)[2:] == [
        {(kind, who) for who in everybody}
        for kind in ("job_recalled", "recall_completed", "job_recalled", "recall_cancelled")
    ]


async def test_deferred_jobs_tell_nobody_until_they_go_out(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    scheduled_at = datetime(2040, 5, 1, 9, tzinfo=UTC)
    job = await make_job(run, organisation, **parties, notification_delta=1, scheduled_at=scheduled_at)
    await run(update_job, job.id, JobChanges(title="Boiler and tap"))
    assert told(organisation, job.id) == []

    await run(dispatch_job, job.id)

    assert {kind for kind, _ in told(organisation, job.id)[0]} == {"job_assigned", "job_created"}


async def test_a_deferred_job_is_reminded_of_from_its_dispatch_on(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    organisation.execute("UPDATE statuses SET reminder_hours = 48 WHERE organisation_id = :id", id=organisation.id)
    scheduled_at = datetime(2040, 5, 1, 9, tzinfo=UTC)
    job = await make_job(run, organisation, **parties, notification_delta=1, scheduled_at=scheduled_at)
    reminders = "SELECT due_at FROM status_reminders WHERE job_id = :id"
    assert organisation.execute(reminders, id=job.id) == []

    await run(dispatch_job, job.id)

    assert len(organisation.execute(reminders, id=job.id)) == 1


async def test_kinds_that_nobody_wants_are_not_queued(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    organisation.execute(
        "UPDATE people SET mails_off = '{job_created,job_assigned}' WHERE id = ANY (:ids)",
        ids=[organisation["agent1"].id, organisation["engineer1"].id],
    )
    organisation.execute("UPDATE contacts SET takes_mail = false WHERE id = :id", id=organisation.contact_id)
    job = await make_job(run, organisation, **parties)
    assert told(organisation, job.id) == [{("job_assigned", "contractor1")}]

    organisation.execute(
        "UPDATE organisations SET mails_off = '{job_assigned,job_created}' WHERE id = :id", id=organisation.id
    )
    assert told(organisation, (await make_job(run, organisation, **parties)).id) == []


async def test_nobody_is_told_twice_or_of_what_they_did_themselves(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    contacts = [
        organisation.insert("contacts", location_id=organisation.location_id, first_name="T", email=email)[0]
        for email in ("TINA@example.com", organisation["contractor1"].email.upper(), organisation["admin"].email, "")
    ]
    job = await make_job(run, organisation, **parties | {"contacts": (organisation.contact_id, *contacts)})

    rows = organisation.execute("SELECT recipient_kind, recipient_id FROM outbox WHERE job_id = :id", id=job.id)
    assert {(row.recipient_kind, row.recipient_id) for row in rows} == {
        (1, organisation["contractor1"].id),
        (1, organisation["engineer1"].id),
        (1, organisation["agent1"].id),
        (2, organisation.contact_id),
    }


async def test_a_change_that_is_undone_tells_nobody(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    job = await make_job(run, organisation, **parties)

    async def change_and_fail(work: Work) -> None:
        await update_job(work, job.id, JobChanges(title="Tap"))
        await update_job(work, job.id, JobChanges(contractor=0))

    with pytest.raises(ReferenceNotFound):
        await run(change_and_fail)

    assert len(told(organisation, job.id)) == 1


async def test_of_fifty_at_once_each_tells_everybody_once(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    job = await make_job(run, organisation, **parties)

    await at_once(run(update_job, job.id, JobChanges(title=f"Boiler {number}")) for number in range(CONTENDERS))

    (mails,) = organisation.execute(
        "SELECT count(*) AS all, count(DISTINCT message_id) AS names, count(DISTINCT event_id) AS events FROM outbox"
        " WHERE job_id = :id AND kind = 'job_updated'",
        id=job.id,
    )
    (events,) = organisation.execute(
        "SELECT count(*) AS all FROM events WHERE entity_id = :id AND entity = 'job' AND action = 'updated'", id=job.id
    )
    assert mails.events == events.all > 1
    assert mails.all == mails.names == 3 * events.all


async def test_of_many_new_jobs_at_once_each_mail_tells_of_its_own(run: Run, organisation: TestOrganisation) -> None:
    contractor = organisation["contractor1"].id

    await at_once(make_job(run, organisation, contractor=contractor) for _ in range(12))

    rows = organisation.execute(
        "SELECT o.job_id, o.recipient_id, e.entity_id, e.position FROM outbox o"
        " JOIN events e ON e.organisation_id = o.organisation_id AND e.id = o.event_id AND e.entity = 'job'"
        " WHERE o.organisation_id = :id",
        id=organisation.id,
    )
    assert [row.recipient_id for row in rows] == [contractor] * 12
    assert len({row.job_id for row in rows}) == len({row.position for row in rows}) == 12
    assert all(row.job_id == row.entity_id for row in rows)


async def test_the_same_event_is_not_told_to_somebody_twice(
    run: Run, organisation: TestOrganisation, parties: dict[str, Any]
) -> None:
    await make_job(run, organisation, **parties)

    with pytest.raises(IntegrityError, match="outbox"):
        organisation.execute(
            "INSERT INTO outbox (event_id, recipient_kind, recipient_id, kind, job_id, message_id)"
            " SELECT event_id, recipient_kind, recipient_id, kind, job_id, 'other' FROM outbox"
        )
