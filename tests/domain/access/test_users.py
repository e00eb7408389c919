"""Rules of accounts: who is added how, what archiving and a new password end, and who has to stay."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from firstfix.domain.access.commands.accounts import add_user, change_user
from firstfix.domain.access.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from firstfix.domain.errors import EntityInUse, EntityNotFound, ValueRefused, ValueTaken
from firstfix.domain.jobs.commands import create_job
from firstfix.domain.jobs.views import JobDraft
from firstfix.domain.jobs.workers import remove_worker
from firstfix.domain.people.errors import BeyondOwnRights, LastAdministrator, NotStaff, OnlyAdministrators
from firstfix.domain.people.permissions import CASE_NOTES
from firstfix.domain.work import AccountType, Actor, Work
from tests.conftest import actor_of
from tests.factories.organisations import TestOrganisation

PASSWORD = "long enough for anybody"
_COMPLETE = text(
    "UPDATE jobs SET status_id = statuses.id, stage = statuses.stage FROM statuses"
    " WHERE statuses.name = 'Complete' AND jobs.id = :id"
)


def mail(name: str = "new") -> str:
    return f"{name}@users.example"


def acting(work: Work, actor: Actor) -> Work:
    return Work(work.session, actor=actor, now=work.now, keys=work.keys, source=work.source)


async def person(work: Work, uuid: UUID) -> dict[str, Any]:
    statement = text(
        "SELECT people.*, roles.name AS role FROM people JOIN roles ON roles.id = role_id WHERE people.uuid = :uuid"
    )
    return dict((await work.session.execute(statement, {"uuid": uuid})).mappings().one())


async def add_session(work: Work, person_id: int) -> None:
    await work.session.execute(
        text(
            "INSERT INTO credentials (person_id, kind, secret_hash, expires_at)"
            " VALUES (:id, 'session', decode(md5(random()::text), 'hex'), now() + interval '1 day')"
        ),
        {"id": person_id},
    )


async def kinds_of(work: Work, person_id: int) -> set[str]:
    held = await work.session.scalars(text("SELECT kind FROM credentials WHERE person_id = :id"), {"id": person_id})
    return set(held)


async def test_a_new_user_is_an_engineer_of_the_staff_unless_told(work: Work) -> None:
    plain = await person(work, await add_user(work, {"email": mail()}))
    admin = await person(work, await add_user(work, {"email": mail("boss"), "role": "Admin"}))

    assert (plain["role"], plain["account_type"], plain["email_verified_at"]) == ("Engineer", 1, work.now)
    assert admin["role"] == "Administrator"


async def test_no_event_tells_a_password(work: Work) -> None:
    uuid = await add_user(work, {"email": mail(), "password": PASSWORD})
    await change_user(work, uuid, {"password": PASSWORD + "!"})

    assert [sorted(event.changes) for event in work.events] == [["account_type", "email", "role_id"], []]
    assert "argon2" not in str(work.events)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": f"{'a' * 320}@example.com"}, "email"),
        ({"email": None}, "email"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"password": "a" * (SHORTEST_PASSWORD - 1)}, "password"),
        ({"password": "a" * (LONGEST_PASSWORD + 1)}, "password"),
    ],
)
async def test_what_a_user_cannot_have(work: Work, home: TestOrganisation, values: dict[str, Any], field: str) -> None:
    for attempt in (add_user(work, {"email": mail(), **values}), change_user(work, home["engineer1"].uuid, values)):
        with pytest.raises(ValueRefused) as refusal:
            await attempt
        assert refusal.value.field == field


async def test_an_address_signs_in_one_account_in_any_letter_case(work: Work, home: TestOrganisation) -> None:
    with pytest.raises(ValueTaken):
        await add_user(work, {"email": home["agent1"].email.upper()})


async def test_archiving_ends_sessions_and_keys(work: Work, home: TestOrganisation) -> None:
    engineer = home["engineer1"]
    await add_session(work, engineer.id)

    await change_user(work, engineer.uuid, {"is_archived": True})

    assert await kinds_of(work, engineer.id) == set()
    assert (await person(work, engineer.uuid))["archived_at"] == work.now


@pytest.mark.parametrize("values", [{"password": PASSWORD}, {"role": "Admin"}], ids=["password", "role"])
async def test_a_new_password_or_role_ends_sessions_and_leaves_keys(
    work: Work, home: TestOrganisation, values: dict[str, Any]
) -> None:
    engineer = home["engineer1"]
    await add_session(work, engineer.id)
    before = await kinds_of(work, engineer.id)

    await change_user(work, engineer.uuid, {"phone": "1", "role": "Employee"})
    same = await kinds_of(work, engineer.id)
    await change_user(work, engineer.uuid, values)

    assert before == same == {"session", "api_key"}
    assert await kinds_of(work, engineer.id) == {"api_key"}


async def test_the_last_administrator_stays_one(work: Work, home: TestOrganisation) -> None:
    admin = home["admin"].uuid
    for attempt in (
        change_user(work, admin, {"role": "Employee"}),
        change_user(work, admin, {"is_archived": True}),
        remove_worker(work, admin),
    ):
        with pytest.raises(LastAdministrator):
            await attempt

    await add_user(work, {"email": mail(), "role": "Admin"})
    await change_user(work, admin, {"role": "Employee"})

    assert (await person(work, admin))["role"] == "Engineer"


async def test_an_archived_administrator_is_none_to_keep_the_office(work: Work, home: TestOrganisation) -> None:
    await add_user(work, {"email": mail(), "role": "Admin", "is_archived": True})

    with pytest.raises(LastAdministrator):
        await change_user(work, home["admin"].uuid, {"is_archived": True})


async def test_who_is_no_administrator_has_no_say_about_one(work: Work, home: TestOrganisation) -> None:
    manager = acting(work, actor_of(home, "manager"))
    admin = home["admin"].uuid
    for attempt in (
        add_user(manager, {"email": mail(), "role": "Admin"}),
        change_user(manager, home["engineer1"].uuid, {"role": "Admin"}),
        change_user(manager, admin, {"password": PASSWORD}),
        change_user(manager, admin, {"is_archived": True}),
        remove_worker(manager, admin),
    ):
        with pytest.raises(OnlyAdministrators):
            await attempt
    await change_user(manager, home["engineer1"].uuid, {"phone": "1"})


async def test_nobody_reaches_above_themselves(work: Work, home: TestOrganisation) -> None:
    manager = actor_of(home, "manager")
    lesser = acting(work, msgspec.structs.replace(manager, keys=manager.keys - {CASE_NOTES}))
    outsider = acting(work, msgspec.structs.replace(manager, account_type=AccountType.CONTRACTOR))
    engineer = home["engineer1"].uuid
    for attempt in (
        change_user(lesser, engineer, {"password": PASSWORD}),
        change_user(lesser, engineer, {"is_archived": True}),
        add_user(lesser, {"email": mail(), "password": PASSWORD}),
        remove_worker(lesser, engineer),
        change_user(outsider, engineer, {"password": PASSWORD}),
    ):
        with pytest.raises(BeyondOwnRights):
            await attempt

    await change_user(acting(work, manager), engineer, {"password": PASSWORD})


async def test_only_staff_can_be_administrators(work: Work, home: TestOrganisation) -> None:
    with pytest.raises(NotStaff):
        await change_user(work, home["contractor1"].uuid, {"role": "Admin"})
    await change_user(work, home["contractor1"].uuid, {"role": "Employee"})  # what they are is no change


@pytest.mark.parametrize("label", ["agent1", "tenant1", "landlord1"])
async def test_who_does_no_work_is_no_user(work: Work, home: TestOrganisation, label: str) -> None:
    for attempt in (change_user(work, home[label].uuid, {"phone": "1"}), remove_worker(work, home[label].uuid)):
        with pytest.raises(EntityNotFound):
            await attempt


@pytest.mark.parametrize("part", ["lead", "crew"])
async def test_who_is_on_an_open_job_stays(work: Work, home: TestOrganisation, part: str) -> None:
    engineer = home["engineer1"]
    named = {"lead": engineer.uuid} if part == "lead" else {"crew": (engineer.uuid,)}
    job = await create_job(work, JobDraft(location=home.location_id, **named))

    with pytest.raises(EntityInUse):
        await remove_worker(work, engineer.uuid)
    await work.session.execute(_COMPLETE, {"id": job.id})
    await remove_worker(work, engineer.uuid)

    gone = await person(work, engineer.uuid)
    assert (gone["removed_at"], gone["archived_at"], gone["password_hash"]) == (work.now, work.now, None)
    assert gone["email"].endswith("@removed.invalid")
    assert await kinds_of(work, engineer.id) == set()
    with pytest.raises(EntityNotFound):
        await change_user(work, engineer.uuid, {"phone": "1"})
    assert (await person(work, await add_user(work, {"email": engineer.email})))["email"] == engineer.email
