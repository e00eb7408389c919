"""Remedials over HTTP."""

from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.manage.conftest import Enter, Office
from tests.factories.organisations import TestOrganisation

REMEDIALS = "/api/jobs/remedials"


async def link(office: Office, parent: UUID, remedial: UUID, **more: object) -> httpx.Response:
    body = {"action": "link", "parent_job_uuid": str(parent), "remedial_job_uuid": str(remedial), **more}
    return await office.post(REMEDIALS, body)


async def unlink(office: Office, remedial: UUID, action: str = "unlink") -> httpx.Response:
    return await office.post(REMEDIALS, {"action": action, "remedial_job_uuid": str(remedial)})


async def listed(office: Office, parent: UUID, **page: object) -> list[str]:
    reply = await office.get(REMEDIALS, action="list", job_uuid=parent, **page)
    assert reply.status_code == 200, reply.text
    return [item["uuid"] for item in reply.json()["data"]]


async def test_a_link_is_told_as_the_list_tells_it(office: Office, organisation: TestOrganisation) -> None:
    (_, parent), (remedial_id, remedial) = organisation.insert_job(), organisation.insert_job()

    reply = await link(office, parent, remedial, reason="The leak came back.")

    assert reply.status_code == 201
    data = reply.json()["data"]
    job = await office.read(str(remedial))
    assert data == {
        "link_id": data["link_id"],
        "uuid": str(remedial),
        "ID": remedial_id,
        "job_ref": job["job_ref"],
        "job_title": job["job_title"],
        "status_name": "New",
        "reason": "The leak came back.",
        "linked_by_name": organisation["admin"].name,
        "linked_at": data["linked_at"],
    }
    assert data["linked_at"].endswith("Z")
    shown = (await office.get(REMEDIALS, job_uuid=parent)).json()
    assert (shown["data"], shown["count"]) == ([data], 1)


@pytest.mark.parametrize("name", ["parent_job_uuid", "job_uuid"])
@pytest.mark.parametrize(("make", "end"), [("link", "unlink"), ("create", "delete")])
async def test_every_spelling_comes_to_the_same(
    office: Office, organisation: TestOrganisation, name: str, make: str, end: str
) -> None:
    parent, remedial = (organisation.insert_job()[1] for _ in range(2))

    made = await office.post(REMEDIALS, {"action": make, name: parent.hex, "remedial_job_uuid": remedial.hex})

    assert made.status_code == 201
    assert made.json()["data"]["reason"] is None
    assert await listed(office, parent) == [str(remedial)]
    ended = await unlink(office, remedial, end)
    assert (ended.status_code, ended.json()["success"]) == (200, True)
    assert await listed(office, parent) == []


async def test_refusals(office: Office, enter: Enter, organisation: TestOrganisation) -> None:
    parent, remedial, other = (organisation.insert_job()[1] for _ in range(3))
    await link(office, parent, remedial)

    for reply, status, code in (
        (await office.post(REMEDIALS, {"remedial_job_uuid": str(remedial)}), 400, None),
        (await office.post(REMEDIALS, {"action": "link", "remedial_job_uuid": str(remedial)}), 400, None),
        (await office.post(REMEDIALS, {"action": "link", "job_uuid": str(parent)}), 400, None),
        (await link(office, parent, other, job_uuid=str(other)), 400, None),
        (await office.post(REMEDIALS, {"action": "unlink", "remedial_job_uuid": "x"}), 400, None),
        (await link(enter(organisation, "contractor1"), parent, other), 403, "auth.permission_missing"),
        (await link(office, uuid4(), other), 404, "jobs.not_found"),
        (await link(office, parent, uuid4()), 404, "jobs.not_found"),
        (await link(enter(organisation, "agent2"), parent, other), 404, "jobs.not_found"),
        (await unlink(office, uuid4()), 404, "jobs.not_found"),
        (await link(office, parent, parent), 409, "remedials.cycle"),
        (await link(office, remedial, parent), 409, "remedials.cycle"),
        (await link(office, parent, remedial), 409, "remedials.already_linked"),
        (await link(office, other, remedial), 409, "remedials.already_linked"),
        (await unlink(office, parent), 409, "remedials.not_linked"),
    ):
        assert reply.status_code == status, reply.text
        assert code is None or reply.json()["code"] == code
        assert status != 404 or reply.json()["error"] == "Job not found"


async def test_hidden_remedials_are_not_listed(office: Office, enter: Enter, organisation: TestOrganisation) -> None:
    south = organisation.ids["branches"]["South"]
    _, parent = organisation.insert_job()
    remedials = [
        organisation.insert_job(branch_id=branch)[1] for branch in (organisation.ids["branches"]["North"], south)
    ]
    for remedial in remedials:
        await link(office, parent, remedial)

    assert await listed(office, parent) == [str(remedials[1]), str(remedials[0])]
    assert await listed(office, parent, limit=1, offset=1) == [str(remedials[0])]
    seen = (await enter(organisation, "agent1").get(REMEDIALS, job_uuid=parent)).json()
    assert ([item["uuid"] for item in seen["data"]], seen["count"]) == ([str(remedials[0])], 1)
    assert (await enter(organisation, "agent2").get(REMEDIALS, job_uuid=parent)).status_code == 404
    assert (await office.get(REMEDIALS, job_uuid=uuid4())).status_code == 404
    assert (await office.get(REMEDIALS)).status_code == 400


async def test_the_history_of_both_jobs_tells_of_a_link_to_who_sees_both(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    own = organisation["contractor1"].id
    (_, parent), (_, remedial) = organisation.insert_job(contractor_id=own), organisation.insert_job()
    _, seen = organisation.insert_job(contractor_id=own)
    refs = [(await office.read(str(job)))["job_ref"] for job in (parent, remedial, seen)]
    await link(office, parent, remedial, reason="Not well done.")

    async def told(who: Office, job: UUID) -> list[object]:
        commits = (await who.get("/api/jobs/manage", action="list_commits", uuid=job)).json()["data"]
        return [commit["changes"] for commit in commits]

    reason = {"field": "remedial_reason", "from": None, "to": "Not well done."}
    assert await told(office, parent) == [[{"field": "remedial_job", "from": None, "to": refs[1]}]]
    assert await told(office, remedial) == [[{"field": "parent_job", "from": None, "to": refs[0]}, reason]]
    await link(office, parent, seen, reason="Not well done.")
    contractor = enter(organisation, "contractor1")
    assert await told(contractor, parent) == [[{"field": "remedial_job", "from": None, "to": refs[2]}], []]
    assert await told(contractor, seen) == [[{"field": "parent_job", "from": None, "to": refs[0]}]]
