"""The worker takes up into the audit logs what happened and what was refused."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firstfix.adapters.database import Database
from firstfix.kit.key_file import KeyFile
from firstfix.worker import auditing
from firstfix.worker.auditing import audit_next
from firstfix.worker.run import SESSION_SETTINGS, make_queue, run_worker
from firstfix.worker.steps import HeldBack
from tests.api.manage.conftest import make_credential
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import until
from tests.fakes.storage import MemoryStorage

JOBS = "/api/jobs/manage"


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    """The worker's connections; what others left is in the chains already."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), session_settings=SESSION_SETTINGS)
    while await audit_next(database, HeldBack()):
        pass
    yield database
    await database.close()


def entries(organisation: TestOrganisation) -> list[tuple[str, str]]:
    rows = organisation.execute(
        "SELECT action, label FROM audit_log WHERE organisation_id = :o ORDER BY number", o=organisation.id
    )
    return [(row.action, row.label) for row in rows]


def happen(organisation: TestOrganisation) -> None:
    organisation.execute(
        "INSERT INTO events (source, entity, entity_id, entity_uuid, label, action)"
        " VALUES ('cli', 'job', 1, uuidv7(), 'J1', 'created')"
    )


async def test_a_worker_extends_the_chains_while_it_runs(
    database_url: str, database: Database, organisation: TestOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "LOOK_EVERY_SECONDS", 0.02)
    happen(organisation)

    working = asyncio.create_task(run_worker(make_queue(database_url, database, MemoryStorage()), database))
    try:
        await until(lambda: entries(organisation) == [("created", "J1")])
        happen(organisation)
        await until(lambda: len(entries(organisation)) == 2)
    finally:
        working.cancel()
        await asyncio.wait([working])


async def test_a_deleted_job_is_gone_but_for_its_tombstone_in_the_activity_log(
    server: TestServer, database: Database, organisation: TestOrganisation
) -> None:
    _, uuid = organisation.insert_job(reference="J77")
    async with server.client(Authorization=f"Bearer {make_credential(organisation, 'admin', kind='bearer')}") as client:
        token = (await client.get("/api/security/csrf-token")).json()["data"]["token"]
        deleted = await client.post(JOBS, json={"action": "delete", "uuid": str(uuid), "csrf_token": token})
        history = await client.get(JOBS, params={"action": "list_commits", "uuid": str(uuid)})
    assert (deleted.status_code, history.status_code) == (200, 404)
    held_back = HeldBack()
    while ("deleted", "J77") not in entries(organisation):
        assert await audit_next(database, held_back)

    session = make_credential(organisation, "admin", kind="session")
    async with server.client(Cookie=f"firstfix_session={session}") as client:
        activity = (await client.get("/web/activity", params={"action": "deleted"})).json()

    [tombstone] = activity["entries"]
    assert (tombstone["label"], tombstone["entity"], tombstone["entity_uuid"]) == ("J77", "job", str(uuid))
    assert (tombstone["person"]["id"], tombstone["address"]) == (organisation["admin"].id, "127.0.0.1")


async def test_a_chain_that_fails_holds_up_no_other(database: Database, organisation: TestOrganisation) -> None:
    # Somebody has put an entry where the next one goes.
    organisation.execute(
        "INSERT INTO audit_log (number, hash, at, source, action, entity, label, fields, times)"
        " VALUES (1, '', now(), 'cli', 'created', 'job', '', '{}', 1)"
    )
    happen(organisation)
    held_back = HeldBack()

    while organisation.id not in held_back.ids():
        assert await audit_next(database, held_back)
    while await audit_next(database, held_back):
        pass

    assert entries(organisation) == [("created", "")]
    organisation.execute("DELETE FROM audit_log WHERE organisation_id = :o", o=organisation.id)
    while await audit_next(database, HeldBack()):
        pass
    assert entries(organisation) == [("created", "J1")]
