"""Mail in the web API: whether it goes out, what was sent to whom, and who gets which."""

from typing import Any

import httpx
import pytest

from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

SETTINGS, LOG, OWN = "/web/settings/mail", "/web/settings/mail/log", "/web/mail-preferences"


@pytest.fixture
async def browser(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    return await browse(organisation, "admin")


def add_mail(organisation: TestOrganisation, **values: object) -> str:
    """Let there be a mail, and return its uuid."""
    row = {
        "recipient_kind": 1,
        "recipient_id": organisation["contractor1"].id,
        "kind": "job_assigned",
        "job_id": 1,
        "message_id": "<a@example.com>",
        "state": "waiting",
    } | values
    [mail] = organisation.execute(
        f"INSERT INTO outbox (event_id, next_at, {', '.join(row)}) VALUES (uuidv7(),"  # noqa: S608
        f" CASE WHEN :state IN ('waiting', 'sending', 'retry') THEN now() END,"
        f" {', '.join(f':{name}' for name in row)}) RETURNING uuid",
        **row,
    )
    return str(mail.uuid)


async def get(browser: httpx.AsyncClient, path: str, **query: object) -> dict[str, Any]:
    reply = await browser.get(path, params={name: str(value) for name, value in query.items()})
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def test_without_a_server_mail_waits_and_says_so(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    add_mail(organisation, created_at="2024-06-01T14:00:00Z")
    for state in ("retry", "sent", "dead", "withheld"):
        add_mail(organisation, state=state)
    add_mail(organisation, state="dead", created_at="2024-06-01T14:00:00Z")

    found = await get(browser, SETTINGS)

    kinds = found.pop("kinds")
    assert found == {
        "is_configured": False,
        "mail_from": None,
        "reply_domain": None,
        "waiting": 2,
        "oldest_waiting_at": "2024-06-01T14:00:00Z",
        "dead": 1,
    }
    assert len(kinds) == 10
    assert all(kind["is_on"] for kind in kinds)


@pytest.mark.parametrize("path", [SETTINGS, OWN])
async def test_kinds_are_switched_off_and_on(browser: httpx.AsyncClient, path: str) -> None:
    for off in (["job_updated", "sla_warning"], []):
        assert (await browser.put(path, json={"off": off})).status_code == 204
        kinds = (await get(browser, path))["kinds"]
        assert [kind["kind"] for kind in kinds if not kind["is_on"]] == off
    assert (await browser.put(path, json={"off": ["spam"]})).status_code == 422


async def test_preferences_are_ones_own(
    browse: Browse, organisation: TestOrganisation, browser: httpx.AsyncClient
) -> None:
    contractor = await browse(organisation, "contractor1")
    await contractor.put(OWN, json={"off": ["job_updated"]})

    assert not (await get(contractor, OWN))["kinds"][2]["is_on"]
    assert (await get(browser, OWN))["kinds"][2]["is_on"]


async def test_the_log_tells_what_went_to_whom(browser: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job_id, job_uuid = organisation.insert_job()
    (job,) = organisation.execute("SELECT reference FROM jobs WHERE id = :id", id=job_id)
    add_mail(
        organisation,
        job_id=job_id,
        state="dead",
        reason="refused",
        answer="550 unknown",
        attempts=1,
        email="c@example.com",
        created_at="2024-06-01T14:00:00Z",
    )
    add_mail(
        organisation,
        job_id=2**40,
        recipient_kind=2,
        recipient_id=organisation.contact_id,
        created_at="2024-06-01T15:00:00Z",
    )

    found = await get(browser, LOG)

    assert found["total"] == 2
    second, first = found["mails"]
    assert first | {"uuid": None} == {
        "uuid": None,
        "kind": "job_assigned",
        "state": "dead",
        "reason": "refused",
        "answer": "550 unknown",
        "attempts": 1,
        "recipient": "Contractor1 Tester",
        "is_contact": False,
        "email": "c@example.com",
        "job_uuid": str(job_uuid),
        "job_reference": job.reference,
        "message_id": "<a@example.com>",
        "created_at": "2024-06-01T14:00:00Z",
        "next_at": None,
        "sent_at": None,
    }
    assert (second["recipient"], second["is_contact"], second["job_reference"]) == ("Tina Tenant", True, None)


async def test_the_log_is_filtered_and_comes_in_pages(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job_id, job_uuid = organisation.insert_job()
    add_mail(organisation, state="sent", job_id=job_id)
    add_mail(organisation, state="dead", kind="case_note")
    for _ in range(3):
        add_mail(organisation)

    totals = [
        (await get(browser, LOG, **query))["total"]
        for query in (
            {"state": "dead"},
            {"kind": "case_note"},
            {"job": job_uuid},
            {"state": "sent", "kind": "case_note"},
        )
    ]
    page = await get(browser, LOG, limit=2, offset=4)

    assert totals == [1, 1, 1, 0]
    assert (page["total"], len(page["mails"])) == (5, 1)
    assert (await browser.get(LOG, params={"state": "lost"})).status_code == 422


@pytest.mark.parametrize("state", ["sent", "dead", "withheld"])
async def test_a_mail_is_sent_again_by_the_same_name(
    browser: httpx.AsyncClient, organisation: TestOrganisation, state: str
) -> None:
    uuid = add_mail(organisation, state=state, attempts=5, lease=5)

    reply = await browser.post(f"{LOG}/{uuid}/send-again")
    again = await browser.post(f"{LOG}/{uuid}/send-again")

    assert reply.status_code == 204
    (mail,) = organisation.execute("SELECT * FROM outbox WHERE uuid = :uuid", uuid=uuid)
    assert (mail.state, mail.attempts, mail.lease, mail.message_id) == ("waiting", 0, 5, "<a@example.com>")
    assert (again.status_code, again.json()["code"]) == (409, "messaging.under_way")
    (event,) = organisation.execute(
        "SELECT action, changes FROM events WHERE entity = 'mail' AND entity_uuid = :uuid", uuid=uuid
    )
    assert (event.action, event.changes) == ("sent_again", {"state": [state, "waiting"]})


async def test_mail_of_others_is_not_there(browser: httpx.AsyncClient, make_organisation: MakeOrganisation) -> None:
    other = add_mail(make_organisation(), state="dead")

    assert (await browser.post(f"{LOG}/{other}/send-again")).status_code == 404
    assert (await get(browser, LOG))["total"] == 0


async def test_a_contact_is_switched_off(browser: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    reply = await browser.put(f"/web/contacts/{organisation.contact_uuid}/mail", json={"takes_mail": False})

    assert reply.status_code == 204
    (contact,) = organisation.execute("SELECT takes_mail FROM contacts WHERE id = :id", id=organisation.contact_id)
    assert contact.takes_mail is False


async def test_a_status_reminds_after_so_many_hours(browser: httpx.AsyncClient) -> None:
    status = (await get(browser, "/web/settings/choices"))["statuses"][0]
    path = f"/web/settings/statuses/{status['uuid']}"
    assert (await browser.patch(path, json={"reminder_hours": 0})).status_code == 422
    for hours in (48, None):
        assert (await browser.patch(path, json={"reminder_hours": hours})).status_code == 204
        choices = await get(browser, "/web/settings/choices")
        assert choices["statuses"][0] == status | {"reminder_hours": hours}
