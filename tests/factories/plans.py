"""How the database comes to what a read of ours shows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from sqlalchemy import create_engine, text

from firstfix.api.hot_reads import BodyOf
from firstfix.domain.founding.commands import work_for
from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.work import AccountType
from tests.factories.databases import TestDatabases
from tests.factories.organisations import TestOrganisation


def fill(
    databases: TestDatabases, name: str, organisation: TestOrganisation, statements: str, **values: object
) -> None:
    """Write many rows of an organisation past all triggers and keys, which take most of the time of writing.

    Deadlines, counts and words to search for are not made; keys must point at rows that there are.

    Args:
        databases: Where the database is.
        name: The database.
        organisation: Whose rows they are.
        statements: What to run, apart by semicolons.
        values: Their parameters.
    """
    past_triggers = {"options": "-c session_replication_role=replica"}
    engine = create_engine(databases.sqlalchemy_url("postgres", name), connect_args=past_triggers)
    with engine.begin() as connection:
        work_for(connection, organisation.id)
        for statement in statements.split(";"):
            used = {key: value for key, value in values.items() if re.search(rf"(?<!:):{key}\b", statement)}
            connection.execute(text(statement), used)
    engine.dispose()


def explain(
    connection: psycopg.Connection[Any], body: BodyOf, account_type: AccountType, parameters: Mapping[str, Any]
) -> tuple[set[str], int]:
    """Run a read as the frame of hot reads does; tell which tables it read whole and how many blocks it looked at.

    It reads for the first account of that type, whose branch is the one called North.
    """
    row = connection.execute(
        "SELECT min(organisation_id), min(id), (SELECT array_agg(id) FROM branches WHERE name = 'North') FROM people"
        " WHERE account_type = %s",
        [int(account_type)],
    ).fetchone()
    organisation_id, person_id, own = row or (0, 0, [])
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")
    frame = f"""EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) SELECT answer.* FROM (
        SELECT {organisation_id}::bigint AS organisation_id, {person_id}::bigint AS person_id,
            ARRAY{own}::bigint[] AS branch_ids OFFSET 0
    ) AS me, LATERAL ({body(visible, account_type)} OFFSET 0) AS answer"""  # noqa: S608 (ours)
    explained = connection.execute(frame, parameters, prepare=True).fetchone()
    top = explained[0][0]["Plan"] if explained else {}
    return set(_whole_tables(top)), int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


def _whole_tables(node: dict[str, Any]) -> Iterator[str]:
    """Tell which tables were read from their beginning to their end."""
    if node["Node Type"] == "Seq Scan" and node["Actual Loops"]:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _whole_tables(child)
