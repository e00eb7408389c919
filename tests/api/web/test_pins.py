"""Pins by the web API."""

from tests.api.web.conftest import Browse
from tests.factories.organisations import TestOrganisation


async def test_a_pin_is_set_and_let_go_however_often_it_is_said(browse: Browse, organisation: TestOrganisation) -> None:
    job_id, job_uuid = organisation.insert_job()
    office, colleague = await browse(organisation, "admin"), await browse(organisation, "manager")

    seen = []
    for pinned in (True, True, False, False):
        reply = await office.put(f"/web/jobs/{job_uuid}/pin", json={"pinned": pinned})
        assert (reply.status_code, reply.content) == (204, b"")
        seen.append((await office.get(f"/web/jobs/{job_uuid}")).json()["is_pinned"])
        (row,) = (await colleague.post("/web/jobs/rows", json={"ids": [job_id]})).json()["rows"]
        assert row["is_pinned"] is False

    assert seen == [True, True, False, False]


async def test_an_archived_job_can_be_let_go_and_not_pinned(browse: Browse, organisation: TestOrganisation) -> None:
    job_id, job_uuid = organisation.insert_job(status_id=organisation.ids["statuses"]["Archived"])
    office = await browse(organisation, "admin")
    organisation.execute(
        "INSERT INTO pins (person_id, job_id) VALUES (:person, :job)", person=organisation["admin"].id, job=job_id
    )

    refused = await office.put(f"/web/jobs/{job_uuid}/pin", json={"pinned": True})
    let_go = await office.put(f"/web/jobs/{job_uuid}/pin", json={"pinned": False})

    assert (refused.status_code, refused.json()["code"]) == (409, "pins.job_archived")
    assert let_go.status_code == 204


async def test_a_hidden_job_cannot_be_pinned(browse: Browse, organisation: TestOrganisation) -> None:
    _, hidden = organisation.insert_job(branch_id=organisation.ids["branches"]["South"])
    browser = await browse(organisation, "agent1")

    reply = await browser.put(f"/web/jobs/{hidden}/pin", json={"pinned": True})

    assert (reply.status_code, reply.json()["code"]) == (404, "jobs.not_found")
