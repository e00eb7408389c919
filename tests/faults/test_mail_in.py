"""Letters of which the taking in is killed: who was told 250 has their note, and nobody has two."""

import asyncio
import socket
from email.message import EmailMessage

import pytest
from msgspec import Struct

from firstfix.kit.sealing import load_key_ring
from tests.factories.installations import Installation, Victim
from tests.factories.letters import DOMAIN, Address, letter, make_address, make_note, send
from tests.factories.pictures import picture
from tests.factories.waiting import wait_until
from tests.faults.conftest import Install


class Conversation(Struct, frozen=True):
    """An installation, and an address that the administrator answers a note at."""

    installation: Installation
    port: int
    address: Address
    job_id: int

    def reply(self, text: str) -> EmailMessage:
        reply = letter(self.address, text)
        reply.add_attachment(picture(), maintype="image", subtype="jpeg", filename="boiler.jpg")
        return reply

    def send(self, reply: EmailMessage) -> str:
        """Hand a letter over; gives the answer, or that there was none."""
        try:
            return asyncio.run(send(self.port, reply, self.address.reply_to))
        except ConnectionError:
            return "nobody there"

    def send_until_taken(self, reply: EmailMessage) -> None:
        """Do as mail servers do: keep a letter, and send it again, until somebody says 250."""
        wait_until(lambda: self.send(reply).startswith("250 "))

    def notes_with_files(self) -> int:
        [(count,)] = self.installation.organisation.execute(
            "SELECT count(*) FROM case_notes n JOIN case_note_attachments a ON a.case_note_id = n.id"
            " WHERE n.job_id = :job AND n.source = 'email'",
            job=self.job_id,
        )
        return int(count)


@pytest.fixture(scope="module")
def conversation(install: Install) -> Conversation:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    installation = install("--no-worker", mail_in_port=str(port), reply_domain=DOMAIN)
    organisation, keys = installation.organisation, load_key_ring(installation.folder / "keys.json")
    [job] = organisation.execute("SELECT id FROM jobs WHERE uuid = :uuid", uuid=installation.make_job()["uuid"])
    admin = organisation["admin"]
    note_id = make_note(organisation, keys, job.id)
    address = make_address(organisation, job.id, note_id, admin.email, keys=keys, person_id=admin.id)
    organisation.execute("INSERT INTO file_usage (organisation_id, used_bytes) VALUES (:id, 0)", id=organisation.id)
    return Conversation(installation, port, address, job.id)


@pytest.mark.parametrize("victim", ["mail", "database", "everything"])
def test_a_letter_that_was_not_acknowledged_comes_again_and_makes_one_note(
    conversation: Conversation, victim: Victim
) -> None:
    installation, reply = conversation.installation, conversation.reply(f"While {victim} is killed.")
    before = conversation.notes_with_files()
    # What the quota is counted in is locked after the note and its files were written, before the commit.
    with installation.holding("SELECT FROM file_usage FOR UPDATE") as is_needed:
        answer = installation.interrupt(victim, lambda: conversation.send(reply), once=is_needed)
    assert not answer.startswith("250 ")
    installation.recover()

    conversation.send_until_taken(reply)

    assert conversation.notes_with_files() == before + 1


def test_a_letter_that_was_acknowledged_outlives_the_moment(conversation: Conversation) -> None:
    installation, reply = conversation.installation, conversation.reply("Until the power is gone.")
    before = conversation.notes_with_files()
    conversation.send_until_taken(reply)
    installation.kill("everything")
    installation.recover()

    assert conversation.notes_with_files() == before + 1
    conversation.send_until_taken(reply)
    assert conversation.notes_with_files() == before + 1


def test_in_the_end_nothing_is_half_there(conversation: Conversation) -> None:
    installation = conversation.installation
    assert installation.organisation.execute("SELECT FROM quarantined_mails") == []
    [(rows,)] = installation.organisation.execute("SELECT count(*) FROM files")
    assert 0 <= installation.contents_count() - rows <= installation.kills
    installation.check()
