"""The migrated schema is what the models say, and isolates organisations."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from firstfix.domain.tables import Base


def test_the_migrated_schema_equals_the_models(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        partitions = set(connection.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits")))
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda _, name, kind, *__: not (kind == "table" and _is_foreign(name, partitions))},
        )
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def _is_foreign(name: str, partitions: set[str]) -> bool:
    return name in partitions or name.startswith("procrastinate_")


def test_every_table_of_an_organisation_is_under_a_policy(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        unguarded = connection.scalars(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
                " AND a.attname = 'organisation_id'"
                " AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))"
            )
        ).all()

    assert unguarded == []
