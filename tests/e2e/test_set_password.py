"""From an invitation's link to the first sign-in."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Account, DemoServer, OpenBrowser, sign_in, violations

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
EMAIL, PASSWORD = "newcomer@larkfield.example.com", "a password of one's own"

_ASK = """async ([method, path, body]) => {
    const headers = { 'X-Firstfix': '1', 'Content-Type': 'application/json' };
    return (await fetch(path, { method, headers, body: body && JSON.stringify(body) })).json();
}"""


def ask(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call the web API as the app does, for whoever is signed in."""
    reply: dict[str, Any] = page.evaluate(_ASK, [method, path, body])
    return reply


def test_somebody_who_is_invited_chooses_a_password_and_comes_in(open_browser: OpenBrowser, server: DemoServer) -> None:
    desk = open_browser(reduced_motion="reduce").pages[0]
    sign_in(desk, server.organisations[0].accounts[0])
    expect(desk.get_by_role("grid", name="Jobs")).to_be_visible()
    roles = ask(desk, "GET", "/web/settings/roles")["roles"]
    invitation = {
        "email": EMAIL,
        "first_name": "Nora",
        "last_name": "Newcomer",
        "account_type": "staff",
        "role": next(role["uuid"] for role in roles if role["name"] == "Engineer"),
    }
    link = ask(desk, "POST", "/web/settings/users", invitation)["link"]

    faults = []
    phone = open_browser(color_scheme="dark", reduced_motion="reduce", **PHONE).pages[0]
    phone.goto(link)
    expect(phone.get_by_role("heading", name="Set your password")).to_be_visible()
    expect(phone.get_by_label("New password")).to_be_focused()
    faults += violations(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= phone.evaluate("innerWidth")

    phone.keyboard.type("too short")
    phone.keyboard.press("Enter")
    expect(phone.get_by_text("Use at least 12 characters.")).to_be_visible()
    expect(phone.get_by_label("New password")).to_be_focused()
    faults += violations(phone)
    phone.get_by_label("New password").fill(PASSWORD)
    expect(phone.get_by_text("Use at least 12 characters.")).to_have_count(0)
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name="Your password is set")).to_be_visible()
    faults += violations(phone)

    phone.goto("/app/set-password")
    expect(phone.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    phone.goto(link)
    expect(phone.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    faults += violations(phone)
    phone.get_by_role("link", name="Sign in").click()
    sign_in(phone, Account("newcomer", EMAIL, PASSWORD))
    expect(phone).to_have_url(f"{server.base_url}/app/jobs")
    assert faults == []
