"""What lists of resources read: however many rows there are, a page is found by index."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from firstfix.api.field.assets import ASSETS
from firstfix.api.field.contacts import CONTACTS
from firstfix.api.field.customers import CUSTOMERS
from firstfix.api.field.locations import LOCATIONS
from firstfix.api.field.price_book import ITEMS, TASKS
from firstfix.api.field.resources import One, Page, Resource
from firstfix.domain.work import AccountType
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, make_committed_organisation
from tests.factories.plans import fill

ROWS = 20_000
MOST_BLOCKS = 400
"""For twenty items with what they refer to. The tables have some hundreds of blocks and more."""
MOST_BLOCKS_FOR_AGENTS = 1_500
"""Twice as many rows are looked at, and for each by key whether it is of a branch or shown by a job."""

FILL = """
INSERT INTO customers (name, email) SELECT 'Customer ' || n, n || '@example.com' FROM generate_series(1, :n) AS n;
INSERT INTO locations (name, line1, postcode, customer_id, branch_id)
SELECT 'Site ' || n, n || ' High Street', 'AB' || n,
    (SELECT min(id) FROM customers WHERE name = 'Customer 1') + n - 1, (:branches)[1 + n % 2]
FROM generate_series(1, :n) AS n;
INSERT INTO contacts (first_name, last_name, email, customer_id)
SELECT 'Ada', 'Jones ' || n, n || '@example.com', (SELECT min(id) FROM customers WHERE name = 'Customer 1') + n - 1
FROM generate_series(1, :n) AS n;
INSERT INTO assets (name, serial_number, location_id)
SELECT 'Boiler ' || n, 'S' || n, (SELECT min(id) FROM locations WHERE name = 'Site 1') + n - 1
FROM generate_series(1, :n) AS n;
INSERT INTO catalogue_tasks (name) SELECT 'Service ' || n FROM generate_series(1, :n) AS n;
INSERT INTO catalogue_items (name, part_number) SELECT 'Part ' || n, 'P' || n FROM generate_series(1, :n) AS n
"""
LARGE = (CUSTOMERS, LOCATIONS, CONTACTS, ASSETS, TASKS, ITEMS)
# A descending order of what may be null has no index: nulls come last both ways.
SORTS = [
    (resource, key)
    for resource in LARGE
    for sort in resource.sorts
    for key in (sort, f"-{sort}")
    if (resource.table, key) not in (("locations", "-name"), ("catalogue_items", "-partNumber"))
]
FILTERS = [
    (CUSTOMERS, "name", "Customer 77"),
    (CUSTOMERS, "email", "77@example.com"),
    (LOCATIONS, "name", "Site 77"),
    (LOCATIONS, "postcode", "AB77"),
    (LOCATIONS, "customer", "00000000-0000-4000-8000-000000000000"),
    (CONTACTS, "lastName", "Jones 77"),
    (CONTACTS, "email", "77@example.com"),
    (CONTACTS, "customer", "00000000-0000-4000-8000-000000000000"),
    (ASSETS, "name", "Boiler 77"),
    (ASSETS, "serialNumber", "S77"),
    (TASKS, "name", "Service 77"),
    (ITEMS, "name", "Part 77"),
    (ITEMS, "partNumber", "P77"),
]


def named(case: object) -> str:
    return case.table if isinstance(case, Resource) else str(case)


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in an organisation of many places; plans are made once, for whatever parameters come."""
    databases.create("resource_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "resource_plans"))
    organisation = make_committed_organisation(engine, OrganisationOptions())
    branches = list(organisation.ids["branches"].values())
    fill(databases, "resource_plans", organisation, FILL, n=ROWS, branches=branches)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.exec_driver_sql("VACUUM ANALYZE")
    with psycopg.connect(databases.url(APP, "resource_plans"), autocommit=True) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(organisation.id)])
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    engine.dispose()
    databases.drop("resource_plans")


def blocks_of(connection: psycopg.Connection[Any], body: str, parameters: dict[str, Any]) -> int:
    """Run a read as the frame of hot reads does, and tell how many blocks it looked at."""
    row = connection.execute("SELECT min(organisation_id), array_agg(id) FROM branches WHERE name = 'North'").fetchone()
    organisation_id, branches = row or (0, [])
    frame = f"""EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) SELECT answer.* FROM (
        SELECT {organisation_id}::bigint AS organisation_id, 8::bigint AS person_id,
            ARRAY{branches}::bigint[] AS branch_ids OFFSET 0
    ) AS me, LATERAL ({body} OFFSET 0) AS answer"""  # noqa: S608 (ours)
    explained = connection.execute(frame, parameters, prepare=True).fetchone()
    top = explained[0][0]["Plan"] if explained else {}
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


def page_alone(page: Page, account_type: AccountType) -> str:
    """Write a page without its total, which counts all that match."""
    statement = page("true", account_type)
    start = statement.index("(SELECT count(*)")
    return statement[:start] + "0" + statement[statement.index(" AS total") :]


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT])
@pytest.mark.parametrize(("resource", "key"), SORTS, ids=named)
def test_a_page_is_reached_by_index(
    connection: psycopg.Connection[Any], resource: Resource, key: str, account_type: AccountType
) -> None:
    body = page_alone(Page(resource=resource, order=(key,)), account_type)

    most = MOST_BLOCKS if account_type is AccountType.STAFF else MOST_BLOCKS_FOR_AGENTS
    assert blocks_of(connection, body, {"limit": 20, "offset": 0, "base_url": ""}) < most


@pytest.mark.parametrize(("resource", "name", "value"), FILTERS, ids=named)
def test_what_is_filtered_by_is_found_with_its_total_by_index(
    connection: psycopg.Connection[Any], resource: Resource, name: str, value: str
) -> None:
    body = Page(resource=resource, order=tuple(resource.sorts)[:1], filtered=(name,))("true", AccountType.STAFF)

    assert blocks_of(connection, body, {"limit": 20, "offset": 0, "base_url": "", name: value}) < MOST_BLOCKS


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT])
@pytest.mark.parametrize("resource", LARGE, ids=named)
def test_one_is_found_by_key(
    connection: psycopg.Connection[Any], resource: Resource, account_type: AccountType
) -> None:
    uuid = connection.execute(f"SELECT uuid FROM {resource.table} ORDER BY id DESC LIMIT 1").fetchone()  # noqa: S608

    body = One(resource)("true", account_type)

    assert blocks_of(connection, body, {"uuid": uuid[0] if uuid else None, "base_url": ""}) < 60


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT])
@pytest.mark.parametrize("resource", LARGE, ids=named)
def test_a_total_reads_no_more_than_a_few_tables(
    connection: psycopg.Connection[Any], resource: Resource, account_type: AccountType
) -> None:
    body = Page(resource=resource, order=tuple(resource.sorts)[:1])("true", account_type)

    assert blocks_of(connection, body, {"limit": 20, "offset": 0, "base_url": ""}) < 4_000
