"""What is refused is noted for the audit log: cheaply, and never without a bound."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import psycopg
import pytest

from firstfix.api.refusals import COUNTED_FOR_SECONDS, MOST_HELD, MOST_OF_ADDRESS, Attempt, RefusalLog
from firstfix.domain.history.audit import Refused
from tests.api.manage.conftest import new_job
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import until

JOBS = "/api/jobs/manage"
NOWHERE_ELSE = "127.0.0.16"
"""Where no other test comes from: of one address no more than so many different refusals are held."""


class Kept:
    """Takes the place of the database: keeps what it is given, unless it is away."""

    def __init__(self) -> None:
        self.refusals: list[Refused] = []
        self.is_away = False

    async def read_one(self, _statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        if self.is_away:
            raise psycopg.OperationalError
        self.refusals += msgspec.json.decode(parameters["refusals"], type=list[Refused])
        return (len(self.refusals),)

    def told(self) -> list[tuple[str, int]]:
        return [(refused.operation, refused.times) for refused in self.refusals]


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def attempt(**values: Any) -> Attempt:  # noqa: ANN401 (whatever an attempt has)
    given = {"secret_hash": b"1", "address": "203.0.113.1", "source": "manage", "operation": "deleteJob", "code": "x"}
    return Attempt(**(given | values))


async def test_the_first_is_kept_at_once_and_the_next_of_a_minute_together() -> None:
    clock, kept = Clock(), Kept()
    log = RefusalLog(clock=clock)
    for second in range(150):
        clock.now = Clock.now + second
        log.note(attempt(), request_id=str(second))
        await log.keep(kept)

    assert kept.told() == [("deleteJob", 1), ("deleteJob", 60), ("deleteJob", 60)]
    assert [refused.request_id for refused in kept.refusals] == ["0", "1", "61"]
    clock.now += 2 * COUNTED_FOR_SECONDS
    await log.keep(kept)
    await log.keep(kept)
    assert sum(refused.times for refused in kept.refusals) == 150


async def test_what_differs_is_kept_apart() -> None:
    kept, log = Kept(), RefusalLog()
    for values in ({}, {"operation": "b"}, {"code": "y"}, {"address": "203.0.113.2"}, {"secret_hash": b"2"}, {}):
        log.note(attempt(**values), request_id="r")

    await log.keep(kept)

    assert sorted(refused.times for refused in kept.refusals) == [1, 1, 1, 1, 2]


async def test_what_cannot_be_kept_stays_for_the_next_time() -> None:
    kept, log = Kept(), RefusalLog()
    kept.is_away = True
    log.note(attempt(), request_id="r")
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            await log.keep(kept)
    kept.is_away = False

    await log.keep(kept)
    await log.keep(kept, everything=True)

    assert kept.told() == [("deleteJob", 1)]


async def test_an_address_holds_no_more_than_its_share_and_all_together_no_more_than_there_is_room_for() -> None:
    kept, log = Kept(), RefusalLog()
    for number in range(10 * MOST_OF_ADDRESS):
        log.note(attempt(operation=f"{number}"), request_id="r")
    log.note(attempt(address="203.0.113.2", operation="other"), request_id="r")
    await log.keep(kept)
    assert len(kept.refusals) == MOST_OF_ADDRESS + 1
    assert kept.told()[-1] == ("other", 1)

    for number in range(2 * MOST_HELD):
        log.note(attempt(address=f"198.51.100.{number}"), request_id="r")
    await log.keep(kept)
    assert len(kept.refusals) == MOST_HELD


async def test_room_that_is_not_used_any_more_is_free_again() -> None:
    clock, kept = Clock(), Kept()
    log = RefusalLog(clock=clock)
    for turn in range(3):
        for number in range(MOST_OF_ADDRESS):
            log.note(attempt(operation=f"{turn} {number}"), request_id="r")
        await log.keep(kept)
        clock.now += COUNTED_FOR_SECONDS
        await log.keep(kept)

    assert len(kept.refusals) == 3 * MOST_OF_ADDRESS


async def test_what_a_caller_wrote_is_cut_and_printable() -> None:
    kept, log = Kept(), RefusalLog()
    log.note(attempt(operation=f"GET /a\n\0{'b' * 999}"), request_id="r")

    await log.keep(kept)

    assert kept.refusals[0].operation.startswith("GET /a��b")
    assert len(kept.refusals[0].operation) == 200


# Over HTTP -----------------------------------------------------------------------------------------------------------


def refusals_of(organisation: TestOrganisation) -> list[tuple[int, str, str, str]]:
    rows = organisation.execute(
        "SELECT actor_id, source, operation, code FROM refusals WHERE organisation_id = :o ORDER BY at, id",
        o=organisation.id,
    )
    return [tuple(row) for row in rows]


@pytest.fixture
def token_of(organisation: TestOrganisation) -> Callable[[str], str]:
    from tests.api.manage.conftest import make_credential  # noqa: PLC0415 (as the offices of those tests do)

    return lambda label: make_credential(organisation, label, kind="bearer")


async def test_every_api_notes_what_it_denies(
    server: TestServer, organisation: TestOrganisation, token_of: Callable[[str], str]
) -> None:
    contractor = organisation["contractor1"]
    _, hidden = organisation.insert_job()
    async with server.client(come_from=NOWHERE_ELSE, Authorization=f"Bearer {token_of('contractor1')}") as client:
        csrf = (await client.get("/api/security/csrf-token")).json()["data"]["token"]
        replies = [
            await client.post(JOBS, json=new_job(organisation, csrf_token=csrf)),
            await client.post("/api/jobs/toggle-pin", json={"job_uuid": str(hidden)}),
            await client.get(JOBS, params={"action": "get", "uuid": str(hidden)}),
            await client.get(JOBS, params={"action": "get", "uuid": str(hidden)}),
            await client.get(JOBS, params={"action": "list"}),
            await client.get(JOBS, params={"action": "list", "limit": "0"}),
        ]
    async with server.field(contractor.api_key, come_from=NOWHERE_ELSE) as client:
        replies.append(await client.get("/changes/token"))
        replies.append(await client.get("/changes/token", headers={"Authorization": "Token 0"}))
    assert [reply.status_code for reply in replies] == [403, 403, 404, 404, 200, 400, 403, 401]

    await until(lambda: len(refusals_of(organisation)) >= 4)

    assert sorted(refusals_of(organisation)) == sorted(
        [
            (contractor.id, "manage", "createJob", "auth.permission_missing"),
            (contractor.id, "manage", "togglePin", "csrf.missing"),
            (contractor.id, "manage", "getJob", "jobs.not_found"),
            (contractor.id, "field", "getChangeToken", "auth.permission_missing"),
        ]
    )


async def test_failed_sign_ins_of_accounts_are_noted_and_nobody_elses(
    server: TestServer, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    other = make_organisation()
    manager = organisation["manager"]
    async with server.client(come_from=NOWHERE_ELSE) as client:
        for email in (manager.email.upper(), "nobody@nowhere.example.com"):
            reply = await client.post("/api/auth/login", json={"email": email, "password": "wrong password"})
            assert reply.status_code == 401

    await until(lambda: refusals_of(organisation))

    assert refusals_of(organisation) == [(manager.id, "manage", "login", "auth.invalid_credentials")]
    assert refusals_of(other) == []


async def test_events_tell_the_address_of_who_did_it(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.field(organisation["admin"].api_key) as client:
        reply = await client.post(
            "/job/", json={"scheduledOn": "2030-01-01T09:00", "location": {"uuid": organisation.location_uuid.hex}}
        )
    assert reply.status_code == 201, reply.text

    [event] = organisation.execute("SELECT address FROM events WHERE organisation_id = :o", o=organisation.id)

    assert event.address == "127.0.0.1"
