"""The log of mails is kept for a year, and whatever still waits for longer."""

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from firstfix.adapters.database import Database
from firstfix.domain import upkeep
from firstfix.domain.messaging.commands import send_again
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run
from tests.factories.waiting import Hold

_PARTS = text("""
    SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'outbox'::regclass
""")
_MAKE = text("""
DO $$
DECLARE
    month timestamptz;
    part text;
BEGIN
    FOR ago IN 12..14 LOOP
        month := (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => ago)) AT TIME ZONE 'UTC';
        part := 'outbox_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        EXECUTE format('CREATE TABLE %I PARTITION OF outbox FOR VALUES FROM (%L) TO (%L)', part, first_uuid_of(month),
            first_uuid_of(((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'));
    END LOOP;
END $$
""")
_PUT = (
    "INSERT INTO outbox (event_id, recipient_kind, recipient_id, kind, job_id, message_id, state, next_at)"
    " SELECT first_uuid_of(((date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => :ago))"
    "   AT TIME ZONE 'UTC')), 1, 1, 'job_created', 1, '<x@y>', 'sent', NULL RETURNING uuid"
)


def parts(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(_PARTS))


@pytest.fixture
def before(owner_engine: Engine) -> Iterator[set[str]]:
    """The partitions that there are; those of the three months before are there as well, until the test ends."""
    before = parts(owner_engine)
    with owner_engine.begin() as connection:
        connection.execute(_MAKE)
    yield before
    with owner_engine.begin() as connection:
        for part in parts(owner_engine) - before:
            connection.execute(text(f"DROP TABLE {part}"))


def put(organisation: TestOrganisation, ago: int) -> UUID:
    """Put a mail of so many months ago, which has been sent."""
    (row,) = organisation.execute(_PUT, ago=ago)
    uuid: UUID = row.uuid
    return uuid


def logged(organisation: TestOrganisation) -> list[tuple[UUID, str]]:
    """Read what the log still tells."""
    rows = organisation.execute("SELECT uuid, state FROM outbox WHERE organisation_id = :id", id=organisation.id)
    return [(row.uuid, row.state) for row in rows]


async def drop(database: Database) -> int:
    async with database.session() as session:
        return await upkeep.drop_old_outbox(session)


async def test_what_is_older_is_dropped(
    database: Database, owner_engine: Engine, organisation: TestOrganisation, before: set[str]
) -> None:
    kept, *_ = (put(organisation, ago) for ago in (12, 13, 14))

    assert [await drop(database) for _ in range(2)] == [2, 0]

    assert len(parts(owner_engine) - before) == 1
    assert logged(organisation) == [(kept, "sent")]


async def test_a_month_in_which_a_mail_waits_is_kept(
    database: Database, owner_engine: Engine, organisation: TestOrganisation, before: set[str]
) -> None:
    uuid = put(organisation, 14)
    organisation.execute("UPDATE outbox SET state = 'waiting', next_at = now() WHERE uuid = :uuid", uuid=uuid)

    assert await drop(database) == 1

    assert len(parts(owner_engine) - before) == 2
    assert logged(organisation) == [(uuid, "waiting")]


@pytest.mark.usefixtures("before")
async def test_what_is_asked_for_at_the_same_moment_is_kept(
    database: Database, run: Run, organisation: TestOrganisation
) -> None:
    uuid, hold = put(organisation, 14), Hold()  # the oldest month, which is looked at first

    asking = asyncio.ensure_future(run(send_again, uuid, hold=hold))
    await hold.begun()
    while not asking.done():  # it gives up where it waits for more than a second
        await drop(database)
    await asking

    assert logged(organisation) == [(uuid, "waiting")]
