"""How long one request waits for the database, measured where the waiting is done."""

from contextvars import ContextVar
from time import perf_counter


class Stopwatch:
    """Adds up stretches of time, in seconds."""

    __slots__ = ("_began_at", "seconds")

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began_at = 0.0

    def __enter__(self) -> None:
        self._began_at = perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += perf_counter() - self._began_at


DATABASE_TIME: ContextVar[Stopwatch | None] = ContextVar("database_time", default=None)
"""The stopwatch of the request at hand; set by the edge, run by each connection."""
