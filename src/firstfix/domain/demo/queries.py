"""Finding the demonstration."""

from sqlalchemy import Connection, select

from firstfix.domain.demo.cast import LARKFIELD
from firstfix.domain.organisations.models import Organisation


def find_organisation_id(connection: Connection) -> int | None:
    """Find the first organisation of the demonstration; `None` where the database does not hold one."""
    return connection.scalar(select(Organisation.id).filter_by(slug=LARKFIELD.slug))
