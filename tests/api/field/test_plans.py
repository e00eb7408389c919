"""Plans of reading one job: however many there are, all that hangs on it is found by index, in one statement."""

from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine

from firstfix.api.field.job_shape import JobShape
from firstfix.api.field.job_tasks import TaskShape
from firstfix.api.field.jobs import job_read
from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.work import AccountType
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, make_committed_organisation
from tests.factories.plans import fill

JOBS = 3_000
MOST_BLOCKS = 160
"""What hangs on one job: fifteen items and their names, five tasks, a crew, slots and labor, a few blocks each."""
FILL = """
INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
    vat_percentage, lead_id)
SELECT 3000000 + copy, 'P' || copy, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
    vat_percentage, :lead FROM jobs, generate_series(1, :jobs) AS copy WHERE id = :id;
INSERT INTO catalogue_tasks (name) SELECT 'Task ' || n FROM generate_series(1, 500) AS n;
INSERT INTO catalogue_items (name) SELECT 'Item ' || n FROM generate_series(1, 500) AS n;
INSERT INTO people (email, first_name, last_name, account_type, role_id)
SELECT n || '@example.org', 'A', 'B', account_type, role_id FROM people, generate_series(1, 500) AS n WHERE id = :lead;
INSERT INTO job_crew (job_id, person_id, position) SELECT jobs.id, person, 0 FROM jobs, unnest(:crew) AS person;
INSERT INTO time_slots (job_id, starts_at, minutes)
SELECT id, now() + n * interval '1 day', 60 FROM jobs, generate_series(1, 3) AS n;
INSERT INTO time_slot_people (time_slot_id, person_id, position)
SELECT id, person, 0 FROM time_slots, unnest(:crew) AS person;
INSERT INTO job_tasks (job_id, position, catalogue_task_id, unit_cost, unit_price)
SELECT jobs.id, n, (SELECT min(id) FROM catalogue_tasks) + (jobs.id + n) % 500, 1, 2
FROM jobs, generate_series(0, 4) AS n;
INSERT INTO job_task_items (job_task_id, position, catalogue_item_id, quantity, unit_cost, unit_price)
SELECT job_tasks.id, n, (SELECT min(id) FROM catalogue_items) + (job_tasks.id + n) % 500, 1, 1, 2
FROM job_tasks, generate_series(0, 2) AS n;
INSERT INTO job_labor (job_id, position, person_id, minutes, name, rate, cost, is_taxable)
SELECT id, n, :lead, 60, 'Hour', 40, 20, false FROM jobs, generate_series(0, 1) AS n
"""
GROWING = {
    *("jobs", "job_crew", "time_slots", "time_slot_people", "job_tasks", "job_task_items", "job_labor"),
    *("catalogue_tasks", "catalogue_items", "people"),
}


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in an organisation of many jobs; plans are made once, for whatever parameters come."""
    databases.create("field_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "field_plans"))
    organisation = make_committed_organisation(engine, OrganisationOptions(is_true_crew=True))
    job_id, _ = organisation.insert_job()
    crew = [organisation[who].id for who in ("engineer1", "engineer2")]
    fill(databases, "field_plans", organisation, FILL, id=job_id, jobs=JOBS, lead=crew[0], crew=crew)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.exec_driver_sql("VACUUM ANALYZE")
    with psycopg.connect(databases.url(APP, "field_plans"), autocommit=True) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(organisation.id)])
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection
    engine.dispose()
    databases.drop("field_plans")


def read(
    connection: psycopg.Connection[Any], body: str, parameters: dict[str, Any]
) -> tuple[dict[str, set[str]], int, str]:
    """Run a read as the frame of hot reads does: how it came to each table, how many blocks it saw, what it read."""
    frame = f"""SELECT answer.* FROM (
        SELECT min(organisation_id) AS organisation_id, 0::bigint AS person_id, array_agg(id) AS branch_ids
        FROM branches
    ) AS me, LATERAL ({body} OFFSET 0) AS answer"""  # noqa: S608 (ours)
    prepared = frame
    for number, name in enumerate(parameters, start=1):
        prepared = prepared.replace(f"%({name})s", f"${number}")
    types = ", ".join("uuid" if isinstance(value, UUID) else "text" for value in parameters.values())
    connection.cursor().execute(f"PREPARE read({types}) AS {prepared}".replace("%%", "%"))
    try:
        execute = sql.SQL("EXECUTE read({})").format(sql.SQL(", ").join(map(sql.Literal, parameters.values())))
        (answer,) = connection.execute(execute).fetchall()
        explain = sql.SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) ")
        (row,) = connection.execute(explain + execute).fetchall()
    finally:
        connection.execute("DEALLOCATE read")
    top = row[0][0]["Plan"]
    ways: dict[str, set[str]] = {}
    for table, way in _ways(top):
        ways.setdefault(table, set()).add(way)
    return ways, top["Shared Hit Blocks"] + top["Shared Read Blocks"], str(answer)


def _ways(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Tell by which nodes tables are read; what was not run counts too, for it may be next time."""
    if "Relation Name" in node:
        yield node["Relation Name"], node["Node Type"]
    for child in node.get("Plans", ()):
        yield from _ways(child)


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT])
@pytest.mark.parametrize("key", ["uuid", "reference"])
def test_a_job_with_its_tasks_is_read_by_index(
    connection: psycopg.Connection[Any], account_type: AccountType, key: Literal["uuid", "reference"]
) -> None:
    ((uuid, reference),) = connection.execute("SELECT uuid, reference FROM jobs WHERE reference = 'P700'").fetchall()
    read_of, parameters = job_read(uuid.hex if key == "uuid" else reference, "https://example.test")
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")

    ways, blocks, answer = read(connection, read_of(visible, account_type), parameters)

    assert {table for table in GROWING & ways.keys() if "Seq Scan" in ways[table]} == set()
    assert ways.keys() >= GROWING
    assert blocks < MOST_BLOCKS
    assert answer.count('"unitCost"') == 5 + 15 + 2


def test_a_task_is_read_by_index(connection: psycopg.Connection[Any]) -> None:
    (row,) = connection.execute(
        "SELECT jobs.uuid, job_tasks.uuid FROM jobs JOIN job_tasks ON job_tasks.job_id = jobs.id"
        " WHERE reference = 'P700' AND position = 3"
    ).fetchall()
    parameters = dict(zip(("job", "task"), row, strict=True))

    ways, blocks, answer = read(connection, TaskShape("uuid")("true", AccountType.STAFF), parameters)

    assert {table for table in GROWING & ways.keys() if "Seq Scan" in ways[table]} == set()
    assert blocks < MOST_BLOCKS / 2
    assert answer.count('"unitCost"') == 1 + 3


def test_the_plan_of_a_job_is_kept(connection: psycopg.Connection[Any]) -> None:
    body = JobShape("uuid")("true", AccountType.STAFF)
    body = body.replace("%(uuid)s", "$1").replace("%(base_url)s", "''").replace("%%", "%")
    connection.execute("SET plan_cache_mode = auto")
    connection.cursor().execute(f"PREPARE job(uuid) AS {body}")
    try:
        for (uuid,) in connection.execute("SELECT uuid FROM jobs LIMIT 8").fetchall():
            connection.execute(sql.SQL("EXECUTE job({})").format(sql.Literal(uuid)))
        plans = connection.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = 'job'")
        generic, custom = plans.fetchone() or (0, 0)
    finally:
        connection.execute("DEALLOCATE job; SET plan_cache_mode = force_generic_plan")

    # PostgreSQL makes five plans for the parameters that come before it compares.
    assert (generic, custom) == (3, 5)
