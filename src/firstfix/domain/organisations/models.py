"""Tables of organisations and branches."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Double, Identity, Numeric, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import WHOLE_SECOND_NOW, Base, OrganisationTable


class Organisation(Base):
    """A firm with its own people, jobs and settings. Its policy shows the app's role only the current one.

    Job numbers come from a sequence of its own (`job_numbers_<id>`), so that two jobs made at once do not wait
    for each other: they are unique, and a number may be missing. `mails_off` are the kinds of mail that nobody gets.
    """

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("notification_unit in ('minutes', 'hours', 'days')", name="notification_unit"),
        CheckConstraint("default_vat_percentage between 0 and 100", name="default_vat_percentage"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    uuid: Mapped[UUID] = mapped_column(server_default=text("uuidv7()"), unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="Europe/London")
    currency: Mapped[str] = mapped_column(server_default="GBP")
    job_prefix: Mapped[str] = mapped_column(server_default="J")
    default_vat_percentage: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="20")
    notification_unit: Mapped[str] = mapped_column(server_default="hours")
    is_enterprise: Mapped[bool] = mapped_column(server_default=text("false"))
    is_true_crew: Mapped[bool] = mapped_column(server_default=text("false"))
    file_quota_bytes: Mapped[int] = mapped_column(server_default=text(str(50 << 30)))
    mails_off: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=text(WHOLE_SECOND_NOW))


class Branch(OrganisationTable):
    """An office of the organisation; the field API calls it a group."""

    __tablename__ = "branches"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    time_zone: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class ServiceArea(OrganisationTable):
    """A rectangle on the map that the organisation serves."""

    __tablename__ = "service_areas"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint("south between -90 and 90 and north between south and 90", name="latitudes"),
        CheckConstraint("west between -180 and 180 and east between -180 and 180", name="longitudes"),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    colour: Mapped[str] = mapped_column(server_default="1f6feb")
    north: Mapped[float] = mapped_column(Double)
    east: Mapped[float] = mapped_column(Double)
    south: Mapped[float] = mapped_column(Double)
    west: Mapped[float] = mapped_column(Double)


class UnavailabilityType(OrganisationTable):
    """Why somebody may be away: holiday, illness, training."""

    __tablename__ = "unavailability_types"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    is_paid: Mapped[bool] = mapped_column(server_default=text("true"))
    archived_at: Mapped[datetime | None]
