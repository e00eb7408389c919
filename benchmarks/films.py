"""A film that is made at all its sizes beside what is measured, again and again, as the worker makes one."""

import asyncio
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg  # type: ignore[import-untyped] # it has no types

from firstfix.adapters.films.ffmpeg import FfmpegFilms

_HEIGHTS = (1080, 720, 480, 360)
_BEGIN_SECONDS = 2.0
"""From here on what runs is ffmpeg, and not what starts it."""


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """Make the film until the block ends."""
    _clip()
    loop = asyncio.new_event_loop()
    task = loop.create_task(_make_for_ever(FfmpegFilms(folder)))
    thread = threading.Thread(target=_run, args=(loop, task), name="films")
    thread.start()
    try:
        thread.join(_BEGIN_SECONDS)
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()


async def _make_for_ever(films: FfmpegFilms) -> None:
    while True:
        async with films.open(_Clip()) as film:
            await film.make(_HEIGHTS)


class _Clip:
    """The film, as a store gives it."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield _clip()

    async def close(self) -> None:
        """Nothing was opened."""


@cache
def _clip() -> bytes:
    """Make twenty seconds of a moving pattern at 1,920 by 1,080."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        pattern = ("-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=20", "-c:v", "libx264", "-preset", "ultrafast")
        subprocess.run([str(imageio_ffmpeg.get_ffmpeg_exe()), "-v", "error", *pattern, str(path)], check=True)
        return path.read_bytes()
