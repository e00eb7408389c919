"""Roles and accounts, as the office keeps them."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from firstfix.domain.access.commands.members import change_member
from firstfix.domain.errors import EntityInUse
from firstfix.domain.people.errors import LastAdministrator
from firstfix.domain.people.labels import KEY_GROUPS
from firstfix.domain.people.permissions import (
    ALL_KEYS,
    DEFAULT_DOCUMENT_TYPES,
    MANAGE_ROLES,
    MANAGE_USERS,
    document_keys,
)
from firstfix.domain.people.roles import remove_role
from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run, race
from tests.factories.servers import TestServer

ROLES, USERS = "/web/settings/roles", "/web/settings/users"
PASSWORD = "another password for tests"


@pytest.fixture
async def office(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    return await browse(organisation, "admin")


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


async def role(office: httpx.AsyncClient, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await office.get(ROLES)).json()["roles"]
    return next(one for one in found if one["name"] == name)


async def user(office: httpx.AsyncClient, email: str) -> dict[str, Any]:
    (found,) = (await office.get(USERS, params={"search": email})).json()["users"]
    return dict(found)


async def invite(office: httpx.AsyncClient, role_name: str = "Engineer", **values: Any) -> httpx.Response:  # noqa: ANN401
    body = {
        "email": f"{uuid4().hex}@example.com",
        "account_type": "staff",
        "role": (await role(office, role_name))["uuid"],
        **values,
    }
    return await office.post(USERS, json=body)


def actions(organisation: TestOrganisation, uuid: str) -> list[str]:
    rows = organisation.execute(
        "SELECT action FROM events WHERE organisation_id = :o AND entity_uuid = :uuid ORDER BY id",
        o=organisation.id,
        uuid=uuid,
    )
    return [row.action for row in rows]


def secret_of(link: str) -> str:
    return link.partition("#")[2]


def let_manage(organisation: TestOrganisation, label: str, *keys: str) -> None:
    """Grant somebody keys who is no administrator."""
    organisation.execute(
        "UPDATE people SET granted_keys = :keys WHERE id = :id", keys=list(keys), id=organisation[label].id
    )


# Roles --------------------------------------------------------------------------------------------------------------


def test_every_permission_says_what_it_means_once() -> None:
    labelled = [key for keys in KEY_GROUPS.values() for key in keys]

    assert sorted(labelled) == sorted(ALL_KEYS)


async def test_the_matrix_tells_which_role_holds_what(office: httpx.AsyncClient) -> None:
    found = (await office.get(ROLES)).json()

    assert found["groups"][0]["keys"][0] == {"key": "api.jobs.manage.list", "label": "See jobs"}
    first = found["roles"][0]
    assert (first["name"], first["is_administrator"], first["people_count"]) == ("Administrator", True, 1)
    documents = document_keys(*DEFAULT_DOCUMENT_TYPES)
    assert set(first["permission_keys"]) == {*ALL_KEYS, *documents}
    assert [key["key"] for key in found["groups"][-1]["keys"]] == list(documents)
    assert found["groups"][-1]["keys"][0]["label"] == "Certificate: add"
    assert (await role(office, "Engineer"))["people_count"] == 2


async def test_a_role_is_added_changed_and_removed(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    keys = ["api.places.view", "api.jobs.manage.list"]
    added = await office.post(ROLES, json={"name": "Apprentice", "permission_keys": keys})
    path = f"{ROLES}/{added.json()['uuid']}"
    made = await role(office, "Apprentice")
    changed = await office.patch(path, json={"name": "Trainee", "permission_keys": keys[:1]})
    same = await office.patch(path, json={"permission_keys": keys[:1] * 2})
    after = await role(office, "Trainee")
    removed = await office.delete(path)

    assert (added.status_code, changed.status_code, same.status_code, removed.status_code) == (201, 200, 200, 204)
    assert (sorted(made["permission_keys"]), after["permission_keys"]) == (sorted(keys), keys[:1])
    assert actions(organisation, made["uuid"]) == ["created", "updated", "deleted"]


async def test_what_a_role_loses_its_people_lose_at_once(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    engineer, (uuid, keys) = await browse(organisation, "engineer1"), await _keys(office, "Engineer")

    before = (await engineer.post("/web/jobs/query", json={})).status_code
    await office.patch(
        f"{ROLES}/{uuid}", json={"permission_keys": [key for key in keys if "api.jobs.manage" not in key]}
    )
    after = (await engineer.post("/web/jobs/query", json={})).status_code

    assert (before, after) == (200, 403)


async def _keys(office: httpx.AsyncClient, name: str) -> tuple[str, list[str]]:
    found = await role(office, name)
    return found["uuid"], found["permission_keys"]


async def test_the_administrators_role_stays(office: httpx.AsyncClient) -> None:
    uuid, keys = await _keys(office, "Administrator")

    fewer = await office.patch(f"{ROLES}/{uuid}", json={"permission_keys": keys[1:]})
    removed = await office.delete(f"{ROLES}/{uuid}")
    renamed = await office.patch(f"{ROLES}/{uuid}", json={"name": "Boss", "permission_keys": keys[::-1]})

    assert refusal(fewer) == refusal(removed) == (409, "people.administrator_role")
    assert renamed.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "X", "permission_keys": ["api.jobs.fly"]},
        {"name": "X", "is_administrator": True},
    ],
)
async def test_a_value_that_no_role_can_have_is_refused(office: httpx.AsyncClient, body: dict[str, Any]) -> None:
    uuid, _ = await _keys(office, "Engineer")

    replies = [
        await office.post(ROLES, json={"permission_keys": [], **body}),
        await office.patch(f"{ROLES}/{uuid}", json=body),
    ]

    assert [reply.status_code for reply in replies] == [422, 422]


async def test_two_roles_have_not_one_name(office: httpx.AsyncClient) -> None:
    uuid, _ = await _keys(office, "Engineer")

    replies = [
        await office.post(ROLES, json={"name": "Manager", "permission_keys": []}),
        await office.patch(f"{ROLES}/{uuid}", json={"name": "Manager"}),
    ]

    assert [refusal(reply) for reply in replies] == [(409, "value_taken")] * 2


async def test_nobody_gives_a_role_what_they_do_not_hold(
    browse: Browse, office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    let_manage(organisation, "manager", MANAGE_ROLES)
    manager, (uuid, keys) = await browse(organisation, "manager"), await _keys(office, "Engineer")

    added = await manager.post(ROLES, json={"name": "X", "permission_keys": ["api.admin.settings.manage"]})
    changed = await manager.patch(f"{ROLES}/{uuid}", json={"permission_keys": [*keys, "api.admin.users.manage"]})
    fewer = await manager.patch(f"{ROLES}/{uuid}", json={"permission_keys": keys[1:]})

    assert refusal(added) == refusal(changed) == (403, "people.key_not_held")
    assert fewer.status_code == 200


async def test_a_role_that_somebody_has_stays(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    uuid, _ = await _keys(office, "Engineer")

    refused = await office.delete(f"{ROLES}/{uuid}")
    organisation.execute(
        "UPDATE people SET archived_at = now(), removed_at = now() WHERE organisation_id = :o AND role_id = :role",
        o=organisation.id,
        role=organisation.founded.role_ids["Engineer"],
    )
    removed = await office.delete(f"{ROLES}/{uuid}")

    assert refusal(refused) == (409, "in_use")
    assert "(people: 2)" in refused.json()["detail"]
    assert removed.status_code == 204


# Accounts -----------------------------------------------------------------------------------------------------------


async def test_somebody_is_invited_and_sets_their_password(
    server: TestServer, office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    email = f"{uuid4().hex}@example.com"
    reply = await invite(office, email=email, first_name="Ann", last_name="Archer", trades=["Gas"])
    invited, secret = reply.json(), secret_of(reply.json()["link"])
    body = {"secret": secret, "password": PASSWORD}
    credentials = {"email": email.upper(), "password": PASSWORD}

    async with server.client(**{"X-Firstfix": "1", "Sec-Fetch-Site": "same-origin"}) as browser:
        too_early = await browser.post("/web/session", json=credentials)
        checked = await browser.post("/web/password/check", json={"secret": secret})
        weak = await browser.post("/web/password", json={"secret": secret, "password": "short"})
        set_ = await browser.post("/web/password", json=body)
        again = await browser.post("/web/password", json=body)
        signed_in = await browser.post("/web/session", json=credentials)

    assert (reply.status_code, "/app/set-password#" in invited["link"]) == (201, True)
    assert (too_early.status_code, checked.status_code, weak.status_code) == (401, 204, 422)
    assert (set_.status_code, signed_in.status_code) == (204, 200)
    assert refusal(again) == (404, "access.password_link_worthless")
    shown = await user(office, email)
    assert (shown["first_name"], shown["has_password"], shown["trades"]) == ("Ann", True, ["Gas"])
    assert actions(organisation, invited["uuid"]) == ["created", "updated"]


@pytest.mark.parametrize("whose", ["own", "strangers"])
async def test_a_taken_address_is_refused_the_same_way_for_all(
    office: httpx.AsyncClient, organisation: TestOrganisation, make_organisation: MakeOrganisation, whose: str
) -> None:
    taken = (organisation if whose == "own" else make_organisation())["engineer1"].email.upper()
    other = await user(office, organisation["engineer2"].email)

    replies = [
        await invite(office, email=taken),
        await office.patch(f"{USERS}/{other['uuid']}", json={"email": taken}),
    ]

    assert [refusal(reply) for reply in replies] == [(409, "people.email_taken")] * 2
    assert {reply.json()["detail"] for reply in replies} == {"This e-mail address cannot be used."}


async def test_accounts_are_found_page_by_page(office: httpx.AsyncClient) -> None:
    everybody = (await office.get(USERS)).json()
    engineers = (await office.get(USERS, params={"search": "ENGINEER"})).json()
    agents = (await office.get(USERS, params={"account_type": "agent", "limit": 1, "offset": 1})).json()
    archived = (await office.get(USERS, params={"archived": "true"})).json()
    of_role = (await office.get(USERS, params={"role": (await role(office, "Manager"))["uuid"]})).json()

    assert everybody["total"] == len(everybody["users"]) == 10
    assert [one["first_name"] for one in engineers["users"]] == ["Engineer1", "Engineer2"]
    assert (agents["total"], [one["first_name"] for one in agents["users"]]) == (2, ["Agent2"])
    assert (archived["total"], of_role["total"]) == (0, 1)
    assert len(agents["users"][0]["branches"]) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"account_type": "robot"}, "account_type"),
        ({"account_type": "agent", "branches": []}, "branches"),
        ({"is_administrator": True}, "is_administrator"),
        ({"phone": 7}, "phone"),
    ],
)
async def test_a_value_that_no_account_can_have_is_refused(
    office: httpx.AsyncClient, values: dict[str, Any], field: str
) -> None:
    reply = await invite(office, **values)

    assert (reply.status_code, reply.json()["fields"][0]["path"]) == (422, field)


async def test_archiving_ends_everything_at_once_and_bringing_back_lets_in_again(
    office: httpx.AsyncClient, server: TestServer, browse: Browse, organisation: TestOrganisation
) -> None:
    engineer, account = await browse(organisation, "engineer1"), organisation["engineer1"]
    path = f"{USERS}/{account.uuid}"
    async with server.field(account.api_key) as field:
        before = [(await engineer.get("/web/me")).status_code, (await field.get("/auth/whoami")).status_code]
        await office.patch(path, json={"is_archived": True})
        after = [(await engineer.get("/web/me")).status_code, (await field.get("/auth/whoami")).status_code]
    link = await office.post(f"{path}/password-link", json={})
    await office.patch(path, json={"is_archived": False})

    assert (before, after) == ([200, 200], [401, 401])
    assert link.status_code == 404
    assert (await user(office, account.email))["is_archived"] is False


async def test_another_role_ends_sessions_and_counts_at_once(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    engineer, account = await browse(organisation, "engineer1"), organisation["engineer1"]

    await office.patch(f"{USERS}/{account.uuid}", json={"role": (await role(office, "Manager"))["uuid"]})

    assert (await engineer.get("/web/me")).status_code == 401
    assert (await user(office, account.email))["role_name"] == "Manager"


async def test_a_new_name_leaves_sessions_alone(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    engineer = await browse(organisation, "engineer1")

    await office.patch(f"{USERS}/{organisation['engineer1'].uuid}", json={"first_name": "Ada", "phone": None})

    assert (await engineer.get("/web/me")).json()["first_name"] == "Ada"


async def test_an_agent_moves_to_another_branch(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    branches = (await office.get("/web/settings/branches")).json()["branches"]
    south = next(one["uuid"] for one in branches if one["name"] == "South")
    agent, path = await browse(organisation, "agent1"), f"{USERS}/{organisation['agent1'].uuid}"

    moved = await office.patch(path, json={"branches": [south]})
    none = await office.patch(path, json={"branches": []})

    assert (moved.status_code, none.status_code) == (200, 422)
    assert (await agent.get("/web/me")).json()["branch_ids"] == [organisation.ids["branches"]["South"]]
    assert (await user(office, organisation["agent1"].email))["branches"] == [south]


async def test_what_jobs_name_somebody_for_they_stay(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    contractor, tenant = organisation["contractor1"], (await role(office, "Tenant"))["uuid"]
    organisation.insert_job(contractor_id=contractor.id)
    body = {"account_type": "tenant", "role": tenant}

    named = await office.patch(f"{USERS}/{contractor.uuid}", json=body)
    free = await office.patch(f"{USERS}/{organisation['contractor2'].uuid}", json=body)

    assert refusal(named) == (409, "people.account_type_needed")
    assert free.status_code == 200


async def test_only_staff_are_administrators(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    administrators = (await role(office, "Administrator"))["uuid"]

    replies = [
        await office.patch(f"{USERS}/{organisation['tenant1'].uuid}", json={"role": administrators}),
        await office.patch(f"{USERS}/{organisation['admin'].uuid}", json={"account_type": "contractor"}),
    ]

    assert [refusal(reply) for reply in replies] == [(409, "people.not_staff")] * 2


@pytest.mark.parametrize("change", ["role", "archive"])
async def test_the_last_administrator_stays(
    office: httpx.AsyncClient, organisation: TestOrganisation, change: str
) -> None:
    body = {"is_archived": True} if change == "archive" else {"role": (await role(office, "Manager"))["uuid"]}

    reply = await office.patch(f"{USERS}/{organisation['admin'].uuid}", json=body)

    assert refusal(reply) == (409, "people.last_administrator")


async def test_nobody_reaches_above_themselves(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    let_manage(organisation, "manager", MANAGE_USERS)
    let_manage(organisation, "engineer2", "api.admin.settings.manage")
    manager = await browse(organisation, "manager")
    admin, above, beside = (f"{USERS}/{organisation[label].uuid}" for label in ("admin", "engineer2", "engineer1"))
    administrators = (await role(office, "Administrator"))["uuid"]
    role_above = (
        await office.post(ROLES, json={"name": "X", "permission_keys": ["api.admin.settings.manage"]})
    ).json()["uuid"]

    of_administrators = [
        await manager.patch(admin, json={"first_name": "X"}),
        await manager.post(f"{admin}/password-link", json={}),
        await manager.post(f"{admin}/api-keys", json={}),
        await manager.delete(f"{admin}/sessions"),
        await manager.patch(beside, json={"role": administrators}),
    ]
    beyond = [
        await manager.post(f"{above}/password-link", json={}),
        await manager.post(f"{above}/api-keys", json={}),
        await manager.patch(beside, json={"role": role_above}),
    ]

    assert [refusal(reply) for reply in of_administrators] == [(403, "people.only_administrators")] * 5
    assert [refusal(reply) for reply in beyond] == [(403, "people.beyond_own_rights")] * 3
    assert (await manager.patch(beside, json={"first_name": "Ada"})).status_code == 200


@pytest.mark.parametrize("rise", ["role", "key"])
async def test_a_link_does_not_outlast_what_its_maker_may_reach(
    office: httpx.AsyncClient, browse: Browse, browser: httpx.AsyncClient, organisation: TestOrganisation, rise: str
) -> None:
    let_manage(organisation, "manager", MANAGE_USERS)
    manager, uuid = await browse(organisation, "manager"), organisation["engineer1"].uuid
    secret = secret_of((await manager.post(f"{USERS}/{uuid}/password-link", json={})).json()["link"])

    if rise == "role":
        administrators = (await role(office, "Administrator"))["uuid"]
        risen = await office.patch(f"{USERS}/{uuid}", json={"role": administrators})
    else:
        path = f"/web/users/{uuid}/permissions/api.admin.settings.manage"
        risen = await office.put(path, json={"standing": "granted"})
    taken_over = await browser.post("/web/password", json={"secret": secret, "password": PASSWORD})

    assert risen.status_code == 200
    assert refusal(taken_over) == (404, "access.password_link_worthless")


@pytest.mark.parametrize("rise", ["role", "key", "role's keys", "field API"])
async def test_a_key_that_somebody_else_made_does_not_outlast_a_rise(
    office: httpx.AsyncClient, browse: Browse, server: TestServer, organisation: TestOrganisation, rise: str
) -> None:
    """Who made it would have what its holder gains."""
    let_manage(organisation, "manager", MANAGE_USERS)
    let_manage(organisation, "engineer1", MANAGE_USERS)
    manager, engineer = await browse(organisation, "manager"), await browse(organisation, "engineer1")
    account = organisation["engineer1"]
    path = f"{USERS}/{account.uuid}"
    keys = [(await maker.post(f"{path}/api-keys", json={})).json()["api_key"] for maker in (manager, engineer)]
    others = (await manager.post(f"{USERS}/{organisation['contractor1'].uuid}/api-keys", json={})).json()["api_key"]

    match rise:
        case "role":
            risen = await office.patch(path, json={"role": (await role(office, "Administrator"))["uuid"]})
        case "key":
            key = "api.admin.settings.manage"
            risen = await office.put(f"/web/users/{account.uuid}/permissions/{key}", json={"standing": "granted"})
        case "role's keys":
            uuid, held = await _keys(office, "Engineer")
            risen = await office.patch(
                f"{ROLES}/{uuid}", json={"permission_keys": [*held, "api.admin.settings.manage"]}
            )
        case _:
            async with server.field(organisation["admin"].api_key) as field:
                risen = await field.put(f"/user/{account.uuid}", json={"role": "Admin"})

    assert risen.is_success
    if rise != "field API":
        assert risen.json() == {"ended_api_keys": 1}
    answers = []
    for key in (*keys, account.api_key, others):
        async with server.field(key) as field:
            answers.append((await field.get("/auth/whoami")).status_code)
    assert answers == [401, 200, 200, 200]
    assert "api_keys_ended" in actions(organisation, str(account.uuid))


async def test_what_a_role_gains_ends_open_links_of_its_people_and_what_it_loses_does_not(
    office: httpx.AsyncClient, browse: Browse, browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    let_manage(organisation, "manager", MANAGE_USERS)
    manager, (uuid, held) = await browse(organisation, "manager"), await _keys(office, "Engineer")

    async def link_to(label: str) -> str:
        made = await manager.post(f"{USERS}/{organisation[label].uuid}/password-link", json={})
        return secret_of(made.json()["link"])

    async def is_open(secret: str) -> bool:
        return (await browser.post("/web/password/check", json={"secret": secret})).status_code == 204

    engineers, contractors = await link_to("engineer1"), await link_to("contractor1")
    await office.patch(f"{ROLES}/{uuid}", json={"permission_keys": held[1:]})
    assert await is_open(engineers)
    await office.patch(f"{ROLES}/{uuid}", json={"name": "Fitter"})
    assert await is_open(engineers)
    await office.patch(f"{ROLES}/{uuid}", json={"permission_keys": held})

    assert (await is_open(engineers), await is_open(contractors)) == (False, True)


async def test_an_administrator_who_was_denied_a_key_gives_nobody_an_account_that_has_it(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    organisation.execute(
        "UPDATE people SET role_id = (SELECT role_id FROM people WHERE id = :admin),"
        " denied_keys = ARRAY['api.jobs.manage.manage'] WHERE id = :manager",
        admin=organisation["admin"].id,
        manager=organisation["manager"].id,
    )
    denied = await browse(organisation, "manager")
    path = f"{USERS}/{organisation['engineer1'].uuid}"

    replies = [
        await invite(denied, "Manager"),
        await invite(denied, "Administrator"),
        await denied.patch(path, json={"role": (await role(office, "Manager"))["uuid"]}),
        await denied.post(f"{USERS}/{organisation['admin'].uuid}/password-link", json={}),
    ]

    assert [refusal(reply) for reply in replies] == [(403, "people.beyond_own_rights")] * 4


async def test_who_keeps_roles_and_is_no_administrator_touches_neither_theirs_nor_what_they_lack(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    let_manage(organisation, "manager", MANAGE_ROLES)
    manager, administrators = await browse(organisation, "manager"), await role(office, "Administrator")
    held = ["api.admin.settings.manage", "api.jobs.manage.list"]
    above = (await office.post(ROLES, json={"name": "Above", "permission_keys": held})).json()["uuid"]

    renamed = await manager.patch(f"{ROLES}/{administrators['uuid']}", json={"name": "Nobody"})
    taken = await manager.patch(f"{ROLES}/{above}", json={"permission_keys": held[1:]})
    own = await manager.patch(f"{ROLES}/{above}", json={"permission_keys": held[:1]})

    assert refusal(renamed) == (403, "people.only_administrators")
    assert refusal(taken) == (403, "people.key_not_held")
    assert own.status_code == 200


async def test_who_sees_some_branches_alone_keeps_no_accounts(
    office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation
) -> None:
    let_manage(organisation, "agent1", MANAGE_USERS)
    agent, branches = await browse(organisation, "agent1"), (await office.get("/web/settings/branches")).json()
    own, another = (f"{USERS}/{organisation[label].uuid}" for label in ("agent1", "contractor1"))
    body = {
        "email": f"{uuid4().hex}@example.com",
        "account_type": "staff",
        "role": (await role(office, "Agent"))["uuid"],
    }

    replies = [
        await agent.post(USERS, json=body),
        await agent.patch(own, json={"branches": [one["uuid"] for one in branches["branches"]]}),
        await agent.patch(own, json={"account_type": "staff", "branches": []}),
        await agent.post(f"{another}/password-link", json={}),
        await agent.post(f"{another}/api-keys", json={}),
    ]

    assert [refusal(reply) for reply in replies] == [(403, "people.beyond_own_rights")] * 5


async def test_a_reset_link_ends_sessions_when_it_is_used(
    office: httpx.AsyncClient, browse: Browse, browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    engineer, path = await browse(organisation, "engineer1"), f"{USERS}/{organisation['engineer1'].uuid}"
    first = secret_of((await office.post(f"{path}/password-link", json={})).json()["link"])
    second = secret_of((await office.post(f"{path}/password-link", json={})).json()["link"])

    ended = await browser.post("/web/password/check", json={"secret": first})
    still_in = await engineer.get("/web/me")
    await browser.post("/web/password", json={"secret": second, "password": PASSWORD})

    assert (ended.status_code, still_in.status_code) == (404, 200)
    assert (await engineer.get("/web/me")).status_code == 401


async def test_a_password_link_lets_nobody_in_otherwise(
    office: httpx.AsyncClient, server: TestServer, organisation: TestOrganisation
) -> None:
    path = f"{USERS}/{organisation['engineer1'].uuid}/password-link"
    secret = secret_of((await office.post(path, json={})).json()["link"])

    async with server.client(Authorization=f"Bearer {secret}") as manage:
        assert (await manage.get("/api/users/permissions")).status_code == 401
    async with server.client(Cookie=f"firstfix_session={secret}") as browser:
        assert (await browser.get("/web/me")).status_code == 401


async def test_sessions_are_ended(office: httpx.AsyncClient, browse: Browse, organisation: TestOrganisation) -> None:
    engineer, uuid = await browse(organisation, "engineer1"), organisation["engineer1"].uuid

    reply = await office.delete(f"{USERS}/{uuid}/sessions")

    assert (reply.status_code, (await engineer.get("/web/me")).status_code) == (204, 401)
    assert actions(organisation, str(uuid)) == ["sessions_ended"]


async def test_an_api_key_is_made_listed_and_revoked(
    office: httpx.AsyncClient, server: TestServer, organisation: TestOrganisation
) -> None:
    path = f"{USERS}/{organisation['engineer1'].uuid}/api-keys"
    made = await office.post(path, json={"label": "Van"})
    listed = (await office.get(path)).json()["api_keys"]
    async with server.field(made.json()["api_key"]) as field:
        works = (await field.get("/auth/whoami")).json()["email"]
        revoked = await office.delete(f"{path}/{listed[-1]['uuid']}")
        after = await field.get("/auth/whoami")
    again = await office.delete(f"{path}/{listed[-1]['uuid']}")

    assert (made.status_code, works) == (201, organisation["engineer1"].email)
    assert [key["label"] for key in listed] == ["", "Van"]
    assert (revoked.status_code, after.status_code) == (204, 401)
    assert refusal(again) == (404, "not_found")
    assert actions(organisation, str(organisation["engineer1"].uuid)) == ["api_key_created", "api_key_revoked"]


async def test_a_strangers_role_and_account_are_not_there(
    office: httpx.AsyncClient, make_organisation: MakeOrganisation
) -> None:
    elsewhere = make_organisation()
    (theirs,) = elsewhere.execute("SELECT uuid FROM roles WHERE id = :id", id=elsewhere.founded.role_ids["Engineer"])
    path = f"{USERS}/{elsewhere['engineer1'].uuid}"

    replies = [
        await office.patch(f"{ROLES}/{theirs.uuid}", json={"name": "Mine"}),
        await office.delete(f"{ROLES}/{theirs.uuid}"),
        await office.patch(path, json={"first_name": "Mine"}),
        await office.post(f"{path}/password-link", json={}),
        await office.get(f"{path}/api-keys"),
        await office.delete(f"{path}/sessions"),
        await invite(office, role=str(theirs.uuid)),
    ]

    assert [reply.status_code for reply in replies] == [404] * 7


# Races --------------------------------------------------------------------------------------------------------------


async def test_of_two_administrators_who_demote_each_other_one_stays(run: Run, organisation: TestOrganisation) -> None:
    roles = {name: id_ for name, id_ in organisation.founded.role_ids.items() if name in ("Administrator", "Manager")}
    organisation.execute(
        "UPDATE people SET role_id = :role WHERE id = :id", role=roles["Administrator"], id=organisation["manager"].id
    )
    (manager,) = organisation.execute("SELECT uuid FROM roles WHERE id = :id", id=roles["Manager"])
    lowered = {"role": manager.uuid}

    outcome = await race(
        run,
        (change_member, organisation["admin"].uuid, lowered),
        (change_member, organisation["manager"].uuid, {"is_archived": True}),
    )

    assert isinstance(outcome, LastAdministrator)


async def test_a_role_that_somebody_just_got_stays(run: Run, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert("roles", name="Spare")

    outcome = await race(run, (change_member, organisation["engineer1"].uuid, {"role": uuid}), (remove_role, uuid))

    assert isinstance(outcome, EntityInUse)


async def test_a_link_works_once_however_often_it_is_used(
    office: httpx.AsyncClient, browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    path = f"{USERS}/{organisation['engineer1'].uuid}/password-link"
    body = {"secret": secret_of((await office.post(path, json={})).json()["link"]), "password": PASSWORD}

    replies = await asyncio.gather(*(browser.post("/web/password", json=body) for _ in range(3)))

    assert sorted(reply.status_code for reply in replies) == [204, 404, 404]
