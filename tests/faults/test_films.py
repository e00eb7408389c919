"""Films of which a part of the server is killed while they are made: each is published once, and nothing else stays."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest

from firstfix.api.uploads import FILE_LIMIT_BYTES
from tests.factories.clips import clip
from tests.factories.installations import Installation, Victim, attempt
from tests.factories.pictures import box
from tests.factories.waiting import wait_until
from tests.faults.conftest import Install

CLIP = {"size": "640x480", "seconds": 4, "rate": 25}


@pytest.fixture(scope="module")
def installation(install: Install) -> Installation:
    return install()


@pytest.fixture(scope="module")
def job(installation: Installation) -> str:
    uuid: str = installation.make_job()["uuid"]
    return uuid


class Upload:
    """A film on its way to the job, as often as it takes."""

    def __init__(self, installation: Installation, job: str, content: bytes) -> None:
        self._installation = installation
        self._data = {"action": "upload", "job_uuid": job}
        self._content = content
        self._key = uuid4().hex

    def send(self) -> httpx.Response:
        with self._installation.office() as office:
            files = {"photo": ("walk.mp4", self._content)}
            headers = {"Idempotency-Key": self._key}
            return office.post("/api/jobs/photos", data=self._data, files=files, headers=headers)


def upload(installation: Installation, job: str, content: bytes) -> UUID:
    """Add a film to the job."""
    reply = installation.until_acknowledged(Upload(installation, job, content).send)
    [photo] = reply.json()["data"]
    return UUID(photo["uuid"])


def see_that_it_is_published_once(installation: Installation, film: UUID, *labels: str) -> None:
    """Wait for it, and fetch every variant."""
    state = "SELECT state FROM files WHERE uuid = :film"
    wait_until(lambda: installation.organisation.execute(state, film=film)[0].state != "processing")
    with installation.office() as office:
        told = fetch(installation, office, f"/api/jobs/video-variants?uuid={film}").json()
        assert [variant["label"] for variant in told["variants"]] == list(labels)
        for variant in told["variants"]:
            content = fetch(installation, office, variant["url"]).content
            assert len(content) == variant["size_bytes"]
            assert 0 <= content.index(b"moov") < content.index(b"mdat")
    events = installation.organisation.execute(
        "SELECT changes FROM events WHERE entity = 'file' AND entity_uuid = :film AND action = 'updated'", film=film
    )
    assert [event.changes for event in events] == [{"state": ["processing", "ready"]}]


def fetch(installation: Installation, office: httpx.Client, path: str) -> httpx.Response:
    """Read something, as often as it takes: of a database that died the server still has dead connections."""
    return installation.until_acknowledged(lambda: office.get(path))


def let_the_lease_end(installation: Installation, film: UUID) -> None:
    """Nobody has to wait for the minute that a dead worker is believed to be at work."""
    installation.organisation.execute(
        "UPDATE film_tasks SET next_at = now() FROM files WHERE files.id = photo_id AND uuid = :film", film=film
    )


def is_being_made(installation: Installation) -> bool:
    children = installation.process("worker").children()
    return any("-filter_complex" in child.cmdline() for child in children if child.status() != psutil.STATUS_ZOMBIE)


def folders(installation: Installation) -> list[Path]:
    return list((installation.folder / "films").iterdir())


def test_a_film_as_large_as_may_be_yields_its_variants(installation: Installation, job: str) -> None:
    noise = ("-vf", "noise=alls=60:allf=t", "-qp", "8")
    film = clip(*noise, size="1280x720", seconds=1, rate=12)
    assert FILE_LIMIT_BYTES // 4 < len(film) < FILE_LIMIT_BYTES - 8
    film += box(b"free", bytes(FILE_LIMIT_BYTES - len(film) - 8))

    uuid = upload(installation, job, film)

    see_that_it_is_published_once(installation, uuid, "720p", "480p", "360p")
    with installation.office() as office:
        told: dict[str, Any] = office.get("/api/jobs/photos", params={"job_uuid": job}).json()["data"]["other"][0]
        assert (told["status"], told["size_bytes"]) == ("ready", FILE_LIMIT_BYTES)
        poster = office.get(told["thumbnail_url"])
    assert (poster.headers["content-type"], poster.content[:2]) == ("image/jpeg", b"\xff\xd8")


@pytest.mark.parametrize("victim", ["worker", "database"])
def test_a_film_that_is_being_made_is_made_by_the_next_worker(
    installation: Installation, job: str, victim: Victim
) -> None:
    film = upload(installation, job, clip(**CLIP))
    wait_until(lambda: is_being_made(installation))
    [ffmpeg] = installation.process("worker").children()

    installation.kill(victim)

    wait_until(lambda: not ffmpeg.is_running() or ffmpeg.status() == psutil.STATUS_ZOMBIE)
    installation.recover()
    let_the_lease_end(installation, film)
    see_that_it_is_published_once(installation, film, "480p", "360p")


@pytest.mark.parametrize("victim", ["worker", "everything"])
def test_one_whose_rows_are_not_committed_is_published_by_the_next_worker(
    installation: Installation, job: str, victim: Victim
) -> None:
    film = upload(installation, job, clip(**CLIP))
    before = installation.contents_count()
    # What is published begins with the job.
    with installation.holding("SELECT FROM jobs WHERE uuid = :job FOR UPDATE", job=job) as is_needed:
        wait_until(is_needed)
        assert installation.contents_count() == before + 3
        installation.kill(victim)
    installation.recover()
    let_the_lease_end(installation, film)

    see_that_it_is_published_once(installation, film, "480p", "360p")


def test_an_upload_whose_rows_are_not_committed_is_sent_again(installation: Installation, job: str) -> None:
    [(before,)] = installation.organisation.execute("SELECT count(*) FROM job_photos")
    film = Upload(installation, job, clip(size="320x240", sound=False))
    with installation.holding("SELECT FROM file_usage FOR UPDATE") as is_needed:
        installation.interrupt("web", lambda: attempt(film.send), once=is_needed)
    installation.recover()

    [photo] = installation.until_acknowledged(film.send).json()["data"]

    see_that_it_is_published_once(installation, UUID(photo["uuid"]))
    assert [tuple(row) for row in installation.organisation.execute("SELECT count(*) FROM job_photos")] == [
        (before + 1,)
    ]


def test_in_the_end_nothing_is_left_but_what_the_sweep_takes(installation: Installation) -> None:
    wait_until(lambda: folders(installation) == [])
    [(rows,)] = installation.organisation.execute("SELECT count(*) FROM files")
    assert 0 <= installation.contents_count() - rows <= 3 * installation.kills
    installation.check()

    installation.sweep()

    assert (installation.contents_count(), installation.drafts_count()) == (rows, 0)
    installation.check()
