"""The audit log: what happened is in it once, and whoever changes anything afterwards is found out."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from firstfix.domain.history.audit import REFUSED, Refused, claim_chain, extend_chain
from firstfix.domain.invariants.rows import ROW_INVARIANTS
from firstfix.domain.invariants.structure import STRUCTURE_INVARIANTS
from firstfix.kit.secrets import hash_secret
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation

DATABASE = "audit"
CHAIN, EVENTS, GAPS, GRANTS = [
    invariant.sentence for invariant in (*ROW_INVARIANTS, *STRUCTURE_INVARIANTS) if invariant.name == "I4"
]
EVENT = """
WITH taken AS (
    UPDATE event_positions SET last_position = last_position + 1
    WHERE organisation_id = current_setting('firstfix.organisation')::bigint RETURNING last_position
)
INSERT INTO events (actor_id, source, request_id, address, entity, entity_id, entity_uuid, label, action, changes,
    position)
SELECT :actor, 'web', 'r1', '203.0.113.7', 'job', n, uuidv7(), 'J' || n, 'updated',
    jsonb_build_object('title', jsonb_build_array('Old', n), 'access_details', '[null, "v1.k1.AAAA"]'::jsonb),
    taken.last_position
FROM taken, generate_series(1, :events) AS n
"""


@pytest.fixture(scope="module")
def owner(databases: TestDatabases) -> Iterator[Engine]:
    """A database of its own, as its owner: whoever claims a chain meets nobody else's."""
    databases.create(DATABASE)
    engine = create_engine(databases.sqlalchemy_url(OWNER, DATABASE))
    yield engine
    engine.dispose()
    databases.drop(DATABASE)


@pytest.fixture(scope="module")
async def app(databases: TestDatabases, owner: Engine) -> AsyncIterator[AsyncEngine]:  # noqa: ARG001 (it must exist)
    """The same as the app's role, as the worker has it."""
    engine = create_async_engine(
        databases.sqlalchemy_url(APP, DATABASE),
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
    )
    yield engine
    await engine.dispose()


@pytest.fixture
async def organisation(owner: Engine, app: AsyncEngine) -> TestOrganisation:
    """A new organisation; nobody else has anything to take up."""
    while await take_up(app):
        pass
    return make_committed_organisation(owner, OrganisationOptions())


def happen(organisation: TestOrganisation, *, transactions: int = 1, events: int = 1) -> None:
    for _ in range(transactions):
        organisation.execute(EVENT, actor=organisation["admin"].id, events=events)


async def take_up(app: AsyncEngine, *, most: int = 1000) -> int:
    """Take up one batch as the worker does; how much it was."""
    async with AsyncSession(app) as session, session.begin():
        if await claim_chain(session) is None:
            return 0
        return await extend_chain(session, most=most)


def entries(organisation: TestOrganisation) -> list[tuple[int, UUID | None, bytes]]:
    rows = organisation.execute(
        "SELECT number, event_id, hash FROM audit_log WHERE organisation_id = :o ORDER BY number", o=organisation.id
    )
    return [(row.number, row.event_id, row.hash) for row in rows]


def event_ids(organisation: TestOrganisation) -> list[UUID]:
    rows = organisation.execute(
        "SELECT id FROM events WHERE organisation_id = :o ORDER BY position, id", o=organisation.id
    )
    return [row.id for row in rows]


async def test_each_event_becomes_one_entry_in_the_order_of_commits(
    app: AsyncEngine, organisation: TestOrganisation
) -> None:
    happen(organisation, transactions=3, events=4)

    while await take_up(app, most=5):
        pass

    told = entries(organisation)
    assert [number for number, _, _ in told] == list(range(1, 13))
    assert [event_id for _, event_id, _ in told] == event_ids(organisation)
    assert len({entry_hash for _, _, entry_hash in told}) == 12
    assert await take_up(app) == 0


async def test_an_entry_says_who_where_what_and_which_fields_but_no_values(
    app: AsyncEngine, organisation: TestOrganisation
) -> None:
    happen(organisation)
    await take_up(app)

    [entry] = organisation.execute("SELECT * FROM audit_log WHERE organisation_id = :o", o=organisation.id)

    said = (entry.actor_id, entry.address, entry.source, entry.request_id, entry.action, entry.entity, entry.label)
    assert said == (organisation["admin"].id, "203.0.113.7", "web", "r1", "updated", "job", "J1")
    assert (entry.fields, entry.code, entry.times, len(entry.changes_hash)) == (
        ["access_details", "title"],
        None,
        1,
        32,
    )
    assert "v1.k1" not in repr(entry)


async def test_a_chain_is_the_same_however_it_was_taken_up(app: AsyncEngine, organisation: TestOrganisation) -> None:
    happen(organisation, transactions=2, events=3)
    chains = set()
    for most in (1, 2, 5, 100):
        async with AsyncSession(app) as session, session.begin() as work:
            assert await claim_chain(session) == organisation.id
            while await extend_chain(session, most=most):
                pass
            hashes = await session.scalars(text("SELECT hash FROM audit_log ORDER BY number"))
            chains.add(tuple(hashes))
            await work.rollback()

    assert len(chains) == 1
    assert entries(organisation) == []


async def test_what_a_crash_undoes_is_taken_up_again_and_once(app: AsyncEngine, organisation: TestOrganisation) -> None:
    happen(organisation, transactions=4)
    await take_up(app, most=2)
    async with AsyncSession(app) as session, session.begin() as work:
        await claim_chain(session)
        assert await extend_chain(session) == 2
        await work.rollback()

    while await take_up(app, most=1):
        pass

    assert [event_id for _, event_id, _ in entries(organisation)] == event_ids(organisation)


async def test_of_two_workers_one_writes_a_chain(app: AsyncEngine, organisation: TestOrganisation) -> None:
    happen(organisation, transactions=3)

    async with AsyncSession(app) as first, first.begin():
        assert await claim_chain(first) == organisation.id
        async with AsyncSession(app) as second, second.begin():
            assert await claim_chain(second) is None
        await extend_chain(first)
    assert await take_up(app) == 0
    assert len(entries(organisation)) == 3


async def test_many_workers_at_once_take_up_everything_once(app: AsyncEngine, organisation: TestOrganisation) -> None:
    happen(organisation, transactions=5, events=10)

    async def work() -> None:
        while len(entries(organisation)) < 50:
            await take_up(app, most=3)

    await asyncio.gather(*(work() for _ in range(4)))

    assert [event_id for _, event_id, _ in entries(organisation)] == event_ids(organisation)


async def test_looking_for_something_to_take_up_reads_no_events(
    app: AsyncEngine, owner: Engine, organisation: TestOrganisation
) -> None:
    happen(organisation, events=50)
    while await take_up(app):
        pass

    read = text("SELECT sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname LIKE 'events%'")
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL random_page_cost = 1000000"))  # whatever the planner may think of it
        before = connection.scalar(read)  # what this connection read lately is among it
        assert connection.scalar(text("SELECT claim_audit_chain('{}')")) is None
        assert connection.scalar(read) == before


async def test_what_happened_before_the_log_began_is_taken_up_after_what_is_new(
    app: AsyncEngine, organisation: TestOrganisation
) -> None:
    old = """
        INSERT INTO events (id, source, entity, entity_id, entity_uuid, action)
        SELECT first_uuid_of(CAST(:at AS timestamptz) + n * interval '1 s'), 'cli', 'job', n, uuidv7(), 'created'
        FROM generate_series(1, 3) AS n
    """
    organisation.execute(old, at="2020-02-02")
    happen(organisation)
    *older, newest = event_ids(organisation)
    await take_up(app)
    organisation.execute(old, at="2020-01-01")
    assert await take_up(app) == 0
    organisation.execute(
        "UPDATE audit_chains SET unpositioned_id = CAST(:nobody AS uuid) WHERE organisation_id = :o",
        o=organisation.id,
        nobody=str(UUID(int=0)),
    )

    while await take_up(app, most=2):
        pass

    told = [event_id for _, event_id, _ in entries(organisation)]
    assert told[:4] == [newest, *older]
    assert set(told) == set(event_ids(organisation))
    assert len(told) == 7


async def test_refusals_are_kept_by_who_was_refused_and_taken_up_once(
    app: AsyncEngine, owner: Engine, organisation: TestOrganisation
) -> None:
    other = make_committed_organisation(owner, OrganisationOptions())
    key = hash_secret(organisation["contractor1"].api_key).hex()
    given = [
        refused(secret_hash=key, times=7),
        refused(email=organisation["agent1"].email.upper(), code="auth.refused"),
        refused(email=other["agent1"].email),
        refused(secret_hash=uuid4().hex),
        refused(email="nobody@example.com"),
    ]
    async with app.connect() as connection:
        kept = await connection.scalar(
            text("SELECT keep_refusals(CAST(:given AS jsonb))"), {"given": msgspec.json.encode(given).decode()}
        )
        await connection.commit()
    happen(organisation)

    while await take_up(app, most=1):
        pass

    assert kept == 3
    rows = organisation.execute(
        "SELECT actor_id, action, entity, label, code, times, address FROM audit_log"
        " WHERE organisation_id = :o AND code IS NOT NULL ORDER BY number",
        o=organisation.id,
    )
    assert sorted(tuple(row) for row in rows) == sorted(
        [
            (organisation["contractor1"].id, REFUSED, "operation", "deleteJob", "auth.x", 7, "203.0.113.9"),
            (organisation["agent1"].id, REFUSED, "operation", "deleteJob", "auth.refused", 1, "203.0.113.9"),
        ]
    )
    assert len(entries(organisation)) == 3
    assert len(entries(other)) == 1
    assert organisation.execute("SELECT 1 FROM refusals") == []


def refused(
    *, secret_hash: str | None = None, email: str | None = None, code: str = "auth.x", times: int = 1
) -> Refused:
    return Refused(
        secret_hash=secret_hash,
        email=email,
        at="2026-01-01T00:00:00+00:00",
        address="203.0.113.9",
        source="manage",
        request_id="r2",
        operation="deleteJob",
        code=code,
        times=times,
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET label = label",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE audit_log SET label = label",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "INSERT INTO audit_chains (number) VALUES (1)",
        "DELETE FROM audit_chains",
    ],
)
async def test_the_app_adds_and_changes_nothing(
    app: AsyncEngine, organisation: TestOrganisation, statement: str
) -> None:
    happen(organisation)
    await take_up(app)

    async with app.connect() as connection:
        await connection.execute(
            text("SELECT set_config('firstfix.organisation', :id, true)"), {"id": str(organisation.id)}
        )
        with pytest.raises(DBAPIError) as failed:
            await connection.execute(text(statement))

    assert isinstance(failed.value.orig, psycopg.errors.InsufficientPrivilege)


def broken(owner: Engine, damage: str) -> set[str]:
    """Damage the database, look, and undo it."""
    with owner.connect() as connection:
        for statement in filter(None, damage.split(";")):
            connection.execute(text(statement))
        found = {
            invariant.sentence
            for invariant in (*ROW_INVARIANTS, *STRUCTURE_INVARIANTS)
            if invariant.name == "I4" and connection.execute(text(invariant.breaches.replace(":", "\\:"))).all()
        }
        connection.rollback()
    return found


NAMES = {
    "$ours": "organisation_id = {o}",
    "$second_event": "id = (SELECT event_id FROM audit_log WHERE organisation_id = {o} AND number = 2)",
}
SWAP = """
UPDATE audit_log SET number = 9 WHERE $ours AND number = 2;
UPDATE audit_log SET number = 2 WHERE $ours AND number = 3;
UPDATE audit_log SET number = 3 WHERE $ours AND number = 9
"""
ONE_MORE_ENTRY = """
INSERT INTO audit_log (organisation_id, number, hash, at, source, action, entity, label, fields, times)
SELECT organisation_id, 5, sha256(hash), at, source, action, entity, label, fields, times
FROM audit_log WHERE $ours AND number = 4
"""
ONE_MORE_EVENT = """
INSERT INTO events (organisation_id, id, source, entity, entity_id, entity_uuid, action, position)
SELECT organisation_id, uuidv7(interval '-1 minute'), source, entity, entity_id, entity_uuid, action, position
FROM events WHERE $second_event
"""


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("", set()),
        ("UPDATE audit_log SET label = 'J9' WHERE $ours AND number = 2", {CHAIN, EVENTS}),
        ("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE $ours AND number = 2", {CHAIN, EVENTS}),
        ("UPDATE audit_log SET actor_id = NULL WHERE $ours AND number = 2", {CHAIN, EVENTS}),
        ("UPDATE audit_log SET fields = '{}' WHERE $ours AND number = 2", {CHAIN}),
        ("UPDATE audit_log SET hash = sha256('x') WHERE $ours AND number = 2", {CHAIN}),
        ("DELETE FROM audit_log WHERE $ours AND number = 1", {CHAIN, EVENTS}),
        ("DELETE FROM audit_log WHERE $ours AND number = 2", {CHAIN, EVENTS}),
        ("DELETE FROM audit_log WHERE $ours AND number = 4", {CHAIN, EVENTS}),
        ("DELETE FROM audit_log WHERE $ours", {CHAIN, EVENTS}),
        (SWAP, {CHAIN}),
        (ONE_MORE_ENTRY, {CHAIN}),
        ("""UPDATE events SET changes = '{"title": ["Old", "New"]}' WHERE $second_event""", {EVENTS}),
        ("UPDATE events SET actor_id = NULL WHERE $second_event", {EVENTS}),
        ("UPDATE events SET address = '203.0.113.8' WHERE $second_event", {EVENTS}),
        ("DELETE FROM events WHERE $second_event", {EVENTS, GAPS}),
        (ONE_MORE_EVENT, {EVENTS}),
        ("DELETE FROM events WHERE $ours AND position = 5", {GAPS}),
        ("GRANT UPDATE ON audit_log TO firstfix_app", {GRANTS}),
        ("GRANT DELETE ON events TO firstfix_app", {GRANTS}),
    ],
)
async def test_whoever_changes_what_was_written_down_is_found_out(
    app: AsyncEngine, owner: Engine, organisation: TestOrganisation, *, damage: str, found: set[str]
) -> None:
    happen(organisation, transactions=4)
    await take_up(app)
    happen(organisation)
    for name, meaning in NAMES.items():
        damage = damage.replace(name, meaning.replace("{o}", str(organisation.id)))

    assert broken(owner, damage) == found
