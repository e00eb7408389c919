"""Statements past SQLAlchemy do what those that it sends do."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from firstfix.domain.catalogue.models import Priority
from firstfix.domain.work import Work
from firstfix.kit.statements import send

UUID_OF_TEST = UUID("0193d2a0-0000-7000-8000-000000000001")
MOMENT = datetime(2040, 5, 1, 9, 30, tzinfo=UTC)


async def test_values_arrive_as_they_are(work: Work) -> None:
    words = ["plain", 'quo"ted', "back\\slash", "{com,ma}", "NULL", "", None]
    values = {
        "number": 7,
        "words": words,
        "ids": (1, 2),
        "uuids": [UUID_OF_TEST],
        "nothing": None,
        "amount": Decimal("1E+3"),
        "at": MOMENT,
        "is_so": True,
        "raw": b"\0\xff",
        "said": "it's 100 %",
    }

    (row,) = await send(
        work.session,
        """
        SELECT %(number)s::bigint AS number, %(words)s::text[] AS words, %(ids)s::bigint[] AS ids,
            %(uuids)s::uuid[] AS uuids, %(nothing)s::text AS nothing, %(amount)s::numeric AS amount,
            %(at)s::timestamptz AS at, %(is_so)s::boolean AS is_so, %(raw)s::bytea AS raw, %(said)s::text AS said
        """,
        values,
    )

    assert row._asdict() == {**values, "ids": [1, 2]}


async def test_one_statement_has_one_plan_whatever_the_values(work: Work) -> None:
    for number in (None, 1, 40_000, 3_000_000_000):
        await send(work.session, "SELECT %(number)s::bigint AS one_plan", {"number": number})

    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::bigint AS one_plan'"
    assert await work.session.scalar(text(prepared)) == 1


async def test_what_the_session_holds_is_written_first(work: Work) -> None:
    priority = (await work.session.execute(select(Priority).limit(1))).scalar_one()
    priority.name = "Now or never"

    rows = await send(work.session, "SELECT name FROM priorities WHERE id = %(id)s", {"id": priority.id})

    assert [row.name for row in rows] == ["Now or never"]


async def test_a_statement_that_returns_nothing_has_no_rows(work: Work) -> None:
    assert await send(work.session, "UPDATE priorities SET position = position", {}) == []


async def test_a_refusal_of_the_database_is_one_of_sqlalchemy_and_tells_no_values(work: Work) -> None:
    statement = "INSERT INTO priorities (id, name) SELECT id, %(name)s FROM priorities"

    with pytest.raises(IntegrityError) as caught:
        await send(work.session, statement, {"name": "a secret"})

    assert "a secret" not in str(caught.value)


async def test_each_transaction_of_a_session_is_on_its_own_connection(app_engine: AsyncEngine) -> None:
    async with AsyncSession(app_engine) as session:
        await send(session, "SELECT set_config('firstfix.organisation', '1', true)", {})
        await session.commit()
        async with AsyncSession(app_engine) as other:
            await other.execute(text("SELECT set_config('firstfix.organisation', '2', true)"))
            rows = await send(session, "SELECT current_setting('firstfix.organisation', true) AS organisation", {})

    assert rows[0].organisation in (None, "")


async def test_a_lost_connection_is_told_and_not_used_again(app_engine: AsyncEngine) -> None:
    async with AsyncSession(app_engine) as session:
        ((lost,),) = await send(session, "SELECT pg_backend_pid()", {})
        with pytest.raises(DBAPIError) as caught:
            await send(session, "SELECT pg_terminate_backend(pg_backend_pid())", {})
    async with AsyncSession(app_engine) as session:
        ((found,),) = await send(session, "SELECT pg_backend_pid()", {})

    assert isinstance(caught.value, OperationalError)
    assert caught.value.connection_invalidated
    assert found != lost
