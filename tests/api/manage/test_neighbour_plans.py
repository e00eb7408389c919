"""What lists of people and branches, the calendar and the dashboard read: however large the tables, what they show."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from firstfix.api.hot_reads import BodyOf
from firstfix.api.manage.branches import branches, found_branches
from firstfix.api.manage.calendar import CalendarStatement
from firstfix.api.manage.people import ListPeople
from firstfix.api.manage.tenants import found_tenants, tenants
from firstfix.domain.jobs.dashboard import dashboard_counts_sql
from firstfix.domain.work import AccountType
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, make_committed_organisation
from tests.factories.plans import explain, fill

JOBS, CONTACTS, AGENTS = 30_000, 20_000, 2_000
PAGE = {"limit": 50, "offset": 0, "phrases": [], "prefix": "jones 77"}

FILL = """
INSERT INTO locations (line1, postcode, branch_id)
SELECT n || ' High Street', 'AB' || n, (:branches)[1 + n % 2] FROM generate_series(1, :contacts) AS n;
INSERT INTO contacts (first_name, last_name, email, location_id, created_at)
SELECT 'Ada', 'Jones ' || n, n || '@example.com', (SELECT min(id) FROM locations WHERE line1 = '1 High Street') + n - 1,
    '2024-06-01'::timestamptz - n * interval '1 minute'
FROM generate_series(1, :contacts) AS n;
INSERT INTO people (first_name, last_name, email, account_type, role_id, branch_id)
SELECT 'Ada', 'Jones ' || n, n || '@agents.example.com', 2 + n % 2 * 3, :role, (:branches)[1 + n % 2]
FROM generate_series(1, :agents) AS n;
INSERT INTO person_branches (person_id, branch_id)
SELECT id, branch_id FROM people WHERE email LIKE '%@agents.example.com';
INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
    contractor_id, vat_percentage, created_at, scheduled_at, works_end_on, is_recall)
SELECT n, 'P' || n, 'Boiler ' || n, (:branches)[1 + n % 2], CASE WHEN n % 20 = 0 THEN :new ELSE :archived END,
    CASE WHEN n % 20 = 0 THEN 0 ELSE 5 END, :priority, (:types)[1 + n % 10], :location,
    CASE WHEN n % 3 = 0 THEN :contractor END, 20, '2024-06-01'::timestamptz - n * interval '1 hour',
    '2024-06-01'::timestamptz - n * interval '1 hour',
    CASE WHEN n % 5 = 0 THEN '2024-06-01'::date - n / 24 + 2 END, n % 500 = 0
FROM generate_series(1, :jobs) AS n;
INSERT INTO time_slots (job_id, starts_at, minutes) SELECT id, scheduled_at, 60 FROM jobs;
INSERT INTO job_counts (branch_id, status_id, is_deferred, is_dated, jobs_count)
SELECT branch_id, status_id, false, true, count(*) FROM jobs GROUP BY branch_id, status_id
"""


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in an organisation of many; plans are made once, for whatever parameters come."""
    databases.create("neighbour_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "neighbour_plans"))
    organisation = make_committed_organisation(engine, OrganisationOptions())
    ids = organisation.ids
    fill(
        databases,
        "neighbour_plans",
        organisation,
        FILL,
        branches=list(ids["branches"].values()),
        types=list(ids["job_types"].values()),
        new=ids["statuses"]["New"],
        archived=ids["statuses"]["Archived"],
        priority=ids["priorities"]["Medium"],
        location=organisation.location_id,
        contractor=organisation["contractor1"].id,
        role=organisation.founded.role_ids["Agent"],
        jobs=JOBS,
        contacts=CONTACTS,
        agents=AGENTS,
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.exec_driver_sql("VACUUM ANALYZE")
    with psycopg.connect(databases.url(APP, "neighbour_plans"), autocommit=True) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(organisation.id)])
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    engine.dispose()
    databases.drop("neighbour_plans")


@pytest.mark.parametrize(
    ("body", "account_type", "most_blocks"),
    [
        (tenants, AccountType.STAFF, 600),
        (found_tenants, AccountType.STAFF, 1_200),
        (found_tenants, AccountType.AGENT, 2_400),
        (ListPeople("agent"), AccountType.STAFF, 600),
        (ListPeople("agent", is_searched=True), AccountType.STAFF, 300),
        (ListPeople("contractor"), AccountType.AGENT, 600),
        (branches, AccountType.STAFF, 300),
        (found_branches, AccountType.AGENT, 300),
    ],
)
def test_a_page_and_its_total_are_found_by_index(
    connection: psycopg.Connection[Any], body: BodyOf, account_type: AccountType, most_blocks: int
) -> None:
    whole, blocks = explain(connection, body, account_type, PAGE)

    assert whole.isdisjoint({"contacts", "locations", "jobs"})
    assert blocks < most_blocks


def test_a_total_of_agents_reads_no_more_than_a_few_tables(connection: psycopg.Connection[Any]) -> None:
    for body in (tenants, ListPeople("agent")):
        _, blocks = explain(connection, body, AccountType.AGENT, PAGE)

        assert blocks < 6_000


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT, AccountType.CONTRACTOR])
@pytest.mark.parametrize("filters", [{}, {"branch_id": 1}, {"contractor_id": 1}], ids="".join)
@pytest.mark.parametrize("first", [date(2021, 3, 1), date(2024, 5, 27), date(2030, 1, 1)], ids=str)
def test_a_week_of_the_calendar_is_found_by_index(
    connection: psycopg.Connection[Any], first: date, filters: dict[str, int], account_type: AccountType
) -> None:
    body = CalendarStatement(tuple(filters))
    days = {"first": first, "last": date(first.year, first.month, first.day + 4)}

    whole, blocks = explain(connection, body, account_type, {**days, **filters})

    assert whole.isdisjoint({"jobs", "time_slots"})
    assert blocks < 6_000


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT, AccountType.CONTRACTOR])
def test_the_dashboard_counts_by_index(connection: psycopg.Connection[Any], account_type: AccountType) -> None:
    whole, blocks = explain(connection, dashboard_counts_sql, account_type, {})

    assert whole.isdisjoint({"jobs", "time_slots"})
    assert blocks < (4_000 if account_type is AccountType.CONTRACTOR else 400)
