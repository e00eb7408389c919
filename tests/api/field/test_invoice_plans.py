"""What lists of invoices read: of a hundred thousand, a page is found by index, and one by its uuid or its number."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from firstfix.api.field.invoice_shape import InvoiceShape, templates
from firstfix.api.field.invoices import INVOICES
from firstfix.api.field.resources import Page
from firstfix.domain.work import AccountType
from tests.api.field.test_resource_plans import blocks_of, page_alone
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, make_committed_organisation
from tests.factories.plans import fill

ROWS = 100_000
MOST_BLOCKS_OF_A_PAGE = 1200
"""Twenty invoices with a job and three lines each, and what those refer to, some blocks each. There are thousands."""
FILL = """
INSERT INTO customers (name) SELECT 'Customer ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO locations (name, customer_id, branch_id)
SELECT customers.name, customers.id, :branch FROM customers WHERE customers.name LIKE 'Customer %';
INSERT INTO catalogue_items (name) SELECT 'Part ' || n FROM generate_series(1, 500) AS n;
INSERT INTO invoices (number, customer_id, location_id, currency, created_at)
SELECT to_char(n, 'FM00000000'), locations.customer_id, locations.id, 'GBP',
    timestamptz '2024-01-01' + n * interval '7 minutes'
FROM generate_series(1, :n) AS n
JOIN locations ON locations.id = (SELECT min(id) FROM locations WHERE name = 'Customer 1') + n % 1000;
INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
    vat_percentage, completed_at, invoice_uuid)
SELECT 3000000 + invoices.id, 'P' || invoices.id, title, branch_id, :status, 3, priority_id, job_type_id,
    invoices.location_id, vat_percentage, now(), invoices.uuid
FROM invoices CROSS JOIN jobs WHERE jobs.id = :job;
INSERT INTO invoice_lines (invoice_id, job_id, position, kind, name, quantity, cost, price, taxes, catalogue_item_id)
SELECT invoices.id, jobs.id, n, 1, 'Part', 2, 1, 3.5, '[{"name": "VAT", "agency": "", "rate": 20}]',
    (SELECT min(id) FROM catalogue_items) + (invoices.id + n) % 500
FROM invoices JOIN jobs ON jobs.invoice_uuid = invoices.uuid, generate_series(0, 2) AS n
"""
PARAMETERS = {"limit": 20, "offset": 0, "base_url": ""}


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in an organisation of many invoices; plans are made once, for whatever parameters come."""
    databases.create("invoice_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "invoice_plans"))
    organisation = make_committed_organisation(engine, OrganisationOptions())
    fill(
        databases,
        "invoice_plans",
        organisation,
        FILL,
        n=ROWS,
        branch=organisation.ids["branches"]["North"],
        status=organisation.ids["statuses"]["Complete"],
        job=organisation.insert_job()[0],
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.exec_driver_sql("VACUUM ANALYZE invoices, invoice_lines, jobs, customers, locations, catalogue_items")
    with psycopg.connect(databases.url(APP, "invoice_plans"), autocommit=True) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(organisation.id)])
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    engine.dispose()
    databases.drop("invoice_plans")


def one(connection: psycopg.Connection[Any], statement: str) -> Any:  # noqa: ANN401 (whatever it reads)
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("key", ["createdOn", "-createdOn"])
def test_a_page_is_reached_by_index(connection: psycopg.Connection[Any], key: str) -> None:
    body = page_alone(Page(resource=INVOICES, order=(key,)), AccountType.STAFF)

    assert blocks_of(connection, body, PARAMETERS) < MOST_BLOCKS_OF_A_PAGE


@pytest.mark.parametrize("name", ["customer", "location"])
def test_what_is_filtered_by_is_found_with_its_total_by_index(connection: psycopg.Connection[Any], name: str) -> None:
    uuid = one(connection, f"SELECT uuid FROM {name}s WHERE name = 'Customer 77'")  # noqa: S608 (a name of ours)
    body = Page(resource=INVOICES, order=("createdOn",), filtered=(name,))("true", AccountType.STAFF)

    assert blocks_of(connection, body, {**PARAMETERS, name: uuid}) < MOST_BLOCKS_OF_A_PAGE + 100


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT, AccountType.CONTRACTOR])
@pytest.mark.parametrize("key", ["uuid", "number"])
def test_one_is_found_by_key(connection: psycopg.Connection[Any], key: Any, account_type: AccountType) -> None:  # noqa: ANN401 (a literal)
    value = one(connection, f"SELECT {key} FROM invoices ORDER BY id DESC LIMIT 1")  # noqa: S608 (a name of ours)

    assert blocks_of(connection, InvoiceShape(key)("true", account_type), {key: value, "base_url": ""}) < 80


def test_a_total_reads_the_invoices_alone(connection: psycopg.Connection[Any]) -> None:
    body = Page(resource=INVOICES, order=("createdOn",))("true", AccountType.STAFF)

    assert blocks_of(connection, body, PARAMETERS) < 4_000


def test_a_template_reads_its_jobs_alone(connection: psycopg.Connection[Any]) -> None:
    jobs = [one(connection, "SELECT max(id) FROM jobs"), one(connection, "SELECT max(id) - 5 FROM jobs")]

    body = templates("true", AccountType.STAFF)

    assert blocks_of(connection, body, {"jobs": jobs, "now": "2024-06-01"}) < 150
