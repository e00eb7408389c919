"""Small pictures and records, drawn and not photographed: files that need no file to come from."""

import struct
import zlib
from collections.abc import Iterable, Sequence
from math import isqrt

from firstfix.domain.demo.draws import Draw

_WIDTH, _HEIGHT = 240, 180
_WALLS = ((214, 206, 190), (196, 204, 208), (222, 216, 206))
_WHITE, _METAL, _DAMP = (246, 246, 242), (128, 134, 140), (142, 124, 96)
_LINE_POINTS = 22

PICTURE_SIZE = (_WIDTH, _HEIGHT)

Colour = tuple[int, int, int]


def draw_picture(draw: Draw, *, is_finished: bool) -> bytes:
    """Draw a wall with a white case and a pipe, and a damp patch until the work is finished. A PNG."""
    wall = draw.one(_WALLS)
    left, top = draw.between(40, 90), draw.between(20, 45)
    patch_x, patch_y, patch_radius = left + draw.between(10, 80), draw.between(120, 150), draw.between(12, 30)

    rows = []
    for y in range(_HEIGHT):
        shade = (_HEIGHT - y) // 12
        row = bytearray(bytes(part - shade for part in wall) * _WIDTH)
        patch_square = patch_radius**2 - (y - patch_y) ** 2
        if not is_finished and patch_square > 0:
            reach = isqrt(patch_square - 1)
            _paint(row, patch_x - reach, patch_x + reach + 1, _DAMP)
        if y >= top + 70:
            _paint(row, left + 20, left + 26, _METAL)
        elif y >= top:
            _paint(row, left, left + 90, _WHITE)
        rows.append(row)
    return write_png(_WIDTH, _HEIGHT, rows, is_coloured=True)


def write_png(width: int, height: int, rows: Iterable[bytes | bytearray], *, is_coloured: bool) -> bytes:
    """Write a PNG.

    Args:
        width: Of a row, in points.
        height: How many rows there are.
        rows: From the top: a byte of grey for each point, or three of red, green and blue.
        is_coloured: Which of the two.
    """
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if is_coloured else 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def write_record(lines: Sequence[str]) -> bytes:
    """Write a PDF of one page; the lines are ASCII without brackets and backslashes."""
    shown = "\n".join(f"({line}) Tj 0 -{_LINE_POINTS} Td" for line in lines)
    text = f"BT /F1 14 Tf 60 770 Td\n{shown}\nET"
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    page = f"/MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 {font} >> >>"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {page} >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
    )
    written = "%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(f"{len(written):010} 00000 n \n")
        written += f"{number} 0 obj\n{content}\nendobj\n"
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{''.join(places)}"
    end = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return (written + table + end).encode("ascii")


def _paint(row: bytearray, start: int, stop: int, colour: Colour) -> None:
    row[3 * start : 3 * stop] = bytes(colour) * (stop - start)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
