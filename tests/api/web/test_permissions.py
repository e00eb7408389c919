"""Keys of a person over HTTP: what is told, and that a change counts at once."""

from typing import Any

from tests.api.web.conftest import Browse
from tests.factories.organisations import TestOrganisation

MANAGE, LIST = "api.jobs.manage.manage", "api.jobs.manage.list"


def keys_of(told: dict[str, Any]) -> dict[str, tuple[bool, str, bool]]:
    return {key["key"]: (key["by_role"], key["standing"], key["held"]) for key in told["keys"]}


async def test_a_change_counts_with_the_persons_next_request(browse: Browse, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()
    path = f"/web/users/{organisation['agent1'].uuid}/permissions"
    office, agent = await browse(organisation, "admin"), await browse(organisation, "agent1")
    answered = [(await agent.get(f"/web/jobs/{job}")).status_code]

    for key, standing in ((LIST, "denied"), (MANAGE, "denied"), (LIST, "role")):
        reply = await office.put(f"{path}/{key}", json={"standing": standing})
        assert (reply.status_code, reply.json()) == (200, {"ended_api_keys": 0})
        answered.append((await agent.get(f"/web/jobs/{job}")).status_code)

    assert answered == [200, 200, 403, 200]
    told = (await office.get(path)).json()
    assert (told["role"], told["is_administrator"]) == ("Agent", False)
    keys = keys_of(told)
    assert keys[MANAGE] == (True, "denied", False)
    assert keys[LIST] == (True, "role", True)
    assert keys["api.admin.users.manage"] == (False, "role", False)


async def test_what_cannot_be_said_of_a_key(browse: Browse, organisation: TestOrganisation) -> None:
    office = await browse(organisation, "admin")
    agent, own = (f"/web/users/{organisation[label].uuid}/permissions" for label in ("agent1", "admin"))

    replies = [
        await office.put(f"{agent}/api.everything", json={"standing": "granted"}),
        await office.put(f"{agent}/{LIST}", json={"standing": "perhaps"}),
        await office.put(f"{own}/{LIST}", json={"standing": "denied"}),
        await office.put(f"/web/users/nobody/permissions/{LIST}", json={"standing": "denied"}),
        await office.get("/web/users/nobody/permissions"),
    ]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [
        (422, "people.unknown_key"),
        (422, "request.invalid"),
        (403, "people.own_keys"),
        (404, "not_found"),
        (404, "not_found"),
    ]


async def test_the_key_alone_does_not_make_an_administrator(browse: Browse, organisation: TestOrganisation) -> None:
    organisation.execute(
        "UPDATE people SET granted_keys = '{api.admin.roles.manage}' WHERE id = :id", id=organisation["manager"].id
    )
    manager = await browse(organisation, "manager")

    reply = await manager.put(
        f"/web/users/{organisation['agent1'].uuid}/permissions/{LIST}", json={"standing": "denied"}
    )

    assert (reply.status_code, reply.json()["code"]) == (403, "people.only_administrators")
