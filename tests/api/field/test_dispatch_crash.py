"""A server that is killed in the middle of a dispatch leaves the job as it was, and the next one dispatches it."""

import asyncio
from contextlib import suppress
from pathlib import Path

import httpx
from sqlalchemy import Engine, text

from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import until


async def test_what_was_not_answered_did_not_happen(
    owner_engine: Engine, database_url: str, organisation: TestOrganisation, tmp_path: Path
) -> None:
    job_id, old_uuid = organisation.insert_job(
        scheduled_at="2040-01-01T09:00:00Z", notification_delta=1, notification_minutes=60
    )
    key, path = organisation["admin"].api_key, f"/job/{old_uuid.hex}/dispatch"
    doomed = TestServer(tmp_path / "doomed", database_url)
    with owner_engine.connect() as holding:
        # What every change of the organisation takes last, so that the server waits with all the rest written.
        lock = text("SELECT pg_backend_pid() FROM event_positions WHERE organisation_id = :org FOR UPDATE")
        holder = holding.scalar(lock, {"org": organisation.id})
        async with doomed.field(key) as client:
            asking = asyncio.create_task(client.post(path, headers={"Idempotency-Key": "once"}))
            await until(lambda: _is_blocking(owner_engine, holder))
            doomed.kill()
            with suppress(httpx.TransportError):
                await asking
        holding.rollback()

    server = TestServer(tmp_path / "next", database_url)
    try:
        async with server.field(key) as client:
            replies = [await client.post(path, headers={"Idempotency-Key": "once"}) for _ in range(2)]
            again = await client.post(path)
    finally:
        server.close()

    assert [reply.status_code for reply in (*replies, again)] == [303, 303, 409]
    assert replies[0].headers["location"].rpartition("/")[2] == replies[1].headers["location"].rpartition("/")[2]
    (row,) = organisation.execute("SELECT * FROM dispatches WHERE deferred_uuid = :uuid", uuid=old_uuid)
    assert (row.job_id, row.dispatched_by_id) == (job_id, organisation["admin"].id)


def _is_blocking(owner: Engine, holder: int | None) -> bool:
    blocked = text("SELECT count(*) FROM pg_stat_activity WHERE :holder = ANY (pg_blocking_pids(pid))")
    with owner.connect() as connection:
        return bool(connection.scalar(blocked, {"holder": holder}))
