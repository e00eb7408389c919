"""Single permission keys of a person: who may give and take them, and that somebody can always administrate."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.commands.accounts import change_user, remove_user
from firstfix.domain.access.commands.accounts import get_user as get_locked_user
from firstfix.domain.access.queries import Claim
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.people.errors import KeyNotHeld, LastAdministrator, OnlyAdministrators, OwnKeys, UnknownKey
from firstfix.domain.people.grants import Standing, get_person_keys, set_key
from firstfix.domain.people.permissions import LIST_JOBS, MANAGE_ROLES, MANAGE_USERS, REOPEN_JOBS
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from tests.conftest import actor_of
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold

Run = Callable[..., Awaitable[Any]]


async def second_administrator(work: Work, home: TestOrganisation) -> UUID:
    """Make the manager an administrator too."""
    await work.session.execute(
        text("UPDATE people SET role_id = :role WHERE id = :id"),
        {"role": home.founded.role_ids["Administrator"], "id": home["manager"].id},
    )
    return home["manager"].uuid


@pytest.mark.parametrize(
    ("label", "key", "steps"),
    [
        ("agent1", REOPEN_JOBS, [("granted", True), ("denied", False), ("role", False)]),
        ("agent1", LIST_JOBS, [("denied", False), ("role", True), ("granted", True), ("role", True)]),
    ],
)
async def test_a_key_is_granted_denied_and_left_to_the_role(
    work: Work, home: TestOrganisation, label: str, key: str, steps: list[tuple[Standing, bool]]
) -> None:
    person = home[label].uuid
    told = 1
    for standing, is_held in steps:
        for _ in "twice":  # the second time changes nothing
            await set_key(work, person, key, standing)
        assert len(work.events) == told
        told += 1

        keys = await get_person_keys(work, person)
        assert (keys.standing(key), keys.holds(key)) == (standing, is_held)
    assert [event.action for event in work.events] == ["updated"] * len(steps)


async def test_an_event_tells_which_keys(work: Work, home: TestOrganisation) -> None:
    await set_key(work, home["agent1"].uuid, REOPEN_JOBS, "granted")
    await set_key(work, home["agent1"].uuid, REOPEN_JOBS, "denied")

    assert [event.changes for event in work.events] == [
        {"granted_keys": ([], [REOPEN_JOBS])},
        {"granted_keys": ([REOPEN_JOBS], []), "denied_keys": ([], [REOPEN_JOBS])},
    ]


async def test_there_are_no_other_keys_and_no_other_people(work: Work, home: TestOrganisation) -> None:
    with pytest.raises(UnknownKey):
        await set_key(work, home["agent1"].uuid, "api.everything", "granted")
    with pytest.raises(EntityNotFound):
        await set_key(work, UUID(int=0), LIST_JOBS, "granted")
    await remove_user(work, await get_locked_user(work, home["engineer1"].uuid))
    for attempt in (
        set_key(work, home["engineer1"].uuid, LIST_JOBS, "denied"),
        get_person_keys(work, home["engineer1"].uuid),
    ):
        with pytest.raises(EntityNotFound):
            await attempt


async def test_only_administrators_have_a_say_and_none_about_themselves(work: Work, home: TestOrganisation) -> None:
    with pytest.raises(OwnKeys):
        await set_key(work, home["admin"].uuid, LIST_JOBS, "denied")
    manager = actor_of(home, "manager")
    work.actor = replace(manager, keys=manager.keys | {MANAGE_ROLES, MANAGE_USERS})
    for person in ("admin", "engineer1", "manager"):
        with pytest.raises(OnlyAdministrators):
            await set_key(work, home[person].uuid, LIST_JOBS, "granted")


@pytest.mark.parametrize("standing", ["granted", "role"])
async def test_nobody_gives_what_they_lack(work: Work, home: TestOrganisation, standing: Standing) -> None:
    agent = home["agent1"].uuid
    await set_key(work, agent, LIST_JOBS, "denied")
    work.actor = replace(work.actor, keys=work.actor.keys - {LIST_JOBS})

    with pytest.raises(KeyNotHeld):
        await set_key(work, agent, LIST_JOBS, standing)
    await set_key(work, agent, LIST_JOBS, "denied")


@pytest.mark.parametrize("key", [MANAGE_ROLES, MANAGE_USERS])
async def test_somebody_can_always_administrate(work: Work, home: TestOrganisation, key: str) -> None:
    second = await second_administrator(work, home)
    await set_key(work, second, key, "denied")

    # The second one is still called an administrator, and cannot mend anything: the first one has to stay.
    with pytest.raises(LastAdministrator):
        await change_user(work, home["admin"].uuid, {"is_archived": True})
    with pytest.raises(LastAdministrator):
        await change_user(work, home["admin"].uuid, {"role": "Employee"})
    work.actor = replace(work.actor, person_id=home["manager"].id)
    with pytest.raises(LastAdministrator):
        await set_key(work, home["admin"].uuid, key, "denied")


async def test_the_first_may_go_where_the_second_can_do_all(work: Work, home: TestOrganisation) -> None:
    second = await second_administrator(work, home)
    await set_key(work, second, LIST_JOBS, "denied")

    await change_user(work, home["admin"].uuid, {"role": "Employee"})


@pytest.fixture
async def run(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Run]:
    """Run a command in somebody's work; the first of two can be held open until the second waits for it."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))

    async def run(label: str, command: Callable[..., Awaitable[Any]], *arguments: object, hold: Hold | None) -> Any:  # noqa: ANN401
        claim = Claim("api_key", organisation[label].api_key)
        async with database.work(claim, operation_keys=(), source="web") as work:
            result = await command(work, *arguments)
            if hold is not None:
                await hold(work)
            return result

    yield run
    await database.close()


async def test_of_two_administrators_who_deny_each_other_one_stays(run: Run, organisation: TestOrganisation) -> None:
    organisation.execute(
        "UPDATE people SET role_id = :role WHERE id = :id",
        role=organisation.founded.role_ids["Administrator"],
        id=organisation["manager"].id,
    )
    hold = Hold()
    first = asyncio.ensure_future(
        run("admin", set_key, organisation["manager"].uuid, MANAGE_ROLES, "denied", hold=hold)
    )
    await hold.begun()

    (second,) = await asyncio.gather(
        run("manager", set_key, organisation["admin"].uuid, MANAGE_ROLES, "denied", hold=None), return_exceptions=True
    )

    await first
    assert isinstance(second, LastAdministrator)


async def test_of_two_grants_to_one_person_none_is_lost(run: Run, organisation: TestOrganisation) -> None:
    agent, hold = organisation["agent1"].uuid, Hold()
    first = asyncio.ensure_future(run("admin", set_key, agent, REOPEN_JOBS, "granted", hold=hold))
    await hold.begun()
    await asyncio.gather(run("admin", set_key, agent, MANAGE_USERS, "granted", hold=None), first)

    keys = await run("admin", get_person_keys, agent, hold=None)

    assert keys.granted_keys == {REOPEN_JOBS, MANAGE_USERS}
