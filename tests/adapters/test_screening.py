"""The gate with real child processes: what passes, as what, and what becomes of children that die."""

import asyncio
import os
import re
import subprocess
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from functools import partial
from io import BytesIO
from pathlib import Path
from signal import SIGKILL, SIGSEGV, SIGXCPU

import pytest
from PIL import ExifTags, Image

from firstfix.adapters.screening.confined import READY
from firstfix.adapters.screening.inspector import CHILDREN_AT_ONCE, WAITING_AT_MOST, ChildInspector
from firstfix.domain.files.errors import ContentRefused, TypeNotTaken
from firstfix.domain.files.gate import Accepted, Gate, Screened, drop
from firstfix.domain.files.ports import Content, Draft, Inspected, InspectionUnavailable, StorageUnavailable
from tests.factories.pictures import PDF, box, document, film, picture
from tests.factories.waiting import PATIENCE_SECONDS, until
from tests.fakes.storage import MemoryStorage

OWNER = 7
ELSEWHERE = """
import ctypes, sys
from firstfix.adapters.screening import papers
from firstfix.adapters.screening.confined import look_once
sys.platform, ctypes.CDLL = "darwin", None
look_once(papers.look)
"""


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def gate(storage: MemoryStorage) -> Gate:
    return Gate(storage, ChildInspector())


async def screen(gate: Gate, content: bytes, name: str, accepted: Accepted = "note") -> Screened:
    draft = await gate.storage.draft(OWNER)
    await draft.write(content)
    await draft.finish()
    try:
        return await gate.screen(draft, name, accepted, organisation_id=OWNER)
    finally:
        await draft.drop()


async def bytes_of(draft: Draft) -> bytes:
    return b"".join([chunk async for chunk in await draft.open()])


async def pixels_of(draft: Draft | None) -> Image.Image:
    assert draft is not None
    return Image.open(BytesIO(await bytes_of(draft)))


@pytest.mark.parametrize(("form", "name"), [("JPEG", "a.jpg"), ("JPEG", "a.JPEG"), ("PNG", "a.png")])
async def test_a_picture_is_written_anew_with_its_thumbnail(gate: Gate, form: str, name: str) -> None:
    screened = await screen(gate, picture(form, (3000, 1500)), name, "photo")

    kept, small = await pixels_of(screened.draft), await pixels_of(screened.thumbnail)
    assert (kept.format, kept.size, screened.facts.width, screened.facts.height) == (form, (2560, 1280), 2560, 1280)
    assert (small.format, small.size) == (form, (480, 240))


async def test_a_picture_loses_all_that_is_no_pixel_and_stands_upright(gate: Gate) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "<script>alert(1)</script>"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (51.0, 30.0, 0.0)
    sent = picture(size=(60, 40), exif=exif, comment=b"by Ann", icc_profile=b"a profile") + b"PK\x03\x04<html>"

    screened = await screen(gate, sent, "a.jpg")
    kept = await pixels_of(screened.draft)

    assert kept.size == (40, 60)
    assert not kept.getexif()
    assert set(kept.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not {b"script", b"Ann", b"<html>"} & set(re.findall(rb"script|Ann|<html>", await bytes_of(screened.draft)))


async def test_a_camera_that_writes_odd_things_about_itself_is_turned_all_the_same(gate: Gate) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.XResolution] = 72.0
    sent = picture(size=(60, 40), exif=exif)
    number, text = b"\x01\x1a\x00\x05", b"\x01\x1a\x00\x02"  # the tag, and what type its value is of
    assert sent.count(number) == 1

    screened = await screen(gate, sent.replace(number, text), "a.jpg")

    assert (await pixels_of(screened.draft)).size == (40, 60)


@pytest.mark.parametrize(
    ("form", "mode", "shown"),
    [("JPEG", "CMYK", "RGB"), ("JPEG", "L", "L"), ("PNG", "I;16", "L"), ("PNG", "P", "RGB"), ("PNG", "RGBA", "RGBA")],
)
async def test_pixels_of_any_kind_become_those_that_browsers_show(gate: Gate, form: str, mode: str, shown: str) -> None:
    screened = await screen(gate, picture(form, mode=mode), "a.jpg" if form == "JPEG" else "a.png")

    assert (await pixels_of(screened.draft)).mode == shown


async def test_what_is_no_picture_is_kept_as_it_came(gate: Gate) -> None:
    for content, name in ((PDF, "a.pdf"), (document(), "a.docx"), (film(), "a.mp4")):
        draft = await gate.storage.draft(OWNER)
        await draft.write(content)
        await draft.finish()

        screened = await gate.screen(draft, name, "mail", organisation_id=OWNER)

        assert (screened.draft is draft, screened.thumbnail) == (True, None)


async def test_a_film_is_kept_without_what_it_tells_of_itself(gate: Gate) -> None:
    told = film(behind=box(b"uuid", b"In her kitchen"))

    screened = await screen(gate, told, "a.mp4")

    assert await bytes_of(screened.draft) == told.replace(b"In her kitchen", bytes(14)).replace(b"uuid", b"free")
    assert screened.thumbnail is None


async def test_a_film_tells_its_size_as_it_is_shown_and_how_long_it_plays(gate: Gate) -> None:
    turned = film(size=(1920, 1080), seconds=3, matrix=(0, 1, -1, 0))

    facts = [(await screen(gate, each, "a.mp4", "photo")).facts for each in (film(), turned)]

    assert [(each.width, each.height, each.duration_ms) for each in facts] == [(320, 240, 2000), (1080, 1920, 3000)]


@pytest.mark.parametrize(
    ("accepted", "names"),
    [
        ("photo", ["jpg", "png", "mp4"]),
        ("document", ["pdf", "docx", "jpg", "png"]),
        ("note", ["jpg", "png", "mp4", "pdf", "docx"]),
        ("mail", ["jpg", "png", "mp4", "pdf", "docx"]),
    ],
)
async def test_each_place_takes_its_types(gate: Gate, accepted: Accepted, names: list[str]) -> None:
    files = {
        "jpg": picture(),
        "png": picture("PNG"),
        "mp4": film(),
        "pdf": PDF,
        "docx": document(),
        "gif": picture("GIF"),
        "svg": b"<svg/>",
    }
    taken = []
    for extension, content in files.items():
        try:
            await screen(gate, content, f"a.{extension}", accepted)
        except TypeNotTaken:
            continue
        taken.append(extension)

    assert sorted(taken) == sorted(names)


@pytest.mark.parametrize("name", ["a.png", "a.jpg.html", "a", "jpg", "a.jpg.", "a.mp4", ".jpg", "a.jpg\0.exe"])
async def test_a_name_that_says_something_else_is_refused(gate: Gate, name: str) -> None:
    with pytest.raises(TypeNotTaken):
        await screen(gate, picture(), name)


async def test_a_picture_kept_has_its_thumbnail_in_the_store(gate: Gate, storage: MemoryStorage) -> None:
    screened = await screen(gate, picture(), "a.jpg", "photo")

    given = await gate.keep(screened, part_name="photo")
    await drop(screened)

    assert given.media is not None
    assert {content.storage_key for content in given.contents} == set(storage.contents)
    assert len(given.contents) == 2


@pytest.mark.parametrize("accepted", ["document", "note", "mail"])
async def test_only_photos_have_thumbnails(gate: Gate, storage: MemoryStorage, accepted: Accepted) -> None:
    screened = await screen(gate, picture(), "a.jpg", accepted)

    given = await gate.keep(screened)
    await drop(screened)

    assert [content.storage_key for content in given.contents] == list(storage.contents)
    assert storage.drafts == []


async def test_a_refusal_leaves_no_draft(gate: Gate, storage: MemoryStorage) -> None:
    with pytest.raises(ContentRefused):
        await screen(gate, picture()[:100], "a.jpg")

    assert (storage.drafts, storage.contents) == ([], {})


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Stalled:
    """A draft that never comes to its end."""

    head = b"\xff\xd8\xff"
    sha256 = b""
    size_bytes = 3

    async def write(self, chunk: bytes) -> None: ...

    async def finish(self) -> None: ...

    async def open(self) -> Content:
        return self

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        await asyncio.Event().wait()

    async def close(self) -> None: ...

    async def drop(self) -> None: ...


class Unreadable(Stalled):
    """A draft that cannot be read any further."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        raise StorageUnavailable("Input/output error")


@pytest.mark.parametrize("media_type", ["image/jpeg", "application/pdf"])
async def test_a_draft_that_cannot_be_read_gives_its_place_back_at_once(media_type: str) -> None:
    inspector = ChildInspector(seconds=3600)

    looking = asyncio.create_task(inspector.inspect(Unreadable(), media_type, partial(MemoryStorage().draft, OWNER)))
    await until(looking.done)

    assert isinstance(looking.exception(), StorageUnavailable)


class Busy:
    """An inspector at work on drafts that never end."""

    def __init__(self, count: int, **options: float) -> None:
        self.before = set(children_of(os.getpid()))
        self.inspector = ChildInspector(**options)
        self.begin = partial(MemoryStorage().draft, OWNER)
        self.looks = [
            asyncio.create_task(self.inspector.inspect(Stalled(), "image/jpeg", self.begin)) for _ in range(count)
        ]

    def children(self) -> set[int]:
        return set(children_of(os.getpid())) - self.before

    async def end(self) -> list[Inspected | BaseException]:
        for look in self.looks:
            look.cancel()
        return await asyncio.gather(*self.looks, return_exceptions=True)


async def test_few_children_run_at_once_and_few_more_wait() -> None:
    busy = Busy(CHILDREN_AT_ONCE + WAITING_AT_MOST)
    await until(lambda: len(busy.children()) == CHILDREN_AT_ONCE)

    with pytest.raises(InspectionUnavailable, match="Too many"):
        await busy.inspector.inspect(Stalled(), "image/jpeg", busy.begin)
    assert len(busy.children()) == CHILDREN_AT_ONCE

    await busy.end()
    assert busy.children() == set()


async def test_a_child_that_takes_too_long_is_ended() -> None:
    busy = Busy(1, seconds=0.5)

    [outcome] = await asyncio.gather(*busy.looks, return_exceptions=True)

    assert isinstance(outcome, InspectionUnavailable)
    assert busy.children() == set()


async def confined_child(busy: Busy) -> int:
    """Wait until the child has given up its rights."""
    await until(lambda: len(busy.children()) == 1)
    [child] = busy.children()
    await until(lambda: open_files_limit(child) == 3)
    return child


def told_of(child: int, what: str) -> str:
    return Path(f"/proc/{child}/{what}").read_text()


def open_files_limit(child: int) -> int:
    limits = told_of(child, "limits").splitlines()
    return next(int(line.split()[3]) for line in limits if line.startswith("Max open files"))


@pytest.mark.parametrize(
    ("signal", "outcome"),
    [(SIGKILL, InspectionUnavailable), (SIGSEGV, ContentRefused), (SIGXCPU, ContentRefused)],
)
async def test_who_killed_a_child_is_told_apart(signal: int, outcome: type[Exception]) -> None:
    busy = Busy(1)
    os.kill(await confined_child(busy), signal)

    [told] = await asyncio.gather(*busy.looks, return_exceptions=True)

    assert isinstance(told, outcome)
    assert busy.children() == set()


async def test_a_child_out_of_processor_time_is_not_ended_as_if_the_machine_had_none() -> None:
    spin = (
        "from itertools import repeat\nfrom firstfix.adapters.screening import confined\n"
        "confined._CPU_SECONDS = 1\nconfined.look_once(lambda *_: all(repeat(True)))"
    )

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", spin, "image/jpeg", stdin=DEVNULL, stdout=DEVNULL
    )

    assert await child.wait() == -SIGXCPU


async def test_a_child_can_do_nothing_else() -> None:
    busy = Busy(1)
    child = await confined_child(busy)
    status = dict(line.split(":\t") for line in told_of(child, "status").splitlines())
    limits = told_of(child, "limits")
    await busy.end()

    assert status["NoNewPrivs"] == "1"
    assert int(status["CapEff"], 16) == 0
    assert "0" not in status["Uid"].split()
    assert all(f"{name} " in limits for name in ("Max cpu time", "Max address space", "Max file size"))


def test_a_child_looks_into_files_on_other_systems_too() -> None:
    command = [sys.executable, "-P", "-c", ELSEWHERE, "application/pdf"]

    told = subprocess.run(command, input=PDF, stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=True).stdout

    assert told.startswith(READY + b'{"facts"')


async def test_a_child_that_never_begins_is_the_machines_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")

    with pytest.raises(InspectionUnavailable):
        await ChildInspector().inspect(Stalled(), "image/jpeg", partial(MemoryStorage().draft, OWNER))


async def test_the_largest_picture_that_is_taken_fits(gate: Gate) -> None:
    largest = picture(size=(8000, 5000), mode="L")

    screened = await screen(gate, largest, "a.jpg")

    assert (screened.facts.width, screened.facts.height) == (2560, 1600)
    with pytest.raises(ContentRefused, match="too large"):
        await screen(gate, picture(size=(8000, 5001), mode="L"), "a.jpg")
