"""Notes of a job in the web API."""

from uuid import uuid4

from tests.api.web.conftest import Browse
from tests.factories.organisations import TestOrganisation


async def test_what_somebody_types_is_shown_as_they_typed_it(browse: Browse, organisation: TestOrganisation) -> None:
    job_id, job = organisation.insert_job()
    browser = await browse(organisation, "admin")

    made = await browser.post(f"/web/jobs/{job}/notes", json={"text": "Rang <b>twice</b>.\nNo answer."})

    assert made.status_code == 201, made.text
    note = made.json()
    assert note == {
        "id": note["id"],
        "html": "Rang &lt;b&gt;twice&lt;/b&gt;.<br>No answer.",
        "is_pinned": False,
        "sends_mail": False,
        "author_name": organisation["admin"].name,
        "source": "user",
        "in_reply_to": None,
        "files": [],
        "created_at": note["created_at"],
        "updated_at": note["created_at"],
    }
    assert (await browser.get(f"/web/jobs/{job}/notes")).json() == {"notes": [note], "total": 1}
    (row,) = organisation.execute("SELECT sends_mail, parties FROM case_notes WHERE job_id = :id", id=job_id)
    assert (row.sends_mail, row.parties) == (False, None)


async def test_notes_come_in_pages(browse: Browse, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()
    browser = await browse(organisation, "admin")
    for number in range(3):
        await browser.post(f"/web/jobs/{job}/notes", json={"text": f"note {number}", "sends_mail": number == 0})

    page = (await browser.get(f"/web/jobs/{job}/notes", params={"offset": 1, "limit": 2})).json()

    assert [(note["html"], note["sends_mail"]) for note in page["notes"]] == [("note 1", False), ("note 0", True)]
    assert page["total"] == 3


async def test_refusals(browse: Browse, organisation: TestOrganisation) -> None:
    job_id, job = organisation.insert_job()
    browser = await browse(organisation, "admin")
    organisation.execute(
        "UPDATE jobs SET status_id = :status, stage = 5, completed_at = now() WHERE id = :id",
        status=organisation.ids["statuses"]["Archived"],
        id=job_id,
    )
    stranger = await browse(organisation, "agent2")

    for reply, status in (
        (await browser.post(f"/web/jobs/{job}/notes", json={"text": " "}), 422),
        (await browser.post(f"/web/jobs/{job}/notes", json={"text": "x"}), 409),
        (await browser.get(f"/web/jobs/{uuid4()}/notes"), 404),
        (await stranger.get(f"/web/jobs/{job}/notes"), 404),
        (await stranger.post(f"/web/jobs/{job}/notes", json={"text": "x"}), 404),
        (await (await browse(organisation, "landlord1")).get(f"/web/jobs/{job}/notes"), 403),
    ):
        assert reply.status_code == status, reply.text
    assert (await browser.get(f"/web/jobs/{job}/notes")).json() == {"notes": [], "total": 0}


async def test_the_history_says_that_there_is_a_note_and_not_what(
    browse: Browse, organisation: TestOrganisation
) -> None:
    _, job = organisation.insert_job()
    browser = await browse(organisation, "admin")
    await browser.post(f"/web/jobs/{job}/notes", json={"text": "A secret."})

    history = await browser.get(f"/web/jobs/{job}/history")

    assert [commit["changes"] for commit in history.json()["commits"]] == [
        [{"field": "case_notes", "label": "Case notes", "from": [], "to": ["note"]}]
    ]
    assert "secret" not in history.text
