"""Seeded chance: the same draws on every machine, so that the demonstration is the same everywhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Draw:
    """A source of draws. Never for secrets: who knows the seed knows them all.

    Everything is made of `random()`, which the library promises to stay as it is; its other methods may change.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        source = Random(seed)  # noqa: S311 (see above)
        self.random = source.random
        self._bits = source.getrandbits

    def apart(self, purpose: str) -> "Draw":
        """Make another source for one purpose: what it draws shifts none of the draws of this one."""
        return Draw(f"{self._seed}: {purpose}")

    def below(self, end: int) -> int:
        """Draw from 0 to one less than the end."""
        return int(self.random() * end)

    def between(self, first: int, last: int) -> int:
        """Draw a whole number, both ends included."""
        return first + int(self.random() * (last - first + 1))

    def share(self, least: float, most: float) -> float:
        """Draw a number."""
        return least + self.random() * (most - least)

    def chance(self, share: float) -> bool:
        """Say yes in this share of cases, 0 to 1."""
        return self.random() < share

    def one(self, options: Sequence[T]) -> T:
        """Choose one."""
        return options[int(self.random() * len(options))]

    def early(self, options: Sequence[T]) -> T:
        """Choose one, the earlier ones more often."""
        return options[int(len(options) * self.random() ** 1.6)]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Give all, in any order."""
        return sorted(options, key=lambda _: self.random())

    def digits(self, count: int) -> str:
        """Write a number of so many digits, without a leading zero."""
        return str(self.between(10 ** (count - 1), 10**count - 1))

    def uuid_at(self, at: datetime) -> UUID:
        """Make a uuid of version 7 as one made at that time would be, so that ids are in order of time."""
        milliseconds = int(at.timestamp() * 1000)
        return UUID(int=milliseconds << 80 | 7 << 76 | self._bits(12) << 64 | 2 << 62 | self._bits(62))


def spread(shares: Mapping[T, int]) -> tuple[T, ...]:
    """Write each option as often as its share says, for `Draw.one`."""
    return tuple(option for option, share in shares.items() for _ in range(share))
