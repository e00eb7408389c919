"""Who is told of what: rows of the outbox, written with the change itself."""

from typing import Any

import pytest

from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.recalls.commands import close_recall, raise_recall
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run


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
