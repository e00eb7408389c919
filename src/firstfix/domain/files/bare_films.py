"""Films with their pictures and their sound, and nothing else: not where and when they were taken, nor by whom.

Phones write that beside the pictures, drones and cameras into tracks of their own. All of it is blanked where it
stands, so that nothing moves: an index tells where every picture lies, counted from the first byte. Nothing is decoded.

Pure, and with the standard library alone, as `formats.py`.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from firstfix.domain.files.formats import Box, Unacceptable, boxes_in

_PLAYED: Final[Mapping[bytes, frozenset[bytes]]] = {
    b"": frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"sidx", b"mfra"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf", b"elng"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"dinf", b"stbl"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stps", b"stsh", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}
        | {b"sdtp", b"sgpd", b"sbgp", b"subs", b"saiz", b"saio", b"padb"}
    ),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sdtp", b"sgpd", b"sbgp", b"subs", b"saiz", b"saio"}),
}
"""What players need, by the box that it stands in. Source: ISO/IEC 14496-12, 6.2.3."""
_DATED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_SHOWN = frozenset({b"vide", b"soun"})
_BLANK = b"free"
_HANDLER_NAME_AT = 24


def bare_film(content: bytes) -> bytes:
    """Give a film that passed the gate, without what it tells besides what it shows. It is as long as before.

    Of a track that is neither pictures nor sound its samples are blanked too, as far as one index tells where they are;
    fragments of such a track have no index.

    Raises:
        Unacceptable: It is not built as films are.
    """
    film = memoryview(bytearray(content))
    try:
        _bare(film, film, b"")
    except (struct.error, IndexError) as error:
        raise Unacceptable("unreadable") from error
    return bytes(film)


def _bare(film: memoryview, part: memoryview, within: bytes) -> None:
    for box in boxes_in(part, (within,) if within else ()):
        if box.kind not in _PLAYED[within]:
            _blank(box)
        elif box.kind == b"trak" and not _is_shown(box):
            _blank_samples(film, box)
            _blank(box)
        elif box.kind in _PLAYED:
            _bare(film, box.body, box.kind)
        elif box.kind in _DATED:
            _clear(box.body[4 : 20 if box.body[0] == 1 else 12])
        elif box.kind == b"hdlr":
            _clear(box.body[_HANDLER_NAME_AT:])


def _blank(box: Box) -> None:
    """Make a box one that everybody passes over."""
    box.label[:] = _BLANK
    _clear(box.body)


def _clear(part: memoryview) -> None:
    part[:] = bytes(len(part))


def _is_shown(track: Box) -> bool:
    return any(bytes(handler.body[8:12]) in _SHOWN for handler in _find(track, b"mdia", b"hdlr"))


def _find(box: Box, *path: bytes) -> Iterator[Box]:
    if not path:
        yield box
        return
    for inner in boxes_in(box.body, (box.kind,)):
        if inner.kind == path[0]:
            yield from _find(inner, *path[1:])


def _blank_samples(film: memoryview, track: Box) -> None:
    """Blank what a track shows where it lies, which is in `mdat`, whatever the track says."""
    contents = [(box.start, box.start + len(box.body)) for box in boxes_in(film, ()) if box.kind == b"mdat"]
    for table in _find(track, b"mdia", b"minf", b"stbl"):
        for start, length in _chunks({box.kind: box.body for box in boxes_in(table.body, (b"stbl",))}):
            for first, last in contents:
                if start < last and start + length > first:
                    _clear(film[max(start, first) : min(start + length, last)])


def _chunks(tables: Mapping[bytes, memoryview]) -> Iterator[tuple[int, int]]:
    """Tell where the samples of a track lie, in runs that have no gaps: from which byte, and how many."""
    offsets = _numbers(tables.get(b"stco"), ">I") or _numbers(tables.get(b"co64"), ">Q")
    runs = _numbers(tables.get(b"stsc"), ">III")
    sizes = tables.get(b"stsz")
    if sizes is None or not runs:
        return
    (each,) = struct.unpack_from(">I", sizes, 4)
    lengths = [] if each else [length for (length,) in _numbers(sizes[4:], ">I")]
    run, sample = 0, 0
    for number, (offset,) in enumerate(offsets, start=1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        count = runs[run][1]
        yield offset, each * count if each else sum(lengths[sample : sample + count])
        sample += count


def _numbers(table: memoryview | None, form: str) -> list[tuple[int, ...]]:
    """Read a table: a count behind four bytes, then so many entries, or as many as there are."""
    if table is None:
        return []
    (count,) = struct.unpack_from(">I", table, 4)
    size = struct.calcsize(form)
    count = min(count, (len(table) - 8) // size)
    return list(struct.iter_unpack(form, table[8 : 8 + count * size]))
