"""Mail is queued with nearly every change of a job: however many jobs there are, it looks things up by index."""

from collections.abc import Iterator
from uuid import uuid4

import msgspec
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from firstfix.domain.messaging.queueing import write_events_and_mail
from firstfix.domain.work import Event, Work
from firstfix.kit.sealing import KeyRing
from tests.conftest import actor_of
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.letters import make_thread
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation

GROWING = (
    *("jobs", "job_contacts", "contacts", "people", "case_notes", "reply_addresses", "status_reminders"),
    *("event_positions", "organisations", "roles", "statuses"),
)
_PRETEND = text("""
    SELECT pg_restore_relation_stats(
        'schemaname', 'public', 'relname', CAST(:table AS text), 'relpages', 1, 'reltuples', CAST(1e6 AS real))
""")
"""Lets the planner take a table for large: each of its pages for one that holds a million rows."""
_PRETEND_SMALL = text("""
    SELECT pg_restore_attribute_stats(
        'schemaname', 'public', 'relname', CAST(:table AS text), 'attname', 'organisation_id', 'inherited', false,
        'null_frac', CAST(0 AS real), 'avg_width', 8, 'n_distinct', CAST(-1 AS real))
""")
"""Lets the planner take each organisation for one of one row, as where there are thousands of tiny ones."""
_FILL_CONTACTS = text("""
    INSERT INTO contacts (organisation_id, first_name, last_name)
    SELECT organisation_id, first_name, last_name FROM contacts, generate_series(1, :count) WHERE id = :contact
""")
_FILL = text("""
    INSERT INTO jobs (organisation_id, number, reference, title, description, branch_id, status_id, stage, priority_id,
        job_type_id, location_id, vat_percentage)
    SELECT organisation_id, id * 1000 + step, 'F' || id || '-' || step, title, description, branch_id, status_id, stage,
        priority_id, job_type_id, location_id, vat_percentage
    FROM jobs, generate_series(1, :count) AS step WHERE id = :job
""")
_READ = text("SELECT relname, seq_scan, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables")
OTHERS = 300


@pytest.fixture
def organisation(databases: TestDatabases) -> Iterator[TestOrganisation]:
    """An organisation in a database of its own: what the planner takes tables for is up to this test alone."""
    databases.create("queueing_cost")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "queueing_cost"))
    yield make_committed_organisation(engine, OrganisationOptions())
    engine.dispose()
    databases.drop("queueing_cost")


@pytest.mark.parametrize("are_others_tiny", [False, True], ids=["all are large", "all others are tiny"])
async def test_no_table_that_grows_is_read_whole(
    databases: TestDatabases, organisation: TestOrganisation, keys: KeyRing, *, are_others_tiny: bool
) -> None:
    thread = make_thread(organisation)
    parties = {f"{party}_id": organisation[f"{party}1"].id for party in ("contractor", "agent")}
    closed = organisation.ids["statuses"]["Invoiced"]
    job_id, _ = organisation.insert_job(
        **parties, lead_id=organisation["engineer1"].id, created_by_id=None, status_id=closed
    )
    organisation.execute("UPDATE statuses SET reminder_hours = 48 WHERE organisation_id = :id", id=organisation.id)
    updated = {"scheduled_at": (None, "2040-05-01T09:00:00Z"), "status_id": (1, 2), "completed_at": (None, "x")}
    events = [
        *(Event(entity="job", action="updated", entity_id=job, entity_uuid=uuid4(), changes=updated)
          for job in (job_id, thread.job_id)),
        Event(entity="job", action="dispatched", entity_id=job_id, entity_uuid=uuid4()),
        Event(
            entity="case_note",
            action="created",
            entity_id=thread.note_id,
            entity_uuid=uuid4(),
            changes={"sends_mail": (None, True)},
        ),
    ]  # fmt: skip
    engine = create_async_engine(
        databases.sqlalchemy_url("postgres", "queueing_cost"),
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
    )
    async with engine.connect() as connection:
        await connection.execute(_FILL, {"job": job_id, "count": OTHERS})
        await connection.execute(_FILL_CONTACTS, {"contact": organisation.contact_id, "count": OTHERS})
        for table in GROWING:
            assert await connection.scalar(_PRETEND, {"table": table})
            if are_others_tiny and table != "organisations":
                assert await connection.scalar(_PRETEND_SMALL, {"table": table})
        await connection.execute(text(f"SET LOCAL ROLE {APP}"))  # under the policies, as always
        session = AsyncSession(connection, join_transaction_mode="create_savepoint")
        set_organisation = text("SELECT now() FROM set_config('firstfix.organisation', :id, true)")
        now = (await session.execute(set_organisation, {"id": str(organisation.id)})).scalar_one()
        work = Work(session, actor=actor_of(organisation, "manager"), now=now, keys=keys, source="web")
        for event in events:
            work.record(event)

        before = {table: (scans, rows) for table, scans, rows in await session.execute(_READ)}

        await write_events_and_mail(work, domain="example.com")

        read = {
            table: (scans - before[table][0], rows - before[table][1])
            for table, scans, rows in await session.execute(_READ)
        }
        queued = await session.scalar(
            text("SELECT count(DISTINCT (event_id, recipient_kind)) FROM outbox WHERE job_id IN (:one, :other)"),
            {"one": job_id, "other": thread.job_id},
        )
        await session.close()
        await connection.rollback()
    await engine.dispose()
    assert queued == 6
    assert not {table for table, (scans, _) in read.items() if scans}
    assert {table: rows for table, (_, rows) in read.items() if rows > OTHERS / 2} == {}
