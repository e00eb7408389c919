"""From a note to its answer: out by a mail server, and back in with a photo."""

import asyncio
import socket
import time
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.factories.installations import Installation
from tests.factories.letters import DOMAIN, send
from tests.factories.mail_servers import Mail, serve_mail
from tests.factories.organisations import PASSWORD
from tests.factories.pictures import picture
from tests.factories.waiting import PATIENCE_SECONDS, wait_until

MARK = "When do you come?"


class Office:
    """The manage API, as somebody who signs in by password."""

    def __init__(self, installation: Installation, label: str) -> None:
        self.client = httpx.Client(base_url=installation.url, timeout=PATIENCE_SECONDS)
        account = installation.organisation[label]
        signed_in = self.client.post("/api/auth/login", json={"email": account.email, "password": PASSWORD})
        self.client.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"

    def post(self, path: str, **body: object) -> dict[str, Any]:
        token = self.client.get("/api/security/csrf-token").json()["data"]["token"]
        reply = self.client.post(path, json=body, headers={"X-CSRF-Token": token})
        assert reply.is_success, reply.text
        answered: dict[str, Any] = reply.json()
        return answered

    def notes(self, job_uuid: str) -> list[dict[str, Any]]:
        query = {"action": "list", "job_uuid": job_uuid}
        listed: list[dict[str, Any]] = self.client.get("/api/jobs/case-notes", params=query).json()["data"]
        return listed


def test_a_note_goes_out_and_its_answer_comes_back_as_a_note_with_its_photo(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with serve_mail() as outside:
        installation = Installation(
            tmp_path_factory.mktemp("conversation"),
            smtp_url=f"{outside.url}?tls=never",
            mail_from="jobs@example.com",
            reply_domain=DOMAIN,
            mail_in_port=str(port),
        )
        try:
            office = Office(installation, "admin")
            with closing(office.client):
                _converse(installation, office, outside.mails, port)
        finally:
            installation.close()


def _converse(installation: Installation, office: Office, mails: list[Mail], port: int) -> None:
    contractor = installation.organisation["contractor1"]
    job = installation.make_job()
    office.post("/api/jobs/manage", action="update", uuid=job["uuid"], contractor_id=contractor.id)
    note = office.post(
        "/api/jobs/case-notes", job_uuid=job["uuid"], note_text=MARK, send_email=True, recipients=["contractor"]
    )
    written_at = time.monotonic()
    wait_until(lambda: any("Reply-To" in mail.message for mail in mails))
    went_out_at = time.monotonic()
    came = next(mail.message for mail in mails if "Reply-To" in mail.message)

    reply_to = came["Reply-To"].addresses[0].addr_spec
    answer = came.__class__()
    answer["From"], answer["To"] = contractor.email, reply_to
    answer["Subject"], answer["Message-ID"] = f"Re: {came['Subject']}", "<answer@phone.example.org>"
    answer["In-Reply-To"] = came["Message-ID"]
    answer.set_content(f"Tomorrow at nine.\n\nOn Monday the office wrote:\n> {MARK}\n\n-- \nSent from my phone\n")
    answer.add_attachment(picture(), maintype="image", subtype="jpeg", filename="boiler.jpg")
    taken = asyncio.run(send(port, answer, reply_to))
    taken_at = time.monotonic()

    assert taken.startswith("250 "), taken
    [reply] = [one for one in office.notes(job["uuid"]) if one["source"] == "email"]
    assert reply["note_text"] == "Tomorrow at nine."
    assert reply["created_by"] == contractor.id
    assert reply["in_reply_to"] in {note["note_id"], note["data"]["uuid"]}
    assert [file["file_name"] for file in reply["attachments"]] == ["boiler.jpg"]
    print(f"\nout in {went_out_at - written_at:.2f} s, and the answer was a note {taken_at - went_out_at:.2f} s later")  # noqa: T201 (how soon is the point)
