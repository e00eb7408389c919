"""Writing notes, changing and deleting them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from firstfix.domain.files.note_files import write_note
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.notes.commands import add_note, change_note, delete_note
from firstfix.domain.notes.errors import NoteEmpty, NoteNotFound
from firstfix.domain.notes.queries import open_text
from firstfix.domain.notes.views import NoteDraft, NoteIds
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run

SECRET = "The key is under the third flower pot."


async def write(work: Work, job: int, text: str = SECRET, **more: Any) -> NoteIds:  # noqa: ANN401 (as `NoteDraft`)
    return await add_note(work, job, NoteDraft(text=text, **more))


async def answer_by_mail(work: Work, job: int, to: NoteIds, contact_id: int | None) -> NoteIds:
    draft = NoteDraft(text="Yes.", form="text", source="email", in_reply_to=to.id, contact_id=contact_id)
    return await write_note(work, job, draft)


async def opened(work: Work, uuid: UUID, sealed: str, policy: int) -> str:
    return open_text(work.keys, uuid=uuid, sealed=sealed, policy=policy)


def rows(organisation: TestOrganisation, job: int) -> list[Any]:
    return organisation.execute("SELECT * FROM case_notes WHERE job_id = :job ORDER BY id", job=job)


def told(organisation: TestOrganisation, note: NoteIds) -> list[Any]:
    return organisation.execute(
        "SELECT * FROM events WHERE entity = 'case_note' AND entity_id = :id ORDER BY position, id", id=note.id
    )


def responded_at(organisation: TestOrganisation, job: int) -> object:
    return organisation.execute("SELECT responded_at FROM jobs WHERE id = :job", job=job)[0].responded_at


async def test_what_a_note_says_is_sealed_wherever_it_is_kept(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job)
    await run(change_note, note.uuid, text=f"{SECRET} Really.")
    await run(delete_note, (await run(write, job)).uuid)

    (row,) = rows(organisation, job)
    tables = organisation.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    for table in tables:
        statement = f"SELECT count(*) FROM {table.table_name} AS r WHERE r::text LIKE '%flower pot%'"  # noqa: S608
        assert (table.table_name, organisation.execute(statement)[0].count) == (table.table_name, 0)
    assert row.text_sealed.startswith("v1.")
    assert await run(opened, note.uuid, row.text_sealed, row.text_policy) == f"{SECRET} Really."


async def test_the_history_of_a_note_keeps_what_it_said_before_and_after(
    run: Run, organisation: TestOrganisation
) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job, sends_mail=True, parties=("tenant",))
    await run(change_note, note.uuid, text="Another", is_pinned=True)
    await run(delete_note, note.uuid)

    created, updated, deleted = told(organisation, note)

    assert [event.action for event in (created, updated, deleted)] == ["created", "updated", "deleted"]
    assert created.label == note.job_reference
    assert created.changes.keys() == {"text", "created_by_id", "source", "sends_mail", "parties"}
    assert updated.changes["is_pinned"] == [False, True]
    said = [
        [value and await run(opened, note.uuid, value, 1) for value in e.changes["text"]]
        for e in (created, updated, deleted)
    ]
    assert said == [[None, SECRET], [SECRET, "Another"], ["Another", None]]


async def test_what_an_older_policy_allowed_is_sanitised_when_it_is_read(
    run: Run, organisation: TestOrganisation
) -> None:
    async def seal(work: Work, uuid: UUID, text: str) -> str:
        return work.keys.seal(text, record=uuid, field="case_notes.text")

    job, _ = organisation.insert_job()
    note = await run(write, job)
    sealed = await run(seal, note.uuid, "<b>x</b><img src=x onerror=alert(1)>")

    assert await run(opened, note.uuid, sealed, 0) == "<b>x</b>"
    assert "onerror" in await run(opened, note.uuid, sealed, 1)
    organisation.execute("UPDATE case_notes SET text_sealed = :s, text_policy = 0 WHERE id = :id", s=sealed, id=note.id)
    await run(change_note, note.uuid, text="<b>x</b>", is_pinned=True)
    assert rows(organisation, job)[0].text_sealed == sealed


@pytest.mark.parametrize(
    ("who", "is_answer"),
    [("admin", True), ("engineer1", True), ("contractor1", True), ("agent1", False)],
)
async def test_the_first_note_of_staff_or_contractor_answers_to_the_job(
    run: Run, organisation: TestOrganisation, who: str, *, is_answer: bool
) -> None:
    job, _ = organisation.insert_job(contractor_id=organisation["contractor1"].id)

    await run(write, job, who=who)

    (note,) = rows(organisation, job)
    assert responded_at(organisation, job) == (note.created_at if is_answer else None)
    organisation.execute(
        "UPDATE jobs SET responded_at = :at WHERE id = :job", at=note.created_at - timedelta(days=1), job=job
    )
    await run(write, job, who=who)
    assert responded_at(organisation, job) == note.created_at - timedelta(days=1)


async def test_an_answer_by_mail_is_a_note_of_who_wrote_it(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job()
    other, _ = organisation.insert_job()
    first, elsewhere = await run(write, job), await run(write, other)
    organisation.execute("UPDATE jobs SET responded_at = NULL WHERE id = :job", job=job)

    for to in (first, elsewhere):
        await run(answer_by_mail, job, to, organisation.contact_id)

    _, answer, astray = rows(organisation, job)
    assert (answer.source, answer.in_reply_to_id, answer.created_by_id) == ("email", first.id, None)
    assert answer.written_by_contact_id == organisation.contact_id
    assert astray.in_reply_to_id is None
    assert responded_at(organisation, job) is None
    await run(delete_note, first.uuid)
    assert [row.in_reply_to_id for row in rows(organisation, job)] == [None, None]


async def test_an_answer_by_mail_alone_may_be_files_without_a_word(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job()
    with pytest.raises(NoteEmpty):
        await run(write_note, job, NoteDraft(text="", source="email"))
    with pytest.raises(NoteEmpty):
        await run(write_note, job, NoteDraft(text="", may_be_empty=True))


async def test_notes_of_hidden_jobs_are_not_there(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job)

    for command, given, refusal in (
        (write, (job,), JobNotFound),
        (change_note, (note.uuid,), NoteNotFound),
        (delete_note, (note.uuid,), NoteNotFound),
    ):
        for who in ("agent2", "contractor1"):
            with pytest.raises(refusal):
                await run(command, *given, who=who)
    assert len(rows(organisation, job)) == 1
