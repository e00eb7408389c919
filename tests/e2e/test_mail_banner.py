"""Without a mail server the office app says to administrators that mail waits, and to nobody else."""

from playwright.sync_api import expect

from tests.e2e.conftest import DemoServer, OpenBrowser, sign_in, violations

NOTIFY = """async () => {
    const ask = async (path, body) => (await fetch(path, body && {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    })).json();
    const jobs = (await ask('/api/jobs/manage?action=list&status_id=1&limit=200')).data.concat(
        (await ask('/api/jobs/manage?action=list&limit=200')).data);
    for (const job of jobs.filter((one) => one.contractor_id !== null)) {
        const csrf_token = (await ask('/api/security/csrf-token')).data.token;
        const body = { action: 'send_assignment_notification', uuid: job.uuid, csrf_token };
        if ((await ask('/api/jobs/manage', body)).success) return true;
    }
    return false;
}"""


def test_administrators_read_that_mail_waits(open_browser: OpenBrowser, server: DemoServer) -> None:
    banner = "no mail server is set up"
    desk = open_browser(reduced_motion="reduce").pages[0]
    sign_in(desk, server.organisations[0].accounts[0])
    expect(desk.get_by_role("grid", name="Jobs")).to_be_visible()
    assert desk.evaluate(NOTIFY)

    desk.reload()
    expect(desk.get_by_text(banner)).to_be_visible()
    assert violations(desk) == []

    manager = open_browser(reduced_motion="reduce").pages[0]
    sign_in(manager, server.account)
    expect(manager.get_by_role("grid", name="Jobs")).to_be_visible()
    expect(manager.get_by_text(banner)).to_have_count(0)
