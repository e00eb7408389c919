"""The table of pins."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationOwned, belongs_to, organisation_index


class Pin(OrganisationOwned):
    """A job on a person's own list."""

    __tablename__ = "pins"
    __table_args__ = (
        belongs_to("person_id", "people", on_delete="CASCADE"),
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        organisation_index("job_id", name="ix_pins_job"),
    )

    person_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(primary_key=True)
    pinned_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
