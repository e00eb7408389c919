"""The table of remedial links."""

from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from firstfix.kit.tables import OrganisationTable, belongs_to, organisation_index


class RemedialLink(OrganisationTable):
    """A job that another one made necessary. It has one parent at most, and none of those above it is itself."""

    __tablename__ = "remedial_links"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "remedial_id"),
        belongs_to("parent_id", "jobs", on_delete="CASCADE"),
        belongs_to("remedial_id", "jobs", on_delete="CASCADE"),
        belongs_to("linked_by_id", "people"),
        CheckConstraint("parent_id <> remedial_id", name="ends"),
        organisation_index("parent_id", text("created_at DESC"), text("id DESC"), name="ix_remedial_links_parent"),
    )

    parent_id: Mapped[int]
    remedial_id: Mapped[int]
    reason: Mapped[str | None]
    linked_by_id: Mapped[int | None]
