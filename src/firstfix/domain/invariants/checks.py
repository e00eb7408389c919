"""All invariants that the database alone can tell of."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from sqlalchemy import Connection, text

from firstfix.domain.invariants.rows import ROW_INVARIANTS, Invariant
from firstfix.domain.invariants.sealed import find_missing_keys, find_unopenable
from firstfix.domain.invariants.structure import STRUCTURE_INVARIANTS, key_invariants
from firstfix.kit.sealing import KeyRing


class Check(Struct, frozen=True):
    """One invariant and how its breaches are found: a text for each."""

    name: str
    sentence: str
    find_breaches: Callable[[], Iterable[str]]


def checks_of(connection: Connection, ring: KeyRing, *, every: bool) -> Iterator[Check]:
    """List the checks of a database.

    Args:
        connection: The owner's, in a transaction of its own.
        ring: The keys of sealed values.
        every: Open every sealed value, instead of some thousand a column.
    """
    for invariant in (*ROW_INVARIANTS, *STRUCTURE_INVARIANTS, *key_invariants(connection)):
        yield Check(invariant.name, invariant.sentence, _query(connection, invariant))
    yield Check(
        "I11",
        "Every sealed value opens with its own record and field, and with no other",
        lambda: find_unopenable(connection, ring, every=every),
    )
    yield Check("I12", "Every key in use is in the ring", lambda: find_missing_keys(connection, ring))


def _query(connection: Connection, invariant: Invariant) -> Callable[[], Iterable[str]]:
    return lambda: connection.scalars(text(invariant.breaches.replace(":", "\\:")))
