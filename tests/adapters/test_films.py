"""Films are made of films by a real ffmpeg, whatever strangers send."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from structlog.testing import capture_logs

from firstfix.adapters.films import launcher
from firstfix.adapters.films.ffmpeg import FfmpegFilms
from firstfix.domain.files.film_ports import FilmFacts, FilmTooMuch, FilmUnreadable, MadeFilm
from firstfix.domain.files.rules import sniff
from tests.factories.clips import ClearContent, clip, sound_only, turned
from tests.factories.confined import Confined, run_confined
from tests.factories.pictures import film as boxes_of_film
from tests.factories.waiting import until

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other means")


@pytest.fixture
def films(tmp_path: Path) -> FfmpegFilms:
    return FfmpegFilms(tmp_path / "films")


async def look(films: FfmpegFilms, content: bytes) -> FilmFacts:
    async with films.open(ClearContent(content)) as film:
        return film.facts


async def make(films: FfmpegFilms, content: bytes, *heights: int) -> list[tuple[FilmFacts, bytes]]:
    """Make films at these heights; the last one is the poster."""
    async with films.open(ClearContent(content)) as film:
        made = await film.make(heights)
        return [(one.facts, await read(one)) for one in (*made.films, made.poster)]


async def read(made: MadeFilm) -> bytes:
    return b"".join([chunk async for chunk in made.read()])


def sizes(made: Sequence[tuple[FilmFacts, bytes]]) -> list[tuple[int, int]]:
    return [(facts.width, facts.height) for facts, _ in made]


async def test_a_film_is_made_at_each_height_with_a_poster(films: FfmpegFilms) -> None:
    made = await make(films, clip(), 480, 360)

    assert sizes(made) == [(640, 480), (480, 360), (480, 360)]
    *variants, (_, poster) = made
    assert [facts.duration_ms for facts, _ in variants] == pytest.approx([1000, 1000], abs=100)
    assert sniff(poster) == "image/jpeg"
    for _, content in variants:
        assert sniff(content) == "video/mp4"
        assert content.index(b"moov") < content.index(b"mdat"), "a player must not wait for the end"


async def test_nothing_of_it_stays_on_the_disk(films: FfmpegFilms, tmp_path: Path) -> None:
    await make(films, clip(), 360)
    with pytest.raises(FilmUnreadable, match="no moving pictures"):
        await look(films, sound_only())

    assert list((tmp_path / "films").iterdir()) == []


async def test_a_copy_that_a_killed_worker_left_goes_and_one_in_use_stays(films: FfmpegFilms, tmp_path: Path) -> None:
    left = tmp_path / "films" / "film-left"
    left.mkdir(parents=True)
    (left / "source.mp4").write_bytes(b"in the clear")

    films.drop_left()
    assert not left.exists()

    async with films.open(ClearContent(clip())):
        films.drop_left()
        [used] = (tmp_path / "films").glob("film-*")
        assert await look(films, clip()) == FilmFacts(width=640, height=480, duration_ms=1000)
        assert list((tmp_path / "films").iterdir()) == [used]
        assert used.stat().st_mode & 0o777 == 0o700


async def test_a_copy_that_cannot_be_removed_is_told_of_once_and_holds_nothing_up(
    films: FfmpegFilms, tmp_path: Path
) -> None:
    left = tmp_path / "films" / "film-left"
    left.parent.mkdir(parents=True)
    left.touch()  # no folder: so not even root gets it away
    gone = tmp_path / "films" / "film-other"
    gone.mkdir()

    with capture_logs() as logs:
        films.drop_left()
        assert await look(films, clip()) == FilmFacts(width=640, height=480, duration_ms=1000)

    assert [path.name for path in (tmp_path / "films").iterdir()] == ["film-left"]
    [told] = [entry for entry in logs if entry["event"] == "films.folder_left"]
    assert (told["folder"], told["advice"].partition(",")[0]) == (str(left), "Remove it by hand")


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (lambda: clip(size="480x854", sound=False), (480, 854)),  # tall, and silent
        (lambda: turned(clip()), (480, 640)),
        (lambda: turned(clip(), 180), (640, 480)),
        (lambda: clip("-vf", "format=yuv444p,crop=401:361"), (401, 361)),
        (lambda: clip("-vf", "setsar=2/1", size="320x480"), (640, 480)),
    ],
    ids=["tall", "turned", "upside down", "odd", "wide pixels"],
)
async def test_a_film_is_measured_as_it_is_shown(
    films: FfmpegFilms, content: Callable[[], bytes], shown: tuple[int, int]
) -> None:
    film = content()

    facts = await look(films, film)
    [(made, _), _] = await make(films, film, 360)

    assert (facts.width, facts.height) == shown
    assert made.height == 360
    assert made.width == pytest.approx(360 * shown[0] / shown[1], abs=1.1)
    assert made.width % 2 == 0


async def test_an_uneven_rate_keeps_its_length(films: FfmpegFilms) -> None:
    uneven = clip("-vf", "select='lt(t,1)+not(mod(n,7))'", "-fps_mode", "vfr", seconds=3, sound=False)

    [(made, _), _] = await make(films, uneven, 360)

    assert made.duration_ms == pytest.approx((await look(films, uneven)).duration_ms, abs=100)


async def test_what_a_phone_wrote_into_it_is_not_copied(films: FfmpegFilms) -> None:
    film = clip(
        "-metadata", "location=+51.5-000.1/", "-metadata", "comment=Tina Tenant", "-movflags", "use_metadata_tags"
    )
    assert b"Tina Tenant" in film

    for _, content in await make(films, film, 360):
        assert b"Tina" not in content
        assert b"+51.5" not in content


async def test_what_is_wrong_is_told_without_what_the_film_says(films: FfmpegFilms) -> None:
    sound = sound_only("-metadata", "comment=Tina Tenant")
    assert b"Tina Tenant" in sound

    for content in (sound, sound[: len(sound) // 2]):
        with pytest.raises(FilmUnreadable) as told:
            await look(films, content)
        assert "Tina" not in str(told.value)


async def test_it_tells_how_far_it_is(films: FfmpegFilms) -> None:
    async with films.open(ClearContent(clip(seconds=3, rate=25))) as film:
        seen = {film.percent}
        making = asyncio.create_task(film.make([480]))
        while not making.done():
            seen.add(film.percent)
            await asyncio.sleep(0.02)
        await making
        seen.add(film.percent)

    assert min(seen) == 0
    assert 0 < max(seen) <= 99


# Films that are none, or ask for too much


def patched(film: bytes, kind: bytes, at: int, value: bytes) -> bytes:
    """Write over something in the first box of a kind, counted from its name."""
    start = film.index(kind) + at
    return film[:start] + value + film[start + len(value) :]


@pytest.mark.parametrize(
    "content",
    [
        lambda: b"",
        sound_only,
        lambda: clip()[: len(clip()) // 2],
        lambda: b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
        lambda: b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile:///etc/passwd\n",
        lambda: b"ffconcat version 1.0\nfile /etc/passwd\n",
        lambda: b"\0\0\0\x10ftypisom\0\0\0\0#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        boxes_of_film,
    ],
    ids=["empty", "no pictures", "cut off", "only its beginning", "playlist", "concat", "playlist inside", "no codec"],
)
async def test_what_is_no_film_is_told_so(films: FfmpegFilms, content: Callable[[], bytes]) -> None:
    with pytest.raises(FilmUnreadable):
        await make(films, content(), 360)


async def test_nothing_that_a_film_refers_to_is_asked_for(films: FfmpegFilms) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/".encode()
        playlist = b"#EXTM3U\n#EXTINF:1,\n" + url + b"a.ts\n"
        reference = len(url).to_bytes(4, "big") + b"url \0\0\0\0" + url
        for content in (playlist, boxes_of_film(reference=reference)):
            with pytest.raises(FilmUnreadable):
                await make(films, content, 360)

        with pytest.raises(BlockingIOError):
            listening.accept()


async def test_a_length_that_is_made_up_changes_nothing(films: FfmpegFilms) -> None:
    endless = patched(clip(), b"mvhd", 20, b"\x7f\xff\xff\xff")

    [(made, _), _] = await make(films, endless, 360)

    assert made.duration_ms == pytest.approx(1000, abs=100)


async def test_pictures_that_are_too_large_are_refused(films: FfmpegFilms) -> None:
    huge = clip(size="8000x5200", rate=1, sound=False)

    with pytest.raises(FilmUnreadable):
        await make(films, huge, 360)


async def test_a_film_that_takes_too_much_of_the_processor_is_refused(tmp_path: Path) -> None:
    films = FfmpegFilms(tmp_path / "films", cpu_seconds=1)

    with pytest.raises(FilmUnreadable):
        await make(films, clip(size="1280x720", seconds=20), 720, 480, 360)


async def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    films = FfmpegFilms(tmp_path / "films", seconds=0.3)

    with pytest.raises(FilmTooMuch, match="too long"):
        await make(films, clip(size="1280x720", seconds=20), 720, 480, 360)

    assert not ffmpegs()


@LINUX
async def test_whoever_wants_the_processor_has_it_first(films: FfmpegFilms) -> None:
    async with films.open(ClearContent(clip(size="1280x720", seconds=20))) as film:
        making = asyncio.create_task(film.make([720]))
        await until(ffmpegs)
        [ffmpeg] = ffmpegs()

        assert ffmpeg.nice() == 19
        assert os.sched_getscheduler(ffmpeg.pid) == os.SCHED_IDLE
        assert os.getsid(ffmpeg.pid) == ffmpeg.pid, "next to others it would take what is theirs from everybody else"
        assert autogroup_of(ffmpeg).endswith(" nice 19\n")
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making


async def test_whoever_stops_waiting_ends_it(films: FfmpegFilms, tmp_path: Path) -> None:
    making = asyncio.create_task(make(films, clip(size="1280x720", seconds=20), 720))
    await until(ffmpegs)

    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making

    assert not ffmpegs()
    assert list((tmp_path / "films").iterdir()) == []


async def test_one_that_was_killed_is_the_machines_fault(films: FfmpegFilms) -> None:
    async with films.open(ClearContent(clip(size="1280x720", seconds=20))) as film:
        making = asyncio.create_task(film.make([720]))
        await until(ffmpegs)
        for child in ffmpegs():
            child.kill()

        with pytest.raises(FilmTooMuch):
            await making


def autogroup_of(process: psutil.Process) -> str:
    """Tell how much its session asks for; of a kernel that shares nothing out between sessions, what would be told."""
    try:
        return Path(f"/proc/{process.pid}/autogroup").read_text()
    except FileNotFoundError:
        return "none nice 19\n"


def ffmpegs() -> list[psutil.Process]:
    """What these tests have started and still runs."""
    children = psutil.Process().children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "ffmpeg" in "".join(child.cmdline()[:1])]


# What it may do


async def test_the_means_of_this_machine_are_told(films: FfmpegFilms) -> None:
    confinement = await films.examine()

    assert confinement.version
    assert set(confinement.means) <= set(launcher.MEANS)


@LINUX
def test_a_child_gets_at_its_folder_and_nothing_else(open_folder: Path) -> None:
    confined = run_confined(open_folder)

    assert "own" in confined.did
    assert {"cpu=60", f"written={256 << 10}"} <= set(confined.did)
    assert_confined(confined)


@LINUX
@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_the_child_of_an_ordinary_user_is_confined_too(open_folder: Path) -> None:
    confined = run_confined(open_folder, user=12345)

    assert "user" not in confined.means
    assert "own" in confined.did
    assert_confined(confined)


def assert_confined(confined: Confined) -> None:
    """What the kernel of this machine cannot do is not told."""
    assert ("user" in confined.means) <= ("uid=65534" in confined.did)
    assert ("network" in confined.means) <= ("network" not in confined.did)
    assert ("files" in confined.means) <= ({"secret", "elsewhere", "network"}.isdisjoint(confined.did))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine gets to."""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
