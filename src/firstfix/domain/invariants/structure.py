"""Invariants of the schema and of its keys: what keeps organisations apart is there and holds."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from firstfix.domain.invariants.rows import Invariant

_OF_ORGANISATIONS = """
SELECT c.oid, c.relname, c.relispartition, c.relrowsecurity FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organisation_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""

STRUCTURE_INVARIANTS: Final = (
    Invariant(
        "I4",
        "Nobody but the owner changes what was written down",
        """
        SELECT 'table ' || kept.name || ' is open to ' || r.rolname
        FROM (VALUES ('events'), ('audit_log')) AS kept (name)
        JOIN pg_class c ON c.oid = kept.name::regclass, pg_roles r
        WHERE NOT r.rolsuper AND r.rolname NOT LIKE 'pg\\_%' AND NOT pg_has_role(r.oid, c.relowner, 'USAGE')
          AND NOT pg_has_role(r.oid, 'pg_write_all_data', 'USAGE')
          AND has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
        """,
    ),
    Invariant(
        "I13",
        "Row-level security guards every table of organisations",
        f"""
        SELECT 'table ' || owned.relname FROM ({_OF_ORGANISATIONS}) AS owned
        WHERE NOT owned.relispartition
          AND (NOT owned.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = owned.oid))
        UNION ALL
        SELECT 'partition ' || owned.relname || ' is open to ' || r.rolname
        FROM ({_OF_ORGANISATIONS}) AS owned, pg_roles r
        WHERE owned.relispartition AND NOT r.rolsuper AND r.rolname NOT LIKE 'pg\\_%'
          AND NOT pg_has_role(r.oid, (SELECT relowner FROM pg_class WHERE oid = owned.oid), 'USAGE')
          AND NOT r.rolbypassrls AND NOT pg_has_role(r.oid, 'pg_read_all_data', 'USAGE')
          AND has_table_privilege(r.oid, owned.oid, 'SELECT, INSERT, UPDATE, DELETE')
        """,  # noqa: S608 (all of it is ours)
    ),
    Invariant(
        "I13",
        "Every key between organisations' tables holds the organisation on both sides, and is in force",
        f"""
        SELECT 'key ' || k.conname FROM pg_constraint k
        JOIN ({_OF_ORGANISATIONS}) AS child ON child.oid = k.conrelid
        JOIN ({_OF_ORGANISATIONS}) AS parent ON parent.oid = k.confrelid
        WHERE k.contype = 'f' AND (NOT k.convalidated OR NOT k.conenforced OR NOT EXISTS (
            SELECT FROM unnest(k.conkey, k.confkey) AS pair (child_column, parent_column)
            JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = pair.child_column
            JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = pair.parent_column
            WHERE c.attname = 'organisation_id' AND p.attname = 'organisation_id'))
        """,  # noqa: S608 (all of it is ours)
    ),
)

_KEYS = """
SELECT k.conname AS name, k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent,
       array_agg(quote_ident(c.attname) ORDER BY pair.place) AS child_columns,
       array_agg(quote_ident(p.attname) ORDER BY pair.place) AS parent_columns
FROM pg_constraint k
CROSS JOIN unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair (child_column, parent_column, place)
JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = pair.child_column
JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = pair.parent_column
WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
GROUP BY k.oid ORDER BY k.conname
"""


def key_invariants(connection: Connection) -> Iterator[Invariant]:
    """Make an invariant of each foreign key: what it points to is there. A restore may have skipped its triggers."""
    for key in connection.execute(text(_KEYS)):
        pairs = zip(key.child_columns, key.parent_columns, strict=True)
        matches = " AND ".join(f"parent.{parent} = child.{child}" for child, parent in pairs)
        given = " AND ".join(f"child.{child} IS NOT NULL" for child in key.child_columns)
        yield Invariant(
            "I13",
            f"What {key.name} points to is there",
            f"SELECT '{key.child} ' || child.ctid FROM {key.child} AS child"  # noqa: S608 (names from the catalogue)
            f" WHERE {given} AND NOT EXISTS (SELECT FROM {key.parent} AS parent WHERE {matches})",
        )
