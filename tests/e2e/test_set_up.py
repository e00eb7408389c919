"""The first journey of all: from the link that a first start prints to the empty list of jobs."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DemoServer, OpenBrowser, serving, violations

SAYS = "firstfix user create"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The link of a server that has just been started for the first time."""
    with serving(tmp_path_factory.mktemp("new"), "--no-worker", says=SAYS) as said:
        found = re.search(r"http\S+/app/set-up#\S+", said)
        assert found is not None, said
        yield found[0]


@pytest.fixture
def server(link: str) -> DemoServer:
    """That server: nobody can sign in yet."""
    return DemoServer(base_url=link.partition("/app/")[0], organisations=[])


def fill(page: Page, **fields: str) -> None:
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(value)


def test_the_founder_names_the_organisation_and_comes_in_once(
    open_browser: OpenBrowser, server: DemoServer, link: str
) -> None:
    faults = []
    desk = open_browser(color_scheme="light", reduced_motion="reduce").pages[0]
    phone = open_browser(color_scheme="dark", reduced_motion="reduce", **PHONE).pages[0]
    for page in (desk, phone):
        page.goto(link)
        expect(page.get_by_role("heading", name="Set up Firstfix")).to_be_visible()
        expect(page.get_by_label("Time zone")).to_have_value("Europe/London")
        faults += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")

    # With the keyboard alone; what is missing is said beside its field, and the first of them has the focus.
    expect(desk.get_by_label("Organisation")).to_be_focused()
    desk.keyboard.type("Acme Repairs")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("First name")).to_be_focused()
    expect(desk.get_by_text("Enter your first name.")).to_be_visible()
    expect(desk.get_by_text("Use at least 12 characters.")).to_be_visible()
    faults += violations(desk)
    desk.keyboard.type("Ann")
    expect(desk.get_by_text("Enter your first name.")).to_have_count(0)
    desk.keyboard.press("Tab")
    desk.keyboard.type("Archer")
    desk.keyboard.press("Tab")
    desk.keyboard.type("ann@example.com")
    desk.keyboard.press("Tab")
    desk.keyboard.type("a password for tests")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(f"{server.base_url}/app/jobs")
    desk.get_by_role("button", name="Account of").click()
    expect(desk.get_by_text("Acme Repairs").first).to_be_visible()

    fill(phone, Organisation="Another", First_name="Bob", Last_name="Brown", Password="another password")
    phone.get_by_label("E-mail").fill("bob@example.com")
    phone.get_by_role("button", name="Set up and sign in").click()
    expect(phone.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    faults += violations(phone)
    phone.reload()
    expect(phone.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    phone.get_by_role("link", name="Sign in").click()
    fill(phone, Password="a password for tests")
    phone.get_by_label("E-mail").fill("ann@example.com")
    phone.get_by_role("button", name="Sign in").click()
    expect(phone).to_have_url(f"{server.base_url}/app/jobs")

    assert faults == []
