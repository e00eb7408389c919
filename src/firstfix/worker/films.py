"""Making films at other sizes, one after the other. The database's rows decide; here they are only looked for."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog
from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.files.film_ports import Films
from firstfix.domain.files.films import LeaseLost, claim_film
from firstfix.domain.files.making import FilmFailed, FilmPutOff, OpensSystemWork, make_film
from firstfix.domain.files.ports import Storage
from firstfix.kit.failures import FAILURES, Told, advise
from firstfix.worker.steps import take_steps

_LOOK_EVERY_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class FindsFilms(OpensSystemWork, Protocol):
    """The database as this uses it."""

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that works for nobody yet."""


class Studio(Struct, frozen=True, kw_only=True):
    """Where films are made: the store of their content, and who makes them.

    `told`: the organisations of which the log has told that their films wait.
    """

    storage: Storage
    films: Films
    told: Told = field(default_factory=Told)


async def make_films_for_ever(database: FindsFilms, studio: Studio) -> None:
    """Make what is due, oldest first, and look again every second where nothing is."""

    async def step() -> float:
        return 0.0 if await make_next_film(database, studio) else _LOOK_EVERY_SECONDS

    await take_steps("films", step)


async def make_next_film(database: FindsFilms, studio: Studio) -> bool:
    """Make the film that has been due for longest.

    Returns:
        Whether one was due.
    """
    async with database.session() as session:
        claimed = await claim_film(session)
    if claimed is None:
        return False
    told = {"film": str(claimed.uuid), "organisation_id": claimed.organisation_id}
    try:
        await make_film(database, studio.storage, studio.films, claimed)
    except LeaseLost:
        _log.warning("films.lease_lost", **told)
    except FilmFailed as failed:
        _log.warning("films.failed", reason=failed.reason, is_last=failed.is_last, **told)
    except FilmPutOff as put_off:
        if studio.told.is_news(claimed.organisation_id):
            _log.warning("films.put_off", reason=str(put_off), advice=put_off.advice, **told)
    except FAILURES as failure:  # it is taken up again when its lease is over
        _log.exception("films.interrupted", advice=advise(failure), **told)
    else:
        studio.told.forget(claimed.organisation_id)
        _log.info("films.made", **told)
    return True
