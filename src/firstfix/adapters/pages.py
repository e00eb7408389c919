"""Reading every page of a database, so that its checksums tell of damage before somebody needs the page."""

import subprocess
from collections.abc import Iterator

import psycopg
from psycopg import sql

from firstfix.adapters.bootstrap import DatabaseUrls
from firstfix.adapters.embedded_postgres import find_binaries

_AMCHECK = "SELECT FROM pg_extension WHERE extname = 'amcheck'"
_INDEXES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_am m ON m.oid = c.relam
WHERE c.relkind = 'i' AND m.amname = 'btree' AND c.relnamespace = 'public'::regnamespace
"""
_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""


def find_broken_pages(urls: DatabaseUrls) -> Iterator[str]:
    """Find damage (I21). A database of somebody else's is read as far as its owner may, tables without indexes."""
    if urls.superuser is not None:
        yield from _read_by_backup(urls.superuser)
    else:
        yield from _read_by_query(urls.required_owner)


def _read_by_backup(superuser_url: str) -> Iterator[str]:
    """Take a base backup into nowhere: the server reads each page of each file and looks at its checksum."""
    command = ["pg_basebackup", f"--dbname={superuser_url}", "--target=blackhole", "--wal-method=none"]
    options = ["--checkpoint=fast", "--no-manifest"]
    read = subprocess.run(
        [str(find_binaries() / command[0]), *command[1:], *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if read.returncode != 0:
        yield from (line for line in read.stderr.splitlines() if line)


def _read_by_query(owner_url: str) -> Iterator[str]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        if connection.execute(_AMCHECK).rowcount:
            checks = [(name, "SELECT bt_index_check({}::regclass, true)") for (name,) in connection.execute(_INDEXES)]
        else:
            connection.execute("SET enable_indexscan = off")
            connection.execute("SET enable_indexonlyscan = off")
            connection.execute("SET enable_bitmapscan = off")
            checks = []
        for name, check in checks:
            yield from _failure(connection, name, sql.SQL(check).format(sql.Literal(name)))
        for (name,) in connection.execute(_TABLES).fetchall():
            # As text, so that values kept apart from their rows are read too.
            query = sql.SQL("SELECT sum(length(t::text)) FROM {} AS t").format(sql.Identifier(name))
            yield from _failure(connection, name, query)


def _failure(connection: psycopg.Connection, name: str, query: sql.Composed) -> Iterator[str]:
    try:
        connection.execute(query)
    except (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted) as error:
        yield f"{name}: {error.diag.message_primary}"
