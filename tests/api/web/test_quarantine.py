"""Reviewing what came in by mail and made no note."""

import asyncio
from uuid import UUID

import pytest

from firstfix.kit.sealing import KeyRing, load_key_ring
from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.letters import Thread, letter, make_thread, quarantine
from tests.factories.organisations import TestOrganisation
from tests.factories.pictures import picture
from tests.factories.servers import TestServer

LIST = "/web/mail/quarantine"
BLOCKED = "/web/mail/blocked-senders"


@pytest.fixture
def keys(server: TestServer) -> KeyRing:
    """The server's own."""
    return load_key_ring(server.log.parent / "keys.json")


@pytest.fixture
def thread(organisation: TestOrganisation) -> Thread:
    return make_thread(organisation)


@pytest.fixture
def waiting(thread: Thread, keys: KeyRing) -> UUID:
    """A letter of somebody else to a live address, with a photo and a program."""
    forged = letter(thread.contractor, "<script>alert(1)</script> Pay me.", From="mallory@evil.example")
    forged.add_attachment(picture(), maintype="image", subtype="jpeg", filename="boiler.jpg")
    forged.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="../se\u202etup.exe")
    return quarantine(thread.organisation, keys, forged, job_id=thread.job_id)


async def test_letters_are_listed_newest_first_with_the_reason(
    browse: Browse, thread: Thread, keys: KeyRing, waiting: UUID, make_organisation: MakeOrganisation
) -> None:
    quarantine(make_organisation(), keys, b"x")
    later = quarantine(thread.organisation, keys, b"From: a@b.c\n\nx", reason="over")
    browser = await browse(thread.organisation, "manager")

    listed = (await browser.get(LIST)).json()
    second_page = (await browser.get(LIST, params={"limit": 1, "offset": 1})).json()

    assert [one["uuid"] for one in listed["letters"]] == [str(later), str(waiting)]
    assert (listed["count"], second_page["count"]) == (2, 2)
    [shown] = second_page["letters"]
    assert shown["sender"] == "mallory@evil.example"
    assert shown["job_uuid"] == str(thread.job_uuid)
    assert shown["explanation"].startswith("Somebody else")


async def test_one_is_read_as_plain_text(browse: Browse, thread: Thread, waiting: UUID) -> None:
    browser = await browse(thread.organisation, "manager")

    opened = (await browser.get(f"{LIST}/{waiting}")).json()

    assert opened["text"] == "<script>alert(1)</script> Pay me."
    assert opened["file_names"] == ["boiler.jpg", "setup.exe"]


async def test_what_cannot_be_read_says_so_and_is_thrown_away(browse: Browse, thread: Thread, keys: KeyRing) -> None:
    broken = quarantine(thread.organisation, keys, b"X: y\n" * 1000, reason="unreadable", job_id=thread.job_id)
    browser = await browse(thread.organisation, "manager")

    assert (await browser.get(f"{LIST}/{broken}")).json()["text"] is None
    refused = await browser.post(f"{LIST}/{broken}/accept", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "mail.letter_unreadable")
    assert (await browser.delete(f"{LIST}/{broken}")).status_code == 204
    assert (await browser.get(f"{LIST}/{broken}")).status_code == 404


async def test_one_is_accepted_as_a_note_of_who_accepts_it(browse: Browse, thread: Thread, waiting: UUID) -> None:
    browser = await browse(thread.organisation, "manager")

    made = await browser.post(f"{LIST}/{waiting}/accept", json={})

    assert made.status_code == 201, made.text
    [note] = thread.notes()
    assert (str(note.uuid), note.created_by_id) == (made.json()["uuid"], thread.organisation["manager"].id)
    assert note.files == ["boiler.jpg"]
    assert thread.quarantined() == []
    assert (await browser.post(f"{LIST}/{waiting}/accept", json={})).status_code == 404


async def test_the_same_acceptance_again_is_answered_like_the_first(
    browse: Browse, thread: Thread, keys: KeyRing, waiting: UUID
) -> None:
    other = quarantine(thread.organisation, keys, letter(thread.contractor), job_id=thread.job_id)
    browser = await browse(thread.organisation, "manager")
    key = {"Idempotency-Key": "once"}

    first, again = [await browser.post(f"{LIST}/{waiting}/accept", json={}, headers=key) for _ in range(2)]
    for_another = await browser.post(f"{LIST}/{other}/accept", json={}, headers=key)

    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert (for_another.status_code, for_another.json()["code"]) == (422, "idempotency.mismatch")
    assert len(thread.notes()) == len(thread.quarantined()) == 1


async def test_a_letter_of_no_job_is_accepted_for_the_one_that_is_named(
    browse: Browse, thread: Thread, keys: KeyRing
) -> None:
    stray = quarantine(thread.organisation, keys, letter(thread.contractor))
    browser = await browse(thread.organisation, "manager")

    refused = await browser.post(f"{LIST}/{stray}/accept", json={})
    hidden = await browser.post(f"{LIST}/{stray}/accept", json={"job_uuid": str(stray)})
    assert (refused.status_code, refused.json()["code"]) == (422, "mail.job_needed")
    assert hidden.status_code == 404
    assert len(thread.quarantined()) == 1

    await browser.post(f"{LIST}/{stray}/accept", json={"job_uuid": str(thread.job_uuid)})
    assert len(thread.notes()) == 1


async def test_of_many_who_accept_at_once_one_makes_a_note(browse: Browse, thread: Thread, waiting: UUID) -> None:
    browsers = [await browse(thread.organisation, "manager") for _ in range(4)]

    made = await asyncio.gather(*(browser.post(f"{LIST}/{waiting}/accept", json={}) for browser in browsers))

    assert sorted(reply.status_code for reply in made) == [201, 404, 404, 404]
    assert len(thread.notes()) == 1


@pytest.mark.parametrize("sender", ["mallory@evil.example", "mallory/../%2f@evil.example"])
async def test_a_blocked_sender_is_listed_until_unblocked(
    browse: Browse, thread: Thread, keys: KeyRing, sender: str
) -> None:
    waiting = quarantine(thread.organisation, keys, b"x", sender=sender, job_id=thread.job_id)
    browser = await browse(thread.organisation, "manager")

    assert (await browser.post(f"{LIST}/{waiting}/block")).status_code == 204

    blocked = (await browser.get(BLOCKED)).json()["senders"]
    assert [one["email"] for one in blocked] == [sender]
    assert thread.quarantined() == []
    unblocked = [await browser.delete(BLOCKED, params={"email": sender}) for _ in range(2)]
    assert [reply.status_code for reply in unblocked] == [204, 404]
    assert (await browser.get(BLOCKED)).json()["senders"] == []


async def test_nobody_is_blocked_by_a_letter_that_names_no_sender(
    browse: Browse, thread: Thread, keys: KeyRing
) -> None:
    nobodys = quarantine(thread.organisation, keys, b"x", sender="")
    browser = await browse(thread.organisation, "manager")

    assert (await browser.post(f"{LIST}/{nobodys}/block")).status_code == 409


async def test_an_agent_with_authority_sees_what_is_of_their_branch(
    browse: Browse, thread: Thread, keys: KeyRing, waiting: UUID
) -> None:
    organisation = thread.organisation
    quarantine(organisation, keys, b"x")
    for label in ("agent1", "agent2"):
        organisation.execute(
            "UPDATE people SET granted_keys = '{api.jobs.amend_request.decide}' WHERE id = :id",
            id=organisation[label].id,
        )
    north, south = await browse(organisation, "agent1"), await browse(organisation, "agent2")

    assert [one["uuid"] for one in (await north.get(LIST)).json()["letters"]] == [str(waiting)]
    assert (await south.get(LIST)).json() == {"letters": [], "count": 0}
    for reply in (await south.get(f"{LIST}/{waiting}"), await south.delete(f"{LIST}/{waiting}")):
        assert reply.status_code == 404
