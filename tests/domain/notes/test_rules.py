"""What becomes of what somebody writes."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.jobs.errors import ValueOutOfRange
from firstfix.domain.notes import rules
from firstfix.domain.notes.errors import NoteEmpty, TooMuchMarkup
from firstfix.domain.notes.rules import LONGEST_HTML, MOST_TAGS, looks_like_html, make_html
from tests.factories.hostile_html import HOSTILE_HTML

TAGS = (
    "a b blockquote br code del div em h1 h2 h3 h4 h5 h6 hr i li ol p s strong sub sup table tbody td th thead tr u ul"
)
ALLOWED = set(TAGS.split())
PIECES = st.sampled_from(
    [*"<>/&;'\"= \n", "&lt;", "&amp;", "&nbsp;", "<!--", "x", "<p", "<a href=http://x>"]
    + [
        f"<{slash}{tag}>"
        for tag in ("a", "b", "p", "br", "li", "ul", "h1", "td", "tr", "table", "div")
        for slash in ("", "/")
    ]
)


class Reader(HTMLParser):
    """Sees that there is nothing but what is allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.strange: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.strange.append(tag)
        for name, value in attrs:
            leads = name == "href" and (value or "").lower().startswith(("http://", "https://", "mailto:", "tel:"))
            if tag != "a" or not (leads or (name, value) == ("rel", "noopener noreferrer nofollow")):
                self.strange.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.strange.append(data)

    def handle_decl(self, decl: str) -> None:
        self.strange.append(decl)

    def handle_pi(self, data: str) -> None:
        self.strange.append(data)


def strange_in(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.strange


@pytest.mark.parametrize("form", ["text", "html", None])
@pytest.mark.parametrize("hostile", HOSTILE_HTML)
def test_nothing_that_runs_is_kept(hostile: str, form: str | None) -> None:
    html = make_html(f"Hello {hostile} <b>there</b>", form)  # type: ignore[arg-type] # one of its forms

    assert strange_in(html) == []
    assert make_html(html, None) == html


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200), st.sampled_from(["text", "html", None]))
def test_what_was_cleaned_is_clean_and_stays_as_it_is(text: str, form: str | None) -> None:
    html = make_html("x " + text.replace("\0", ""), form)  # type: ignore[arg-type] # as above

    assert strange_in(html) == []
    assert make_html(html, "html") == html
    assert make_html(html, None) == html


@pytest.mark.parametrize(
    ("given_text", "html"),
    [
        (
            "Called Tina.\nNo answer.\r\nAgain at 5 < 6 & so on",
            "Called Tina.<br>No answer.<br>Again at 5 &lt; 6 &amp; so on",
        ),
        ("Write to <bob@example.com>, please", "Write to &lt;bob@example.com&gt;, please"),
        ("if a<b and c>d then", "if a&lt;b and c&gt;d then"),
        ("a <b and c> d", "a &lt;b and c&gt; d"),
        ("  around  ", "around"),
        ("<p>Called <strong>Tina</strong></p>", "<p>Called <strong>Tina</strong></p>"),
        ("<P>Called<BR/>Tina", "<p>Called<br>Tina</p>"),
        ("5 &lt; 6", "5 &lt; 6"),
        ("Fish &amp; chips", "Fish &amp; chips"),
        ("<div>one</div><div>two</div>", "<div>one</div><div>two</div>"),
        ("<span style='color:red'>red</span> <font size=7>big</font>", "red big"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"),
        (
            '<a href="https://example.com/?a=1&b=2" title="x" target="_blank">here</a>',
            '<a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer nofollow">here</a>',
        ),
        ('<a href="/app/">ours</a>', '<a rel="noopener noreferrer nofollow">ours</a>'),
        ("<b>before</b><script>alert(1)</script>after", "<b>before</b>after"),
    ],
)
def test_text_and_html_become_html(given_text: str, html: str) -> None:
    assert make_html(given_text, None) == html


def test_who_says_what_it_is_is_believed() -> None:
    assert make_html("<p>x</p>", "text") == "&lt;p&gt;x&lt;/p&gt;"
    assert make_html("one\ntwo &", "html") == "one two &amp;"


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("", False),
        ("plain", False),
        ("a & b", False),
        ("<3", False),
        ("<unknown>", False),
        ("AT&T; &foo;", False),
        ("<br>", True),
        ("</P>", True),
        ("<b\nclass=x>", True),
        ("<b and c>", False),
        ("<br/>", True),
        ("&nbsp;", True),
        ("&#39;", True),
        ("<!-- x -->", True),
        ("<script>", True),
    ],
)
def test_html_is_told_by_tags_and_characters_of_its_own(text: str, is_html: bool) -> None:  # noqa: FBT001
    assert looks_like_html(text) is is_html


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "  \n\t",
        "<p></p>",
        "<p>&nbsp;</p>",
        "<br><br>",
        "<script>alert(1)</script>",
        "\u200b\u2060\ufeff",
        "<hr>",
        "<!-- x -->",
    ],
)
def test_what_says_nothing_is_refused(nothing: str) -> None:
    with pytest.raises(NoteEmpty):
        make_html(nothing, None)
    assert make_html(nothing, None, may_be_empty=True) == ""


def test_what_is_too_long_or_cannot_be_kept_is_refused() -> None:
    assert len(make_html("é" * 32_768, None)) == 32_768
    for text in ("é" * 32_769, "a\0b"):
        with pytest.raises(ValueOutOfRange):
            make_html(text, None)


def test_html_that_costs_too_much_is_refused() -> None:
    assert make_html("<p>x" * MOST_TAGS, None).count("<p>") == MOST_TAGS
    reopened = "<p>" + "".join(f"<b a={n}>" for n in range(400)) + "</p>" + "<p>x" * 400
    for markup in ("<p>x" * (MOST_TAGS + 1), "<q'x>" * (MOST_TAGS + 1) + "<b>x", reopened):
        with pytest.raises(TooMuchMarkup):
            make_html(markup, None)
    assert len(reopened) < LONGEST_HTML < len(rules.sanitise(reopened))
    assert make_html("<q'x>" * (MOST_TAGS + 1), "text").count("&lt;") == MOST_TAGS + 1
