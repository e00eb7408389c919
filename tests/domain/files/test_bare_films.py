"""Films keep their pictures and their sound, and tell nothing else."""

import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped] # it has no types
import pytest

from firstfix.domain.files.bare_films import bare_film
from firstfix.domain.files.formats import Unacceptable, inspect_mp4
from tests.factories.clips import clip, flown
from tests.factories.pictures import box, film
from tests.factories.waiting import PATIENCE_SECONDS

PLACE = "+52.5163+013.3777/"
PHONE = (
    *("-metadata", f"com.apple.quicktime.location.ISO6709={PLACE}", "-metadata", "title=In her kitchen"),
    *("-metadata", "creation_time=2024-05-06T07:08:09Z", "-movflags"),
)


def shown(content: bytes, path: Path) -> str:
    """Give the hashes of all pictures and samples of sound."""
    path.write_bytes(content)
    program = str(imageio_ffmpeg.get_ffmpeg_exe())
    decode = (program, "-v", "error", "-xerror", "-i", str(path), "-map", "0:v", "-map", "0:a", "-f", "framemd5", "-")
    return subprocess.run(decode, check=True, capture_output=True, text=True, timeout=PATIENCE_SECONDS).stdout


@pytest.mark.parametrize("form", ["", "+faststart", "+frag_keyframe+empty_moov"])
def test_what_a_phone_writes_beside_the_pictures_is_gone(form: str, tmp_path: Path) -> None:
    taken = clip(*PHONE, f"+use_metadata_tags{form}")
    assert PLACE.encode() in taken
    assert b"kitchen" in taken

    bare = bare_film(taken)

    assert not any(word in bare for word in (PLACE.encode(), b"kitchen", b"Lavf", b"VideoHandler"))
    assert [bytes(8)] * 3 == [bare[at + 8 : at + 16] for kind in (b"mvhd", b"tkhd", b"mdhd") if (at := bare.find(kind))]
    assert (len(bare), inspect_mp4(bare)) == (len(taken), inspect_mp4(taken))
    assert shown(bare, tmp_path / "bare.mp4") == shown(taken, tmp_path / "taken.mp4")
    assert bare_film(bare) == bare


def test_what_a_drone_writes_into_a_track_of_its_own_is_gone(tmp_path: Path) -> None:
    taken = flown(clip(seconds=3), "GPS 52.5163 13.3777")
    assert taken.count(b"GPS 52.5163") == 3

    bare = bare_film(taken)

    assert b"GPS" not in bare
    assert bare.count(b"trak") == 2
    assert shown(bare, tmp_path / "bare.mp4") == shown(taken, tmp_path / "taken.mp4")


@pytest.mark.parametrize("kind", [b"uuid", b"udta", b"meta", b"free", b"skip", b"xyz "])
def test_no_other_box_keeps_what_is_in_it(kind: bytes) -> None:
    told = film(behind=box(kind, b"secret"))

    bare = bare_film(told)

    assert bare == told.replace(box(kind, b"secret"), box(b"free", bytes(6)))


@pytest.mark.parametrize("kind", [b"mvhd", b"trak", b"mdia"])
def test_boxes_without_anything_in_them_are_no_film(kind: bytes) -> None:
    hollow = box(b"ftyp", b"isom") + box(b"moov", box(kind), box(b"trak", box(b"mdia", box(b"hdlr"))))

    with suppress(Unacceptable):
        assert len(bare_film(hollow)) == len(hollow)


def test_a_track_blanks_nothing_but_content() -> None:
    """One that says that its samples lie in the index itself."""
    taken = flown(clip(seconds=3), "GPS 52.5163 13.3777")
    at = taken.rfind(b"stco") + 12
    (count,) = struct.unpack_from(">I", taken, at - 4)
    elsewhere = bytearray(taken)
    elsewhere[at : at + 4 * count] = struct.pack(">I", taken.find(b"moov")) * count

    bare = bare_film(bytes(elsewhere))

    assert inspect_mp4(bare) == inspect_mp4(taken)
