"""Films are made at other sizes in the background: published once, whoever dies or is slow, and tried again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from msgspec import Struct, field
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from firstfix.adapters.database import Database
from firstfix.domain.files import making
from firstfix.domain.files.errors import FilmNotFailed, PhotoNotFound
from firstfix.domain.files.film_ports import FilmsUnavailable, FilmTooMuch, FilmUnreadable
from firstfix.domain.files.films import ClaimedFilm, LeaseLost, claim_film, retry_film
from firstfix.domain.files.formats import Facts
from firstfix.domain.files.making import FilmFailed, make_film
from firstfix.domain.files.photos import add_photos, archive_photo
from firstfix.domain.files.ports import ContentDamaged, ContentMissing, StorageUnavailable
from firstfix.domain.files.restoring import restore_archived_file
from firstfix.domain.files.views import GivenFile, Media
from firstfix.domain.work import Source, Work
from firstfix.kit.failures import Told
from firstfix.kit.key_file import KeyFile
from firstfix.kit.sealing import SealingError
from firstfix.worker.films import Studio, make_films_for_ever, make_next_film
from firstfix.worker.run import SESSION_SETTINGS
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.races import Run
from tests.factories.waiting import until
from tests.fakes.films import MemoryFilms
from tests.fakes.storage import MemoryStorage

DATABASE = "worker_films"
CONTENT = b"\0\0\0\x10ftypisom\0\0\0\0"


@pytest.fixture(scope="module")
def owner(databases: TestDatabases) -> Iterator[Engine]:
    """A database of these tests' own, for the worker looks at all organisations."""
    databases.create(DATABASE)
    engine = create_engine(databases.sqlalchemy_url(OWNER, DATABASE))
    yield engine
    engine.dispose()
    databases.drop(DATABASE)


@pytest.fixture(scope="module")
async def database(
    databases: TestDatabases,
    owner: Engine,  # noqa: ARG001 (it must exist)
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Database]:
    """The worker's connections to it."""
    keys = KeyFile(tmp_path_factory.mktemp("keys") / "keys.json")
    database = Database(databases.url(APP, DATABASE), keys=keys, session_settings=SESSION_SETTINGS)
    yield database
    await database.close()


class Place(Struct):
    """A job with films, a store, and somebody who makes others of them."""

    database: Database
    organisation: TestOrganisation
    storage: MemoryStorage
    films: MemoryFilms
    run: Run
    job_id: int
    told: Told = field(default_factory=Told)

    @property
    def studio(self) -> Studio:
        return Studio(storage=self.storage, films=self.films, told=self.told)

    async def add(self, name: str = "leak.mp4") -> UUID:
        """Add a film to the job."""
        draft = await self.storage.draft(self.organisation.id)
        await draft.write(CONTENT)
        content = await self.storage.keep(draft)
        await draft.drop()
        facts = Facts(width=1280, height=720, duration_ms=2000)
        film = GivenFile(part_name="file", given_name=name, content=content, media=Media(type="video/mp4", facts=facts))
        (photo_id,) = await self.run(add_photos, self.job_id, [film])
        [row] = self.organisation.execute("SELECT uuid FROM files WHERE id = :id", id=photo_id)
        uuid: UUID = row.uuid
        return uuid

    async def claim(self) -> ClaimedFilm:
        async with self.database.session() as session:
            claimed = await claim_film(session)
        assert claimed is not None
        return claimed

    async def make(self, claimed: ClaimedFilm) -> None:
        await make_film(self.database, self.storage, self.films, claimed)

    async def make_next(self) -> bool:
        return await make_next_film(self.database, self.studio)

    def tasks(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.organisation.execute("SELECT state, attempts, reason FROM film_tasks")]

    def let_time_pass(self) -> None:
        """Let what is due later, and leases, be due."""
        self.organisation.execute(
            "UPDATE film_tasks SET next_at = now() - interval '1 second' WHERE next_at IS NOT NULL"
        )

    def states(self) -> list[str]:
        rows = self.organisation.execute("SELECT state FROM files WHERE purpose = 'photo' ORDER BY id")
        return [row.state for row in rows]

    def variants(self) -> list[tuple[Any, ...]]:
        rows = self.organisation.execute(
            "SELECT label, width, height, files.file_name, files.storage_key FROM photo_variants"
            " JOIN files ON files.id = photo_variants.file_id ORDER BY height, label"
        )
        return [tuple(row) for row in rows]

    def is_swept(self) -> bool:
        """Whether the store holds what rows tell of, and nothing else."""
        keys = self.organisation.execute("SELECT storage_key FROM files")
        return {row.storage_key for row in keys} == set(self.storage.contents)


@pytest.fixture
def place(owner: Engine, database: Database) -> Iterator[Place]:
    organisation = make_committed_organisation(owner, OrganisationOptions())
    job_id, _ = organisation.insert_job()
    yield Place(database, organisation, MemoryStorage(), MemoryFilms(), Run(database, organisation), job_id)
    for table in ("jobs", "files", "file_removals"):  # the next test looks at all that there is
        organisation.execute(f"DELETE FROM {table}")  # noqa: S608 (a name of ours)


async def test_a_film_is_made_at_each_height_up_to_its_own(place: Place) -> None:
    await place.add()
    assert place.states() == ["processing"]

    assert await place.make_next()

    assert [(label, width, height, name) for label, width, height, name, _ in place.variants()] == [
        ("thumbnail", 480, 270, "leak-thumbnail.jpg"),
        ("360p", 640, 360, "leak-360p.mp4"),
        ("480p", 853, 480, "leak-480p.mp4"),
        ("720p", 1280, 720, "leak-720p.mp4"),
    ]
    assert (place.states(), place.tasks(), place.is_swept()) == (["ready"], [], True)
    assert not await place.make_next()


async def test_of_a_small_one_there_is_nothing_but_a_picture(place: Place) -> None:
    place.films = MemoryFilms(width=320, height=240)
    await place.add()

    await place.make_next()

    assert [label for label, *_ in place.variants()] == ["thumbnail"]
    assert place.states() == ["ready"]


async def test_what_the_film_really_is_replaces_what_it_said(place: Place) -> None:
    place.films = MemoryFilms(width=640, height=480)
    await place.add()

    await place.make_next()

    rows = place.organisation.execute("SELECT width, height, duration_ms FROM job_photos")
    assert [tuple(row) for row in rows] == [(640, 480, 2000)]


async def test_the_oldest_comes_first_and_one_at_a_time(place: Place) -> None:
    first, second = await place.add("first.mp4"), await place.add("second.mp4")

    claimed = [await place.claim(), await place.claim()]

    assert [each.uuid for each in claimed] == [first, second]
    assert not await place.make_next()


async def test_how_far_it_is_can_be_seen_and_the_lease_is_held(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "HOLD_EVERY_SECONDS", 0.02)
    await place.add()
    place.films.percent = 42
    place.films.going_on.clear()
    claimed = await place.claim()
    place.organisation.execute("UPDATE film_tasks SET next_at = now() + interval '1 second'")

    working = asyncio.create_task(place.make(claimed))
    held = "SELECT FROM film_tasks WHERE percent = 42 AND next_at > now() + interval '30 seconds'"
    await until(lambda: place.organisation.execute(held))
    place.films.going_on.set()
    await working

    assert place.states() == ["ready"]


async def test_whoever_lost_the_lease_publishes_nothing(place: Place) -> None:
    await place.add()
    slow = await place.claim()
    place.let_time_pass()
    fast = await place.claim()
    assert (slow.lease, fast.lease) == (1, 2)

    await place.make(fast)
    with pytest.raises(LeaseLost):
        await place.make(slow)

    assert len(place.variants()) == 4
    assert (place.states(), place.is_swept()) == (["ready"], True)


async def test_whoever_lost_the_lease_leaves_off(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "HOLD_EVERY_SECONDS", 0.02)
    await place.add()
    slow = await place.claim()
    place.films.going_on.clear()
    working = asyncio.create_task(place.make(slow))
    await until(lambda: place.films.begun)
    place.let_time_pass()

    fast = await place.claim()

    with pytest.raises(LeaseLost):
        await working
    place.films.going_on.set()
    await place.make(fast)
    assert (len(place.variants()), place.is_swept()) == (4, True)


async def test_one_that_fails_is_tried_again_and_in_the_end_has_failed(place: Place) -> None:
    film = await place.add()
    place.films.failures = [FilmTooMuch("slow"), FilmUnreadable("no"), FilmUnreadable("no")]

    seen = []
    for _ in range(3):
        await place.make_next()
        assert not await place.make_next(), "not at once"
        seen += [(*place.tasks(), *place.states())]
        place.let_time_pass()

    assert seen == [
        (("waiting", 1, "unavailable"), "processing"),
        (("waiting", 2, "unreadable"), "processing"),
        (("failed", 3, "unreadable"), "failed"),
    ]
    assert not await place.make_next()
    assert place.is_swept()
    told = place.organisation.execute(
        "SELECT changes FROM events WHERE entity = 'file' AND entity_uuid = :film AND action = 'updated'", film=film
    )
    assert [row.changes for row in told] == [{"state": ["processing", "failed"]}]


@pytest.mark.parametrize(
    ("failure", "expected"), [(FilmTooMuch("slow"), [30, 300]), (FilmUnreadable("no"), [10, 30])], ids=repr
)
async def test_between_attempts_the_rests_grow_and_are_short_where_time_mends_nothing(
    place: Place, failure: Exception, expected: list[int]
) -> None:
    await place.add()
    rests = []
    for _ in range(2):
        place.films.failures = [failure]
        await place.make_next()
        [row] = place.organisation.execute("SELECT extract(epoch FROM next_at - now()) AS seconds FROM film_tasks")
        rests.append(round(float(row.seconds), -1))
        place.let_time_pass()

    assert rests == expected


async def test_one_that_has_failed_is_tried_again_by_hand(place: Place) -> None:
    film = await fail(place)

    await place.run(retry_film, film)

    assert (place.states(), place.tasks()) == (["processing"], [("waiting", 0, None)])
    await place.make_next()
    assert (place.states(), len(place.variants())) == (["ready"], 4)


async def fail(place: Place) -> UUID:
    """Add a film that cannot be made."""
    film = await place.add()
    for _ in range(3):
        place.films.failures = [FilmUnreadable("no")]
        await place.make_next()
        place.let_time_pass()
    return film


async def test_nothing_else_is_tried_again_by_hand(place: Place) -> None:
    film = await place.add()
    with pytest.raises(FilmNotFailed):
        await place.run(retry_film, film)
    await place.make_next()
    with pytest.raises(FilmNotFailed):
        await place.run(retry_film, film)
    with pytest.raises(PhotoNotFound):
        await place.run(retry_film, film, who="contractor1")


async def test_a_worker_that_is_told_to_stop_gives_it_back_at_once(place: Place) -> None:
    await place.add()
    place.films.going_on.clear()
    working = asyncio.create_task(make_films_for_ever(place.database, place.studio))
    await until(lambda: place.films.begun)

    working.cancel()
    await asyncio.wait([working])

    assert place.tasks() == [("waiting", 0, None)]
    place.films.going_on.set()
    assert await place.make_next()
    assert (place.states(), place.is_swept()) == (["ready"], True)


async def test_one_that_every_worker_died_of_is_given_up(place: Place) -> None:
    await place.add()
    for _ in range(3):
        await place.claim()  # and never heard of again
        place.let_time_pass()

    with pytest.raises(FilmFailed):
        await place.make(await place.claim())

    assert (place.states(), place.films.begun) == (["failed"], 0)
    assert place.tasks()[0][2] == "died"


@pytest.mark.parametrize("step", ["open", "draft", "write", "finish", "keep"])
async def test_a_store_that_fails_costs_no_attempt_and_leaves_nothing(place: Place, step: str) -> None:
    await place.add()
    place.storage.fails_at = step

    await place.make_next()

    assert place.tasks() == [("waiting", 0, "unavailable")]
    assert (place.variants(), place.storage.drafts, place.is_swept()) == ([], [], True)


@pytest.mark.parametrize("loss", [ContentMissing, ContentDamaged])
async def test_a_film_whose_content_is_lost_does_not_end_the_worker(place: Place, loss: type[Exception]) -> None:
    await place.add()
    place.films.failures = [loss("cut")]

    assert await place.make_next()

    assert place.tasks() == [("waiting", 1, "unavailable")]


async def test_without_its_key_a_film_waits_and_the_worker_goes_on(place: Place) -> None:
    await place.add()
    place.films.failures = [SealingError("The key k9 is missing.")]

    with capture_logs() as logs:
        assert await place.make_next()

    assert (place.tasks(), place.is_swept()) == ([("waiting", 0, "unavailable")], True)
    assert "keys.json" in next(entry["advice"] for entry in logs if entry["event"] == "films.put_off")


async def test_what_the_installation_cannot_do_waits_for_longer_and_longer_and_never_fails(place: Place) -> None:
    await place.add()
    lacking = [
        FilmsUnavailable("No ffmpeg."),
        StorageUnavailable("It is full."),
        SealingError("The key k9 is missing."),
    ]
    rests = []
    with capture_logs() as logs:
        for number in range(9):
            place.films.failures = [lacking[number % 3]]
            assert await place.make_next()
            assert not await place.make_next(), "not at once"
            [row] = place.organisation.execute("SELECT extract(epoch FROM next_at - now()) AS seconds FROM film_tasks")
            rests.append(round(float(row.seconds), -1))
            place.let_time_pass()

    assert rests == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert [(entry["event"], "firstfix doctor" in entry["advice"]) for entry in logs] == [("films.put_off", True)]
    assert (place.tasks(), place.states()) == ([("waiting", 0, "unavailable")], ["processing"])
    await place.make_next()
    assert (place.states(), place.is_swept()) == (["ready"], True)


@pytest.mark.parametrize(
    "failure", [PoolTimeout("busy"), OperationalError("UPDATE", {}, psycopg.Error("locked"))], ids=["busy", "locked"]
)
async def test_a_busy_moment_costs_no_attempt(place: Place, failure: Exception) -> None:
    await place.add()
    place.films.failures = [failure]

    assert await place.make_next()

    assert (place.tasks(), place.is_swept()) == ([("waiting", 0, "unavailable")], True)
    assert not await place.make_next()
    place.let_time_pass()
    assert await place.make_next()
    assert place.states() == ["ready"]


class BusyAtTimes:
    """A database that is busy whenever it is told to be."""

    def __init__(self, database: Database) -> None:
        self.is_busy = False
        self.refused = 0
        self._database = database

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.session()

    @asynccontextmanager
    async def system_work(self, organisation_id: int, *, source: Source) -> AsyncIterator[Work]:
        if self.is_busy:
            self.refused += 1
            raise PoolTimeout("busy")
        async with self._database.system_work(organisation_id, source=source) as work:
            yield work


async def test_a_busy_moment_does_not_cost_what_was_made_so_far(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "HOLD_EVERY_SECONDS", 0.01)
    await place.add()
    place.films.going_on.clear()
    database = BusyAtTimes(place.database)
    with capture_logs() as logs:
        working = asyncio.create_task(make_next_film(database, place.studio))
        await until(lambda: place.films.begun)
        database.is_busy = True
        await until(lambda: database.refused > 2)
        database.is_busy = False
        place.films.going_on.set()
        await working

    assert (place.states(), place.films.begun) == (["ready"], 1)
    assert [entry["event"] for entry in logs] == ["films.not_held", "films.made"]


async def test_a_worker_that_cannot_give_a_film_back_stops_all_the_same(place: Place) -> None:
    await place.add()
    place.films.going_on.clear()
    database = BusyAtTimes(place.database)
    working = asyncio.create_task(make_films_for_ever(database, place.studio))
    await until(lambda: place.films.begun)

    database.is_busy = True
    working.cancel()
    await asyncio.wait([working])

    assert working.cancelled()
    assert place.tasks() == [("running", 0, None)]


async def test_a_store_that_removes_nothing_ends_no_worker(place: Place) -> None:
    await place.add()
    slow = await place.claim()
    place.let_time_pass()
    await place.claim()
    place.storage.fails_at = "remove"

    with pytest.raises(LeaseLost):
        await place.make(slow)


async def test_where_there_is_no_room_nothing_is_published(place: Place) -> None:
    await place.add()
    place.organisation.execute("UPDATE organisations SET file_quota_bytes = :room", room=len(CONTENT) + 1)

    await place.make_next()

    assert place.tasks() == [("waiting", 1, "no_room")]
    assert (place.variants(), place.is_swept()) == ([], True)


async def test_variants_go_with_the_film_and_come_back_with_it(place: Place) -> None:
    film = await place.add()
    await place.make_next()

    await place.run(archive_photo, film)
    await place.run(restore_archived_file, film)
    assert len(place.variants()) == 4

    place.organisation.execute("DELETE FROM files WHERE uuid = :film", film=film)
    assert place.variants() == []
    left = place.organisation.execute("SELECT FROM files")
    removals = place.organisation.execute("SELECT storage_key FROM file_removals")
    assert (len(left), {row.storage_key for row in removals}) == (0, set(place.storage.contents))


async def test_a_deleted_film_waits_until_it_is_restored(place: Place) -> None:
    film = await place.add()
    await place.run(archive_photo, film)
    assert not await place.make_next()

    await place.run(restore_archived_file, film)

    assert await place.make_next()
    assert place.states() == ["ready"]


@pytest.mark.parametrize("gone", ["files", "jobs"])
async def test_of_a_film_that_goes_meanwhile_nothing_stays(place: Place, gone: str) -> None:
    await place.add()
    claimed = await place.claim()
    place.films.going_on.clear()
    working = asyncio.create_task(place.make(claimed))
    await until(lambda: place.films.begun)

    place.organisation.execute(f"DELETE FROM {gone}")  # noqa: S608 (a name of ours)
    place.films.going_on.set()

    with pytest.raises(LeaseLost):
        await working
    assert set(place.storage.contents) == {claimed.storage_key}


async def test_two_workers_share_the_films(place: Place) -> None:
    for number in range(6):
        await place.add(f"{number}.mp4")

    async def work() -> None:
        while await place.make_next():
            pass

    await asyncio.gather(work(), work())

    assert place.states() == ["ready"] * 6
    assert (len(place.variants()), place.films.begun, place.is_swept()) == (24, 6, True)
