"""How many requests a minute accounts may send, as the office sets it."""

from typing import Any

import httpx
import pytest

from firstfix.domain.access.commands.limits import set_rate_limits
from firstfix.domain.access.rate_limits import EVERYTHING
from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run, race
from tests.factories.servers import TestServer
from tests.factories.waiting import until

PATH = "/web/settings/rate-limits"
NONE: dict[str, Any] = {"everything": None, "operations": []}


@pytest.fixture
async def office(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    return await browse(organisation, "admin")


async def limits(office: httpx.AsyncClient) -> dict[str, int]:
    found = (await office.get(PATH)).json()
    single = {one["operation"]: one["requests"] for one in found["operations"] if one["requests"] is not None}
    return {"": found["everything"], **single}


def one(operation: str, requests: int) -> dict[str, Any]:
    return {"everything": None, "operations": [{"operation": operation, "requests": requests}]}


async def test_everything_that_accounts_ask_for_can_be_limited(office: httpx.AsyncClient) -> None:
    found = (await office.get(PATH)).json()

    by_name = {one["operation"]: one for one in found["operations"]}
    assert found["everything"] == 1_000_000
    assert by_name["manage deleteJob"] == {
        "operation": "manage deleteJob",
        "api": "manage",
        "method": "POST",
        "path": "/api/jobs/manage",
        "action": "delete",
        "summary": by_name["manage deleteJob"]["summary"],
        "requests": None,
    }
    assert {"field getJob", "web getMe", "web setRateLimits"} <= by_name.keys()
    assert by_name.keys().isdisjoint({"web signIn", "manage login", "field getService"})


async def test_limits_are_set_and_lifted(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    body = {"everything": 6000, "operations": [{"operation": "field getJob", "requests": 60}]}

    set_ = await office.put(PATH, json=body)
    again = await office.put(PATH, json=body)
    shown = await limits(office)
    lifted = await office.put(PATH, json=NONE)

    assert (set_.status_code, again.status_code, lifted.status_code) == (204, 204, 204)
    assert shown == {"": 6000, "field getJob": 60}
    assert await limits(office) == {"": 1_000_000}
    events = organisation.execute(
        "SELECT changes FROM events WHERE organisation_id = :o AND entity = 'organisation' ORDER BY id",
        o=organisation.id,
    )
    wanted = {"": 6000, "field getJob": 60}
    assert [event.changes for event in events] == [{"rate_limits": [{}, wanted]}, {"rate_limits": [wanted, {}]}]


@pytest.mark.parametrize(
    "body",
    [
        {"everything": 59, "operations": []},
        {"everything": 0, "operations": []},
        {"everything": 1_000_001, "operations": []},
        {"everything": "many", "operations": []},
        {"operations": []},
        {"everything": None},
        one("field getJob", 0),
        one("field getJob", 1_000_001),
        one("field fetchJob", 5),
        one("web signIn", 5),
        one("", 100),
        one("field getJob", 5) | {"addresses": 5},
        {"everything": None, "operations": [{"operation": "field getJob", "requests": 5}] * 2},
    ],
)
async def test_what_cannot_be_a_limit_is_refused(office: httpx.AsyncClient, body: dict[str, Any]) -> None:
    reply = await office.put(PATH, json=body)

    assert reply.status_code == 422
    assert await limits(office) == {"": 1_000_000}


async def test_limits_are_ones_own(
    office: httpx.AsyncClient, browse: Browse, make_organisation: MakeOrganisation
) -> None:
    stranger = await browse(make_organisation(), "admin")

    await office.put(PATH, json=one("field getJob", 60))

    assert await limits(stranger) == {"": 1_000_000}
    await stranger.put(PATH, json=NONE)
    assert await limits(office) == {"": 1_000_000, "field getJob": 60}


async def test_a_running_server_goes_by_them_within_seconds(
    office: httpx.AsyncClient, server: TestServer, organisation: TestOrganisation
) -> None:
    await office.put(PATH, json=one("field whoami", 1))

    async with server.field(organisation["engineer1"].api_key) as field:
        other = server.field(organisation["engineer2"].api_key)

        async def is_refused() -> bool:
            return (await field.get("/auth/whoami")).status_code == 429

        await until(is_refused)
        async with other:
            assert (await other.get("/business")).status_code == 200
        assert (await field.get("/business")).status_code == 200
        await office.put(PATH, json=NONE)

        async def is_served() -> bool:
            return (await field.get("/auth/whoami")).status_code == 200

        await until(is_served)


async def test_of_two_who_set_limits_at_once_the_second_changes_what_the_first_set(
    run: Run, organisation: TestOrganisation
) -> None:
    known = ("field getJob", "field listJobs")

    async def set_(work: Any, limits: dict[str, int]) -> None:  # noqa: ANN401 (a work)
        await set_rate_limits(work, limits, known=known)

    await race(run, (set_, {EVERYTHING: 100, "field getJob": 5}), (set_, {"field listJobs": 7}))

    rows = organisation.execute(
        "SELECT operation, requests FROM rate_limits WHERE organisation_id = :o", o=organisation.id
    )
    assert [tuple(row) for row in rows] == [("field listJobs", 7)]
    (*_, last) = organisation.execute(
        "SELECT changes FROM events WHERE organisation_id = :o AND entity = 'organisation' ORDER BY position",
        o=organisation.id,
    )
    assert last.changes == {"rate_limits": [{"": 100, "field getJob": 5}, {"field listJobs": 7}]}
