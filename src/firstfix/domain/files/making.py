"""Making films at other sizes. It takes long and several transactions: none is open while anything is read or made."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final, Protocol

import structlog

from firstfix.domain.files.errors import QuotaExceeded
from firstfix.domain.files.film_ports import (
    FilmFacts,
    Films,
    FilmsUnavailable,
    FilmTooMuch,
    FilmUnreadable,
    MadeFilm,
    OpenFilm,
)
from firstfix.domain.files.films import (
    MOST_ATTEMPTS,
    ClaimedFilm,
    LeaseLost,
    NewVariant,
    fail_film,
    give_film_back,
    hold_film,
    publish_film,
    put_film_off,
)
from firstfix.domain.files.photos import THUMBNAIL
from firstfix.domain.files.ports import (
    ContentDamaged,
    ContentMissing,
    Storage,
    StorageUnavailable,
    StoredContent,
)
from firstfix.domain.files.rules import label_of, variant_heights
from firstfix.domain.files.views import FilmReason
from firstfix.domain.work import Source, Work
from firstfix.kit.failures import FAILURES, NOT_ITS_FAULT, Told, advise

HOLD_EVERY_SECONDS: Final = 5.0
_UNAVAILABLE: Final = (FilmsUnavailable, StorageUnavailable, *NOT_ITS_FAULT)
"""Why no film can be made now, whatever is in it."""

_log = structlog.get_logger(__name__)


class OpensSystemWork(Protocol):
    """The database, as it is used here."""

    def system_work(self, organisation_id: int, *, source: Source) -> AbstractAsyncContextManager[Work]:
        """Open a work of the system itself for one organisation."""


class FilmFailed(Exception):
    """An attempt that came to nothing."""

    def __init__(self, reason: FilmReason, *, is_last: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_last = is_last


class FilmPutOff(Exception):
    """The installation cannot make it now; `advice` is for whoever runs that."""

    def __init__(self, failure: Exception) -> None:
        super().__init__(str(failure))
        self.advice = _advise_on(failure)


async def make_film(database: OpensSystemWork, storage: Storage, films: Films, claimed: ClaimedFilm) -> None:
    """Make what is missing of a film that was claimed, and publish it.

    Whoever is told to stop meanwhile gives it back. Content that surely nobody publishes is removed. Where that is not
    known, as when the database went away in the middle of the commit, it is left to the sweep.

    Raises:
        LeaseLost: It took so long that somebody else has it, or the film is gone.
        FilmFailed: It could not be made. It is tried again, or was the last time.
        FilmPutOff: No film can be made now. It waits.
    """
    making = _Making(database, storage, films, claimed)
    try:
        reason = await making.run()
    except asyncio.CancelledError:
        try:
            async with making.work() as work:
                await give_film_back(work, claimed)
        except FAILURES as failure:  # whoever is told to stop stops; the next worker waits for the end of the lease
            _log.warning("films.not_given_back", film=str(claimed.uuid), reason=str(failure))
        raise
    except _UNAVAILABLE as failure:
        async with making.work() as work:
            await put_film_off(work, claimed)
        raise FilmPutOff(failure) from failure
    if reason is not None:
        async with making.work() as work:
            is_last = await fail_film(work, claimed, reason)
        raise FilmFailed(reason, is_last=is_last)


class _Making:
    """One attempt."""

    def __init__(self, database: OpensSystemWork, storage: Storage, films: Films, claimed: ClaimedFilm) -> None:
        self._database = database
        self._storage = storage
        self._films = films
        self._claimed = claimed
        self._film: OpenFilm | None = None
        self._kept: list[NewVariant] = []
        self._told = Told()

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Open a work of the worker for the film's organisation."""
        return self._database.system_work(self._claimed.organisation_id, source="worker")

    async def run(self) -> FilmReason | None:
        """Make and publish it; returns why that failed, if it is the film that did."""
        if self._claimed.attempts >= MOST_ATTEMPTS:
            return "died"  # as many workers as there are attempts: no other one is put to it
        try:
            facts = await self._holding_on(self._make())
        except FilmUnreadable as unreadable:
            _log.info("films.unreadable", film=str(self._claimed.uuid), said=str(unreadable))
            return "unreadable"
        except (FilmTooMuch, ContentMissing, ContentDamaged) as failure:
            _log.warning("films.unavailable", film=str(self._claimed.uuid), reason=str(failure))
            return "unavailable"
        try:
            async with self.work() as work:
                await publish_film(work, self._claimed, facts, self._kept)
        except LeaseLost:
            await self._forget()
            raise
        except QuotaExceeded:
            await self._forget()
            return "no_room"
        return None

    async def _holding_on(self, making: Coroutine[None, None, FilmFacts]) -> FilmFacts:
        """Hold on to the lease for as long as something takes, and end it where the lease is lost."""
        task = asyncio.create_task(making)
        try:
            while not (await asyncio.wait({task}, timeout=HOLD_EVERY_SECONDS))[0]:
                await self._hold()
            return task.result()
        except BaseException:
            task.cancel()
            await asyncio.wait({task})
            await self._forget()
            raise

    async def _hold(self) -> None:
        """Hold on to the lease. A busy moment does not cost what was made so far: who has lost it hears so later."""
        try:
            async with self.work() as work:
                await hold_film(work, self._claimed, percent=0 if self._film is None else self._film.percent)
        except FAILURES as failure:
            if self._told.is_news("hold"):
                _log.warning(
                    "films.not_held", film=str(self._claimed.uuid), reason=str(failure), advice=advise(failure)
                )
        else:
            self._told.forget("hold")

    async def _make(self) -> FilmFacts:
        claimed = self._claimed
        content = await self._storage.open(
            claimed.storage_key,
            organisation_id=claimed.organisation_id,
            size_bytes=claimed.size_bytes,
            start=0,
            stop=claimed.size_bytes,
        )
        try:
            async with self._films.open(content) as film:
                self._film = film
                heights = variant_heights(film.facts.height)
                made = await film.make(heights)
                for label, one in [(THUMBNAIL, made.poster), *zip(map(label_of, heights), made.films, strict=True)]:
                    self._kept.append(NewVariant(label=label, facts=one.facts, content=await self._keep(one)))
                return film.facts
        finally:
            await content.close()

    async def _keep(self, made: MadeFilm) -> StoredContent:
        draft = await self._storage.draft(self._claimed.organisation_id)
        try:
            async for chunk in made.read():
                await draft.write(chunk)
            await draft.finish()
            return await self._storage.keep(draft)
        finally:
            await draft.drop()

    async def _forget(self) -> None:
        """Remove what was kept: no row tells of it, and none will."""
        with suppress(StorageUnavailable):  # the sweep takes what stays
            for variant in self._kept:
                await self._storage.remove(variant.content.storage_key)


def _advise_on(failure: Exception) -> str:
    match failure:
        case FilmsUnavailable():
            return "Run firstfix doctor, and see that the disk has room. The film waits, and is tried again by itself."
        case StorageUnavailable():
            return "See to the store of files. The film waits, and is tried again by itself."
    return advise(failure)
