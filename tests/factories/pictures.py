"""Small files of the types that pass the gate, made by code."""

import struct
import zipfile
from io import BytesIO

from PIL import Image

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Override PartName="/word/document.xml" ContentType="{WORD}.main+xml"/></Types>'
)
_TEXT = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>Boiler checked.</w:t></w:r></w:p></w:body></w:document>"
)
DOCUMENT_PARTS = {"[Content_Types].xml": _TYPES.encode(), "word/document.xml": _TEXT.encode()}
"""What a document of Word cannot be without."""
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), *, mode: str = "RGB", **options: object) -> bytes:
    """Make a picture of one colour; options as Pillow's writers have them."""
    out = BytesIO()
    Image.new(mode, size).save(out, form, **options)
    return out.getvalue()


def document(parts: dict[str, bytes] | None = None, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a document of Word, with more parts or with others in the place of its own."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in (DOCUMENT_PARTS | (parts or {})).items():
            archive.writestr(name, content)
    return out.getvalue()


def box(kind: bytes, *inside: bytes) -> bytes:
    """Make a box of an MP4."""
    body = b"".join(inside)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def film(
    *,
    brand: bytes = b"isom",
    size: tuple[int, int] = (320, 240),
    seconds: int = 2,
    handler: bytes = b"vide",
    matrix: tuple[int, int, int, int] = (1, 0, 0, 1),
    reference: bytes | None = None,
    behind: bytes = b"",
) -> bytes:
    """Make what has the boxes of a film. Nothing plays it: it has no pictures."""
    a, b, c, d = (value << 16 for value in matrix)
    mvhd = box(b"mvhd", struct.pack(">B3xIIII", 0, 0, 0, 1000, seconds * 1000), bytes(80))
    tkhd = box(
        b"tkhd",
        struct.pack(">I", 7),
        bytes(36),
        struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30),
        struct.pack(">II", size[0] << 16, size[1] << 16),
    )
    hdlr = box(b"hdlr", bytes(8), handler, bytes(13))
    entry = box(b"url ", struct.pack(">I", 1)) if reference is None else reference
    dinf = box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), entry))
    track = box(b"trak", tkhd, box(b"mdia", hdlr, box(b"minf", dinf)))
    return box(b"ftyp", brand, bytes(4), brand) + box(b"moov", mvhd, track) + box(b"mdat", bytes(16)) + behind
