"""Failures that are one thing's or one moment's: what runs on and on tells of them once, and goes on with the rest."""

from collections.abc import Hashable
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from firstfix.kit.sealing import SealingError

FAILURES: Final = (DBAPIError, PoolTimeout, SealingError)
"""The database was busy or does not take this one, no connection came free, or a key is missing."""
NOT_ITS_FAULT: Final = (OperationalError, InterfaceError, PoolTimeout, SealingError)
"""Of these, whatever was being done has no part in: the database was busy or away, or a key is missing."""


def advise(failure: Exception) -> str:
    """Say what whoever runs the server can do about a failure. That it is tried again goes for all of them."""
    match failure:
        case SealingError():
            return "Put the keys.json back that has the key; nothing has to be started again. It is tried again later."
        case PoolTimeout():
            return (
                "All connections of this process are at work. It is tried again later; if this goes on, look for"
                " statements that hang (pg_stat_activity)."
            )
        case OperationalError() | InterfaceError():
            return (
                "The database was busy or away. It is tried again later; if this goes on, look into its log, and for"
                " locks that are held for long."
            )
        case DBAPIError():
            return "The database does not take this one. It is tried again later; please report it with these lines."
    return "It cannot be done as it stands. It is tried again later; somebody has to look at what is named here."


def is_of_the_moment(failure: Exception) -> bool:
    """Tell whether a failure says nothing about what was being done: the connection was lost, or none came free."""
    return isinstance(failure, PoolTimeout) or (isinstance(failure, DBAPIError) and failure.connection_invalidated)


class Told:
    """What was told of already: what goes on failing is told of once, until it goes well again."""

    def __init__(self) -> None:
        self._told: set[Hashable] = set()

    def is_news(self, what: Hashable) -> bool:
        """Note that something fails; tells whether nobody was told of it yet."""
        is_news = what not in self._told
        self._told.add(what)
        return is_news

    def clear(self) -> None:
        """Note that everything goes well."""
        self._told.clear()

    def forget(self, what: Hashable) -> bool:
        """Note that something went well; tells whether it had failed."""
        has_failed = what in self._told
        self._told.discard(what)
        return has_failed
