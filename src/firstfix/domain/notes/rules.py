"""What a note may say: text and HTML made into HTML that is safe to show.

Which of the two a text is decides how it looks, never whether it is safe: both go through the same sanitiser.
"""

import html
import re
import unicodedata
from typing import Final

import nh3

from firstfix.domain.jobs.rules import check_text
from firstfix.domain.notes.errors import NoteEmpty, TooMuchMarkup
from firstfix.domain.notes.views import TextForm

POLICY: Final = 1
"""The version of what is kept. Raise it with every change below: what was kept under an older one is sanitised again
when it is read."""
MOST_TAGS: Final = 1_000
LONGEST_HTML: Final = 256 << 10
"""Where tags are left open, HTML opens them again in each paragraph: a few kilobytes can mean many megabytes."""

_KEPT: Final = (
    "a b blockquote br code del div em h1 h2 h3 h4 h5 h6 hr i li ol p s strong sub sup table tbody td th thead tr u ul"
)
_DROPPED: Final = "iframe math noembed noframes noscript object script style svg template textarea title xmp"
"""What goes with all that is in it; of other tags that are not kept the text stays."""
_OTHERS: Final = (
    "abbr acronym address applet area article aside audio base bdi bdo big body button canvas caption center cite col"
    " colgroup data datalist dd details dfn dialog dir dl dt embed fieldset figcaption figure font footer form frame"
    " frameset head header hgroup html img input ins kbd label legend link main map mark marquee menu meta meter nav"
    " nobr optgroup option output param picture plaintext pre progress q rp rt ruby samp section select slot small"
    " source span strike summary tfoot time track tt var video wbr"
)
_TAGS: Final = frozenset(_KEPT.split())
_HTML_TAGS: Final = _TAGS | frozenset(_DROPPED.split()) | frozenset(_OTHERS.split())
_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_DROPPED.split()),
    attributes={"*": set(), "a": {"href"}},  # without "*" its own would be allowed everywhere
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
_WORDS: Final = nh3.Cleaner(tags=set(), attributes={"*": set()}, link_rel=None)

_TAG: Final = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:\s*/?>|\s+[^\s=<>\"'/]+\s*=)")
_BEGINNING: Final = re.compile(r"<[A-Za-z]")
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_LINE_END: Final = re.compile(r"\r\n?|[\n\v\f\x85\u2028\u2029]")
_INVISIBLE: Final = "CZ"
_READINGS: Final = 4


def make_html(given: str, form: TextForm | None, *, may_be_empty: bool = False) -> str:
    """Make the HTML that a note is kept as; what is kept already comes out as it is.

    Args:
        given: What somebody wrote.
        form: What that is; `None` tells it by looking.
        may_be_empty: Whether nothing may come of it.

    Raises:
        ValueOutOfRange: It is longer than 64 KiB, or holds a NUL character.
        TooMuchMarkup: It has too many tags, or too much comes of them.
        NoteEmpty: Nothing that can be seen comes of it.
    """
    check_text("text", given)
    text = given.strip()
    is_html = looks_like_html(text) if form is None else form == "html"
    if is_html and sum(1 for _ in _BEGINNING.finditer(text)) > MOST_TAGS:
        raise TooMuchMarkup
    cleaned = sanitise(text if is_html else _LINE_END.sub("<br>", html.escape(text, quote=False)))
    if is_html and len(cleaned) > LONGEST_HTML:
        raise TooMuchMarkup
    if not _says_something(cleaned):
        if not may_be_empty:
            raise NoteEmpty
        return ""
    return cleaned


def sanitise(markup: str) -> str:
    """Leave of HTML what is on the list.

    What comes of it reads as itself. Not all HTML does: what stands between the cells of a table leaves it when it is
    read again. A browser would see something else than was looked at here, so it is read until that is over.
    """
    cleaned = _read(markup)
    for _ in range(_READINGS):
        again = _read(cleaned)
        if again == cleaned:
            return cleaned
        cleaned = again
    return html.escape(_words_of(cleaned), quote=False)


def looks_like_html(text: str) -> bool:
    """Tell HTML from text: it has a tag of HTML's own, or a character that is written as HTML writes it.

    So `<bob@example.com>` and `5 < 6` are text, and what an editor sends is HTML, also without a tag: `5 &lt; 6`.
    """
    has_tag = any(match[1].lower() in _HTML_TAGS for match in _TAG.finditer(text))
    return has_tag or "<!--" in text or _ENTITY.search(text) is not None


def _says_something(markup: str) -> bool:
    return any(unicodedata.category(character)[0] not in _INVISIBLE for character in _words_of(markup))


def _read(markup: str) -> str:
    """Read HTML and write what is allowed of it, in one line: that says nothing in HTML, and much in text."""
    return _LINE_END.sub(" ", _CLEANER.clean(markup)).strip()


def _words_of(markup: str) -> str:
    return html.unescape(_WORDS.clean(markup)).strip()
