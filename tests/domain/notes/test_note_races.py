"""Races about notes between real connections: the database settles them."""

from typing import Any

import pytest

from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.errors import JobArchived, JobNotFound
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.notes.commands import add_note, change_note, delete_note
from firstfix.domain.notes.errors import NoteNotFound
from firstfix.domain.notes.views import NoteDraft, NoteIds
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, Run, at_once, race


async def write(work: Work, job: int, text: str = "Hello", **more: Any) -> NoteIds:  # noqa: ANN401 (as `NoteDraft`)
    return await add_note(work, job, NoteDraft(text=text, **more))


async def rewrite(work: Work, note: NoteIds, text: str = "Other") -> NoteIds:
    return await change_note(work, note.uuid, text=text)


async def erase(work: Work, note: NoteIds) -> None:
    await delete_note(work, note.uuid)


def actions(organisation: TestOrganisation, note: NoteIds) -> list[str]:
    rows = organisation.execute(
        "SELECT action FROM events WHERE entity = 'case_note' AND entity_id = :id ORDER BY position", id=note.id
    )
    return [row.action for row in rows]


def archiving(organisation: TestOrganisation) -> JobChanges:
    return JobChanges(status=organisation.ids["statuses"]["Archived"])


async def test_a_note_is_deleted_once(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job)

    outcomes = await at_once(run(erase, note) for _ in range(CONTENDERS))

    assert outcomes == {type(None): 1, NoteNotFound: CONTENDERS - 1}
    assert actions(organisation, note) == ["created", "deleted"]


async def test_a_change_that_waits_for_a_deletion_finds_nothing(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job)

    assert isinstance(await race(run, (erase, note), (rewrite, note)), NoteNotFound)
    assert actions(organisation, note) == ["created", "deleted"]


async def test_a_deletion_that_waits_for_a_change_tells_of_what_was_changed(
    run: Run, organisation: TestOrganisation
) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job)

    assert await race(run, (rewrite, note), (erase, note)) is None

    told = organisation.execute(
        "SELECT changes FROM events WHERE entity = 'case_note' AND entity_id = :id ORDER BY position", id=note.id
    )
    assert [event.changes["text"][0] for event in told[1:]] == [event.changes["text"][1] for event in told[:-1]]


@pytest.mark.parametrize("second", [write, rewrite, erase])
async def test_who_waits_for_the_archive_comes_too_late(
    run: Run,
    organisation: TestOrganisation,
    second: Any,  # noqa: ANN401 (commands of several kinds)
) -> None:
    job, _ = organisation.insert_job(
        status_id=organisation.ids["statuses"]["Complete"], completed_at="2024-06-01T14:00:00Z"
    )
    note = await run(write, job)
    given = job if second is write else note

    outcome = await race(run, (update_job, job, archiving(organisation)), (second, given))

    assert isinstance(outcome, JobArchived)
    assert actions(organisation, note) == ["created"]


@pytest.mark.parametrize(("second", "refusal"), [(write, JobNotFound), (rewrite, NoteNotFound), (erase, NoteNotFound)])
async def test_who_waits_for_the_deletion_of_the_job_finds_nothing(
    run: Run,
    organisation: TestOrganisation,
    second: Any,  # noqa: ANN401 (as above)
    refusal: type[Exception],
) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job)

    assert isinstance(await race(run, (delete_job, job), (second, job if second is write else note)), refusal)
    assert organisation.execute("SELECT 1 FROM case_notes WHERE job_id = :job", job=job) == []


async def test_a_deletion_of_the_job_that_waits_for_a_note_takes_it_along(
    run: Run, organisation: TestOrganisation
) -> None:
    job, _ = organisation.insert_job()

    await race(run, (write, job), (delete_job, job))

    assert organisation.execute("SELECT 1 FROM case_notes WHERE job_id = :job", job=job) == []


async def test_an_answer_that_waits_for_the_deletion_of_its_note_answers_none(
    run: Run, organisation: TestOrganisation
) -> None:
    job, _ = organisation.insert_job()
    note = await run(write, job)

    async def answer(work: Work) -> NoteIds:
        return await write(work, job, source="email", in_reply_to=note.id)

    written = await race(run, (erase, note), (answer,))

    assert isinstance(written, NoteIds)
    rows = organisation.execute("SELECT in_reply_to_id FROM case_notes WHERE job_id = :job", job=job)
    assert [row.in_reply_to_id for row in rows] == [None]
