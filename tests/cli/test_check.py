"""`firstfix check` tells what is broken, and changes nothing."""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, text

from firstfix.adapters.bootstrap import migrate, prepare_embedded
from firstfix.adapters.embedded_postgres import EmbeddedPostgres
from firstfix.cli.commands import run
from tests.cli.conftest import Firstfix
from tests.factories.contents import put_content
from tests.factories.organisations import OrganisationOptions, make_committed_organisation

PAGE_BYTES = 8192


def test_a_database_in_good_order_passes(firstfix: Firstfix) -> None:
    checked = firstfix("check", "--all")

    assert checked.err == ""
    assert re.search(r"^All \d+ invariants hold", checked.out, re.MULTILINE)
    assert checked.code == 0


def test_what_is_broken_is_told(firstfix: Firstfix, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE pins DISABLE ROW LEVEL SECURITY"))

    checked = firstfix("check")

    assert "I13: Row-level security guards every table of organisations: broken 1 time.\n  table pins" in checked.out
    assert checked.code == 1


@pytest.mark.parametrize("older", ["UPDATE alembic_version SET version_num = '0001'", "DROP TABLE alembic_version"])
def test_a_schema_that_is_older_is_told_of_and_not_looked_into(firstfix: Firstfix, owner: Engine, older: str) -> None:
    with owner.begin() as connection:
        connection.execute(text(older))

    for command in (
        "check",
        "user reset a@b.c --generate-password",
        "token create a@b.c",
        "token list a@b.c",
        "token revoke a@b.c --all",
        "keys check",
        "keys add",
        "keys rotate",
        "quarantine list",
        f"quarantine save {uuid4()} letter",
        f"quarantine drop {uuid4()}",
        "audit export log",
    ):
        refused = firstfix(*command.split())

        assert "run `firstfix migrate`" in refused.err, command
        assert refused.code == 1


@pytest.mark.parametrize(
    ("damage", "found_by"),
    [
        (lambda path: path.unlink(), {"check", "check --all"}),
        (lambda path: path.write_bytes(b"short"), {"check", "check --all"}),
        (lambda path: path.write_bytes(b"It drips."), {"check", "check --all"}),  # as it was before files were sealed
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"."), {"check --all"}),
    ],
)
def test_a_file_that_is_not_what_came_in_is_found(
    firstfix: Firstfix, owner: Engine, tmp_path: Path, damage: Callable[[Path], object], found_by: set[str]
) -> None:
    organisation = make_committed_organisation(owner, OrganisationOptions())
    content = b"It drips."
    key, path = put_content(tmp_path, owner, organisation.id, content)
    file_id, _ = organisation.insert(
        "files",
        storage_key=key,
        purpose="photo",
        file_name="a.txt",
        mime_type="text/plain",
        size_bytes=len(content),
        sha256=sha256(content).digest(),
    )
    commands = ("check", "check --all")
    told = f"I8: Every file's content is in the store, and is what came in: broken 1 time.\n  file {file_id}, content"

    before = {command for command in commands if "I8" in firstfix(*command.split()).out}
    damage(path)
    after = {command for command in commands if told in firstfix(*command.split()).out}

    assert (before, after) == (set(), found_by)


def test_a_damaged_page_is_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    postgres = EmbeddedPostgres(tmp_path)
    urls = prepare_embedded(postgres.start())
    migrate(urls)
    with psycopg.connect(urls.required_owner) as connection:
        connection.execute("CREATE TABLE spare AS SELECT 'word' AS word")
        row = connection.execute("SELECT pg_relation_filepath('spare')").fetchone()
    postgres.stop()
    assert row is not None
    with (tmp_path / "postgres" / str(row[0])).open("r+b") as file:
        file.seek(PAGE_BYTES - 4)
        file.write(b"worm")

    code = run(["check", "--data", str(tmp_path)])

    told = capfd.readouterr().out
    assert "I21: Every page can be read: broken" in told
    assert "checksum verification failed" in told
    assert code == 1
