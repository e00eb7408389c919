"""Films of one organisation made as the worker does, beside a server of the tests."""

from uuid import UUID

import pytest

from firstfix.adapters.database import Database
from firstfix.adapters.storage import make_storage
from firstfix.domain.files.film_ports import FilmUnreadable
from firstfix.domain.files.films import MOST_ATTEMPTS, ClaimedFilm
from firstfix.domain.files.formats import MP4, Facts
from firstfix.domain.files.making import FilmFailed, make_film
from firstfix.domain.files.photos import add_photos
from firstfix.domain.files.views import GivenFile, Media
from firstfix.settings import load_settings
from tests.factories.organisations import TestOrganisation
from tests.factories.pictures import film
from tests.factories.races import Run
from tests.factories.servers import TestServer
from tests.fakes.films import MemoryFilms

FILM = film(size=(1280, 720), seconds=2)
_LEASE = """
UPDATE film_tasks SET state = 'running', lease = lease + 1 FROM files
WHERE film_tasks.organisation_id = :id AND film_tasks.state = 'waiting'
    AND files.organisation_id = film_tasks.organisation_id AND files.id = film_tasks.photo_id
RETURNING film_tasks.organisation_id, photo_id, files.uuid, lease, attempts, storage_key, size_bytes, file_name
"""


class Cinema:
    """Leases and makes the one film of an organisation that is waiting; a worker would take those of others too."""

    def __init__(self, database: Database, server: TestServer, organisation: TestOrganisation) -> None:
        self._database = database
        self._storage = make_storage(load_settings({}, data=server.folder), database)
        self._organisation = organisation

    async def add(self, job_id: int, name: str = "walk.mp4") -> UUID:
        """Add a film to a job, past the gate; returns its uuid."""
        draft = await self._storage.draft(self._organisation.id)
        await draft.write(FILM)
        await draft.finish()
        media = Media(type=MP4, facts=Facts(width=1280, height=720, duration_ms=2000))
        given = GivenFile(part_name="photo", given_name=name, content=await self._storage.keep(draft), media=media)
        await draft.drop()
        (photo_id,) = await Run(self._database, self._organisation)(add_photos, job_id, [given])
        [row] = self._organisation.execute("SELECT uuid FROM files WHERE id = :id", id=photo_id)
        uuid: UUID = row.uuid
        return uuid

    def lease(self) -> ClaimedFilm:
        """Lease it."""
        [row] = self._organisation.execute(_LEASE, id=self._organisation.id)
        return ClaimedFilm(**row._mapping)  # noqa: SLF001 (SQLAlchemy's own, public by its docs)

    async def make(self, films: MemoryFilms | None = None) -> None:
        """Make it."""
        await make_film(self._database, self._storage, films or MemoryFilms(), self.lease())

    async def fail(self, *, attempts: int = MOST_ATTEMPTS) -> None:
        """Have attempts fail."""
        for _ in range(attempts):
            films = MemoryFilms()
            films.failures = [FilmUnreadable("It is none.")]
            with pytest.raises(FilmFailed):
                await self.make(films)
