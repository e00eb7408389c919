"""The table of custom fields. Their values stand in `field_values` of what holds them, by the field's id."""

from typing import Any, ClassVar, get_args

from sqlalchemy import ARRAY, CheckConstraint, Computed, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.domain.custom_fields.views import EntityClass, FieldKind
from firstfix.kit.tables import OrganisationTable

KEY = "coalesce(own_key, replace(uuid::text, '-', ''))"


def _one_of(column: str, names: tuple[str, ...]) -> CheckConstraint:
    quoted = ", ".join(f"'{name}'" for name in names)
    return CheckConstraint(f"{column} in ({quoted})", name=column)


class CustomField(OrganisationTable):
    """A field that things of one class have. Programs name it by `key`: its own, or else its uuid.

    `default_value` is what forms begin with; like values it is a JSON scalar, see `views.Value`.
    """

    __tablename__ = "custom_fields"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "entity_class", "key"),
        _one_of("entity_class", get_args(EntityClass)),
        _one_of("kind", get_args(FieldKind)),
    )

    entity_class: Mapped[str]
    own_key: Mapped[str | None]
    key: Mapped[str] = mapped_column(Text, Computed(KEY, persisted=True))
    name: Mapped[str]
    kind: Mapped[str]
    options: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    default_value: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    position: Mapped[int] = mapped_column(Integer)
    is_on_invoice: Mapped[bool] = mapped_column(server_default=text("false"))
    is_on_pdf: Mapped[bool] = mapped_column(server_default=text("false"))
    is_readonly_on_device: Mapped[bool] = mapped_column(server_default=text("false"))
    is_syncable: Mapped[bool] = mapped_column(server_default=text("true"))
    is_barcode_scannable: Mapped[bool] = mapped_column(server_default=text("false"))
    is_available_on_job: Mapped[bool] = mapped_column(server_default=text("false"))
