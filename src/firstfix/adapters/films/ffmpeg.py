"""Films by ffmpeg: a child process for each step, confined by `launcher.py`, in a private folder that is then removed.

A film of a stranger is a program for the decoder. So nothing is guessed from it: its container is said to be MP4, only
its first moving picture and its first sound are looked at, and no protocol but files can be named. What was made is
looked into again before anybody sees it.
"""

import asyncio
import errno
import fcntl
import os
import re
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from signal import SIGKILL
from typing import BinaryIO, Final

import imageio_ffmpeg  # type: ignore[import-untyped] # it has no types
import structlog
from msgspec import Struct

from firstfix.adapters.films.launcher import TOLD
from firstfix.domain.files.film_ports import FilmFacts, FilmsUnavailable, FilmTooMuch, FilmUnreadable, MadeFilms
from firstfix.domain.files.ports import Content, StorageUnavailable
from firstfix.kit.failures import Told
from firstfix.settings import Settings

_log = structlog.get_logger(__name__)

_LAUNCHER = Path(__file__).with_name("launcher.py")
_SOURCE: Final = "source.mp4"
_PREFIX: Final = "film-"
_POSTER: Final = "poster.jpg"
_LOOK_SECONDS: Final = 60.0
_MAKE_SECONDS: Final = 3600.0
_CPU_SECONDS: Final = 15 * 60
_HEARD_BYTES: Final = 256 << 10
_CHUNK_BYTES: Final = 1 << 18
_SAID_BYTES: Final = 2000
_MOST_PIXELS: Final = 40_000_000
_LONGEST_SIDE: Final = 8192
_POSTER_SIDE: Final = 480
_KBPS: Final = {1080: 5000, 720: 2800, 480: 1400, 360: 800}
_SOUND_KBPS: Final = 128
_QUIET: Final = ("-hide_banner", "-nostdin", "-y", "-loglevel", "error")

_DISK_FULL: Final = os.strerror(errno.ENOSPC)

_VIDEO = re.compile(
    r"^  Stream #0:\d+\S*: Video: (?P<codec>\w+)(?P<rest>.*?, (?P<width>\d+)x(?P<height>\d+)\b.*)$", re.MULTILINE
)
_SHAPE = re.compile(r"\[SAR (?P<wide>\d+):(?P<high>\d+) ")
_TURN = re.compile(r"^      .*rotation of (?P<degrees>-?\d+\.\d+) degrees$", re.MULTILINE)
_DURATION = re.compile(
    r"^  Duration: (?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d)\.(?P<hundredths>\d\d),", re.MULTILINE
)
_NEXT_STREAM = re.compile(r"^  Stream #", re.MULTILINE)
_SOUND = re.compile(r"^  Stream #0:\d+\S*: Audio: (?P<codec>\w+)", re.MULTILINE)
_PROGRESS = re.compile(rb"out_time_us=(?P<microseconds>\d+)\s")


class Confinement(Struct, frozen=True):
    """What ffmpeg runs without, on this machine, and which one it is."""

    version: str
    means: tuple[str, ...]


class FfmpegFilms:
    """Reads and makes films with the ffmpeg of `imageio-ffmpeg`."""

    def __init__(self, folder: Path, *, seconds: float = _MAKE_SECONDS, cpu_seconds: int = _CPU_SECONDS) -> None:
        """Prepare; nothing is touched before `open`.

        Args:
            folder: Where private folders are made, for this user alone.
            seconds: How long making may take; a busy machine gives processor time slowly.
            cpu_seconds: How much processor time one step may take.
        """
        self._folder = folder
        self._seconds = seconds
        self._cpu_seconds = cpu_seconds
        self._told = Told()

    def drop_left(self) -> None:
        """Remove what workers left in the clear that were killed; the same is done before each film.

        What cannot be removed is told of once, and nothing waits for it.
        """
        try:
            left = list(self._folder.glob(f"{_PREFIX}*"))
        except OSError as error:
            self._tell(self._folder, error)
            return
        for folder in left:
            try:
                with suppress(BlockingIOError, FileNotFoundError), _locked(folder):
                    shutil.rmtree(folder)
            except OSError as error:
                self._tell(folder, error)

    def _tell(self, folder: Path, error: OSError) -> None:
        if self._told.is_news(folder):
            _log.warning(
                "films.folder_left",
                folder=str(folder),
                reason=error.strerror or str(error),
                advice="Remove it by hand, or let this user do so: a copy of a film may lie there in the clear.",
            )

    @asynccontextmanager
    async def open(self, content: Content) -> AsyncIterator["FfmpegFilm"]:
        """Copy a film into a private folder and look into it."""
        self.drop_left()
        with _private_folder(self._folder) as folder:
            await _copy(content, folder / _SOURCE)
            ffmpeg = _Ffmpeg(folder, self._cpu_seconds)
            yield FfmpegFilm(ffmpeg, await ffmpeg.look_into(_SOURCE), self._seconds)

    async def examine(self) -> Confinement:
        """See whether ffmpeg runs here, and what it is confined by.

        Raises:
            FilmsUnavailable: It does not run.
        """
        with _private_folder(self._folder) as folder:
            heard = await _Ffmpeg(folder, self._cpu_seconds).run("-version", seconds=_LOOK_SECONDS)
        if heard.status != 0:
            raise FilmsUnavailable(f"ffmpeg does not run: {heard.said}")
        version = heard.written.decode(errors="replace").partition("\n")[0].split()
        return Confinement(version=version[2] if len(version) > 2 else "?", means=heard.means)  # noqa: PLR2004


def make_films(settings: Settings) -> FfmpegFilms:
    """Make what reads and makes films, for these settings."""
    return FfmpegFilms(settings.data / "films")


class FfmpegFilm:
    """A film in its private folder."""

    def __init__(self, ffmpeg: "_Ffmpeg", found: "_Found", seconds: float) -> None:
        self.facts = found.facts
        self.percent = 0
        self._ffmpeg = ffmpeg
        self._found = found
        self._seconds = seconds

    async def make(self, heights: Sequence[int]) -> MadeFilms:
        """Make it anew at each height, in one go that decodes it once."""
        arguments = _making(heights, has_sound=self._found.sound is not None)
        heard = await self._ffmpeg.run(*arguments, seconds=self._seconds, hear=self._hear)
        if _DISK_FULL in heard.told:
            raise FilmsUnavailable(heard.said)
        if heard.status == -SIGKILL:
            raise FilmTooMuch(heard.said)
        if heard.status != 0:
            raise FilmUnreadable(heard.said)
        films = [await self._see(height) for height in heights]
        poster = await self._ffmpeg.look_into(_POSTER, form="mjpeg")
        return MadeFilms(films=films, poster=self._ffmpeg.made(_POSTER, poster.facts))

    def _hear(self, line: bytes) -> None:
        progress = _PROGRESS.match(line)
        if progress is not None and self.facts.duration_ms:
            percent = min(99, int(progress["microseconds"]) // (10 * self.facts.duration_ms))
            self.percent = max(self.percent, percent)  # that of the output which is furthest behind goes back sometimes

    async def _see(self, height: int) -> "_Made":
        """See that what was made is what was asked for."""
        name = _name_of(height)
        found = await self._ffmpeg.look_into(name)
        has_lost_sound = self._found.sound is not None and found.sound != "aac"
        if (found.picture, found.facts.height) != ("h264", height) or has_lost_sound:
            raise FilmUnreadable(f"ffmpeg made something else than was asked for: {found}")
        return self._ffmpeg.made(name, found.facts)


class _Found(Struct, frozen=True):
    """What ffmpeg says that a file holds: its facts, and the codecs of its picture and sound."""

    facts: FilmFacts
    picture: str
    sound: str | None


class _Heard(Struct, frozen=True):
    """What a run of ffmpeg came to."""

    status: int
    written: bytes
    told: str
    means: tuple[str, ...]

    @property
    def said(self) -> str:
        """What it complained about at the end, for the log."""
        return _complaints(self.told) or f"It ended with {self.status}."


class _Made:
    """A file that ffmpeg made."""

    def __init__(self, path: Path, facts: FilmFacts) -> None:
        self.facts = facts
        self.size_bytes = path.stat().st_size
        self._path = path

    async def read(self) -> AsyncIterator[bytes]:
        """Read it in chunks."""
        with _disk_failures(), self._path.open("rb", buffering=0) as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk


class _Ffmpeg:
    """Runs ffmpeg in a private folder."""

    def __init__(self, folder: Path, cpu_seconds: int) -> None:
        self._folder = folder
        self._cpu_seconds = cpu_seconds

    async def look_into(self, name: str, *, form: str = "mov") -> _Found:
        """Read what a file says that it holds.

        Raises:
            FilmUnreadable: It is nothing that can be shown.
        """
        heard = await self.run(
            "-hide_banner", "-nostdin", *_reading(name, form), seconds=_LOOK_SECONDS
        )  # without anything to make it tells of the file, and ends with an error
        return _read(heard.told)

    def made(self, name: str, facts: FilmFacts) -> _Made:
        """Give a file that was made."""
        return _Made(self._folder / name, facts)

    async def run(self, *arguments: str, seconds: float, hear: Callable[[bytes], None] | None = None) -> _Heard:
        """Run it once.

        Args:
            arguments: As on its command line.
            seconds: When to give up.
            hear: Is told each line that it writes.

        Raises:
            FilmsUnavailable: It cannot be started.
            FilmTooMuch: It took too long.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(self._cpu_seconds)),
                str(self._folder),
                *(_find_program(), *arguments),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                cwd="/",
                env={},
            )
        except OSError as error:
            raise FilmsUnavailable(f"ffmpeg cannot be started: {error}.") from error
        try:
            async with asyncio.timeout(seconds):
                written, told, status = await asyncio.gather(
                    _drain(process.stdout, hear), _drain(process.stderr, None), process.wait()
                )
        except TimeoutError as error:
            raise FilmTooMuch("ffmpeg took too long.") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        first, _, rest = told.decode(errors="replace").partition("\n")
        if not first.startswith(TOLD):
            raise FilmsUnavailable(f"ffmpeg did not begin: {first}")
        return _Heard(status, written, rest, tuple(first.removeprefix(TOLD).split()))


async def _drain(pipe: asyncio.StreamReader | None, hear: Callable[[bytes], None] | None) -> bytes:
    """Read a pipe to its end, and keep its beginning: strangers decide how much comes."""
    if pipe is None:
        raise TypeError("The child's output is piped.")
    kept = bytearray()
    while chunk := await pipe.read(_CHUNK_BYTES):
        if len(kept) < _HEARD_BYTES:
            kept += chunk
        if hear is not None:
            for line in chunk.splitlines(keepends=True):
                hear(line)
    return bytes(kept)


def _reading(name: str, form: str = "mov") -> tuple[str, ...]:
    limits = ("-threads", "1", "-max_pixels", str(_MOST_PIXELS))
    return ("-protocol_whitelist", "file", "-f", form, *limits, "-i", name)


def _making(heights: Sequence[int], *, has_sound: bool) -> list[str]:
    """Write the command line that makes everything: the film is decoded once, and each size is made of the original."""
    count = len(heights) + 1
    square = "scale=w='max(2,2*round({height}*dar/2))':h={height},setsar=1,format=yuv420p"
    side = f"'min({_POSTER_SIDE},{{}})'"
    bounded = f"scale={side.format('iw')}:{side.format('ih')}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    steps = [f"[0:V:0]split={count}{''.join(f'[in{number}]' for number in range(count))}"]
    steps += [f"[in{number}]{square.format(height=height)}[out{number}]" for number, height in enumerate(heights)]
    steps.append(
        f"[in{count - 1}]scale=w='max(2,ih*dar)':h=ih,setsar=1,{bounded},thumbnail=n=50,format=yuvj420p[poster]"
    )
    arguments = [*_QUIET, "-progress", "pipe:1", "-stats_period", "0.5", *_reading(_SOURCE)]
    arguments += ["-filter_threads", "1", "-filter_complex_threads", "1", "-filter_complex", ";".join(steps)]
    bare = ("-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-threads", "1")
    for number, height in enumerate(heights):
        rate = _KBPS[height]
        arguments += ["-map", f"[out{number}]", *(("-map", "0:a:0") if has_sound else ()), *bare]
        arguments += ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "23"]
        # No pictures that wait for later ones: with an uneven rate the end of the film would be told wrongly.
        arguments += ["-bf", "0", "-fps_mode", "vfr"]
        arguments += ["-maxrate", f"{rate}k", "-bufsize", f"{2 * rate}k"]
        arguments += ["-c:a", "aac", "-b:a", f"{_SOUND_KBPS}k", "-ac", "2"]
        arguments += ["-movflags", "+faststart", "-f", "mp4", _name_of(height)]
    arguments += ["-map", "[poster]", *bare, "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2"]
    return [*arguments, "-update", "1", _POSTER]


def _name_of(height: int) -> str:
    return f"{height}.mp4"


def _read(told: str) -> _Found:
    """Read what ffmpeg tells of a file; what a stranger wrote into it stands deeper than the lines looked for."""
    video = next((found for found in _VIDEO.finditer(told) if "(attached pic)" not in found["rest"]), None)
    if video is None:
        raise FilmUnreadable(_complaints(told) or "It has no moving pictures.")
    width, height = int(video["width"]), int(video["height"])
    if not 0 < width <= _LONGEST_SIDE or not 0 < height <= _LONGEST_SIDE:
        raise FilmUnreadable(f"Its pictures are {width} by {height}.")
    shape = _SHAPE.search(video["rest"])
    if shape is not None and int(shape["high"]):
        width = round(width * int(shape["wide"]) / int(shape["high"]))
    following = _NEXT_STREAM.search(told, video.end())
    turn = _TURN.search(told, video.end(), following.start() if following else len(told))
    if turn is not None and round(float(turn["degrees"]) / 90) % 2:
        width, height = height, width
    sound = _SOUND.search(told)
    return _Found(
        facts=FilmFacts(width=width, height=height, duration_ms=_duration_ms(told)),
        picture=video["codec"],
        sound=None if sound is None else sound["codec"],
    )


def _complaints(told: str) -> str:
    """Leave out what a film says about itself, such as where it was taken: that is not for the log."""
    lines = [line for line in told.splitlines() if line.startswith(("[", "Error"))]
    return "\n".join(lines)[-_SAID_BYTES:]


def _duration_ms(told: str) -> int:
    found = _DURATION.search(told)
    if found is None:
        return 0
    hours, minutes, seconds, hundredths = (int(part) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10


def _find_program() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise FilmsUnavailable("There is no ffmpeg: install Firstfix again.") from error


async def _copy(content: Content, path: Path) -> None:
    with _disk_failures(), await asyncio.to_thread(_make_private, path) as file:
        async for chunk in content:
            await asyncio.to_thread(file.write, chunk)


def _make_private(path: Path) -> BinaryIO:
    path.touch(mode=0o600, exist_ok=False)
    return path.open("wb", buffering=0)


@contextmanager
def _disk_failures() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(str(error)) from error


@contextmanager
def _private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder for this user alone, and remove it afterwards.

    Each is locked by the worker that has it, and the kernel unlocks it when that one ends, in whatever way.
    """
    with _disk_failures():
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        with _disk_failures():
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        # Another worker may have taken it for one that was left, before it was locked.
        with suppress(BlockingIOError, FileNotFoundError), _locked(folder):
            if folder.exists():
                try:
                    yield folder
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                return


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)
