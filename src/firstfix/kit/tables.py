"""The base of all tables: composite keys by organisation, so that no row can point across.

Every table with an organisation's data derives from `OrganisationTable`. Its organisation comes from the
transaction's setting, never from code, and the same expression is the row-level security policy.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    Numeric,
    Text,
    TextClause,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

CURRENT_ORGANISATION = "nullif(current_setting('firstfix.organisation', true), '')::bigint"
"""SQL of the organisation that the transaction works for; null, and so no row, where none is set."""

WHOLE_SECOND_NOW = "date_trunc('second', now())"
"""Times that the wires show are whole seconds, so that what is sorted by is what is shown."""

Money = Numeric(14, 2)
UnitPrice = Numeric(16, 4)
FieldValues = Annotated[dict[str, Any], mapped_column(JSONB, server_default=text("'{}'"))]
"""Values of custom fields, by the field's id."""
FIELD_KEYS = "jsonb_path_query_array(field_values, '$.keyvalue().key')"
"""SQL of the ids of all fields that something holds values in."""


class Base(DeclarativeBase):
    """What all tables share: names of constraints that migrations can rely on, and plain column types."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        UUID: Uuid,
        datetime: DateTime(timezone=True),
        Decimal: Money,
    }


class OrganisationOwned(Base):
    """A table of an organisation's rows."""

    __abstract__ = True

    organisation_id: Mapped[int] = mapped_column(
        primary_key=True, server_default=text(CURRENT_ORGANISATION), sort_order=-3
    )


class OrganisationTable(OrganisationOwned):
    """A table of things with an id of their own: a number for joins, a uuid for the world."""

    __abstract__ = True
    table_constraints: ClassVar[tuple[Any, ...]] = ()

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-2)
    uuid: Mapped[UUID] = mapped_column(server_default=text("uuidv7()"), sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(server_default=text(WHOLE_SECOND_NOW))

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 (SQLAlchemy calls it with the class)
        return (UniqueConstraint("organisation_id", "uuid"), *cls.table_constraints)


def belongs_to(column: str, table: str, *, on_delete: str | None = None) -> ForeignKeyConstraint:
    """A key to a row of the same organisation. `on_delete`: `CASCADE`, or `SET NULL` of this column alone."""
    rule = f"SET NULL ({column})" if on_delete == "SET NULL" else on_delete
    return ForeignKeyConstraint(["organisation_id", column], [f"{table}.organisation_id", f"{table}.id"], ondelete=rule)


def organisation_index(*columns: str | TextClause, name: str) -> Index:
    """An index that starts with the organisation, as every read under the policy does."""
    return Index(name, "organisation_id", *columns)


def field_values_index(table: str) -> Index:
    """An index that finds what holds a value, or any, in a custom field. What holds none costs it nothing."""
    return Index(
        f"ix_{table}_field_values",
        "field_values",
        text(FIELD_KEYS),
        postgresql_using="gin",
        postgresql_ops={"field_values": "jsonb_path_ops"},
        postgresql_where=text("field_values <> '{}'"),
    )
