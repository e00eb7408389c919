"""What films need from outside: somebody who reads them, and makes smaller ones of them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from firstfix.domain.files.ports import Content
from firstfix.kit.faults import Fault


class FilmUnreadable(Exception):
    """No film can be made of this content: it is none, is broken, or asks for more than we give."""


class FilmsUnavailable(Fault):
    """Films cannot be read or made on this machine now, whichever they are."""


class FilmTooMuch(Exception):
    """Making it took more time or memory than a film is given, here and now."""


class FilmFacts(Struct, frozen=True, kw_only=True):
    """What is known of a film. `width` and `height`: as it is shown, turned and with square pixels."""

    width: int
    height: int
    duration_ms: int


class MadeFilm(Protocol):
    """A film that was made, or the picture that stands for it; readable while the one that it was made of is open."""

    @property
    def size_bytes(self) -> int:
        """How long it is."""

    @property
    def facts(self) -> FilmFacts:
        """What was found in it afterwards."""

    def read(self) -> AsyncIterator[bytes]:
        """Read it in chunks."""


class OpenFilm(Protocol):
    """A film that is being worked on."""

    @property
    def facts(self) -> FilmFacts:
        """What was found in it."""

    @property
    def percent(self) -> int:
        """How much of the work is done, from 0 to 99."""

    async def make(self, heights: Sequence[int]) -> "MadeFilms":
        """Make it anew at each of these heights, and a picture that stands for it.

        Raises:
            FilmUnreadable: It cannot be.
            FilmTooMuch: It takes more than it is given.
            FilmsUnavailable: It cannot be now.
        """


class MadeFilms(Struct, frozen=True):
    """What was made of a film: films in the order asked for, and a JPEG of one moment of it."""

    films: Sequence[MadeFilm]
    poster: MadeFilm


class Films(Protocol):
    """Reads films and makes others of them."""

    def open(self, content: Content) -> AbstractAsyncContextManager[OpenFilm]:
        """Take a private copy of a film and look into it; the copy and all that was made go with the context.

        Raises:
            FilmUnreadable: It is none.
            FilmTooMuch: It takes more than it is given.
            FilmsUnavailable: It cannot be read now.
            StorageUnavailable: The content cannot be read.
            ContentDamaged: It is not what was put there.
        """
