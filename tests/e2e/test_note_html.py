"""What is left of hostile HTML in case notes, shown by a real browser: nothing of it runs, leaves or is drawn over."""

from playwright.sync_api import Page

from firstfix.domain.notes.errors import NoteEmpty
from firstfix.domain.notes.rules import make_html
from tests.factories.hostile_html import HOSTILE_HTML

SHOW = """async (notes) => {
    const strange = [];
    const kept = new Set(
        ('a b blockquote br code del div em h1 h2 h3 h4 h5 h6 hr i li ol p s strong sub sup table tbody td th thead tr'
            + ' u ul').split(' ')
    );
    for (const html of notes) {
        const first = document.createElement('div');
        const second = document.createElement('div');
        document.body.append(first, second);
        first.innerHTML = html;
        second.innerHTML = first.innerHTML;
        for (const element of document.body.querySelectorAll('body > div *')) {
            const names = [...element.attributes].map(({ name }) => name);
            const isStrange = element.namespaceURI !== 'http://www.w3.org/1999/xhtml' || !kept.has(element.localName)
                || names.some((name) => element.localName !== 'a' || !['href', 'rel'].includes(name))
                || (element.href && !['http:', 'https:', 'mailto:', 'tel:'].includes(new URL(element.href).protocol));
            if (isStrange) strange.push([html, element.outerHTML]);
            element.dispatchEvent(new MouseEvent('mouseover'));
            element.dispatchEvent(new Event('focus'));
        }
        if (first.innerHTML !== second.innerHTML) strange.push([html, second.innerHTML]);
        first.remove();
        second.remove();
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    return { strange, isPwned: 'pwned' in window, address: location.href };
}"""


def left_of(hostile: str) -> list[str]:
    left = []
    for before, after in (("", ""), ("<p>Hello ", " <b>there</b></p>"), ("<table><tr><td>", ""), ("<ul><li><a>", "")):
        try:
            left.append(make_html(f"{before}{hostile}{after}", "html"))
        except NoteEmpty:
            continue
    return left


def test_a_browser_sees_nothing_but_what_is_kept(page: Page) -> None:
    page.goto("about:blank")
    notes = [html for hostile in HOSTILE_HTML for html in left_of(hostile)]
    assert len(notes) > len(HOSTILE_HTML)

    assert page.evaluate(SHOW, notes) == {"strange": [], "isPwned": False, "address": "about:blank"}


def test_the_browser_would_run_it(page: Page) -> None:
    page.goto("about:blank")

    page.evaluate("document.body.innerHTML = '<img src=x onerror=window.pwned=1>'")

    page.wait_for_function("window.pwned === 1")
