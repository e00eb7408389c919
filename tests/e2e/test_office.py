"""Journeys through the office app, as a person at a desk or with a phone makes them."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import DemoServer, OpenBrowser, sign_in, violations
from tests.factories.pictures import picture

MAX_NODES = 1500
MAX_SHIFT = 0.02
BLUE_OF_BROWSERS = "rgb(0, 0, 238)"
NOWHERE = "00000000-0000-4000-8000-000000000000"


def job_rows(page: Page) -> Locator:
    """The rows of the list that are on screen, without the head."""
    return page.get_by_role("grid", name="Jobs").get_by_role("row").filter(has=page.get_by_role("gridcell"))


def filters(page: Page) -> Locator:
    """The search box and the filters above the list."""
    return page.get_by_role("search", name="Jobs")


def reference_of(row: Locator) -> str:
    """The reference in a row at a desk: the cell after the box and the pin."""
    return row.get_by_role("gridcell").nth(2).inner_text()


def left_of(text: Locator) -> int:
    """Where something begins, in pixels from the left."""
    left: float = text.evaluate("element => element.getBoundingClientRect().left")
    return round(left)


def first_reference(page: Page) -> str:
    """The reference of the first row."""
    expect(job_rows(page).first.get_by_role("button", name=re.compile("^Pin "))).to_be_attached()
    return reference_of(job_rows(page).first)


def test_sign_in_leads_to_where_the_person_wanted_to_go(page: Page, server: DemoServer) -> None:
    sign_in(page, server.account, "/app/jobs?sort=title")

    expect(page.get_by_role("grid", name="Jobs")).to_be_visible()
    expect(page).to_have_url(f"{server.base_url}/app/jobs?sort=title")


def test_sign_in_never_leads_to_another_site(page: Page, server: DemoServer) -> None:
    sign_in(page, server.account, "/app/sign-in?to=//example.com/jobs")

    expect(page).to_have_url(f"{server.base_url}/app/jobs")


def test_a_wrong_password_says_what_to_do(page: Page, server: DemoServer) -> None:
    page.goto("/app/")
    page.get_by_label("E-mail").fill(server.account.email)
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_label("Password", exact=True).press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("ask your administrator to set a new password")
    expect(page.get_by_label("E-mail")).to_have_value(server.account.email)


def test_a_session_that_has_ended_is_said_and_taken_up_where_it_was(jobs: Page, server: DemoServer) -> None:
    title = job_rows(jobs).first.get_by_role("link").inner_text()
    job_rows(jobs).first.get_by_role("link").click()
    expect(jobs.get_by_role("heading", level=1, name=title)).to_be_visible()
    expect(jobs.get_by_role("tab", name="Notes")).to_be_visible()
    jobs.context.clear_cookies()
    # Or something that was still to come has found out, and the tab stands no more.
    jobs.evaluate("[...document.querySelectorAll('[role=tab]')].find(tab => tab.textContent === 'Notes')?.click()")

    expect(jobs.get_by_text("Your session has ended. Sign in to go on where you were.")).to_be_visible()
    sign_in(jobs, server.account, jobs.url)
    expect(jobs.get_by_role("heading", level=1, name=title)).to_be_visible()


def test_signing_out_closes_the_door(jobs: Page, server: DemoServer) -> None:
    jobs.get_by_role("button", name="Account of").click()
    words = [
        jobs.get_by_text(text, exact=True) for text in ("Keyboard shortcuts", "Single-letter shortcuts", "Sign out")
    ]
    assert len({left_of(word) for word in words}) == 1
    jobs.get_by_role("menuitem", name="Sign out").click()
    expect(jobs.get_by_role("heading", name="Sign in")).to_be_visible()

    jobs.goto("/app/jobs")

    expect(jobs.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(jobs).to_have_url(f"{server.base_url}/app/sign-in")


def test_the_list_shows_rows_and_the_exact_count(jobs: Page) -> None:
    total = int(re.sub(r"\D", "", jobs.get_by_role("status").filter(has_text="jobs").inner_text()))

    assert total > 0
    expect(jobs.get_by_role("grid", name="Jobs")).to_have_attribute("aria-rowcount", str(total + 1))
    expect(job_rows(jobs).first).to_be_visible()
    assert jobs.evaluate("document.querySelectorAll('*').length") <= MAX_NODES


def test_search_finds_a_job_by_its_reference(jobs: Page) -> None:
    reference = first_reference(jobs)

    jobs.keyboard.press("/")
    jobs.keyboard.type(reference)

    expect(jobs.get_by_role("status").filter(has_text="1 job")).to_be_visible()
    assert first_reference(jobs) == reference


def test_a_search_without_a_match_offers_to_clear_it(jobs: Page, server: DemoServer) -> None:
    jobs.get_by_role("searchbox", name="Search jobs").fill("zzzz no such words")

    expect(jobs.get_by_role("heading", name="No job matches")).to_be_visible()
    jobs.get_by_role("button", name="Clear the filters").click()
    expect(job_rows(jobs).first).to_be_visible()
    expect(jobs).to_have_url(f"{server.base_url}/app/jobs")


def test_a_filter_lives_in_the_address_and_survives_a_reload(jobs: Page) -> None:
    filters(jobs).get_by_role("button", name="Status", exact=True).click()
    name = jobs.get_by_role("option").first.inner_text()
    jobs.get_by_role("option").first.click()
    jobs.keyboard.press("Escape")
    expect(jobs.get_by_role("button", name=f"Status is {name}", exact=True)).to_be_visible()
    expect(jobs).to_have_url(re.compile(r"\?status=\d+$"))

    jobs.reload()

    expect(jobs.get_by_role("button", name=f"Status is {name}", exact=True)).to_be_visible()


def test_a_window_of_dates_moves_with_the_calendar(jobs: Page) -> None:
    filters(jobs).get_by_role("button", name="Works date").click()
    jobs.get_by_role("dialog", name="Works date").get_by_role("button", name="This week").click()

    expect(jobs.get_by_role("button", name="Works date is this week", exact=True)).to_be_visible()
    expect(jobs).to_have_url(re.compile(r"\?when=this-week$"))


def test_a_click_on_a_head_sorts(jobs: Page) -> None:
    head = jobs.get_by_role("columnheader", name="Job", exact=True)

    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(jobs).to_have_url(re.compile(r"\?sort=-title$"))


def test_back_returns_to_the_same_place_and_selection(jobs: Page) -> None:
    first_reference(jobs)
    for _ in range(30):
        jobs.keyboard.press("j")
    jobs.keyboard.press("x")
    row = jobs.get_by_role("row", selected=True)
    reference = reference_of(row)
    jobs.keyboard.press("Enter")
    expect(jobs.get_by_role("tab", name="Details")).to_be_visible()

    jobs.go_back()

    expect(jobs.get_by_role("row", selected=True)).to_be_in_viewport()
    assert reference_of(jobs.get_by_role("row", selected=True)) == reference


def test_the_list_works_with_the_keyboard_alone(page: Page, server: DemoServer) -> None:
    page.goto("/app/jobs")
    page.get_by_label("E-mail").wait_for()
    page.keyboard.type(server.account.email)
    page.keyboard.press("Tab")
    page.keyboard.type(server.account.password)
    page.keyboard.press("Enter")
    first_reference(page)

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("3 of")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("2 of")
    page.keyboard.press("Control+a")
    total = page.get_by_role("status").filter(has_text=re.compile(r"^[\d,]+ jobs?$")).inner_text()
    expect(page.get_by_role("region", name="Selection")).to_contain_text(f"of {total} selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selection")).to_have_count(0)

    page.keyboard.press("Space")
    peek = page.get_by_role("complementary", name="Peek")
    expect(peek.get_by_role("heading", level=2)).to_be_visible()
    title = peek.get_by_role("heading", level=2).inner_text()
    page.keyboard.press("Escape")
    expect(peek).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)

    page.keyboard.press("u")
    expect(page.get_by_role("grid", name="Jobs")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_finder_leads_to_a_job(jobs: Page) -> None:
    reference = first_reference(jobs)

    jobs.keyboard.press("Control+k")
    jobs.get_by_placeholder("Search jobs, or type a command").fill(reference)
    jobs.get_by_role("dialog", name="Search or jump to").get_by_text(reference).click()

    expect(jobs).to_have_url(re.compile("/app/jobs/[0-9a-f-]{36}$"))
    expect(jobs.get_by_text(reference).first).to_be_visible()


def test_a_job_shows_its_fields_and_its_history(jobs: Page) -> None:
    reference = first_reference(jobs)
    title = job_rows(jobs).first.get_by_role("link").inner_text()
    job_rows(jobs).first.get_by_role("link").click()

    expect(jobs.get_by_role("heading", level=1, name=title)).to_be_visible()
    names = jobs.get_by_role("term").all_inner_texts()
    facts = [text.replace("\n", ", ") for text in jobs.get_by_role("definition").all_inner_texts()]
    assert facts.count(facts[names.index("Address")]) == 1, "a place without a name is told by its address once"
    for group in ("Description", "Works", "Site and contacts", "People", "Money", "References"):
        expect(jobs.get_by_role("heading", level=2, name=group, exact=True)).to_be_visible()
    expect(jobs).to_have_title(f"{reference} {title} · Firstfix")

    jobs.get_by_role("tab", name="History").click()
    expect(jobs.get_by_role("list", name="History, newest first").get_by_role("listitem").first).to_be_visible()
    expect(jobs).to_have_url(re.compile(r"\?tab=history$"))


def test_a_note_that_is_written_is_shown_as_it_was_typed(jobs: Page) -> None:
    job_rows(jobs).first.get_by_role("link").click()
    jobs.get_by_role("tab", name="Notes").click()
    expect(jobs).to_have_url(re.compile(r"\?tab=notes$"))
    text = f"Rang <img src=x onerror=alert(1)> twice, no answer. {uuid4()}"

    jobs.get_by_label("New note").fill(text)
    jobs.get_by_role("button", name="Add note").click()

    notes = jobs.get_by_role("list", name="Notes, pinned ones first, then the newest")
    expect(notes.get_by_text(text)).to_be_visible()
    expect(jobs.get_by_label("New note")).to_have_value("")
    jobs.reload()
    expect(notes.get_by_text(text)).to_be_visible()

    jobs.get_by_role("tab", name="History").click()
    newest = jobs.get_by_role("list", name="History, newest first").get_by_role("listitem").first
    expect(newest).to_contain_text("added a note")


def test_a_file_of_a_note_can_be_opened(jobs: Page, server: DemoServer) -> None:
    uuid = (job_rows(jobs).first.get_by_role("link").get_attribute("href") or "").rpartition("/")[2]
    token = jobs.request.get(f"{server.base_url}/api/security/csrf-token").json()["data"]["token"]
    jobs.request.post(
        f"{server.base_url}/api/jobs/case_notes",
        headers={"X-CSRF-Token": token},
        multipart={
            "job_uuid": uuid,
            "note_text": 'As <a href="https://example.com/">the maker</a> says.',
            "attachments": {"name": "flue.jpg", "mimeType": "image/jpeg", "buffer": picture()},
        },
    )
    jobs.goto(f"/app/jobs/{uuid}?tab=notes")

    file = jobs.get_by_role("link", name="flue.jpg").first
    address = file.get_attribute("href")

    opened = jobs.request.get(f"{server.base_url}{address}")
    assert (opened.status, opened.headers["content-type"]) == (200, "image/jpeg")
    for link in (file, jobs.get_by_role("link", name="the maker").first):
        assert link.evaluate("element => getComputedStyle(element).color") != BLUE_OF_BROWSERS


def test_the_job_page_walks_along_the_list(jobs: Page) -> None:
    first_reference(jobs)
    second = job_rows(jobs).nth(1).get_by_role("link").get_attribute("href")
    job_rows(jobs).first.get_by_role("link").click()
    expect(jobs.get_by_text(re.compile(r"^1 of [\d,]+$"))).to_be_visible()

    jobs.get_by_role("button", name="Next job").click()

    expect(jobs).to_have_url(re.compile(f"{second}$"))
    expect(jobs.get_by_text(re.compile(r"^2 of [\d,]+$"))).to_be_visible()


def test_a_job_that_is_not_there_says_what_to_do(jobs: Page) -> None:
    jobs.goto(f"/app/jobs/{NOWHERE}")

    expect(jobs.get_by_role("heading", name="There is no such job")).to_be_visible()
    jobs.get_by_role("link", name="Go to jobs").click()
    expect(jobs.get_by_role("grid", name="Jobs")).to_be_visible()


def test_a_pin_can_be_taken_back(jobs: Page) -> None:
    # Archived jobs cannot be pinned.
    jobs.goto("/app/jobs?stage=new")
    reference = first_reference(jobs)
    pin = jobs.get_by_role("button", name=f"Pin {reference}", exact=True)
    before = pin.get_attribute("aria-pressed")
    after = "false" if before == "true" else "true"
    job_rows(jobs).first.hover()

    pin.click()
    expect(pin).to_have_attribute("aria-pressed", after)
    jobs.get_by_role("button", name="Undo").click()
    expect(pin).to_have_attribute("aria-pressed", before or "false")

    jobs.reload()
    expect(pin).to_have_attribute("aria-pressed", before or "false")


def test_a_pin_set_on_the_job_page_is_in_the_list(jobs: Page) -> None:
    jobs.goto("/app/jobs?stage=new")
    first_reference(jobs)
    row = job_rows(jobs).nth(1)  # not the one that another journey pins at the same time
    pin = jobs.get_by_role("button", name=f"Pin {reference_of(row)}", exact=True)
    before = pin.get_attribute("aria-pressed")
    after = "false" if before == "true" else "true"
    row.get_by_role("link").click()

    expect(jobs.get_by_role("heading", level=1)).to_be_visible()
    jobs.get_by_role("button", name="Pin", exact=True, pressed=before == "true").click()
    expect(jobs.get_by_role("button", name="Pin", exact=True, pressed=after == "true")).to_be_visible()
    jobs.get_by_role("link", name="Jobs", exact=True).click()

    expect(pin).to_have_attribute("aria-pressed", after)


def test_the_theme_is_remembered(jobs: Page) -> None:
    jobs.get_by_role("button", name="Theme").click()
    jobs.get_by_role("menuitemradio", name="Dark").click()
    dark = jobs.evaluate("getComputedStyle(document.body).backgroundColor")

    jobs.reload()

    expect(jobs.get_by_role("grid", name="Jobs")).to_be_visible()
    assert jobs.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    assert jobs.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_a_lost_connection_is_said_and_mended(jobs: Page) -> None:
    first_reference(jobs)
    jobs.context.set_offline(True)
    jobs.get_by_role("searchbox", name="Search jobs").fill("boiler")
    expect(jobs.get_by_role("alert").filter(has_text="cannot be reached").first).to_be_visible()

    jobs.context.set_offline(False)

    expect(jobs.get_by_text("The server cannot be reached. What you see")).to_have_count(0)
    expect(jobs.get_by_role("heading", name="The jobs could not be loaded")).to_have_count(0)


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, open_browser: OpenBrowser) -> Page:
    """A page in each theme; nothing moves, so that axe sees no half-drawn state."""
    return open_browser(color_scheme=request.param, reduced_motion="reduce").pages[0]


def test_the_screens_break_no_rule_of_accessibility(themed: Page, server: DemoServer) -> None:
    found = {}
    themed.goto("/app/")
    themed.get_by_label("E-mail").wait_for()
    found["sign-in"] = violations(themed)

    sign_in(themed, server.account)
    first_reference(themed)
    found["jobs"] = violations(themed)
    themed.keyboard.press("j")
    themed.keyboard.press("x")
    themed.keyboard.press("Space")
    themed.get_by_role("complementary", name="Peek").get_by_role("heading", level=2).wait_for()
    found["peek and selection"] = violations(themed)
    themed.keyboard.press("Enter")
    themed.get_by_role("heading", level=2, name="Money").wait_for()
    found["job"] = violations(themed)
    themed.get_by_role("tab", name="Notes").click()
    themed.get_by_label("New note").fill("Rang twice, no answer.")
    themed.get_by_role("button", name="Add note").click()
    themed.get_by_role("list", name="Notes, pinned ones first, then the newest").wait_for()
    found["notes"] = violations(themed)
    themed.get_by_role("tab", name="History").click()
    themed.get_by_role("list", name="History, newest first").wait_for()
    found["history"] = violations(themed)

    assert {screen: faults for screen, faults in found.items() if faults} == {}


def test_what_floats_breaks_no_rule_of_accessibility(themed: Page, server: DemoServer) -> None:
    sign_in(themed, server.account)
    first_reference(themed)
    found = {}
    openings: dict[str, tuple[Locator, Locator]] = {
        "statuses": (
            filters(themed).get_by_role("button", name="Status", exact=True),
            themed.get_by_role("option").first,
        ),
        "dates": (
            filters(themed).get_by_role("button", name="Works date"),
            themed.get_by_role("button", name="Next month"),
        ),
        "more filters": (
            filters(themed).get_by_role("button", name="Filter", exact=True),
            themed.get_by_role("menuitem").first,
        ),
        "columns": (
            themed.get_by_role("button", name="Columns and density"),
            themed.get_by_role("menuitemcheckbox").first,
        ),
        "theme": (themed.get_by_role("button", name="Theme"), themed.get_by_role("menuitemradio").first),
        "account": (
            themed.get_by_role("button", name="Account of"),
            themed.get_by_role("menuitem", name="Sign out"),
        ),
        "finder": (
            themed.get_by_role("button", name="Search or jump to"),
            themed.get_by_placeholder("Search jobs, or type a command"),
        ),
    }
    for name, (button, content) in openings.items():
        button.click()
        content.wait_for()
        found[name] = violations(themed)
        themed.keyboard.press("Escape")
        expect(content).to_have_count(0)
    themed.keyboard.press("?")
    themed.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    found["shortcuts"] = violations(themed)

    assert {screen: faults for screen, faults in found.items() if faults} == {}


def test_the_dead_ends_break_no_rule_of_accessibility(themed: Page, server: DemoServer) -> None:
    sign_in(themed, server.account)
    first_reference(themed)
    dead_ends = {
        "/app/jobs?q=zzzz-no-such-words": "No job matches",
        f"/app/jobs/{NOWHERE}": "There is no such job",
        "/app/nowhere": "There is no such page",
    }
    found = {}
    for address, title in dead_ends.items():
        themed.goto(address)
        themed.get_by_role("heading", name=title).wait_for()
        found[title] = violations(themed)

    assert {screen: faults for screen, faults in found.items() if faults} == {}


def test_a_phone_shows_cards_and_a_drawer(open_browser: OpenBrowser, server: DemoServer) -> None:
    page = open_browser(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).pages[0]
    sign_in(page, server.account)
    expect(job_rows(page).first.get_by_role("link")).to_be_visible()
    faults = violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    # All references here are of one length: what stands beside them stands in one column, also without a date.
    references = page.get_by_text(re.compile(r"^J\d+$")).all()
    beside_references = [reference.locator("xpath=following-sibling::*") for reference in references]
    assert len({left_of(beside.first) for beside in beside_references}) == 1

    page.get_by_role("button", name="Open the menu").click()
    expect(page.get_by_role("dialog").get_by_role("link", name=re.compile("^Jobs"))).to_be_visible()
    faults += violations(page)
    page.get_by_role("button", name="Close the menu").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    title = job_rows(page).first.get_by_role("link").inner_text()
    job_rows(page).first.tap()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    faults += violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert faults == []


def test_nothing_moves_while_the_screens_load(open_browser: OpenBrowser, server: DemoServer) -> None:
    page = open_browser().pages[0]
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });"""
    )
    sign_in(page, server.account)
    first_reference(page)
    page.reload()
    first_reference(page)
    shifts = [page.evaluate("shift")]

    page.goto(page.url + "/" + str(job_rows(page).first.get_by_role("link").get_attribute("href")).rsplit("/", 1)[-1])
    page.get_by_role("heading", level=2, name="Money").wait_for()
    shifts.append(page.evaluate("shift"))

    assert max(shifts) <= MAX_SHIFT
