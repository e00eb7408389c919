"""What the list reads: however large the table, a page is found by index."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine

from firstfix.api.manage.job_list import JobFilters, list_statement
from firstfix.api.manage.job_reads import agents, clients, contractors, creators, one_job
from firstfix.api.manage.pins import pinned_jobs
from firstfix.api.manage.sla import SlaFilters, breached_jobs, sla_statement
from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.work import AccountType
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation

JOBS = 20_000
BRANCHES = ("North", "South", *(f"Branch {number}" for number in range(3, 11)))
MOST_BLOCKS = 4_000
"""About a page's own: fifty jobs with their names. The table has some 1,400 blocks, each index some hundreds."""

FILL = """
INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
    agent_id, contractor_id, created_by_id, vat_percentage, created_at, updated_at, scheduled_at, photos_count,
    documents_count, response_due_at, responded_at, resolution_due_at, clock_stopped_at)
SELECT copy, 'P' || copy, 'Boiler ' || copy,
    (:branches)[1 + copy * 7 % 10], statuses.id, statuses.stage, (:priorities)[1 + copy % 4],
    (:types)[1 + copy % 10], :location, (:people)[1 + copy % 9], (:people)[1 + copy % 8], (:people)[1 + copy % 7], 20,
    '2024-06-01'::timestamptz - copy * interval '1 minute', '2024-06-01'::timestamptz - copy % 977 * interval '1 hour',
    CASE WHEN copy % 20 > 0 THEN '2024-06-01'::timestamptz - copy % 5000 * interval '7 hours' END,
    CASE WHEN copy % 10 = 0 THEN 1 ELSE 0 END, CASE WHEN copy % 25 = 0 THEN 1 ELSE 0 END,
    '2024-07-01', CASE WHEN copy % 30 > 0 THEN '2024-06-01'::timestamptz END,
    CASE WHEN copy % 20 = 0 THEN '2024-07-01'::timestamptz ELSE '2044-07-01' END,
    CASE WHEN statuses.stage >= 3 THEN '2024-07-02'::timestamptz END
FROM generate_series(1, :jobs) AS copy JOIN statuses ON statuses.id = (:statuses)[1 + copy % 12]
ORDER BY copy
"""
TYPES = {"phrases": "text[]", "prefix": "text", "date_from": "date", "date_to": "date", "uuid": "uuid"}
CASES: dict[str, dict[str, Any]] = {
    "all": {},
    "status": {"status_id": 3},
    "branch": {"branch_id": 1},
    "status and branch": {"status_id": 1, "branch_id": 1},
    "priority": {"priority_id": 2},
    "type": {"job_type_id": 2},
    "address": {"address_id": 99},
    "agent": {"agent_id": 3},
    "contractor": {"contractor_id": 3},
    "creator": {"created_by": 3},
    "photos": {"has_photos": True},
    "documents": {"has_documents": True},
    "pinned": {"pinned": True},
    "reference": {"search": "P123"},
    "phrase": {"search": '"boiler 77"'},
    "week": {"date_from": date(2024, 5, 20), "date_to": date(2024, 5, 21)},
    "all dates": {"date_from": date(2000, 1, 1), "date_to": date(2060, 1, 1)},
    "all dates of a status": {"date_from": date(2000, 1, 1), "date_to": date(2060, 1, 1), "status_id": 3},
    "all dates of a contractor": {"date_from": date(2000, 1, 1), "contractor_id": 3},
    "an unknown id": {"status_id": 2**62},
    "breached": {"sla_status": "breached"},
    "overdue": {"sla_status": "overdue"},
    "breached of a branch": {"sla_status": "breached", "branch_id": 1},
    "oldest first": {"direction": "asc"},
    "the second page": {"offset": 50},
    **{
        f"{sort} {direction}": {"sort": sort, "direction": direction}
        for sort in ("updated_at", "job_ref", "priority", "status", "date_works_start_date")
        for direction in ("asc", "desc")
    },
}


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in an organisation of many jobs; plans are made once, for whatever parameters come."""
    databases.create("manage_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "manage_plans"))
    organisation = make_committed_organisation(engine, OrganisationOptions(branches=BRANCHES))
    fill(organisation)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.exec_driver_sql("VACUUM ANALYZE")
    with psycopg.connect(databases.url(APP, "manage_plans"), autocommit=True) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(organisation.id)])
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    engine.dispose()
    databases.drop("manage_plans")


def fill(organisation: TestOrganisation) -> None:
    def ids(name: str) -> list[int]:
        return list(organisation.ids[name].values())

    organisation.execute(
        FILL,
        branches=ids("branches"),
        statuses=ids("statuses"),
        priorities=ids("priorities"),
        types=ids("job_types"),
        people=[account.id for account in organisation.accounts.values()],
        location=organisation.location_id,
        jobs=JOBS,
    )
    contact_id, _ = organisation.insert("contacts", first_name="Ada", person_id=8)
    organisation.execute(
        "INSERT INTO job_contacts (organisation_id, job_id, contact_id, position)"
        " SELECT organisation_id, id, :contact, 0 FROM jobs WHERE number % 60 = 0",
        contact=contact_id,
    )


def read(connection: psycopg.Connection[Any], body: str, parameters: dict[str, Any]) -> tuple[list[str], int]:
    """Run a read as the frame of hot reads does and tell how it came to jobs, and how many blocks it looked at."""
    organisation_id, branches = connection.execute(
        "SELECT min(organisation_id), array_agg(id) FILTER (WHERE name = 'North') FROM branches"
    ).fetchone() or (0, [])
    frame = f"""SELECT answer.* FROM (
        SELECT {organisation_id}::bigint AS organisation_id, 8::bigint AS person_id,
            ARRAY{branches}::bigint[] AS branch_ids OFFSET 0
    ) AS me, LATERAL ({body} OFFSET 0) AS answer"""  # noqa: S608 (ours)
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    types = ""
    prepared = re.sub(r"%\((\w+)\)s", number, frame)
    if names:
        types = f"({', '.join(TYPES.get(name, 'bigint') for name in names)})"
    connection.cursor().execute(f"PREPARE read{types} AS {prepared}")
    try:
        values = sql.SQL(", ").join(sql.Literal(parameters[name]) for name in names)
        execute = sql.SQL("EXECUTE read({})").format(values) if names else sql.SQL("EXECUTE read")
        row = connection.execute(
            sql.SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) ") + execute
        ).fetchone()
    finally:
        connection.execute("DEALLOCATE read")
    top = row[0][0]["Plan"] if row else {}
    return list(ways_to_jobs(top)), top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def ways_to_jobs(node: dict[str, Any]) -> Iterator[str]:
    """Tell by which nodes jobs were read; those of a plan that were not run do not count."""
    if node["Actual Loops"] and node.get("Relation Name") == "jobs":
        yield node["Node Type"]
    for child in node.get("Plans", ()):
        yield from ways_to_jobs(child)


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT, AccountType.CONTRACTOR])
@pytest.mark.parametrize("case", CASES)
def test_no_list_reads_the_whole_table(
    connection: psycopg.Connection[Any], case: str, account_type: AccountType
) -> None:
    statement, parameters = list_statement(JobFilters(**CASES[case]))
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")

    ways, blocks = read(connection, statement(visible, account_type), parameters)

    assert "Seq Scan" not in ways
    assert blocks < MOST_BLOCKS


def test_one_job_and_the_pinned_ones_are_found_by_key(connection: psycopg.Connection[Any]) -> None:
    for body, parameters in (
        (one_job("true", AccountType.STAFF), {"uuid": "00000000-0000-4000-8000-000000000000"}),
        (pinned_jobs("true", AccountType.STAFF), {"limit": 50, "offset": 0}),
    ):
        ways, blocks = read(connection, body, parameters)

        assert "Seq Scan" not in ways
        assert blocks < 100


@pytest.mark.parametrize(
    ("account_type", "most_blocks"),
    # A contractor's two thousand jobs, most of which match, are looked at twice: to count them and to sort them.
    [(AccountType.STAFF, MOST_BLOCKS), (AccountType.AGENT, MOST_BLOCKS), (AccountType.CONTRACTOR, 6_000)],
)
@pytest.mark.parametrize("case", [{}, {"status": "breached"}, {"status": "overdue"}, {"branch_id": 1}, {"offset": 50}])
def test_how_jobs_stand_is_found_by_index(
    connection: psycopg.Connection[Any], case: dict[str, Any], account_type: AccountType, most_blocks: int
) -> None:
    statement, parameters = sla_statement(SlaFilters(**case))
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")

    ways, blocks = read(connection, statement(visible, account_type), parameters)

    assert "Seq Scan" not in ways
    assert blocks < most_blocks


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT])
def test_the_report_of_breached_jobs_reads_those(
    connection: psycopg.Connection[Any], account_type: AccountType
) -> None:
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")

    ways, blocks = read(connection, breached_jobs(visible, account_type), {"limit": 50, "offset": 0})

    assert "Seq Scan" not in ways
    assert blocks < 20_000  # a thousand jobs with their names


@pytest.mark.parametrize("account_type", [AccountType.CONTRACTOR, AccountType.TENANT])
@pytest.mark.parametrize("menu", [clients, creators, agents, contractors])
def test_menus_of_who_sees_few_jobs_read_few(
    connection: psycopg.Connection[Any], menu: Callable[[str, AccountType], str], account_type: AccountType
) -> None:
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")

    ways, blocks = read(connection, menu(visible, account_type), {})

    assert "Seq Scan" not in ways
    assert blocks < 1_500
