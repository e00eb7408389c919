"""The table of the one-time link that a first start prints."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import Base


class SetUpLink(Base):
    """A link that founds the installation's first organisation. Of its secret only the SHA-256 is kept.

    No organisation, and no rights for the app's role: it asks by two functions that the owner lent.
    """

    __tablename__ = "set_up_links"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
