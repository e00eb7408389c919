"""The operators' guide says what the program does."""

import re
from pathlib import Path

import psycopg
from msgspec.structs import fields
from psycopg import sql

from firstfix.adapters.bootstrap import DatabaseUrls, check_database, migrate
from firstfix.adapters.embedded_postgres import EmbeddedPostgres
from firstfix.settings import PREFIX, Settings
from tests.cli.test_commands import COMMANDS

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
ATTRIBUTE = re.compile(r"^        (?P<name>\w+): (?P<text>.+)$", re.MULTILINE)
TABLE = re.compile(r"<!-- settings: begin .*? -->\n(?P<rows>.*?)<!-- settings: end -->", re.DOTALL)
ROLES = re.compile(r"<!-- run: roles -->\n```sql\n(?P<statements>.*?)```", re.DOTALL)


def table_of_settings() -> str:
    texts = {found["name"]: found["text"] for found in ATTRIBUTE.finditer(Settings.__doc__ or "")}
    rows = ["| Setting | Default | What it is |", "|---|---|---|"]
    for field in fields(Settings):
        default = {None: "", False: "`false`", "": ""}.get(field.default, f"`{field.default}`")
        rows.append(f"| `{PREFIX}{field.name.upper()}` | {default} | {texts[field.name]} |")
    return "\n".join(rows) + "\n"


def test_the_table_of_settings_is_the_programs_own() -> None:
    found = TABLE.search(GUIDE.read_text())

    assert found is not None
    assert found["rows"] == table_of_settings()


def test_every_command_is_named() -> None:
    guide = GUIDE.read_text()

    assert [name for name in COMMANDS if name != "version" and f"`firstfix {name}" not in guide] == []


def test_the_statements_for_a_postgresql_of_ones_own_make_one_that_is_accepted(tmp_path: Path) -> None:
    found = ROLES.search(GUIDE.read_text())
    assert found is not None
    postgres = EmbeddedPostgres(tmp_path)
    address = postgres.start()
    try:
        with psycopg.connect(address.url("postgres", "postgres"), autocommit=True) as connection:
            for statement in found["statements"].split(";\n"):
                connection.execute(sql.SQL(statement))
        urls = DatabaseUrls(
            app=address.url("firstfix_app", "firstfix"), owner=address.url("firstfix_owner", "firstfix")
        )
        migrate(urls)
        check_database(urls.app)
    finally:
        postgres.stop()
