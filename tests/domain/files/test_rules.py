"""Names of files, their types, and what browsers may show."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firstfix.domain.files.rules import LONGEST_NAME_BYTES, UNKNOWN_TYPE, display_name, may_inline, mime_type_of

ANYTHING = st.text(st.characters(exclude_categories=[])) | st.text('./\\ a\u0301\u202e\u200b\0\n"%:é', max_size=12)
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JPEG, PNG, PDF, MP4 = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"\0\0\0\x20ftypisom"


@given(ANYTHING)
@example("x" * 300 + ".pdf")
@example("é" * 300)
@example("." * 300 + "a")
@example("a." + "b" * 300)
@example(" .pdf")
@example("a" * 195 + " . hello world")
def test_a_name_is_short_visible_and_leads_nowhere(given_name: str) -> None:
    name = display_name(given_name)

    assert 0 < len(name.encode()) <= LONGEST_NAME_BYTES
    assert name.strip(".") != ""
    assert name == name.strip()
    assert not {"/", "\\"} & set(name)
    assert not HIDDEN & {unicodedata.category(character) for character in name}
    assert unicodedata.is_normalized("NFC", name)


@given(ANYTHING)
@example("x" * 300 + ".pdf")
@example("a" * 195 + ".hello world")
def test_a_name_that_was_made_is_not_changed_again(given_name: str) -> None:
    assert display_name(display_name(given_name)) == display_name(given_name)


@given(
    st.text("abcé ", min_size=1, max_size=400).map(str.strip).filter(bool), st.sampled_from([".pdf", ".JPG", ".tar"])
)
def test_a_long_name_keeps_its_extension(stem: str, extension: str) -> None:
    assert display_name(stem + extension).endswith(extension)


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("requirements.txt", "requirements.txt"),
        ("Größe – Küche.pdf", "Größe – Küche.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\boiler.jpg", "boiler.jpg"),
        ("cafe\u0301.txt", "café.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\r\nSet-Cookie: b.txt", "aSet-Cookie: b.txt"),
        ("zero\u200bwidth\ufeff.png", "zerowidth.png"),
        (".bashrc", ".bashrc"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("/", "unnamed"),
        ("\0", "unnamed"),
        ("\ud800.pdf", ".pdf"),
    ],
)
def test_names(given_name: str, name: str) -> None:
    assert display_name(given_name) == name


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("requirements.txt", "text/plain"),
        ("Summary.doc", "application/msword"),
        ("Summary.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("pict.PNG", "image/png"),
        ("photo.jpeg", "image/jpeg"),
        ("clip.mp4", "video/mp4"),
        ("page.html", "text/html"),
        ("archive.tar.gz", "application/gzip"),
        ("nothing", UNKNOWN_TYPE),
        ("odd.xyzzy", UNKNOWN_TYPE),
        ("pdf", UNKNOWN_TYPE),
    ],
)
def test_the_extension_tells_the_type(name: str, mime_type: str) -> None:
    assert mime_type_of(name) == mime_type


@pytest.mark.parametrize(
    ("name", "head", "shown"),
    [
        ("a.jpg", JPEG, True),
        ("a.png", PNG, True),
        ("a.pdf", PDF, True),
        ("a.mp4", MP4, True),
        ("a.png", JPEG, False),
        ("a.jpg", b"<html>", False),
        ("a.html", b"<html>", False),
        ("a.svg", b"<svg", False),
        ("a.txt", PDF, False),
        ("a", PDF, False),
        ("a.jpg", b"", False),
        ("a.mp4", b"ftyp", False),
    ],
)
def test_a_browser_shows_only_what_is_what_it_says(name: str, head: bytes, shown: bool) -> None:  # noqa: FBT001
    assert may_inline(mime_type_of(name), head) is shown
