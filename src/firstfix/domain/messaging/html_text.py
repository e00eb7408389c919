"""The text of mail that came as HTML only. What it looks like, links to or would load is left out."""

from html.parser import HTMLParser
from typing import Final

import nh3

_LIMIT: Final = 64 << 10
_TAGS_LIMIT: Final = 5_000
_UNSEEN: Final = {
    *(
        "applet",
        "frame",
        "frameset",
        "head",
        "iframe",
        "math",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "plaintext",
    ),
    *("script", "select", "style", "svg", "template", "textarea", "title", "xmp"),
}
_BLOCKS: Final = {
    *("blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"),
}
_VOID: Final = frozenset({"br", "hr"})
_QUOTES: Final = ("gmail_quote", "yahoo_quoted", "protonmail_quote")
_SIGNATURES: Final = ("gmail_signature", "moz-signature", "ms-outlook-mobile-signature")


class _Reader(HTMLParser):
    """Collects text; lines of quotes begin with `>`, as in plain text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._open: list[tuple[str, str]] = []
        self._quotes_count = 0
        self._unseen_count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        self._end_line(tag)
        if tag in _VOID:
            return
        role = _role_of(tag, attrs)
        self._open.append((tag, role))
        self._count(role, 1)

    def handle_endtag(self, tag: str) -> None:
        """End an element: each is ended in its order."""
        self._end_line(tag)
        if self._open and self._open[-1][0] == tag:
            self._count(self._open.pop()[1], -1)

    def handle_data(self, data: str) -> None:
        """Take text."""
        text = " ".join(data.split())
        if not text or self._unseen_count:
            return
        if not self.lines[-1] and self._quotes_count:
            self.lines[-1] = "> "
        spaced = data[:1].isspace() and self.lines[-1][-1:] not in {"", " "}
        self.lines[-1] += (" " if spaced else "") + text + (" " if data[-1:].isspace() else "")

    def _count(self, role: str, number: int) -> None:
        self._quotes_count += number if role == "quote" else 0
        self._unseen_count += number if role == "unseen" else 0

    def _end_line(self, tag: str) -> None:
        if tag in _BLOCKS and (self.lines[-1] or self.lines[-2:] != ["", ""]):
            self.lines.append("")


def text_of_html(html: str) -> str:
    """Give the text of HTML.

    A browser's own parser reads it first and writes it again, whole and in order: what Python's takes quadratic time
    for, or stumbles over, is not in that any more.
    """
    reader = _Reader()
    start = max(html.lower().find("<body"), 0)  # what is in the head can be long, and is not to be read
    body = "<".join(html[start : start + _LIMIT].split("<", _TAGS_LIMIT)[:_TAGS_LIMIT])
    reader.feed(
        nh3.clean(
            body,
            tags=_BLOCKS | {"span"},
            clean_content_tags=_UNSEEN,
            attributes={"*": {"class", "id"}},
            strip_comments=True,
        )
    )
    reader.close()
    return "\n".join(line.rstrip() for line in reader.lines).strip()


def _role_of(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    if tag == "blockquote":
        return "quote"
    named = " ".join(value or "" for _, value in attrs)
    if any(mark in named for mark in _SIGNATURES):
        return "unseen"
    return "quote" if any(mark in named for mark in _QUOTES) else ""
