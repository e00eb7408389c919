"""Real films, made by ffmpeg: each kind once for each process of the tests."""

import subprocess
import tempfile
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped] # it has no types

from tests.factories.waiting import PATIENCE_SECONDS


@cache
def clip(*options: str, size: str = "640x480", seconds: float = 1, rate: int = 10, sound: bool = True) -> bytes:
    """Make an MP4 of a moving pattern, with a tone.

    Args:
        options: Of ffmpeg, for what it writes.
        size: Width and height in pixels.
        seconds: How long it plays.
        rate: Pictures a second.
        sound: Whether there is a tone.
    """
    pictures = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=d={seconds}", "-c:a", "aac") if sound else ()
    return _make(*pictures, *tone, "-c:v", "libx264", "-preset", "ultrafast", *options)


@cache
def turned(film: bytes, degrees: int = 90) -> bytes:
    """Say in a film that it has to be turned, as phones do."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(film)
        file.flush()
        return _make("-display_rotation", str(degrees), "-i", file.name, "-c", "copy")


@cache
def flown(film: bytes, told: str) -> bytes:
    """Let a film tell something in a track of text each second, as drones do."""
    lines = (f"{second}\n00:00:{second:02},000 --> 00:00:{second:02},900\n{told}\n\n" for second in range(3))
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file, tempfile.NamedTemporaryFile(suffix=".srt") as text:
        for written, content in ((file, film), (text, "".join(lines).encode())):
            written.write(content)
            written.flush()
        both = ("-i", file.name, "-i", text.name, "-map", "0", "-map", "1")
        return _make(*both, "-c", "copy", "-c:s", "mov_text")


@cache
def sound_only(*options: str) -> bytes:
    """Make an MP4 without pictures; options of ffmpeg for what it writes."""
    return _make("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", *options)


def _make(*arguments: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.mp4")
        program = str(imageio_ffmpeg.get_ffmpeg_exe())
        subprocess.run(
            [program, "-v", "error", "-nostdin", *arguments, str(path)], check=True, timeout=PATIENCE_SECONDS
        )
        return path.read_bytes()


class ClearContent:
    """Content that a store has opened."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content

    async def close(self) -> None:
        pass
