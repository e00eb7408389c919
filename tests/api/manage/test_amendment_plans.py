"""What the lists of amendments, remedials and case notes read: however many there are, a page's own."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import create_engine

from firstfix.api.hot_reads import BodyOf
from firstfix.api.manage.amendments import AmendmentList
from firstfix.api.manage.case_notes import attachment_content, notes
from firstfix.api.manage.remedials import remedials
from firstfix.domain.work import AccountType
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, make_committed_organisation
from tests.factories.plans import explain, fill

JOBS = 20_000
FILL = """
INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
    contractor_id, vat_percentage, uuid)
SELECT n, 'P' || n, 'Boiler ' || n, :branch, :status, 0, :priority, :type, :location,
    CASE WHEN n % 100 = 0 THEN :contractor END, 20, lpad(n::text, 32, '0')::uuid
FROM generate_series(1, :jobs) AS n;
INSERT INTO amendments (job_id, field_name, requested_value, reason, requested_by_id, status, decided_at, created_at)
SELECT id, 'contractor_budget', '5.00', 'So.', :contractor,
    CASE WHEN number % 500 = 0 THEN 'pending' ELSE 'rejected' END,
    CASE WHEN number % 500 > 0 THEN now() END, '2024-06-01'::timestamptz - number * interval '1 minute'
FROM jobs;
INSERT INTO remedial_links (parent_id, remedial_id)
SELECT parent.id, jobs.id FROM jobs JOIN jobs AS parent ON parent.number = jobs.number / 10 WHERE jobs.number >= 10;
INSERT INTO case_notes (job_id, text_sealed, created_by_id, is_pinned, created_at)
SELECT jobs.id, 'x', :contractor, n = 3, '2024-06-01'::timestamptz - n * interval '1 minute'
FROM jobs, generate_series(1, 5) AS n;
INSERT INTO case_notes (job_id, text_sealed, created_by_id)
SELECT jobs.id, 'x', :contractor FROM jobs, generate_series(1, 500) WHERE number = 77;
INSERT INTO files (storage_key, purpose, file_name, mime_type, size_bytes, sha256, uuid)
SELECT gen_random_uuid(), 'note', 'a.png', 'image/png', 1, '', lpad(number::text, 32, '0')::uuid FROM jobs;
INSERT INTO case_note_attachments (file_id, case_note_id)
SELECT files.id, case_notes.id FROM jobs JOIN files ON files.uuid = jobs.uuid
JOIN case_notes ON case_notes.job_id = jobs.id AND case_notes.is_pinned
"""
WANTED = UUID(int=0x77)
PAGE = {"limit": 50, "offset": 0, "status": "pending", "job_uuid": WANTED, "uuid": WANTED, "attachment": WANTED}


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in an organisation of many; plans are made once, for whatever parameters come."""
    databases.create("amendment_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "amendment_plans"))
    organisation = make_committed_organisation(engine, OrganisationOptions())
    fill(
        databases,
        "amendment_plans",
        organisation,
        FILL,
        branch=organisation.ids["branches"]["North"],
        status=organisation.ids["statuses"]["New"],
        priority=organisation.ids["priorities"]["Medium"],
        type=organisation.ids["job_types"]["Plumbing"],
        location=organisation.location_id,
        contractor=organisation["contractor1"].id,
        jobs=JOBS,
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.exec_driver_sql("VACUUM ANALYZE")
    with psycopg.connect(databases.url(APP, "amendment_plans"), autocommit=True) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(organisation.id)])
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    engine.dispose()
    databases.drop("amendment_plans")


@pytest.mark.parametrize(
    ("body", "account_type", "most_blocks"),
    [
        (AmendmentList(()), AccountType.STAFF, 900),
        (AmendmentList(("status",)), AccountType.STAFF, 600),
        (AmendmentList(("job_uuid",)), AccountType.STAFF, 100),
        (AmendmentList(("uuid",)), AccountType.STAFF, 100),
        (AmendmentList(("job_uuid", "status")), AccountType.AGENT, 100),
        (AmendmentList(()), AccountType.CONTRACTOR, 4_000),
        (AmendmentList(("status",)), AccountType.CONTRACTOR, 4_000),
        (remedials, AccountType.STAFF, 200),
        (remedials, AccountType.AGENT, 200),
        (notes, AccountType.STAFF, 700),
        (notes, AccountType.AGENT, 700),
        (notes, AccountType.CONTRACTOR, 700),
        (attachment_content, AccountType.AGENT, 40),
    ],
)
def test_a_page_and_its_total_are_found_by_index(
    connection: psycopg.Connection[Any], body: BodyOf, account_type: AccountType, most_blocks: int
) -> None:
    whole, blocks = explain(connection, body, account_type, PAGE)

    assert whole.isdisjoint({"jobs", "amendments", "remedial_links", "case_notes", "case_note_attachments", "files"})
    assert blocks < most_blocks
