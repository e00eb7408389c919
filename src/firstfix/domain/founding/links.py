"""The one-time link of a first start, as the owner makes it. `set_up.py` uses it."""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from firstfix.domain.founding.models import SetUpLink
from firstfix.domain.organisations.models import Organisation
from firstfix.kit.secrets import hash_secret, new_secret

LINK_LASTS: Final = timedelta(hours=24)


def is_founded(connection: Connection) -> bool:
    """Tell whether there is any organisation."""
    return bool(connection.scalar(select(select(Organisation.id).exists())))


def open_set_up(connection: Connection) -> str | None:
    """Make a link, in the owner's transaction; an earlier one ends.

    Returns:
        Its secret, which is not kept; `None` where an organisation is there already.
    """
    if is_founded(connection):
        return None
    secret = new_secret()
    connection.execute(delete(SetUpLink))
    connection.execute(insert(SetUpLink).values(secret_hash=hash_secret(secret), expires_at=func.now() + LINK_LASTS))
    return secret
