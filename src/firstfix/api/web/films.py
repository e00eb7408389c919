"""How far the films of a job are, and having one made again that failed."""

from uuid import UUID

from msgspec import Struct

from firstfix.api.web.job_rows import Instant, uuid_of
from firstfix.api.web.operations import operation
from firstfix.domain.files import films
from firstfix.domain.files.views import FilmReason, FilmStatus
from firstfix.domain.people.permissions import MANAGE_PHOTOS, VIEW_PHOTOS
from firstfix.domain.work import Work


class Film(Struct, kw_only=True):
    """A film of a job.

    It can be played as it came at any time, and at other sizes once it is `ready`. Until then it is `waiting` for its
    turn or `processing`, unless it has `failed`. `percent` tells how much is done, `attempts` how many times it failed
    so far, `reason` why nothing came of the last one, and `next_at` when somebody looks at it again; all but `percent`
    are null of one that is ready. What is `unavailable` is no failure of the film's while it waits: it is tried again
    until the installation can make it.
    """

    uuid: UUID
    file_name: str
    status: FilmStatus
    percent: int
    attempts: int | None
    reason: FilmReason | None
    next_at: Instant | None
    variants: list[str]


@operation("GET", "/web/jobs/{uuid:str}/films", key=(MANAGE_PHOTOS, VIEW_PHOTOS), operation_id="listFilms")
async def list_films(work: Work, uuid: str) -> list[Film]:
    """List the films of a job, in the order in which they came, with how far their variants are."""
    return [
        Film(
            uuid=film.uuid,
            file_name=film.file_name,
            status=film.status,
            percent=film.percent,
            attempts=film.attempts,
            reason=film.reason,
            next_at=film.next_at,
            variants=film.variants,
        )
        for film in await films.list_films(work, uuid_of(uuid))
    ]


@operation("POST", "/web/photos/{uuid:str}/retry", key=MANAGE_PHOTOS, operation_id="retryFilm", status=204)
async def retry_film(work: Work, uuid: str) -> None:
    """Have the variants of a film made again that failed."""
    await films.retry_film(work, uuid_of(uuid))
