"""Plans of the lists: however many jobs others have, one's own are found by index."""

from collections.abc import Iterator
from typing import Any, get_args

import psycopg
import pytest
from sqlalchemy import create_engine

from firstfix.api.web.job_lists import FindJobs, JobSort, hydrated_jobs
from firstfix.domain.work import AccountType
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation

PARAMETERS: dict[str, Any] = {
    "phrases": ["boiler"],
    "prefix": "fir",
    "status_ids": [1],
    "stages": [1],
    "priority_ids": [1],
    "job_type_ids": [1],
    "branch_ids": [1],
    "agent_ids": [1],
    "contractor_ids": [1],
    "lead_ids": [1],
    "date_from": "2024-06-01",
    "date_to": "2024-06-02",
    "ids": list(range(1, 201)),
}
FILTERS = (
    "search",
    "status_ids",
    "stages",
    "priority_ids",
    "job_type_ids",
    "branch_ids",
    "agent_ids",
    "contractor_ids",
    "lead_ids",
    "unassigned",
    "pinned",
    "has_photos",
    "has_documents",
    "date_from",
    "date_to",
)
SORTS = [JobSort(by=by) for by in get_args(JobSort.__annotations__["by"])]
COPIES = (
    "INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,"
    " vat_percentage, created_at) SELECT 3000000 + copy, 'P' || copy, title, branch_id, status_id, stage, priority_id,"
    " job_type_id, location_id, vat_percentage, created_at - copy * interval '1 minute'"
    " FROM jobs, generate_series(1, :copies) AS copy WHERE id = :id"
)


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in the small one of two organisations, the other with forty times its jobs."""
    databases.create("web_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "web_plans"))
    small, large = (make_committed_organisation(engine, OrganisationOptions()) for _ in range(2))
    fill(small, 300)
    fill(large, 12_000)
    small.execute("ANALYZE")
    with psycopg.connect(databases.url(APP, "web_plans")) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(small.id)])
        connection.commit()
        yield connection
    engine.dispose()
    databases.drop("web_plans")


def fill(organisation: TestOrganisation, copies: int) -> None:
    job_id, _ = organisation.insert_job()
    organisation.execute(COPIES, copies=copies, id=job_id)


def plan_of(connection: psycopg.Connection[Any], body: str) -> str:
    """Explain a read as one account's, as the frame of hot reads runs it."""
    statement = f"""EXPLAIN SELECT answer.* FROM (
        SELECT current_setting('firstfix.organisation')::bigint AS organisation_id, 1::bigint AS person_id,
            ARRAY[1::bigint] AS branch_ids OFFSET 0
    ) AS me, LATERAL ({body} OFFSET 0) AS answer"""  # noqa: S608 (one of ours)
    return "\n".join(line for (line,) in connection.execute(statement, PARAMETERS).fetchall())


@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: sort.by)
@pytest.mark.parametrize("filters", [(), *((name,) for name in FILTERS)], ids=lambda names: "".join(names) or "all")
def test_no_list_reads_the_whole_table(
    connection: psycopg.Connection[Any], filters: tuple[str, ...], sort: JobSort
) -> None:
    find = FindJobs(filters, sort)

    assert "Seq Scan on jobs" not in plan_of(connection, find("true", AccountType.STAFF))


@pytest.mark.parametrize(
    ("account_type", "visible"),
    [
        (AccountType.AGENT, "jobs.branch_id = ANY (me.branch_ids)"),
        (AccountType.CONTRACTOR, "jobs.contractor_id = me.person_id"),
    ],
)
def test_neither_does_anybody_elses(
    connection: psycopg.Connection[Any], account_type: AccountType, visible: str
) -> None:
    find = FindJobs((), JobSort())

    assert "Seq Scan on jobs" not in plan_of(connection, find(visible, account_type))


def test_rows_are_fetched_by_key(connection: psycopg.Connection[Any]) -> None:
    assert "Index Scan using pk_jobs on jobs" in plan_of(connection, hydrated_jobs("true", AccountType.STAFF))
