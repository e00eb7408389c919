"""Finding jobs by what they hold in custom fields: rightly, and by index however many jobs there are."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import create_engine

from firstfix.api.web.job_lists import FindJobs, JobSort
from firstfix.domain.work import AccountType
from tests.api.web.conftest import Browse
from tests.api.web.test_job_lists import find
from tests.conftest import MakeOrganisation
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.plans import fill

JOBS = 100_000
MOST_BLOCKS = 1_500
"""For hundred jobs with their rows. The table has some 7,000."""
KINDS = {"gate": "Text", "keys": "Number", "alarm": "CheckBox", "urgent": "CheckBox"}
FILL = """
INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
    vat_percentage, created_at, field_values)
SELECT copy, 'P' || copy, 'Boiler ' || copy, :branch, :status, 0, :priority, :type, :location, 20,
    '2024-06-01'::timestamptz - copy * interval '1 minute',
    jsonb_build_object(CAST(:gate AS text), 'Gate ' || copy % 5000, CAST(:keys AS text), (copy % 3)::text,
        CAST(:alarm AS text), true, CAST(:urgent AS text), copy % 1000 = 0)
FROM generate_series(1, :jobs) AS copy
"""


@pytest.fixture
async def office(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browse(organisation, "admin")


def declare(organisation: TestOrganisation, key: str, kind: str, entity_class: str = "Job") -> str:
    """Declare a field and return its id, as jobs hold values by it."""
    values = {"entity_class": entity_class, "own_key": key, "name": key, "kind": kind, "position": 0}
    return str(organisation.insert("custom_fields", **values)[0])


def insert_job(organisation: TestOrganisation, **held: object) -> int:
    return organisation.insert_job(field_values=json.dumps(held))[0]


async def test_jobs_are_found_by_what_they_hold(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    ids = {key: declare(organisation, key, kind) for key, kind in KINDS.items()}
    of_tasks = declare(organisation, "of_tasks", "Text", "Task")
    first = insert_job(organisation, **{ids["gate"]: "12", ids["keys"]: "2.5", ids["alarm"]: True})
    second = insert_job(organisation, **{ids["gate"]: "12", ids["keys"]: "3", ids["alarm"]: False})
    third = insert_job(organisation, **{ids["gate"]: "true", of_tasks: "x"})
    organisation.insert_job()

    async def held(**values: object) -> list[int]:
        return sorted(await find(office, {"custom_fields": values}))

    assert await held(gate="12") == [first, second]
    assert await held(gate="12", keys=2.50) == [first]
    assert await held(keys=3) == [second]
    assert await held(keys="2.5") == [first]
    assert await held(alarm=False) == [second]
    assert await held(gate="true") == [third]
    for unknown in ({"gate": "1"}, {"gate": True}, {"unknown": "12"}, {"gate": "12", "unknown": "12"}):
        assert await held(**unknown) == []
    for never in ({"of_tasks": "x"}, {"keys": 1e300}, {"keys": -0.5}):
        assert await held(**never) == []
    assert len(await held()) == 4
    both = {"custom_fields": {"gate": "12"}, "branch_ids": [organisation.ids["branches"]["South"]]}
    assert await find(office, both) == []


@pytest.mark.parametrize(
    "wrong",
    [{"gate": ["12"]}, {"gate": None}, {"gate": {"a": 1}}, "gate", ["gate"], {"gate": "12\0"}, {"gate\0": "12"}],
)
async def test_a_filter_of_another_form_is_refused(office: httpx.AsyncClient, wrong: object) -> None:
    reply = await office.post("/web/jobs/query", json={"filter": {"custom_fields": wrong}})

    assert reply.status_code == 422


async def test_nobody_finds_what_they_may_not_see(
    browse: Browse, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    gate = declare(organisation, "gate", "Text")
    north = insert_job(organisation, **{gate: "12"})
    stranger = make_organisation()
    declare(stranger, "gate", "Text")

    found = {
        label: await find(await browse(of, label), {"custom_fields": {"gate": "12"}})
        for of, label in ((organisation, "agent1"), (organisation, "agent2"), (stranger, "admin"))
    }

    assert found == {"agent1": [north], "agent2": [], "admin": []}


@pytest.fixture(scope="module")
def connection(databases: TestDatabases) -> Iterator[psycopg.Connection[Any]]:
    """The app's connection in an organisation of many jobs, all of which hold values."""
    databases.create("field_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "field_plans"))
    organisation = make_committed_organisation(engine, OrganisationOptions())
    ids = {key: declare(organisation, key, kind) for key, kind in KINDS.items()}
    declare(organisation, "unused", "Text")
    fill(
        databases,
        "field_plans",
        organisation,
        FILL,
        branch=organisation.ids["branches"]["North"],
        status=organisation.ids["statuses"]["New"],
        priority=organisation.ids["priorities"]["Medium"],
        type=organisation.ids["job_types"]["Plumbing"],
        location=organisation.location_id,
        jobs=JOBS,
        **ids,
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.exec_driver_sql("VACUUM ANALYZE jobs")
    with psycopg.connect(databases.url(APP, "field_plans"), autocommit=True) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(organisation.id)])
        yield connection
    engine.dispose()
    databases.drop("field_plans")


def read(connection: psycopg.Connection[Any], account_type: AccountType, values: dict[str, object]) -> tuple[int, int]:
    """Find jobs as the frame of hot reads does; tell how many there are, and how many blocks were looked at."""
    visible = {AccountType.STAFF: "true", AccountType.AGENT: "jobs.branch_id = ANY (me.branch_ids)"}[account_type]
    body = FindJobs(("custom_fields",), JobSort())(visible, account_type)
    statement = f"""SELECT answer.* FROM (
        SELECT current_setting('firstfix.organisation')::bigint AS organisation_id, 1::bigint AS person_id,
            ARRAY(SELECT id FROM branches) AS branch_ids OFFSET 0
    ) AS me, LATERAL ({body} OFFSET 0) AS answer"""  # noqa: S608 (one of ours)
    parameters = {"custom_fields": json.dumps(values)}
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None
    assert row[1] == len(row[0].split(","))
    return row[1], blocks_of(connection, statement, parameters)


def blocks_of(connection: psycopg.Connection[Any], statement: str, parameters: dict[str, str]) -> int:
    """Count the blocks that a statement looks at, those in functions too."""
    rows = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) {statement}", parameters).fetchall()
    top = next(line for (line,) in rows if "Buffers:" in line)
    return sum(int(blocks) for blocks in re.findall(r"(?:hit|read)=(\d+)", top))


@pytest.mark.parametrize("account_type", [AccountType.STAFF, AccountType.AGENT])
@pytest.mark.parametrize(
    ("values", "total"),
    [
        ({"gate": "Gate 77"}, 20),
        ({"urgent": True}, 100),
        ({"gate": "Gate 77", "keys": "1", "alarm": True}, 7),
    ],
)
def test_few_of_many_are_found_by_index(
    connection: psycopg.Connection[Any], account_type: AccountType, values: dict[str, object], total: int
) -> None:
    found, blocks = read(connection, account_type, values)

    assert found == total
    assert blocks < MOST_BLOCKS


def test_of_very_many_the_total_is_exact(connection: psycopg.Connection[Any]) -> None:
    assert read(connection, AccountType.STAFF, {"urgent": False})[0] == JOBS - JOBS // 1000


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("is_field_held((SELECT id FROM custom_fields WHERE key = 'unused'))", False),
        ("is_field_held((SELECT id FROM custom_fields WHERE key = 'gate'))", True),
        ("is_option_held((SELECT id FROM custom_fields WHERE key = 'gate'), ARRAY['Gate', 'Gate -1'])", False),
        ("is_option_held((SELECT id FROM custom_fields WHERE key = 'gate'), ARRAY['Gate', 'Gate 77'])", True),
    ],
)
def test_whether_a_field_is_in_use_is_asked_of_the_index(
    connection: psycopg.Connection[Any], question: str, *, answer: bool
) -> None:
    row = connection.execute(f"SELECT {question}").fetchone()

    assert row == (answer,)
    assert blocks_of(connection, f"SELECT {question}", {}) < MOST_BLOCKS
