"""What a file is called, what type it has, and whether a browser may show it."""

import mimetypes
import unicodedata
from typing import Final

from firstfix.domain.files.formats import DOCX, JPEG, MP4, PDF, PNG

_HEIGHTS: Final = (1080, 720, 480, 360)
LONGEST_NAME_BYTES = 200
LONGEST_CAPTION_BYTES = 64 << 10
UNKNOWN_TYPE = "application/octet-stream"

_MEDIA_TYPES: Final = {".jpg": JPEG, ".jpeg": JPEG, ".png": PNG, ".mp4": MP4, ".pdf": PDF, ".docx": DOCX}
"""The extensions of what passes the gate."""
SHOWN_TYPES: Final = frozenset({JPEG, PNG, MP4})
"""What a browser may show of what has passed the gate: films, and pictures that were written anew."""
_NAMELESS = "unnamed"
_LONGEST_EXTENSION_BYTES = 20
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format (bidi, zero-width), surrogates, line ends

# The library's own list, not what this machine has in /etc/mime.types; and what it lacks.
_TYPES = mimetypes.MimeTypes().types_map[True] | {
    ".7z": "application/x-7z-compressed",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".eml": "message/rfc822",
    ".gz": "application/gzip",
    ".heic": "image/heic",
    ".m4a": "audio/mp4",
    ".msg": "application/vnd.ms-outlook",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rtf": "application/rtf",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


def display_name(given: str) -> str:
    """Make the name that people see of the one that came with a file. It is shown, and never a path.

    Normal form C, without control, bidi and zero-width characters, at most 200 bytes of UTF-8, extension kept.

    Args:
        given: Anything at all. Folders before the last slash or backslash are left out.
    """
    name = given.replace("\\", "/").rpartition("/")[2]
    visible = "".join(character for character in name if unicodedata.category(character) not in _INVISIBLE)
    name = unicodedata.normalize("NFC", visible).strip()
    stem, extension = _split(name)
    room = LONGEST_NAME_BYTES - len(extension.encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode(errors="ignore").rstrip()
    return (stem if stem.strip(".") else _NAMELESS) + extension


def mime_type_of(file_name: str) -> str:
    """Tell the type by the extension, as the wires do for attachments."""
    return _TYPES.get(_split(file_name)[1].lower(), UNKNOWN_TYPE)


def is_caption(text: str) -> bool:
    """Tell whether a text can be kept as a caption."""
    return "\0" not in text and len(text.encode(errors="surrogatepass")) <= LONGEST_CAPTION_BYTES


def sniff(head: bytes) -> str | None:
    """Tell by its beginning whether content is of a type that browsers may show; `None` for all others."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head[4:8] == b"ftyp":
        return "video/mp4"
    return None


def media_type_of(file_name: str, head: bytes) -> str | None:
    """Tell the type that extension and content agree about; `None` where they do not, or it is none of ours."""
    by_name = _MEDIA_TYPES.get(_split(file_name)[1].lower())
    by_content = DOCX if head.startswith(b"PK\x03\x04") else sniff(head)
    return by_name if by_name == by_content else None


def may_inline(mime_type: str, head: bytes) -> bool:
    """Tell whether a browser may show a file: content and extension agree that it is JPEG, PNG, MP4 or PDF."""
    return mime_type == sniff(head)


def _split(name: str) -> tuple[str, str]:
    """Split off the extension with its dot; empty where there is none, or none that can be one."""
    stem, dot, extension = name.rpartition(".")
    is_extension = extension and " " not in extension and len(extension.encode()) <= _LONGEST_EXTENSION_BYTES
    if not stem.strip(".") or not is_extension:
        return name, ""
    return stem, dot + extension


def variant_heights(height: int) -> list[int]:
    """Tell at which heights a film is made: at each of the usual ones up to its own, never above."""
    return [usual for usual in _HEIGHTS if usual <= height]


def label_of(height: int) -> str:
    """Name a film of a height, for menus and in addresses."""
    return f"{height}p"
