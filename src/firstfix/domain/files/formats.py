"""What PDF, MP4 and DOCX must be like to come in as photo, document, or attachment of a note or a mail.

Pure, and with the standard library alone: child processes that are thrown away afterwards run this on what strangers
send. Pictures are not judged here but decoded and written anew.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Final, Literal

from msgspec import Struct

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
MP4: Final = "video/mp4"
PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

MOST_PIXELS: Final = 40_000_000
LONGEST_SIDE: Final = 2560
LONGEST_THUMBNAIL_SIDE: Final = 480

Reason = Literal["unreadable", "too_large", "packed", "macros", "entities", "hidden", "encrypted", "no_video"]
"""Why content is refused; the sentences are in `errors.py`."""


class Unacceptable(Exception):
    """Content that is refused."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Facts(Struct, kw_only=True):
    """What content tells of itself: its size in pixels and how long it plays, where it has such."""

    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None


def inspect(media_type: str, content: bytes) -> Facts:
    """Look through content of a type that is kept as it came.

    Raises:
        Unacceptable: It is not of that type, or more than that.
    """
    match media_type:
        case "application/pdf":
            return inspect_pdf(content)
        case "video/mp4":
            return inspect_mp4(content)
        case _:
            return inspect_docx(content)


def fit(width: int, height: int, longest: int) -> tuple[int, int]:
    """Give the size of a picture whose longest side is not longer than that; none gets larger."""
    longer = max(width, height, longest)
    return max(1, round(width * longest / longer)), max(1, round(height * longest / longer))


# PDF ----------------------------------------------------------------------------------------------------------------

_PDF_HEADER = re.compile(rb"%PDF-[12]\.[0-9]")
# Of what stands before that mark nothing is asked: readers find the objects of a PDF whose table is missing or wrong.
_PDF_TRAILER = re.compile(rb"%%EOF[\s\0]*\Z")
_PDF_TRAILER_BYTES = 1024


def inspect_pdf(content: bytes) -> Facts:
    """See that content begins and ends as a PDF does, and is no archive as well.

    Raises:
        Unacceptable: Otherwise.
    """
    if _PDF_HEADER.match(content) is None or _PDF_TRAILER.search(content[-_PDF_TRAILER_BYTES:]) is None:
        raise Unacceptable("unreadable")
    _refuse_archive(content)
    return Facts()


# MP4 ----------------------------------------------------------------------------------------------------------------

_BRANDS = frozenset(
    {b"isom", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", *(b"iso%d" % number for number in range(2, 10))}
)
_BOXES_LIMIT = 10_000
_DEPTH_LIMIT = 8
_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"dinf"})
_ELSEWHERE = frozenset({b"rmra", b"rdrf", b"rmda"})  # films that are lists of other files
_SELF_CONTAINED = 1
_UNKNOWN_DURATIONS = (0, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)
_QUARTER_TURNS = frozenset({(0, 1, -1, 0), (0, -1, 1, 0)})
_ONE = 1 << 16


class Box(Struct):
    """A part of an MP4.

    Args:
        kind: What it is.
        label: Where that is written.
        body: What is in it.
        start: Where that begins in the part that was read.
        path: The kinds of those that it stands in.
    """

    kind: bytes
    label: memoryview
    body: memoryview
    start: int
    path: tuple[bytes, ...]


def inspect_mp4(content: bytes) -> Facts:
    """See that content is one film, whole and by itself: boxes from the first byte to the last, with pictures in it.

    Raises:
        Unacceptable: Otherwise.
    """
    try:
        return _inspect_mp4(content)
    except (struct.error, IndexError) as error:
        raise Unacceptable("unreadable") from error


def _inspect_mp4(content: bytes) -> Facts:
    top = list(boxes_in(memoryview(content), ()))
    _require_brand(top)
    _refuse_archive(content)
    films = [box for box in top if box.kind == b"moov"]
    if len(films) != 1 or not any(box.kind == b"mdat" for box in top):
        raise Unacceptable("unreadable")
    boxes = list(islice(_walk(films[0]), _BOXES_LIMIT + 1))
    if len(boxes) > _BOXES_LIMIT:
        raise Unacceptable("too_large")
    if any(box.kind in _ELSEWHERE or (box.kind == b"dref" and not _is_self_contained(box.body)) for box in boxes):
        raise Unacceptable("hidden")
    facts = Facts()
    facts.duration_ms = next((_duration_ms(box.body) for box in boxes if box.kind == b"mvhd"), None)
    facts.width, facts.height = _dimensions(_first_picture_track(boxes))
    return facts


def _require_brand(top: list[Box]) -> None:
    if not top or top[0].kind != b"ftyp":
        raise Unacceptable("unreadable")
    brands = bytes(top[0].body)
    if not _BRANDS & {brands[:4], *(brands[start : start + 4] for start in range(8, len(brands) - 3, 4))}:
        raise Unacceptable("unreadable")


def _first_picture_track(boxes: list[Box]) -> memoryview:
    """Give the header of the first track that has pictures; what handles a track stands behind its header."""
    header: memoryview | None = None
    for box in boxes:
        if box.kind == b"trak":
            header = None
        elif box.kind == b"tkhd":
            header = box.body
        elif (
            box.kind == b"hdlr" and box.path[-1] == b"mdia" and bytes(box.body[8:12]) == b"vide" and header is not None
        ):
            return header
    raise Unacceptable("no_video")


def boxes_in(part: memoryview, path: tuple[bytes, ...]) -> Iterator[Box]:
    """Read boxes that fill a part of the content to its end.

    Raises:
        Unacceptable: They do not.
    """
    start = 0
    while start < len(part):
        size, kind = struct.unpack_from(">I4s", part, start)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", part, start + 8)
            header = 16
        elif size == 0 and not path:
            size = len(part) - start
        if size < header or size > len(part) - start:
            raise Unacceptable("unreadable")
        body = start + header
        yield Box(kind, part[start + 4 : start + 8], part[body : start + size], body, path)
        start += size


def _walk(box: Box) -> Iterator[Box]:
    path = (*box.path, box.kind)
    if len(path) > _DEPTH_LIMIT:
        raise Unacceptable("unreadable")
    for inner in boxes_in(box.body, path):
        yield inner
        if inner.kind in _CONTAINERS:
            yield from _walk(inner)


def _is_self_contained(references: memoryview) -> bool:
    return all(box.body[3] & _SELF_CONTAINED for box in boxes_in(references[8:], (b"dref",)))


def _duration_ms(header: memoryview) -> int | None:
    scale, duration = struct.unpack_from(">IQ", header, 20) if header[0] == 1 else struct.unpack_from(">II", header, 12)
    return None if not scale or duration in _UNKNOWN_DURATIONS else min(duration * 1000 // scale, (1 << 31) - 1)


def _dimensions(header: memoryview) -> tuple[int, int]:
    """Read the size that a track is shown at, turned as it is shown."""
    start = 52 if header[0] == 1 else 40
    matrix = struct.unpack_from(">9i", header, start)
    width, height = (size >> 16 for size in struct.unpack_from(">II", header, start + 36))
    turned = tuple(value // _ONE for value in (matrix[0], matrix[1], matrix[3], matrix[4]))
    return (height, width) if turned in _QUARTER_TURNS else (width, height)


# DOCX ---------------------------------------------------------------------------------------------------------------

ENTRIES_LIMIT: Final = 2_000
UNPACKED_LIMIT_BYTES: Final = 200_000_000
RATIO_LIMIT: Final = 100

_RATIO_COUNTS_FROM_BYTES = 100_000  # a page of blanks packs better than that, and is no bomb
_DIRECTORY_ENTRY = b"PK\x01\x02"
_DIRECTORY_END = struct.Struct("<4s4H2LH")
_ENCRYPTED = 1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_TYPES_ENTRY = "[Content_Types].xml"
_MAIN_ENTRY = "word/document.xml"
_MAIN_TYPE = b"wordprocessingml.document.main+xml"
_MACROS = (b"macroenabled", b"vbaproject", b"activex")
_MACRO_NAMES = ("vbaproject", "vbadata", "/activex/")
_XML_NAMES = (".xml", ".rels", ".vml")
_DECLARATIONS = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_PACKED_NAMES = re.compile(
    r"\.(zip|docx|docm|dotx|dotm|xlsx|xlsm|xlsb|pptx|pptm|jar|apk|7z|rar|tar|t?gz|t?bz2|t?xz|zst|cab|iso)\Z",
    re.IGNORECASE,
)
_PACKED_HEADS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
)
_PROGRAM_HEADS = (b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"#!")
_SEEN_BYTES = 1 << 16
_OVERLAP_BYTES = 64


def inspect_docx(content: bytes) -> Facts:
    """See that an archive is a document of Word without macros, and small when unpacked.

    Raises:
        Unacceptable: Otherwise.
    """
    if content.count(_DIRECTORY_ENTRY) > ENTRIES_LIMIT:
        raise Unacceptable("too_large")
    _require_whole_archive(content)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _inspect_archive(archive, len(content))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unacceptable("unreadable") from error
    return Facts()


def _require_whole_archive(content: bytes) -> None:
    """See that an archive begins and ends where the file does: nothing else is before, behind or in its comment."""
    end = len(content) - _DIRECTORY_END.size
    if not content.startswith(b"PK\x03\x04") or end < 0:
        raise Unacceptable("unreadable")
    mark, *_, size, offset, comment_length = _DIRECTORY_END.unpack_from(content, end)
    if mark != b"PK\x05\x06" or comment_length or offset + size != end:
        raise Unacceptable("hidden")


def _inspect_archive(archive: zipfile.ZipFile, packed_bytes: int) -> None:
    entries = archive.infolist()
    if len(entries) > ENTRIES_LIMIT:
        raise Unacceptable("too_large")
    if sum(entry.file_size for entry in entries) > min(
        UNPACKED_LIMIT_BYTES, max(RATIO_LIMIT * packed_bytes, _RATIO_COUNTS_FROM_BYTES)
    ):
        raise Unacceptable("too_large")
    if max(Counter(entry.filename.casefold() for entry in entries).values(), default=0) > 1:
        raise Unacceptable("hidden")
    names = {entry.filename for entry in entries}
    if _TYPES_ENTRY not in names or _MAIN_ENTRY not in names:
        raise Unacceptable("unreadable")
    for entry in entries:
        _inspect_entry(archive, entry)


def _inspect_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    _inspect_label(entry)
    is_xml = entry.filename.casefold().endswith(_XML_NAMES)
    read_bytes, before, types = 0, b"", b""
    with archive.open(entry) as unpacked:
        while chunk := unpacked.read(_SEEN_BYTES):
            if not read_bytes:
                _inspect_head(chunk)
            read_bytes += len(chunk)
            if is_xml:
                seen = before + chunk.replace(b"\0", b"")  # of UTF-16 the letters are left
                if _DECLARATIONS.search(seen):
                    raise Unacceptable("entities")
                before = seen[-_OVERLAP_BYTES:]
            if entry.filename == _TYPES_ENTRY:
                types += chunk
    if read_bytes != entry.file_size:
        raise Unacceptable("unreadable")
    if entry.filename == _TYPES_ENTRY:
        _inspect_types(types)


def _inspect_label(entry: zipfile.ZipInfo) -> None:
    """Judge an entry by what the archive says about it."""
    name = entry.filename.casefold()
    if not _is_plain_name(entry.orig_filename) or stat.S_ISLNK(entry.external_attr >> 16):
        raise Unacceptable("hidden")
    if entry.flag_bits & _ENCRYPTED:
        raise Unacceptable("encrypted")
    if entry.compress_type not in _METHODS:
        raise Unacceptable("unreadable")
    if entry.file_size > max(RATIO_LIMIT * entry.compress_size, _RATIO_COUNTS_FROM_BYTES):
        raise Unacceptable("too_large")
    if any(part in f"/{name}" for part in _MACRO_NAMES):
        raise Unacceptable("macros")
    if _PACKED_NAMES.search(name):
        raise Unacceptable("packed")


def _inspect_types(types: bytes) -> None:
    if any(word in types.lower() for word in _MACROS):
        raise Unacceptable("macros")
    if _MAIN_TYPE not in types:
        raise Unacceptable("unreadable")


def _inspect_head(chunk: bytes) -> None:
    if chunk.startswith(_PACKED_HEADS):
        raise Unacceptable("packed")
    if chunk.startswith(_PROGRAM_HEADS):
        raise Unacceptable("macros")


def _is_plain_name(name: str) -> bool:
    """Tell whether the name of an entry, as it was written, leads nowhere else, whoever unpacks it."""
    return not (
        name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in name.split("/") or not name
    )


def _refuse_archive(content: bytes) -> None:
    """Refuse content of another type that is an archive as well.

    Raises:
        Unacceptable: It can be opened as one.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if archive.infolist():
                raise Unacceptable("hidden")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, struct.error):
        return
