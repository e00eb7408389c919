"""Multipart bodies: whatever comes, in whatever pieces, is read exactly or refused, and leaves nothing behind."""

import asyncio
import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar.types import HTTPReceiveMessage, Receive

from firstfix.api.problems import HttpRefusal, MalformedBody, PayloadTooLarge
from firstfix.api.uploads import FILE_LIMIT_BYTES, FILES_LIMIT, REQUEST_LIMIT_BYTES, TEXT_LIMIT_BYTES, Upload
from firstfix.domain.files.gate import Gate
from firstfix.domain.files.ports import BeginDraft, Draft, Inspected, StorageUnavailable
from firstfix.domain.files.views import GivenFile
from tests.fakes.storage import MemoryStorage

BOUNDARY = "a-boundary"
MIB = 1 << 20
PRINTABLE = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"], exclude_characters='"\\%'), max_size=20
)


def part(content: bytes, *, name: str = "file", file_name: str | None = None, more: str = "") -> bytes:
    """Write one part."""
    named = "" if file_name is None else f'; filename="{file_name}"'
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}{more}\r\n\r\n'.encode()
        + content
        + b"\r\n"
    )


def form(*parts: bytes) -> bytes:
    """Write a body."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Body:
    """A body that comes in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.read_bytes = 0

    async def receive(self) -> HTTPReceiveMessage:
        piece = self._pieces.pop(0) if self._pieces else b""
        self.read_bytes += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}


def upload_of(receive: Receive, **headers: str) -> Upload:
    return Upload(receive, {"content-type": f"multipart/form-data; boundary={BOUNDARY}", **headers})


def in_pieces(body: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    return [body[start:stop] for start, stop in pairwise(places)]


class Nobody:
    """Looks into nothing: what is only taken in needs no looking into."""

    async def inspect(self, draft: Draft, media_type: str, begin: BeginDraft) -> Inspected:
        raise NotImplementedError


NOBODY = Nobody()


async def take(storage: MemoryStorage, *pieces: bytes) -> tuple[Upload, list[GivenFile]]:
    """Take an upload in, as far as its files in the store."""
    upload = upload_of(Body(*pieces).receive)
    try:
        await upload.receive(storage, organisation_id=1)
        return upload, await upload.keep(Gate(storage, NOBODY))
    except BaseException:
        await upload.close(storage)
        raise


def read(*pieces: bytes) -> tuple[list[tuple[str, str]], list[tuple[str, str, bytes]]]:
    """Take an upload in, and tell its fields and its files."""
    storage = MemoryStorage()
    upload, files = asyncio.run(take(storage, *pieces))
    told = [(file.part_name, file.given_name, storage.contents[file.content.storage_key][0]) for file in files]
    return upload.fields, told


@given(
    st.lists(st.tuples(PRINTABLE, PRINTABLE.filter(bool) | st.none(), st.binary(max_size=300)), max_size=5),
    st.lists(st.integers(0, 5000), max_size=20),
)
def test_a_form_is_read_as_it_was_written_however_it_is_cut(
    parts: list[tuple[str, str | None, bytes]], cuts: list[int]
) -> None:
    texts = [(name, content.hex()) for name, file_name, content in parts if file_name is None]
    files = [(name, file_name, content) for name, file_name, content in parts if file_name is not None]
    body = form(
        *(
            part(content.hex().encode() if file_name is None else content, name=name, file_name=file_name)
            for name, file_name, content in parts
        )
    )

    assert read(*in_pieces(body, cuts)) == (texts, files)


@given(
    st.lists(
        st.sampled_from([part(b"x", file_name="a"), part(b"x"), form(), b"--", b"\r\n", b"\n", b"a-boundary", b"x"])
        | st.binary(max_size=20)
    )
)
@example([part(b"x", file_name="a")])
@example([b""])
def test_any_bytes_are_a_form_or_refused_and_leave_nothing(pieces: list[bytes]) -> None:
    storage = MemoryStorage()

    async def attempt() -> None:
        upload = upload_of(Body(*pieces).receive)
        try:
            await upload.receive(storage, organisation_id=1)
            await upload.keep(Gate(storage, NOBODY))
        except HttpRefusal as refusal:
            assert refusal.status in {400, 413}  # noqa: PT017 (either outcome is right)
        await upload.close(storage)

    asyncio.run(attempt())

    assert storage.drafts == []
    assert storage.contents == {}


@pytest.mark.parametrize("length", range(len(form(part(b"content", file_name="a.txt"))) - 2))
async def test_a_form_cut_short_anywhere_is_refused(length: int) -> None:
    with pytest.raises(MalformedBody):
        await take(MemoryStorage(), form(part(b"content", file_name="a.txt"))[:length])


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        f"multipart/form-data; boundary={'b' * 201}",
    ],
)
async def test_a_form_without_a_boundary_is_refused(content_type: str) -> None:
    upload = Upload(Body(form()).receive, {"content-type": content_type})

    with pytest.raises(MalformedBody):
        await upload.receive(MemoryStorage(), organisation_id=1)


@pytest.mark.parametrize(
    ("disposition", "given_name"),
    [
        ('filename="boiler.jpg"', "boiler.jpg"),
        ("filename=boiler.jpg", "boiler.jpg"),
        ('filename="Größe.jpg"', "Größe.jpg"),
        ("filename*=utf-8''Gr%C3%B6%C3%9Fe.jpg", "Größe.jpg"),
        ("filename=\"Gr__e.jpg\"; filename*=UTF-8'de'Gr%C3%B6%C3%9Fe.jpg", "Größe.jpg"),
        ("filename*=utf-8''%ff.jpg", "\ufffd.jpg"),
        ('filename="a%22b%0D%0A.txt"', 'a"b\r\n.txt'),
        ('filename="C:\\\\boiler.jpg"', "boiler.jpg"),
        ('filename="a;b=c.txt"', "a;b=c.txt"),
    ],
)
async def test_a_file_is_called_what_its_sender_says(disposition: str, given_name: str) -> None:
    _, files = await take(MemoryStorage(), form(part(b"x", more=f"; {disposition}")))

    assert [file.given_name for file in files] == [given_name]


async def test_a_name_in_latin_1_is_read_too() -> None:
    body = form(part(b"x", file_name="GREUSSE.jpg")).replace(b"GREUSSE", "Größe".encode("latin-1"))

    _, files = await take(MemoryStorage(), body)

    assert [file.given_name for file in files] == ["Größe.jpg"]


async def test_a_file_field_left_empty_is_no_file() -> None:
    storage = MemoryStorage()

    _, files = await take(
        storage, form(part(b"", file_name=""), part(b"", file_name="empty.txt"), part(b"x", file_name=""))
    )

    assert [(file.given_name, file.content.size_bytes) for file in files] == [("empty.txt", 0), ("", 1)]


async def test_what_stands_around_the_form_is_left_out() -> None:
    body = b"preamble\r\n" + form(part(b"x", file_name="a")) + b"epilogue"

    _, files = await take(MemoryStorage(), body, b"and more of it")

    assert len(files) == 1


async def test_a_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MalformedBody):
        await take(MemoryStorage(), form(part(b"\xff")))


FULL_TEXT = b"t" * TEXT_LIMIT_BYTES


@pytest.mark.parametrize(
    "fits",
    [
        [part(bytes(FILE_LIMIT_BYTES), file_name="a")],
        [part(b"x", file_name="a")] * FILES_LIMIT,
        [part(FULL_TEXT)] * 16,
        [part(b"x")] * 200,
        [part(b"x", file_name="a", more=f"; x={'y' * 3900}")],
    ],
    ids=["file", "files", "texts", "parts", "header"],
)
async def test_what_is_allowed_fits(fits: list[bytes]) -> None:
    upload, files = await take(MemoryStorage(), form(*fits))

    assert len(upload.fields) + len(files) == len(fits)


@pytest.mark.parametrize(
    "too_much",
    [
        [part(bytes(FILE_LIMIT_BYTES + 1), file_name="a")],
        [part(b"x", file_name="a")] * (FILES_LIMIT + 1),
        [part(FULL_TEXT + b"t")],
        [*[part(FULL_TEXT)] * 16, part(b"t")],
        [part(b"x")] * 201,
        [part(b"x", file_name="a", more=f"; x={'y' * 4100}")],
        [part(b"x").replace(b"\r\n\r\n", b"\r\nX-A: b" * 8 + b"\r\n\r\n")],
    ],
    ids=["file", "files", "text", "texts", "parts", "header", "headers"],
)
async def test_one_more_does_not(too_much: list[bytes]) -> None:
    storage = MemoryStorage()

    with pytest.raises(PayloadTooLarge):
        await take(storage, form(*too_much))
    assert storage.drafts == []
    assert storage.contents == {}


async def test_a_request_of_more_than_100_mib_is_refused_where_it_goes_beyond() -> None:
    piece = bytes(MIB)
    parts = [part(b"x", file_name="a")[:-3], *[piece] * 19, b"\r\n"] * 6
    storage = MemoryStorage()

    with pytest.raises(PayloadTooLarge, match="100 MiB"):
        await take(storage, *parts, form())
    assert storage.drafts == []


async def test_a_request_that_says_it_is_too_large_is_not_taken_in() -> None:
    storage = MemoryStorage()
    body = Body(form(part(b"x", file_name="a")))
    upload = upload_of(body.receive, **{"content-length": str(REQUEST_LIMIT_BYTES + 1)})

    with pytest.raises(PayloadTooLarge):
        await upload.receive(storage, organisation_id=1)
    assert (body.read_bytes, storage.steps) == (0, [])


async def test_who_still_sends_is_heard_out() -> None:
    body = Body(*[bytes(1000)] * 50)
    upload = upload_of(body.receive)

    await upload.close(MemoryStorage())

    assert body.read_bytes == 50_000


async def test_who_waits_for_leave_is_not_given_it() -> None:
    body = Body(bytes(1000))
    upload = upload_of(body.receive, expect="100-continue")

    await upload.close(MemoryStorage())

    assert body.read_bytes == 0


async def test_nobody_is_heard_out_for_ever() -> None:
    endless = Body(*[bytes(MIB)] * 200)

    await upload_of(endless.receive).close(MemoryStorage())

    assert endless.read_bytes <= REQUEST_LIMIT_BYTES + MIB


async def test_a_caller_who_goes_is_refused() -> None:
    async def gone() -> HTTPReceiveMessage:
        return {"type": "http.disconnect"}

    with pytest.raises(MalformedBody):
        await upload_of(gone).receive(MemoryStorage(), organisation_id=1)


# Faults


@pytest.mark.parametrize("step", ["draft", "write", "finish", "keep"])
async def test_a_store_that_fails_at_any_step_keeps_nothing(step: str) -> None:
    storage = MemoryStorage()
    storage.fails_at = step

    with pytest.raises(StorageUnavailable):
        await take(storage, form(part(b"one", file_name="1"), part(b"two", file_name="2")))

    assert storage.drafts == []
    assert storage.contents == {}


async def test_content_is_in_the_store_before_anything_can_tell_of_it() -> None:
    storage = MemoryStorage()

    await take(storage, form(part(b"one", file_name="1"), part(b"two", file_name="2")))

    assert storage.steps == ["draft", "write", "finish", "draft", "write", "finish", "keep", "keep"]


async def test_what_no_row_tells_of_is_removed_and_the_rest_stays() -> None:
    storage = MemoryStorage()
    for is_recorded in (False, True):
        upload, _ = await take(storage, form(part(b"one", file_name="1")))
        upload.is_recorded = is_recorded
        await upload.close(storage)

    assert [content for content, _ in storage.contents.values()] == [b"one"]
    assert storage.drafts == []


async def test_a_store_that_fails_while_we_tidy_is_left_to_the_sweep() -> None:
    storage = MemoryStorage()
    upload, _ = await take(storage, form(part(b"one", file_name="1")))
    storage.fails_at = "remove"

    await upload.close(storage)

    assert len(storage.contents) == 1


async def test_two_uploads_are_the_same_if_their_files_are() -> None:
    one, two = b"one", b"two"
    bodies = [
        form(part(one, file_name="1")),
        form(part(one, file_name="1"), part(b"a field")),
        form(part(two, file_name="1")),
        form(part(one, file_name="2")),
        form(part(one, name="other", file_name="1")),
        form(part(one, file_name="1"), part(one, file_name="1")),
    ]

    prints = [(await take(MemoryStorage(), body))[0].fingerprint() for body in bodies]

    assert prints[0] == prints[1]
    assert len(set(prints)) == 5
    assert all(re.search(rb"[0-9a-f]{64}", written) for written in prints)
