"""The demonstration's pictures and records are what their names say."""

import struct
import zlib

from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.pictures import draw_picture, write_record
from firstfix.domain.files.rules import sniff


def test_a_picture_is_a_png_that_can_be_read() -> None:
    picture = draw_picture(Draw("a wall"), is_finished=False)

    chunks, place = [], 8
    while place < len(picture):
        (size,) = struct.unpack_from(">I", picture, place)
        name, content = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + size]
        assert struct.unpack_from(">I", picture, place + 8 + size) == (zlib.crc32(name + content),)
        chunks.append((name, content))
        place += size + 12
    width, height = struct.unpack_from(">II", chunks[0][1])
    assert sniff(picture) == "image/png"
    assert [name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(chunks[1][1])) == height * (1 + 3 * width)
    assert len(picture) < 20_000


def test_the_patch_is_gone_when_the_work_is_finished() -> None:
    assert draw_picture(Draw("a wall"), is_finished=False) != draw_picture(Draw("a wall"), is_finished=True)
    assert draw_picture(Draw("a wall"), is_finished=True) == draw_picture(Draw("a wall"), is_finished=True)


def test_a_record_is_a_pdf_whose_table_leads_to_its_objects() -> None:
    record = write_record(["Record of work", "Job J7"])

    table = int(record.rsplit(b"startxref\n", 1)[1].split()[0])
    entries = record[table:].split(b"\n")[3:7]
    assert sniff(record) == "application/pdf"
    assert record[table:].startswith(b"xref")
    for number, entry in enumerate(entries, start=1):
        assert record[int(entry.split()[0]) :].startswith(b"%d 0 obj" % number)
