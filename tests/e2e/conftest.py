"""A demonstration server and a real Chromium for the journeys through the web app."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as BrowserError

from tests.factories.waiting import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
# The last of what a demonstration server tells when it starts.
READY = "The same for programs: "
# How long the slowest screen may take on a machine that runs other tests beside.
WAIT_MS = 60_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Browsers write a line to the console for every answer that is not a success, also for one that the app expects,
# and for every request made while a test has cut the network.
EXPECTED_MESSAGES = ("status of 401", "status of 404", "status of 409", "status of 429", "ERR_INTERNET_DISCONNECTED")


class Account(msgspec.Struct, frozen=True):
    """Somebody who can sign in."""

    label: str
    email: str
    password: str


class Organisation(msgspec.Struct, frozen=True):
    """One of the demonstration's organisations."""

    accounts: list[Account]


class DemoServer(msgspec.Struct, frozen=True):
    """A running server and the people who can sign in, as its `demo.json` has them."""

    base_url: str
    organisations: list[Organisation]

    @property
    def account(self) -> Account:
        """Somebody of the office, who may see and pin every job."""
        return next(account for account in self.organisations[0].accounts if account.label == "manager")


OpenBrowser = Callable[..., BrowserContext]


class Seen(msgspec.Struct):
    """The browsers of a test, what they asked for and what they were answered."""

    contexts: list[BrowserContext] = []
    exchanges: list[str] = []


SEEN = pytest.StashKey[Seen]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a test that failed what stood on its pages, and what they had asked for."""
    report = yield
    if report.failed and call.when == "call" and (seen := item.stash.get(SEEN, None)) is not None:
        report.sections.append(("asked of the server", "\n".join(seen.exchanges[-60:])))
        for page in (page for context in seen.contexts for page in context.pages):
            try:
                report.sections.append((page.url, page.locator("body").aria_snapshot(timeout=5_000)[:6_000]))
            except BrowserError as failure:
                report.sections.append((page.url, str(failure)))
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """A demonstration server in a folder of its own.

    FIRSTFIX_E2E names the folder of one that runs already: the journeys are then made there.
    """
    running = os.environ.get("FIRSTFIX_E2E")
    if running is not None:
        yield read_demo(Path(running))
        return
    folder = tmp_path_factory.mktemp("demo")
    with serving(folder, "--demo", says=READY):
        yield read_demo(folder)


@contextmanager
def serving(folder: Path, *options: str, says: str) -> Iterator[str]:
    """Run a server until it has said something, and give what it said until then."""
    log = folder / "server.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTFIX_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("firstfix"), "serve", *options, "--port", "0", "--data", folder],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: says in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield log.read_text()
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def read_demo(folder: Path) -> DemoServer:
    """Read what a demonstration server says of itself."""
    return msgspec.json.decode((folder / "demo.json").read_bytes(), type=DemoServer)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that the project's script finds, or installs where there is none."""
    return subprocess.run([ROOT / "scripts" / "chromium"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


# Not longer than a module: while it lives, no test with an event loop of its own can run in this process.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver of the browser."""
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def open_browser(
    request: pytest.FixtureRequest, playwright: Playwright, chromium: str, server: DemoServer, tmp_path: Path
) -> Iterator[OpenBrowser]:
    """Open a browser that nobody has used; options as Playwright has them for a persistent context.

    At the end of the test nothing may have gone wrong in any of them: no error on a page or in its console, and no
    request to anybody but our server.
    """
    seen = request.node.stash[SEEN] = Seen()
    contexts = seen.contexts
    faults: list[str] = []
    origin = urlsplit(server.base_url).netloc
    begun = time.monotonic()

    def note_console(message: ConsoleMessage) -> None:
        expected = any(text in message.text for text in EXPECTED_MESSAGES)
        if message.type == "error" and not expected:
            faults.append(f"console: {message.text}")

    def note_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"blob", "data"} and address.netloc != origin:
            faults.append(f"foreign request: {request.url}")
        note_exchange(request, "asked")

    def note_answer(answer: Response) -> None:
        note_exchange(answer.request, str(answer.status))

    def note_exchange(request: Request, what: str) -> None:
        seconds = time.monotonic() - begun
        seen.exchanges.append(f"{seconds:6.2f} s  {request.method} {request.url.removeprefix(server.base_url)}: {what}")

    def open_one(**options: Any) -> BrowserContext:  # noqa: ANN401 (Playwright's own options)
        usual: dict[str, Any] = {
            "viewport": {"width": 1440, "height": 900},
            "locale": "en-GB",
            "timezone_id": "Europe/London",
            "color_scheme": "light",
        }
        context = playwright.chromium.launch_persistent_context(
            tmp_path / f"profile-{len(contexts)}",
            executable_path=chromium,
            headless=True,
            args=ARGUMENTS,
            base_url=server.base_url,
            **usual | options,
        )
        context.set_default_timeout(WAIT_MS)
        context.on("console", note_console)
        context.on("weberror", lambda error: faults.append(f"page error: {error.error}"))
        context.on("request", note_request)
        context.on("response", note_answer)
        context.on("requestfailed", lambda request: note_exchange(request, request.failure or "failed"))
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(open_browser: OpenBrowser) -> Page:
    """A page in a browser at a desk, with nobody signed in."""
    return open_browser().pages[0]


@pytest.fixture
def jobs(page: Page, server: DemoServer) -> Page:
    """The jobs list of somebody who has just signed in."""
    sign_in(page, server.account)
    expect(page.get_by_role("grid", name="Jobs")).to_be_visible()
    return page


def sign_in(page: Page, account: Account, to: str = "/app/jobs") -> None:
    """Go to an address of the app and sign in on the way."""
    page.goto(to)
    page.get_by_label("E-mail").fill(account.email)
    page.get_by_label("Password", exact=True).fill(account.password)
    page.get_by_role("button", name="Sign in").click()


AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now, by the WCAG 2.2 AA rules and its best practices."""
    # Evaluated rather than added as a script: the page's content security policy would refuse that.
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"""
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {json.dumps(node['failureSummary'])[:240]}"
        for rule in found
        for node in rule["nodes"]
    ]
