"""A hundred and fifty files that nobody honest sends, or that only look so, each with what is to become of it.

They are made from lists of what differs, always the same ones. What must not get through has `MARK` in it.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Literal

from msgspec import Struct
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from tests.factories.pictures import DOCUMENT_PARTS, PDF, WORD, box, document, film, picture

Fate = Literal["refused", "cleaned", "either"]
MARK = b"<script>hostile()</script>"
"""What a hostile file wants to bring in."""


class HostileFile(Struct, frozen=True, kw_only=True):
    """A file, and what is to become of it.

    Args:
        name: What it tries.
        given_name: What it is called.
        content: All of it.
        is_document: Whether it is sent as a document, or as a photo.
        fate: `cleaned` is kept, without the mark and under a plain name; `either` is that or refused.
    """

    name: str
    given_name: str
    content: bytes
    is_document: bool = False
    fate: Fate = "refused"


def hostile_files() -> list[HostileFile]:
    """Make them all, each under a name of its own."""
    files = [*_disguised(), *_misnamed(), *_cut(), *_polyglots(), *_floods(), *_odd_pictures()]
    return [*files, *_archives(), *_films(), *_names()]


# Something else under a name that is taken ---------------------------------------------------------------------------

_OTHERS = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + MARK + b"</svg>",
    "html": b"<!DOCTYPE html><html>" + MARK,
    "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">' + MARK,
    "javascript": b"alert(1) // " + MARK,
    "program": b"MZ\x90\0\3\0\0\0" + MARK,
    "elf": b"\x7fELF\2\1\1\0" + MARK,
    "gif": picture("GIF") + MARK,
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "empty": b"",
}
_NAMES = {"jpg": False, "png": False, "mp4": False, "pdf": True, "docx": True}


def _disguised() -> Iterator[HostileFile]:
    for kind, content in _OTHERS.items():
        for extension, is_document in _NAMES.items():
            yield HostileFile(
                name=f"{kind} as {extension}",
                given_name=f"a.{extension}",
                content=content,
                is_document=is_document,
            )


def _misnamed() -> Iterator[HostileFile]:
    jpeg = picture()
    for given_name in ("a.png", "a.jpg.exe", "a.jpg.svg", "a.html", "jpg", "a.jpg\u202e.html", "a.mp4"):
        yield HostileFile(name=f"picture as {given_name!r}", given_name=given_name, content=jpeg)
    yield HostileFile(name="PNG as JPEG", given_name="a.jpeg", content=picture("PNG"))
    yield HostileFile(name="PDF as DOCX", given_name="a.docx", content=PDF, is_document=True)
    yield HostileFile(name="DOCX as PDF", given_name="a.pdf", content=document(), is_document=True)
    yield HostileFile(name="film as document", given_name="a.mp4", content=film(), is_document=True)
    yield HostileFile(name="document as photo", given_name="a.pdf", content=PDF)


def _cut() -> Iterator[HostileFile]:
    whole = {
        "jpg": picture(size=(300, 300)),
        "png": picture("PNG", (300, 300)),
        "mp4": film(),
        "pdf": PDF,
        "docx": document(),
    }
    for extension, content in whole.items():
        yield HostileFile(
            name=f"half of {extension}",
            given_name=f"a.{extension}",
            content=content[: len(content) // 2],
            is_document=_NAMES[extension],
        )
        yield HostileFile(
            name=f"head of {extension}",
            given_name=f"a.{extension}",
            content=content[:12],
            is_document=_NAMES[extension],
        )


# Two things at once -------------------------------------------------------------------------------------------------


def _polyglots() -> Iterator[HostileFile]:
    archive = document({"word/a.html": MARK}, method=zipfile.ZIP_STORED)
    for extension, form in (("jpg", "JPEG"), ("png", "PNG")):
        for kind, behind in (("page", MARK), ("archive", archive)):
            yield HostileFile(
                name=f"{form} and {kind}",
                given_name=f"a.{extension}",
                content=picture(form) + behind,
                fate="cleaned",
            )
    yield HostileFile(name="comment", given_name="a.jpg", content=picture(comment=MARK), fate="cleaned")
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = MARK.decode()
    exif[ExifTags.Base.ImageDescription] = MARK.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (51.0, 30.0, 0.0)
    yield HostileFile(name="EXIF", given_name="a.jpg", content=picture(exif=exif), fate="cleaned")
    yield HostileFile(name="EXIF in PNG", given_name="a.png", content=picture("PNG", exif=exif), fate="cleaned")
    text = PngInfo()
    text.add_text("Comment", MARK.decode())
    text.add_itxt("XML:com.adobe.xmp", MARK.decode())
    yield HostileFile(name="texts", given_name="a.png", content=picture("PNG", pnginfo=text), fate="cleaned")
    yield HostileFile(
        name="colour profile", given_name="a.jpg", content=picture(icc_profile=MARK * 100), fate="cleaned"
    )
    for kind, content in (("page", PDF + MARK), ("archive", PDF[:-6] + archive + b"\nstartxref\n9\n%%EOF\n")):
        yield HostileFile(name=f"PDF and {kind}", given_name="a.pdf", content=content, is_document=True)
    for kind, content in (
        ("page before", MARK + document()),
        ("page behind", document() + MARK),
        ("page in comment", document()[:-2] + struct.pack("<H", len(MARK)) + MARK),
    ):
        yield HostileFile(name=f"DOCX and {kind}", given_name="a.docx", content=content, is_document=True)


# Too much -----------------------------------------------------------------------------------------------------------


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, *chunks: bytes, depth: int = 1, colours: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def _floods() -> Iterator[HostileFile]:
    data = _chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9))
    for kind, width, height, depth, colours in (
        ("wide", 1_000_000, 1_000, 8, 6),
        ("square", 50_000, 50_000, 8, 2),
        ("thin", 2**31 - 1, 1, 1, 0),
        ("one too many", 8_000, 5_001, 1, 0),
        ("nothing", 0, 0, 8, 2),
    ):
        content = _png(width, height, data, depth=depth, colours=colours)
        yield HostileFile(name=f"flood, {kind}", given_name="a.png", content=content)
    jpeg = bytearray(picture())
    place = jpeg.index(b"\xff\xc0") + 5
    jpeg[place : place + 4] = struct.pack(">HH", 65_500, 65_500)
    yield HostileFile(name="flood, JPEG", given_name="a.jpg", content=bytes(jpeg))
    packed = zlib.compress(bytes(3_000_000), 9)
    small = _chunk(b"IDAT", zlib.compress(bytes(2)))
    for kind, chunk in (
        ("profile", _chunk(b"iCCP", b"a\0\0" + packed)),
        ("text", _chunk(b"zTXt", b"a\0\0" + packed)),
        ("international text", _chunk(b"iTXt", b"a\0\1\0\0\0" + packed)),
    ):
        yield HostileFile(
            name=f"packed {kind}", given_name="a.png", content=_png(1, 1, chunk, small, depth=8), fate="either"
        )


def _odd_pictures() -> Iterator[HostileFile]:
    moving = BytesIO()
    Image.new("RGB", (20, 20)).save(
        moving, "PNG", save_all=True, append_images=[Image.new("RGB", (20, 20), "red") for _ in range(20)]
    )
    yield HostileFile(name="moving", given_name="a.png", content=moving.getvalue(), fate="cleaned")
    for form, mode in (("JPEG", "CMYK"), ("PNG", "I;16"), ("PNG", "P")):
        extension = "jpg" if form == "JPEG" else "png"
        yield HostileFile(
            name=f"{form} of {mode}", given_name=f"a.{extension}", content=picture(form, mode=mode), fate="cleaned"
        )


# Archives -----------------------------------------------------------------------------------------------------------


def _renamed(name: str) -> bytes:
    """Make a document with an entry of that name, as no library would write it."""
    stand_in = b"x" * len(name.encode())
    return document({stand_in.decode(): MARK}).replace(stand_in, name.encode())


def _link() -> bytes:
    out = BytesIO(document())
    with zipfile.ZipFile(out, "a") as archive:
        entry = zipfile.ZipInfo("word/link.xml")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def _without(missing: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in DOCUMENT_PARTS.items():
            if name != missing:
                archive.writestr(name, content)
    return out.getvalue()


def _archives() -> Iterator[HostileFile]:
    laughs = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "&%c;&%c;">' % (97 + n, 96 + n, 96 + n) for n in range(1, 20)
    )
    types = f"{WORD}.main+xml application/vnd.ms-word.document.macroEnabled.main+xml".encode()
    encrypted = bytearray(document({"word/a.xml": b"1"}))
    encrypted[encrypted.rindex(b"PK\x01\x02") + 8] = 1
    shorter = bytearray(document({"word/a.xml": b"12345"}))
    shorter[shorter.rindex(b"PK\x01\x02") + 24] = 3
    contents = {
        "bomb": document({"word/a.xml": bytes(4_000_000)}),
        "bomb in parts": document({f"word/{n}.xml": bytes(900_000) for n in range(5)}),
        "many entries": document({f"word/{n}.xml": b"" for n in range(2_001)}),
        "archive inside": document({"word/media/a.png": document()}),
        "archive by name": document({"word/embeddings/a.zip": b"1"}),
        "sheet inside": document({"word/embeddings/a.xlsx": b"1"}),
        "gzip inside": document({"word/media/a.png": b"\x1f\x8b\x08" + MARK}),
        "macros": document({"word/vbaProject.bin": MARK}),
        "macros by type": document({"[Content_Types].xml": types}),
        "controls": document({"word/activeX/activeX1.xml": MARK}),
        "compound file": document({"word/media/a.png": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + MARK}),
        "program inside": document({"word/media/a.png": b"MZ" + MARK}),
        "billion laughs": document({"word/settings.xml": laughs + b"]><l>&t;</l>"}),
        "billion laughs, wide": document({"word/settings.xml": laughs.decode().encode("utf-16")}),
        "outside entity": document({"word/settings.xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'}),
        "link": _link(),
        "encrypted": bytes(encrypted),
        "longer than told": bytes(shorter),
        "packed otherwise": document(method=zipfile.ZIP_BZIP2),
        "without types": _without("[Content_Types].xml"),
        "without text": _without("word/document.xml"),
        "sheet by type": document({"[Content_Types].xml": b"spreadsheetml.sheet.main+xml"}),
        "twice": _renamed("WORD/DOCUMENT.XML"),
        "entry up": _renamed("../../etc/cron.d/a"),
        "entry up, backwards": _renamed("..\\..\\a.bat"),
        "entry from the root": _renamed("/etc/passwd"),
        "entry on a drive": _renamed("C:/a.bat"),
        "entry cut by NUL": _renamed("word/a.xml\0.exe"),
    }
    for name, content in contents.items():
        yield HostileFile(name=f"DOCX: {name}", given_name="a.docx", content=content, is_document=True)


# Films --------------------------------------------------------------------------------------------------------------


def _films() -> Iterator[HostileFile]:
    elsewhere = box(b"url ", struct.pack(">I", 0), b"file:///etc/passwd\0")
    deep = box(b"trak")
    for _ in range(50):
        deep = box(b"trak", deep)
    ftyp, mdat = box(b"ftyp", b"isom"), box(b"mdat", MARK)
    contents = {
        "playlist behind a brand": b"\0\0\0\x18ftypisom#EXTM3U\nhttp://x/a.ts\n",
        "picture of HEIF": film(brand=b"heic"),
        "sound": film(brand=b"M4A "),
        "subtitles alone": film(handler=b"text"),
        "content elsewhere": film(reference=elsewhere),
        "list of films": ftyp + box(b"moov", box(b"rmra", box(b"rmda"))) + mdat,
        "without index": ftyp + mdat,
        "without content": ftyp + box(b"moov"),
        "two indexes": film(behind=box(b"moov")),
        "page behind": film(behind=MARK),
        "archive behind": film(behind=box(b"free", document())),
        "boxes within boxes": ftyp + box(b"moov", deep) + mdat,
        "many boxes": ftyp + box(b"moov", *[box(b"free")] * 10_001) + mdat,
        "box beyond the end": ftyp + struct.pack(">I4s", 2**31, b"moov") + mdat,
        "box of no size": ftyp + box(b"moov", struct.pack(">I4s", 0, b"trak")) + mdat,
    }
    for name, content in contents.items():
        yield HostileFile(name=f"MP4: {name}", given_name="a.mp4", content=content)


# Names --------------------------------------------------------------------------------------------------------------


def _names() -> Iterator[HostileFile]:
    given_names = (
        "../../etc/passwd.jpg",
        "..\\..\\windows\\win.jpg",
        "CON.jpg",
        "a\u202egpj.html.jpg",
        "x" * 3_000 + ".jpg",
        "<img src=x onerror=hostile()>.jpg",
        "=cmd|' /C calc'!A0.jpg",
    )
    content = picture()
    for number, given_name in enumerate(given_names):
        yield HostileFile(name=f"name {number}", given_name=given_name, content=content, fate="cleaned")
    yield HostileFile(name="name that nobody sees", given_name="\u200b\u200e\ufeff.jpg", content=content)
