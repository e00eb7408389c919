"""Deferred jobs in the web API."""

from tests.api.web.conftest import Browse
from tests.api.web.test_job_history import make_job, told
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def test_a_dispatch_by_hand_shows_wherever_the_job_is(
    browse: Browse, server: TestServer, organisation: TestOrganisation
) -> None:
    old = await make_job(server, organisation, scheduledOn="2040-06-01T14:00:00Z", notificationDelta=2)
    office = await browse(organisation, "manager")

    reply = await office.post(f"/web/jobs/{old}/dispatch")

    assert reply.status_code == 200, reply.text
    new = reply.json()
    for uuid in (old, new["uuid"]):
        shown = (await office.get(f"/web/jobs/{uuid}")).json()
        assert (shown["uuid"], shown["reference"]) == (new["uuid"], new["reference"])
    history = await office.get(f"/web/jobs/{old}/history")
    assert told(history) == {
        "reference": ("Reference", "J1", new["reference"]),
        "notification_delta": ("Deferred by", 2, None),
    }
    again = await office.post(f"/web/jobs/{old}/dispatch")
    assert (again.status_code, again.json()["code"]) == (409, "jobs.already_dispatched")
