"""Branches over HTTP: what is told of them, and turning them on and off."""

from tests.api.manage.conftest import JOBS, Enter, Office, new_job
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

PATH = "/api/admin/branches"


async def test_a_branch_tells_its_agents_and_open_jobs(office: Office, organisation: TestOrganisation) -> None:
    north, south = (organisation.ids["branches"][name] for name in ("North", "South"))
    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["agent2"].id)
    for status in ("New", "Assigned", "In progress", "Complete", "Cancelled"):
        organisation.insert_job(status_id=organisation.ids["statuses"][status])
    organisation.insert_job(branch_id=south)

    reply = await office.get(PATH, action="list")

    assert reply.status_code == 200
    assert reply.json()["count"] == 2
    told = {branch["id"]: branch for branch in reply.json()["data"]}
    assert told[north] == {
        "id": north,
        "name": "North",
        "code": told[north]["code"],
        "is_active": True,
        "agent_count": 1,
        "open_jobs": 3,
        "created_at": told[north]["created_at"],
    }
    assert (told[south]["agent_count"], told[south]["open_jobs"]) == (0, 1)


async def test_branches_are_searched_and_come_in_pages(office: Office, organisation: TestOrganisation) -> None:
    organisation.insert("branches", name="Łódź Görlitz", code="LGZ")

    for search in ("lodz gor", '"gorlitz lgz"', "LG"):
        found = await office.get(PATH, search=search)
        assert ([branch["name"] for branch in found.json()["data"]], found.json()["count"]) == (["Łódź Görlitz"], 1)
    page = (await office.get(PATH, limit=1, offset=1)).json()
    assert (len(page["data"]), page["count"]) == (1, 3)


async def test_who_has_branches_sees_those(enter: Enter, organisation: TestOrganisation) -> None:
    for label in ("agent1", "landlord1", "contractor1"):
        organisation.execute(
            "UPDATE people SET granted_keys = '{api.admin.branches.view,api.admin.branches.manage}' WHERE id = :id",
            id=organisation[label].id,
        )

    seen = {
        label: [branch["name"] for branch in (await enter(organisation, label).get(PATH)).json()["data"]]
        for label in ("manager", "agent1", "landlord1", "contractor1")
    }
    hidden = {"action": "disable", "branch_id": organisation.ids["branches"]["South"]}
    reply = await enter(organisation, "agent1").post(PATH, hidden)

    assert sorted(seen.pop("manager")) == ["North", "South"]
    assert seen == {"agent1": ["North"], "landlord1": ["North"], "contractor1": []}
    assert (reply.status_code, reply.json()["error"]) == (404, "Branch not found")


async def test_a_disabled_branch_takes_no_new_jobs_until_it_is_enabled(
    office: Office, organisation: TestOrganisation
) -> None:
    north = organisation.ids["branches"]["North"]
    job = await office.create(organisation, branch_id=north)

    off = [await office.post(PATH, {"action": "disable", "branch_id": north}) for _ in range(2)]
    refused = await office.post(JOBS, new_job(organisation, branch_id=north))
    goes_on = await office.post(JOBS, {"action": "update", "uuid": job["uuid"], "job_title": "Else"})
    on = await office.post(PATH, {"action": "enable", "branch_id": north})
    taken = await office.post(JOBS, new_job(organisation, branch_id=north))

    assert [reply.json()["data"]["is_active"] for reply in (*off, on)] == [False, False, True]
    assert [reply.status_code for reply in (refused, goes_on, taken)] == [409, 200, 201]
    told = organisation.execute(
        "SELECT changes FROM events WHERE entity = 'branch' AND entity_id = :id ORDER BY position", id=north
    )
    assert [row.changes for row in told] == [{"is_active": [True, False]}, {"is_active": [False, True]}]


async def test_the_last_active_branch_stays_active(office: Office, organisation: TestOrganisation) -> None:
    north, south = (organisation.ids["branches"][name] for name in ("North", "South"))

    first = await office.post(PATH, {"action": "disable", "branch_id": north})
    last = await office.post(PATH, {"action": "disable", "branch_id": south})

    assert (first.status_code, last.status_code) == (200, 409)
    assert last.json()["code"] == "organisations.last_active_branch"


async def test_what_is_no_branch(
    office: Office, enter: Enter, make_organisation: MakeOrganisation, organisation: TestOrganisation
) -> None:
    stranger = enter(make_organisation(), "admin")
    theirs = {"action": "disable", "branch_id": organisation.ids["branches"]["North"]}

    assert (await office.post(PATH, {"action": "disable"})).json()["field"] == "branch_id"
    assert (await office.post(PATH, {"action": "enable", "branch_id": 2**62})).status_code == 404
    assert (await stranger.post(PATH, theirs)).status_code == 404
    assert (await office.post(PATH, {"branch_id": theirs["branch_id"]})).status_code == 400
