"""Films that nobody has to decode: a maker in memory, which can be told to wait, or to fail."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from firstfix.domain.files.film_ports import FilmFacts, MadeFilms
from firstfix.domain.files.ports import Content


class MemoryFilm:
    """A film that was made."""

    def __init__(self, facts: FilmFacts, content: bytes) -> None:
        self.facts = facts
        self.size_bytes = len(content)
        self._content = content

    async def read(self) -> AsyncIterator[bytes]:
        yield self._content


class MemoryFilms:
    """Makes what is asked for, as soon as `going_on` is set.

    Attributes:
        facts: What is found in every film.
        failures: Is raised one after the other, each by one making.
        begun: How many makings have begun.
        percent: How far each one says that it is.
        going_on: Until then makings wait.
    """

    def __init__(self, *, width: int = 1280, height: int = 720) -> None:
        self.facts = FilmFacts(width=width, height=height, duration_ms=2000)
        self.failures: list[Exception] = []
        self.begun = 0
        self.percent = 0
        self.going_on = asyncio.Event()
        self.going_on.set()

    @asynccontextmanager
    async def open(self, content: Content) -> AsyncIterator["MemoryFilms"]:
        """Read the film, which is all that one can do wrong here."""
        async for _ in content:
            pass
        yield self

    async def make(self, heights: Sequence[int]) -> MadeFilms:
        self.begun += 1
        await self.going_on.wait()
        if self.failures:
            raise self.failures.pop(0)
        return MadeFilms([self._made(height) for height in heights], self._made(270))

    def _made(self, height: int) -> MemoryFilm:
        width = height * self.facts.width // self.facts.height
        facts = FilmFacts(width=width, height=height, duration_ms=self.facts.duration_ms)
        return MemoryFilm(facts, b"%d pixels high" % height)
