"""Agents, contractors and tenants over HTTP: who is listed, for whom, and how tenants are written."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.manage.conftest import Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

AGENTS, CONTRACTORS = "/api/agents/list", "/api/contractors/list"
TENANTS = ("/api/tenants/manage", "/api/tenants/list")


async def listed(office: Office, path: str, **query: object) -> list[dict[str, Any]]:
    reply = await office.get(path, **query)
    assert reply.status_code == 200, reply.text
    assert reply.json()["count"] >= len(reply.json()["data"])
    items: list[dict[str, Any]] = reply.json()["data"]
    return items


async def names(office: Office, path: str, **query: object) -> list[str]:
    return [item.get("name") or item["tenant_name"] for item in await listed(office, path, **query)]


async def send(
    office: Office, method: str, path: str, *, query: dict[str, str] | None = None, body: object = None
) -> httpx.Response:
    headers = {"X-CSRF-Token": await office.csrf_token()}
    return await office.client.request(method, path, headers=headers, params=query, json=body)


async def test_agents_and_contractors_are_told_as_the_contract_says(
    office: Office, organisation: TestOrganisation
) -> None:
    organisation.execute(
        "UPDATE people SET phone = '07700 900123', trades = '{Plumbing,Gas}' WHERE id = :id",
        id=organisation["contractor1"].id,
    )
    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["agent2"].id)

    second, first = await listed(office, AGENTS)
    contractor = (await listed(office, CONTRACTORS))[1]

    agent = organisation["agent1"]
    assert first == {
        "ID": agent.id,
        "uuid": str(agent.uuid),
        "first_name": "Agent1",
        "last_name": "Tester",
        "name": "Agent1 Tester",
        "email": agent.email,
        "branch_id": organisation.ids["branches"]["North"],
        "branch_name": "North",
        "is_active": True,
    }
    assert (second["ID"], second["is_active"]) == (organisation["agent2"].id, False)
    assert contractor == {
        "ID": organisation["contractor1"].id,
        "uuid": str(organisation["contractor1"].uuid),
        "first_name": "Contractor1",
        "last_name": "Tester",
        "name": "Contractor1 Tester",
        "email": organisation["contractor1"].email,
        "phone": "07700 900123",
        "trades": ["Plumbing", "Gas"],
        "is_active": True,
    }


async def test_an_agent_is_told_with_the_first_branch_that_the_caller_sees(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    north, south = (organisation.ids["branches"][name] for name in ("North", "South"))
    shown, seer = organisation["agent1"], organisation["agent2"]
    organisation.execute("UPDATE people SET branch_id = :north WHERE id = :id", north=north, id=shown.id)
    organisation.execute("UPDATE people SET branch_id = :south WHERE id = :id", south=south, id=seer.id)
    organisation.execute("DELETE FROM person_branches WHERE person_id IN (:a, :b)", a=shown.id, b=seer.id)
    for person, branch in ((shown, north), (shown, south), (seer, south)):
        organisation.execute(
            "INSERT INTO person_branches (organisation_id, person_id, branch_id) VALUES (:o, :person, :branch)",
            o=organisation.id,
            person=person.id,
            branch=branch,
        )

    async def told(to: Office) -> tuple[int, str]:
        (agent,) = [one for one in await listed(to, AGENTS) if one["ID"] == shown.id]
        return agent["branch_id"], agent["branch_name"]

    assert await told(office) == (north, "North")
    assert await told(enter(organisation, "agent2")) == (south, "South")


async def test_agents_see_the_agents_of_their_branches_and_all_contractors(
    enter: Enter, organisation: TestOrganisation
) -> None:
    agent = enter(organisation, "agent1")

    assert await names(agent, AGENTS) == ["Agent1 Tester"]
    assert await names(agent, CONTRACTORS) == ["Contractor2 Tester", "Contractor1 Tester"]


async def test_who_is_granted_a_list_sees_who_is_on_their_own_jobs(
    enter: Enter, organisation: TestOrganisation
) -> None:
    organisation.execute(
        "UPDATE people SET granted_keys = '{api.agents.list.manage,api.contractors.list.manage}' WHERE id = :id",
        id=organisation["contractor1"].id,
    )
    organisation.insert_job(contractor_id=organisation["contractor1"].id, agent_id=organisation["agent2"].id)
    organisation.insert_job(contractor_id=organisation["contractor2"].id, agent_id=organisation["agent1"].id)
    contractor = enter(organisation, "contractor1")

    assert await names(contractor, AGENTS) == ["Agent2 Tester"]
    assert await names(contractor, CONTRACTORS) == ["Contractor1 Tester"]


async def test_removed_people_are_not_there(office: Office, organisation: TestOrganisation) -> None:
    organisation.execute(
        "UPDATE people SET archived_at = now(), removed_at = now() WHERE id = :id", id=organisation["agent2"].id
    )

    assert await names(office, AGENTS) == ["Agent1 Tester"]


@pytest.mark.parametrize("path", [AGENTS, CONTRACTORS, *TENANTS])
async def test_people_are_searched_by_words_with_accents_folded(
    office: Office, organisation: TestOrganisation, path: str
) -> None:
    for first, last in (("Łukasz", "Sørensen"), ("José", "Đorđević"), ("Zoë", "O'Brien-Ñuñez")):
        if path in TENANTS:
            organisation.insert("contacts", first_name=first, last_name=last, email=f"{uuid4().hex}@example.com")
        else:
            kind = "Agent" if path == AGENTS else "Contractor"
            organisation.insert(
                "people",
                first_name=first,
                last_name=last,
                email=f"{uuid4().hex}@example.com",
                account_type=2 if path == AGENTS else 5,
                role_id=organisation.founded.role_ids[kind],
            )

    assert await names(office, path, search="lukasz sor") == ["Łukasz Sørensen"]
    assert await names(office, path, search='"JOSE DORDEVIC"') == ["José Đorđević"]
    assert await names(office, path, search="nun zoe") == []
    assert await names(office, path, search="zoe nun") == ["Zoë O'Brien-Ñuñez"]
    assert await names(office, path, search='"brien nunez"') == ["Zoë O'Brien-Ñuñez"]
    assert await names(office, path, search="zzz") == []


async def test_people_come_in_pages_with_the_number_of_all(office: Office, organisation: TestOrganisation) -> None:
    for number in range(5):
        organisation.insert("contacts", first_name="Page", last_name=str(number))

    pages = [await office.get(TENANTS[0], search="page", limit=2, offset=offset) for offset in (0, 2, 4)]

    assert [reply.json()["count"] for reply in pages] == [5, 5, 5]
    found = [item["tenant_name"] for reply in pages for item in reply.json()["data"]]
    assert found == [f"Page {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("path", TENANTS)
async def test_a_tenant_is_added_changed_and_removed(
    office: Office, organisation: TestOrganisation, server: TestServer, path: str
) -> None:
    made = await office.post(
        path,
        {
            "action": "create",
            "tenant_name": "Mary  Ann Smith",
            "tenant_email": "mary@example.com",
            "tenant_number_primary": "07700 900456",
            "tenant_number_work": "020 7946 0000",
            "address_id": organisation.location_id,
        },
    )

    assert made.status_code == 201, made.text
    body = made.json()
    tenant = body["data"]
    assert (body["tenant_id"], body["tenant_uuid"]) == (tenant["ID"], tenant["uuid"])
    assert tenant == {
        "ID": tenant["ID"],
        "uuid": tenant["uuid"],
        "tenant_name": "Mary Ann Smith",
        "tenant_email": "mary@example.com",
        "tenant_number_primary": "07700 900456",
        "tenant_number_work": "020 7946 0000",
        "address_id": organisation.location_id,
        "full_address": "1 Example Street, Sample Town, EX1 1AA",
        "created_at": tenant["created_at"],
    }
    assert (await listed(office, path))[0] == tenant
    async with server.field(organisation["admin"].api_key) as field:
        contact = (await field.get(f"/contact/{UUID(tenant['uuid']).hex}")).json()
    assert (contact["firstName"], contact["lastName"], contact["phone"]) == ("Mary Ann", "Smith", "07700 900456")

    changed = await office.post(
        path, {"action": "update", "uuid": tenant["uuid"], "tenant_email": None, "tenant_name": "Mary Ann Jones"}
    )
    assert changed.json()["data"] == {**tenant, "tenant_email": None, "tenant_name": "Mary Ann Jones"}

    removed = await office.post(path, {"action": "delete", "uuid": tenant["uuid"]})
    assert (removed.status_code, "data" in removed.json()) == (200, False)
    gone = await office.post(path, {"action": "delete", "uuid": tenant["uuid"]})
    assert (gone.status_code, gone.json()["error"]) == (404, "Tenant not found")
    told = organisation.execute(
        "SELECT action, changes FROM events WHERE entity = 'contact' AND entity_id = :id ORDER BY position",
        id=tenant["ID"],
    )
    assert [row.action for row in told] == ["created", "updated", "deleted"]
    assert told[1].changes == {"email": ["mary@example.com", None], "last_name": ["Smith", "Jones"]}


@pytest.mark.parametrize("path", TENANTS)
async def test_put_and_delete_name_the_tenant_in_body_or_query(
    office: Office, organisation: TestOrganisation, path: str
) -> None:
    uuid = str(organisation.contact_uuid)

    by_body = await send(office, "PUT", path, body={"uuid": uuid, "tenant_number_work": "1"})
    by_query = await send(office, "PUT", path, query={"uuid": uuid}, body={"tenant_number_work": "2"})
    twice = await send(office, "PUT", path, query={"uuid": str(uuid4())}, body={"uuid": uuid})
    nobody = await send(office, "DELETE", path)
    no_uuid = await send(office, "DELETE", path, query={"uuid": "7"})
    removed = await send(office, "DELETE", path, query={"uuid": uuid})

    assert [reply.json()["data"]["tenant_number_work"] for reply in (by_body, by_query)] == ["1", "2"]
    assert [reply.status_code for reply in (twice, nobody, no_uuid, removed)] == [400, 400, 400, 200]
    assert [reply.json()["field"] for reply in (twice, nobody, no_uuid)] == ["tenant_uuid", "uuid", "uuid"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_put_and_delete_need_a_token(office: Office, organisation: TestOrganisation, method: str) -> None:
    body = {"uuid": str(organisation.contact_uuid), "tenant_name": "Else"}

    without = await office.client.request(method, TENANTS[0], json=body)
    made_up = await office.client.request(method, TENANTS[0], json={**body, "csrf_token": "0" * 64})
    in_body = await office.client.request(method, TENANTS[0], json={**body, "csrf_token": await office.csrf_token()})

    assert [reply.json().get("code") for reply in (without, made_up, in_body)] == ["csrf.missing", "csrf.invalid", None]


async def test_a_name_that_is_shown_already_stays_parted_as_it_is(
    office: Office, organisation: TestOrganisation
) -> None:
    _, uuid = organisation.insert("contacts", first_name="Ann", last_name="van der Berg")

    reply = await office.post(TENANTS[0], {"action": "update", "uuid": str(uuid), "tenant_name": "Ann van der  Berg"})

    assert reply.json()["data"]["tenant_name"] == "Ann van der Berg"
    (row,) = organisation.execute("SELECT first_name, last_name FROM contacts WHERE uuid = :uuid", uuid=uuid)
    assert tuple(row) == ("Ann", "van der Berg")


async def test_what_a_tenant_cannot_be(office: Office, organisation: TestOrganisation) -> None:
    uuid = str(organisation.contact_uuid)
    cases = (
        ({"action": "create"}, 400, "tenant_name"),
        ({"action": "create", "tenant_name": " "}, 400, "tenant_name"),
        ({"action": "create", "tenant_name": "x" * 20_001}, 400, "tenant_name"),
        ({"action": "create", "tenant_name": "Ada", "tenant_email": "x" * 20_001}, 400, "tenant_email"),
        ({"action": "create", "tenant_name": "Ada", "address_id": 2**62}, 404, "address_id"),
        ({"action": "update", "uuid": uuid, "tenant_name": None}, 400, "tenant_name"),
        ({"action": "update", "uuid": uuid, "address_id": 2**62}, 404, "address_id"),
        ({"action": "update", "uuid": "x"}, 400, "uuid"),
    )
    for content, status, field in cases:
        reply = await office.post(TENANTS[0], content)
        assert (reply.status_code, reply.json()["field"]) == (status, field), content
    assert (await office.post(TENANTS[0], {"action": "create", "tenant_name": "Ada", "address_id": 7})).json()[
        "error"
    ] == "Not found: address_id"
    assert await names(office, TENANTS[0]) == ["Tina Tenant"]


async def test_a_tenant_on_a_job_stays(office: Office, organisation: TestOrganisation) -> None:
    await office.create(organisation, tenants_ids=[organisation.contact_id])

    reply = await office.post(TENANTS[0], {"action": "delete", "uuid": str(organisation.contact_uuid)})

    assert (reply.status_code, reply.json()["error"]) == (409, "This tenant is in use.")


async def test_agents_have_the_tenants_of_their_branches_alone(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    south, _ = organisation.insert("locations", line1="2 South Street", branch_id=organisation.ids["branches"]["South"])
    _, hidden = organisation.insert("contacts", first_name="Sid", last_name="South", location_id=south)
    agent = enter(organisation, "agent1")

    assert await names(office, TENANTS[0]) == ["Sid South", "Tina Tenant"]
    assert await names(agent, TENANTS[0]) == ["Tina Tenant"]
    assert await names(agent, TENANTS[0], search="south") == []
    for action in ("update", "delete"):
        reply = await agent.post(TENANTS[0], {"action": action, "uuid": str(hidden), "tenant_name": "Mine"})
        assert (reply.status_code, reply.json()["error"]) == (404, "Tenant not found")
    moved = await agent.post(
        TENANTS[0], {"action": "update", "uuid": str(organisation.contact_uuid), "address_id": south}
    )
    assert (moved.status_code, moved.json()["error"]) == (404, "Not found: address_id")


async def test_an_address_of_another_branch_is_not_shown(enter: Enter, organisation: TestOrganisation) -> None:
    south, _ = organisation.insert("locations", line1="2 South Street", branch_id=organisation.ids["branches"]["South"])
    organisation.execute(
        "UPDATE contacts SET location_id = :south WHERE id = :id", south=south, id=organisation.contact_id
    )

    (tenant,) = await listed(enter(organisation, "agent1"), TENANTS[0])  # by another address of the same customer

    assert (tenant["tenant_name"], tenant["address_id"], tenant["full_address"]) == ("Tina Tenant", None, None)


async def test_strangers_have_other_people(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    stranger = enter(make_organisation(), "admin")

    assert str(organisation["agent1"].uuid) not in (await stranger.get(AGENTS)).text
    assert str(organisation.contact_uuid) not in (await stranger.get(TENANTS[0])).text
    reply = await stranger.post(TENANTS[0], {"action": "delete", "uuid": str(organisation.contact_uuid)})
    assert reply.status_code == 404
