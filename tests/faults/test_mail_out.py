"""Mail goes out at least once: again only where the mail server's answer was lost, and then by the same name."""

from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.factories.installations import Installation, Victim
from tests.factories.mail_servers import MailServer, serve_mail
from tests.factories.waiting import wait_until
from tests.faults.conftest import Install


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with serve_mail() as server:
        yield server


@pytest.fixture(scope="module")
def installation(install: Install, mail_server: MailServer) -> Installation:
    return install(smtp_url=mail_server.url, mail_from="jobs@example.com", reply_domain="reply.example.com")


def tell_the_lead(installation: Installation) -> None:
    """Make a job that one person is told of."""
    organisation, key = installation.organisation, uuid4().hex
    body = {
        "location": {"uuid": organisation.location_uuid.hex},
        "description": "A leak",
        "scheduledOn": "2040-05-01T09:00",
        "jobLead": {"uuid": organisation["engineer1"].uuid.hex},
    }
    with installation.client() as client:
        installation.until_acknowledged(lambda: client.post("/job/", json=body, headers={"Idempotency-Key": key}))


def states(installation: Installation) -> Counter[str]:
    return Counter(row.state for row in installation.organisation.execute("SELECT state FROM outbox"))


@pytest.mark.parametrize("victim", ["worker", "database", "everything"])
def test_a_mail_whose_answer_was_lost_comes_again_by_the_same_name(
    installation: Installation, mail_server: MailServer, victim: Victim
) -> None:
    tell_the_lead(installation)
    wait_until(lambda: states(installation).keys() == {"sent"})
    sent_before = [mail.message["Message-ID"] for mail in mail_server.mails]
    mail_server.halt()
    tell_the_lead(installation)
    wait_until(mail_server.halted)  # it has all of the mail, and has not answered yet

    installation.kill(victim)
    mail_server.go_on()
    installation.recover()
    if victim != "database":  # who outlives it has the answer, and may have noted that since
        assert states(installation)["sending"] == 1
    installation.organisation.execute("UPDATE outbox SET next_at = now() WHERE state = 'sending'")  # its lease is over
    wait_until(lambda: states(installation).keys() == {"sent"})

    names = [mail.message["Message-ID"] for mail in mail_server.mails][len(sent_before) :]
    assert len(names) == 2 or (victim == "database" and len(names) == 1)
    assert len(set(names)) == 1
    assert not set(names) & set(sent_before)
    installation.check()


def test_whoever_comes_first_sends_each_mail_once_while_workers_die(
    installation: Installation, mail_server: MailServer
) -> None:
    begun = len(mail_server.mails)
    for _ in range(3):
        for _ in range(4):
            tell_the_lead(installation)
        installation.kill("worker")
        installation.recover()
    installation.organisation.execute("UPDATE outbox SET next_at = now() WHERE next_at IS NOT NULL")
    wait_until(lambda: states(installation).keys() == {"sent"})

    (row,) = installation.organisation.execute("SELECT sum(lease) AS leases, count(*) AS mails FROM outbox")
    names = Counter(mail.message["Message-ID"] for mail in mail_server.mails[begun:])
    assert len(names) == 12
    assert sum(names.values()) - len(names) <= row.leases - row.mails  # no more repeats than leases that were lost
    installation.check()
