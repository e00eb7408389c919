"""What PDF, MP4 and DOCX must be like."""

import struct
import zipfile
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.files.formats import DOCX, ENTRIES_LIMIT, MP4, PDF, Facts, Reason, Unacceptable, inspect
from tests.factories import pictures
from tests.factories.pictures import WORD, box, document, film

TYPES = "[Content_Types].xml"


def refused(media_type: str, content: bytes) -> Reason | None:
    try:
        inspect(media_type, content)
    except Unacceptable as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_document_of_word_passes(method: int) -> None:
    long_table = {"word/media/image1.png": pictures.picture("PNG"), "word/settings.xml": b"<w:settings/>" * 100}

    assert inspect(DOCX, document(long_table, method=method)) == Facts()


def archive_of(count: int) -> bytes:
    return document({f"word/part{number}.xml": b"" for number in range(count - 2)})


def with_wrong_size(content: bytes) -> bytes:
    """Let the archive say that its last entry is shorter than it is."""
    place = content.rindex(b"PK\x01\x02") + 24
    return content[:place] + struct.pack("<L", 3) + content[place + 4 :]


def encrypted(content: bytes) -> bytes:
    place = content.rindex(b"PK\x01\x02") + 8
    return content[:place] + b"\1\0" + content[place + 2 :]


def linked() -> bytes:
    out = BytesIO(document())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("word/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def named(name: str) -> bytes:
    """Make a document with an entry of that name, as no library would write it."""
    stand_in = "x" * len(name)
    return document({stand_in: b"1"}).replace(stand_in.encode(), name.encode())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (archive_of(ENTRIES_LIMIT), None),
        (archive_of(ENTRIES_LIMIT + 1), "too_large"),
        (document({"word/a.xml": bytes(99_000)}), None),  # small, however well it packs
        (document({"word/a.xml": bytes(5_000_000)}), "too_large"),
        (with_wrong_size(document({"word/a.xml": b"12345"})), "unreadable"),
        (encrypted(document({"word/a.xml": b"12345"})), "encrypted"),
        (linked(), "hidden"),
        (document({"word/embeddings/a.xlsx": b"1"}), "packed"),
        (document({"word/media/image.png": document()}), "packed"),
        (document({"word/vbaProject.bin": b"1"}), "macros"),
        (document({"word/activeX/activeX1.xml": b"1"}), "macros"),
        (document({"word/media/image.png": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}), "macros"),
        (document({"word/media/image.png": b"MZ\x90"}), "macros"),
        (document({TYPES: f"{WORD}.main+xml application/vnd.ms-word.document.macroEnabled".encode()}), "macros"),
        (document({TYPES: b"application/vnd.oasis.opendocument.text"}), "unreadable"),
        (document({"word/a.xml": b'<!DOCTYPE lolz [<!ENTITY lol "lol">]><a>&lol;</a>'}), "entities"),
        (document({"word/a.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16")}), "entities"),
        (document({"word/a.rels": b" " * 65530 + b"<!DOCTYPE a>"}), "entities"),
        (named("../a.xml"), "hidden"),
        (named("/etc/cron"), "hidden"),
        (named("..\\a.xml"), "hidden"),
        (named("C:a.xml"), "hidden"),
        (named("a.xml\0.exe"), "hidden"),
        (named("WORD/DOCUMENT.XML"), "hidden"),  # the same name as another, to some
        (document() + b"<script>", "hidden"),
        (document()[:-2] + b"\x05\x00<html", "hidden"),  # a comment
        (b"PK\x03\x04" + b"<html>" + document(), "hidden"),
        (document()[:-30], "hidden"),
        (b"PK\x03\x04", "unreadable"),
        (document(method=zipfile.ZIP_BZIP2), "unreadable"),
    ],
)
def test_an_archive_that_is_more_or_less_is_refused(content: bytes, reason: Reason | None) -> None:
    assert refused(DOCX, content) == reason


@pytest.mark.parametrize("missing", [TYPES, "word/document.xml"])
def test_an_archive_without_the_parts_of_a_document_is_none(missing: str) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in pictures.DOCUMENT_PARTS.items():
            if name != missing:
                archive.writestr(name, content)

    assert refused(DOCX, out.getvalue()) == "unreadable"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pictures.PDF, None),
        (pictures.PDF.replace(b"1.4", b"2.0"), None),
        (pictures.PDF + b"\r\n\0", None),
        (b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF", None),
        (b" " + pictures.PDF, "unreadable"),
        (pictures.PDF[:-7], "unreadable"),
        (pictures.PDF + b"<script>", "unreadable"),
        (b"%PDF-1.4\n" + document() + b"\nstartxref\n9\n%%EOF", "hidden"),
    ],
)
def test_a_pdf_begins_and_ends_as_one(content: bytes, reason: Reason | None) -> None:
    assert refused(PDF, content) == reason


SUBTITLES = film(handler=b"text")
ELSEWHERE = film(reference=box(b"url ", struct.pack(">I", 0), b"file:///etc/passwd\0"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (film(brand=b"mp42"), None),
        (film(behind=struct.pack(">I4sQ", 1, b"free", 20) + b"1234"), None),
        (film(brand=b"heic"), "unreadable"),
        (film(brand=b"M4A "), "unreadable"),
        (film(behind=b"<script>"), "unreadable"),
        (film(behind=document()), "unreadable"),
        (film(behind=box(b"free", document())), "hidden"),
        (film(behind=box(b"moov")), "unreadable"),
        (film()[:-1], "unreadable"),
        (film().replace(b"mdat", b"skip"), "unreadable"),
        (SUBTITLES, "no_video"),
        (ELSEWHERE, "hidden"),
        (film().replace(b"url ", b"alis"), None),
        (box(b"ftyp", b"isom") + box(b"moov", box(b"rmra")) + box(b"mdat"), "hidden"),
        (box(b"ftyp", b"isom") + box(b"moov", *[box(b"free")] * 10_001) + box(b"mdat"), "too_large"),
        (box(b"ftyp", b"isom") + box(b"moov", b"1234567") + box(b"mdat"), "unreadable"),
        (b"\0\0\0\x18ftypisom#EXTM3U\nhttp://x/a.ts\n", "unreadable"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "unreadable"),
    ],
)
def test_a_film_is_whole_and_by_itself(content: bytes, reason: Reason | None) -> None:
    assert refused(MP4, content) == reason


def test_boxes_within_boxes_end_somewhere() -> None:
    deep = box(b"trak")
    for _ in range(100):
        deep = box(b"trak", deep)

    assert refused(MP4, box(b"ftyp", b"isom") + box(b"moov", deep) + box(b"mdat")) == "unreadable"


@pytest.mark.parametrize("media_type", [DOCX, MP4, PDF])
@given(content=st.data())
def test_whatever_comes_is_judged(media_type: str, content: st.DataObject) -> None:
    good = {DOCX: document(), MP4: film(), PDF: pictures.PDF}[media_type]
    place = content.draw(st.integers(0, len(good)))
    changed = good[:place] + content.draw(st.binary(max_size=8)) + good[content.draw(st.integers(place, len(good))) :]

    refused(media_type, changed)


def test_what_is_packed_wrongly_is_refused() -> None:
    packed = zlib.compress(pictures.DOCUMENT_PARTS["word/document.xml"])[2:-4]

    assert refused(DOCX, document().replace(packed, packed[:-8] + b"12345678")) == "unreadable"
