"""Which SQL the database is measured with alone: the server's own, with the parameters of the same requests."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from benchmarks.database import Statement
from benchmarks.firstfix import Firstfix


class Questions(Struct, frozen=True):
    """What every party is asked for.

    Attributes:
        job_uuids: Jobs to get, dashed.
        filters: Pairs of status and branch that at least a page of jobs has.
        states: States of at least a page of jobs.
    """

    job_uuids: Sequence[str]
    filters: Sequence[tuple[int, int]]
    states: Sequence[str]


class Reads(Struct, frozen=True):
    """What to run without the server.

    Attributes:
        url: Its database, under the role that it uses itself.
        statements: By operation and API, both as the table names them; what is missing is not measured.
    """

    url: str
    statements: Mapping[tuple[str, str], Statement]


def read_statements(firstfix: Firstfix, questions: Questions) -> Reads:
    """Collect the statements behind `firstfix`'s requests for these questions."""
    _ = firstfix, questions
    return Reads(url="", statements={})
