"""What the manage API shows of a dispatch."""

import httpx

from tests.api.manage.conftest import JOBS, Office
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def dispatched(server: TestServer, organisation: TestOrganisation) -> tuple[dict[str, str], dict[str, str]]:
    """Make a deferred job by the field API and dispatch it; give its names before and after."""
    body = {
        "scheduledOn": "2040-06-01T14:00:00Z",
        "location": {"uuid": organisation.location_uuid.hex},
        "notificationDelta": 2,
    }
    async with server.field(organisation["engineer1"].api_key) as field:
        old = (await field.post("/job/", json=body)).json()
        reply: httpx.Response = await field.post(f"/job/{old['uuid']}/dispatch", follow_redirects=True)
        assert reply.status_code == 200, reply.text
        return old, reply.json()


async def test_the_old_uuid_is_as_good_as_the_new_one(
    server: TestServer, office: Office, organisation: TestOrganisation
) -> None:
    old, new = await dispatched(server, organisation)

    by_old, by_new = await office.read(old["uuid"]), await office.read(new["uuid"])

    assert by_old == by_new
    assert by_old["uuid"].replace("-", "") == new["uuid"]
    assert by_old["job_ref"] == new["jobId"]
    preview = await office.get(JOBS, action="preview_delete", uuid=old["uuid"])
    assert preview.status_code == 200
    changed = await office.post(JOBS, {"action": "update", "uuid": old["uuid"], "job_title": "After"})
    assert (changed.status_code, changed.json()["data"]["job_title"]) == (200, "After")
    pinned = await office.post("/api/jobs/toggle-pin", {"job_uuid": old["uuid"]})
    assert (pinned.status_code, (await office.read(new["uuid"]))["is_pinned"]) == (200, True)
    assert (await office.post(JOBS, {"action": "delete", "uuid": old["uuid"]})).status_code == 200
    for uuid in (old["uuid"], new["uuid"]):
        gone = await office.get(JOBS, action="get", uuid=uuid)
        assert (gone.status_code, gone.json()["error"]) == (404, "Job not found")


async def test_the_list_holds_the_job_once_under_its_new_names(
    server: TestServer, office: Office, organisation: TestOrganisation
) -> None:
    _, new = await dispatched(server, organisation)

    for filters in ({}, {"search": new["jobId"]}, {"date_from": "2040-01-01"}):
        page = (await office.get(JOBS, action="list", **filters)).json()
        assert (page["count"], [job["job_ref"] for job in page["data"]]) == (1, [new["jobId"]])


async def test_the_dispatch_is_in_the_history(
    server: TestServer, office: Office, organisation: TestOrganisation
) -> None:
    old, new = await dispatched(server, organisation)

    commits = (await office.get(JOBS, action="list_commits", uuid=old["uuid"])).json()["data"]

    assert [commit["action"] for commit in commits] == ["dispatched", "created"]
    assert commits[0]["by_name"] == organisation["engineer1"].name
    assert commits[0]["changes"] == [
        {"field": "job_ref", "from": old["jobId"], "to": new["jobId"]},
        {"field": "notificationDelta", "from": 2, "to": None},
    ]
