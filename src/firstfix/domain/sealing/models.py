"""The table of keys that this database has met."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import Base


class SealingKey(Base):
    """A key of the ring, by what it sealed once: a ring that lacks it, or has another under its id, does not fit.

    No organisation: the ring is the installation's.
    """

    __tablename__ = "sealing_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    uuid: Mapped[UUID]
    proof: Mapped[str]
