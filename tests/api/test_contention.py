"""Fifty programs write the same job at once: each is answered, and nobody else is kept waiting by them."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import until

WRITERS = 50
LONGER_THAN_A_LOCK_WAIT_SECONDS = 2.5


@contextmanager
def locked(engine: Engine, job_id: int) -> Iterator[int]:
    """Hold a job's row and say by which process."""
    with engine.begin() as connection:
        connection.execute(text("SELECT FROM jobs WHERE id = :id FOR UPDATE"), {"id": job_id})
        yield connection.scalar(text("SELECT pg_backend_pid()")) or 0


async def write(client: httpx.AsyncClient, job: str, number: int) -> int:
    reply = await client.post(f"/job/{job}", json={"description": f"Write {number}"})
    return reply.status_code


@pytest.mark.parametrize("writers", [("admin",), ("admin", "manager", "engineer1", "engineer2")], ids=["one", "four"])
async def test_fifty_writes_of_one_job_are_each_answered(
    server: TestServer, organisation: TestOrganisation, writers: tuple[str, ...]
) -> None:
    _, uuid = organisation.insert_job()
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(server.field(organisation[who].api_key)) for who in writers]

        statuses = await asyncio.gather(
            *(write(clients[number % len(clients)], uuid.hex, number) for number in range(WRITERS))
        )

    assert set(statuses) <= {204, 409}, statuses
    assert statuses.count(204) >= 1


async def test_fifty_writers_who_wait_for_one_job_keep_nobody_else_waiting(
    server: TestServer, organisation: TestOrganisation, owner_engine: Engine
) -> None:
    contended_id, contended = organisation.insert_job()
    _, other = organisation.insert_job()
    is_awaited = "SELECT FROM pg_locks WHERE :holder = ANY (pg_blocking_pids(pid))"
    async with (
        server.field(organisation["admin"].api_key) as many,
        server.field(organisation["manager"].api_key) as another,
    ):
        with locked(owner_engine, contended_id) as holder:
            writing = asyncio.gather(*(write(many, contended.hex, number) for number in range(WRITERS)))
            await until(lambda: organisation.execute(is_awaited, holder=holder))

            assert await write(another, other.hex, 0) == 204
            assert (await another.get(f"/job/{contended.hex}")).status_code == 200
            assert not writing.done()

            await asyncio.sleep(LONGER_THAN_A_LOCK_WAIT_SECONDS)  # those at the row give up, and the next come
        statuses = await writing

    assert set(statuses) == {204, 409}, statuses
