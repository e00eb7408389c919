"""Replies that come in through the real listener: a note where the address lets somebody in, and else none."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
import trustme
import uvloop
from sqlalchemy import Engine, text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.adapters.smtp import SmtpPost
from firstfix.domain.files.gate import Gate
from firstfix.domain.messaging import inbound, receiving
from firstfix.domain.messaging.inbound import Arrival, Outcome, Place
from firstfix.domain.messaging.inbound_files import take_files
from firstfix.domain.messaging.ports import Delivered, Unreachable
from firstfix.domain.messaging.receiving import Receiver
from firstfix.domain.notes.queries import open_text
from firstfix.kit.failures import advise
from firstfix.kit.sealing import SealingError
from firstfix.mail import listener
from firstfix.mail.listener import CONNECTIONS_LIMIT, CONNECTIONS_OF_ONE, ListenerOptions, listening
from tests.factories.certificates import tls_of, trusting
from tests.factories.letters import DOMAIN, Thread, letter, make_address, send
from tests.factories.pictures import picture
from tests.factories.waiting import PATIENCE_SECONDS
from tests.fakes.storage import MemoryStorage
from tests.mail.conftest import Post


def text_of(post: Post, note: Any) -> str:  # noqa: ANN401 (a row)
    return open_text(post.database.keys, uuid=note.uuid, sealed=note.text_sealed, policy=note.text_policy)


class Nobody:
    """Takes no letter."""

    domain = DOMAIN

    def is_ours(self, address: str) -> bool:  # noqa: ARG002 (of nobody's)
        return False

    async def receive(self, raw: bytes, recipients: Sequence[str], *, is_returned: bool = False) -> list[Outcome]:
        raise NotImplementedError


async def test_a_reply_becomes_a_note_with_its_files(post: Post, thread: Thread) -> None:
    reply = letter(thread.contractor, "On my way.\n\nOn Monday Ann wrote:\n> Can you come?\n")
    reply.add_attachment(picture(), maintype="image", subtype="jpeg", filename="boiler.jpg")
    reply.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="setup.exe")

    answer = await send(post.port, reply, thread.contractor.reply_to)

    [note] = thread.notes()
    assert answer.startswith("250 ")
    assert "On my way." in text_of(post, note)
    assert "setup.exe" in text_of(post, note)
    assert "Can you come" not in text_of(post, note)
    assert (note.created_by_id, note.in_reply_to_id) == (thread.organisation["contractor1"].id, thread.note_id)
    assert note.files == ["boiler.jpg"]
    assert thread.quarantined() == []


async def test_a_letter_comes_encrypted_by_starttls_to_who_trusts_the_certificate(
    post: Post, thread: Thread, authority: trustme.CA
) -> None:
    options = ListenerOptions(host="127.0.0.1", port=0, tls=tls_of(authority, "127.0.0.1"))
    async with listening(post.receiver, options) as port:

        async def bring(context: ssl.SSLContext) -> type:
            mail_server = SmtpPost(f"smtp://127.0.0.1:{port}", tls_context=context)
            reply = letter(thread.contractor)
            return type(
                await mail_server.send(reply, return_path="somebody@example.org", to=thread.contractor.reply_to)
            )

        assert await bring(ssl.create_default_context()) is Unreachable
        assert thread.notes() == []
        assert await bring(trusting(authority)) is Delivered

    assert len(thread.notes()) == 1


async def test_nothing_said_before_starttls_counts_after_it(post: Post, thread: Thread, authority: trustme.CA) -> None:
    options = ListenerOptions(host="127.0.0.1", port=0, tls=tls_of(authority, "127.0.0.1"))
    async with listening(post.receiver, options) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        # Commands behind STARTTLS in the same packet: somebody between the two put them there, in the clear.
        said = f"STARTTLS\r\nMAIL FROM:<eve@example.org>\r\nRCPT TO:<{thread.contractor.reply_to}>\r\nDATA\r\n"
        writer.write(b"EHLO client\r\n")
        while not (await reader.readline()).startswith(b"250 "):
            pass
        writer.write(said.encode())
        assert (await reader.readline()).startswith(b"220 ")
        await writer.start_tls(trusting(authority), server_hostname="127.0.0.1")
        writer.write(b"NOOP\r\n")
        answer = await reader.readline()
        writer.close()

    assert answer.startswith(b"250 "), "the answer to NOOP, and to nothing before it"


async def test_a_contacts_reply_is_the_contacts(post: Post, thread: Thread) -> None:
    await send(post.port, letter(thread.tenant, From="Tina <TINA@example.com>"), thread.tenant.reply_to)

    [note] = thread.notes()
    assert (note.written_by_contact_id, note.created_by_id) == (thread.organisation.contact_id, None)


async def test_the_same_letter_makes_one_note_however_often_and_by_whichever_way_it_comes(
    post: Post, thread: Thread
) -> None:
    reply = letter(thread.contractor)
    replayed = letter(thread.contractor, "Something else.", Message_ID=str(reply["Message-ID"]))

    answers = [await send(post.port, reply, thread.contractor.reply_to) for _ in range(2)]
    answers.append(await send(post.port, replayed, thread.contractor.reply_to))
    place = Place("somebody@mail/INBOX", 1, 1)
    await post.receiver.receive(bytes(reply), [thread.contractor.reply_to], place=place)

    assert [answer[:3] for answer in answers] == ["250"] * 3
    [note] = thread.notes()
    assert text_of(post, note) == "On my way."


async def test_the_same_letter_at_the_same_moment_makes_one_note(post: Post, thread: Thread) -> None:
    reply = letter(thread.contractor)
    reply.add_attachment(picture(), maintype="image", subtype="jpeg", filename="boiler.jpg")

    answers = await asyncio.gather(*(send(post.port, reply, thread.contractor.reply_to) for _ in range(5)))

    assert [answer[:3] for answer in answers] == ["250"] * 5
    assert len(thread.notes()) == 1
    assert thread.quarantined() == []


async def test_lmtp_answers_for_each_recipient(post: Post, thread: Thread) -> None:
    options = ListenerOptions(host="127.0.0.1", port=0, speaks_lmtp=True)
    async with listening(post.receiver, options) as port:
        recipients = (thread.contractor.reply_to, thread.tenant.reply_to)
        answer = await send(port, letter(thread.contractor), *recipients, lmtp=True)

    assert answer.startswith("250 ")
    assert len(thread.notes()) == 1
    assert [row.reason for row in thread.quarantined()] == ["sender"]  # whoever is in CC has no say


async def test_a_returned_mail_is_marked_and_makes_no_note(post: Post, thread: Thread) -> None:
    [mail] = thread.organisation.execute(
        "INSERT INTO outbox (event_id, recipient_kind, recipient_id, kind, job_id, message_id, state, next_at)"
        " VALUES (uuidv7(), 1, 1, 'case_note', :job, '<x@y>', 'sent', NULL) RETURNING uuid",
        job=thread.job_id,
    )
    report = (
        b"From: MAILER-DAEMON\r\nMessage-ID: <%s@mx>\r\nAuto-Submitted: auto-replied\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: x\r\n\r\nStatus: %s\r\n--b--\r\n"
    )
    states = []
    for status in (b"4.2.2", b"5.1.1"):
        await send(post.port, report % (status, status), f"bounce+{mail.uuid.hex}@{DOMAIN}", sender="")
        states += thread.organisation.execute("SELECT state, reason FROM outbox WHERE uuid = :uuid", uuid=mail.uuid)

    assert [tuple(state) for state in states] == [("sent", None), ("dead", "bounced")]
    assert thread.notes() == []


async def test_whoever_is_away_has_got_the_mail(post: Post, thread: Thread) -> None:
    [mail] = thread.organisation.execute(
        "INSERT INTO outbox (event_id, recipient_kind, recipient_id, kind, job_id, message_id, state, next_at)"
        " VALUES (uuidv7(), 1, 1, 'case_note', :job, '<x@y>', 'sent', NULL) RETURNING uuid",
        job=thread.job_id,
    )
    away = letter(thread.contractor, "I am away.", Auto_Submitted="auto-replied", In_Reply_To="<x@y>")

    answer = await send(post.port, away, f"bounce+{mail.uuid.hex}@{DOMAIN}", sender="")

    [row] = thread.organisation.execute("SELECT state FROM outbox WHERE uuid = :uuid", uuid=mail.uuid)
    assert (answer[:3], row.state) == ("250", "sent")
    assert thread.notes() == thread.quarantined() == []


async def test_a_letter_that_never_ends_is_parked_after_three_times(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(receiving, "read_letter", explode)
    poison = letter(thread.contractor)

    answers = [await send(post.port, poison, thread.contractor.reply_to) for _ in range(4)]

    assert [answer[:3] for answer in answers] == ["451", "451", "451", "250"]
    assert [row.reason for row in thread.quarantined()] == ["poison"]
    monkeypatch.undo()
    await send(post.port, letter(thread.contractor), thread.contractor.reply_to)
    assert len(thread.notes()) == 1


async def test_what_fails_leaves_nothing_to_the_next_letter_of_the_connection(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(receiving, "read_letter", explode)
    poison = f"Message-ID: <{thread.job_uuid}@x>\r\n\r\npoison\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", post.port)
    answers = [await reader.readline()]
    for line in (
        "HELO client",
        "MAIL FROM:<somebody@example.org>",
        f"RCPT TO:<{thread.contractor.reply_to}>",
        "DATA",
        f"{poison}.",
        "MAIL FROM:<somebody@example.org>",
        "QUIT",
    ):
        writer.write(line.encode() + b"\r\n")
        answers.append(await reader.readline())
    writer.close()
    await writer.wait_closed()

    codes = " ".join(answer[:3].decode() for answer in answers)
    assert codes == "220 250 250 250 354 451 250 221"
    monkeypatch.undo()
    assert (await send(post.port, poison.encode(), thread.contractor.reply_to)).startswith("250 ")


async def test_a_store_that_fails_is_not_the_letters_fault(post: Post, thread: Thread) -> None:
    storage = MemoryStorage()
    receiver = Receiver(post.database, Gate(storage, ChildInspector()), domain=DOMAIN)
    storage.fails_at = "keep"
    reply = letter(thread.contractor)
    reply.add_attachment(picture(), maintype="image", subtype="jpeg", filename="boiler.jpg")
    async with listening(receiver, ListenerOptions(host="127.0.0.1", port=0)) as port:
        answers = [await send(port, reply, thread.contractor.reply_to) for _ in range(5)]
        storage.fails_at = None
        answers.append(await send(port, reply, thread.contractor.reply_to))

    assert [answer[:3] for answer in answers] == ["451"] * 5 + ["250"]
    assert len(thread.notes()) == 1


@pytest.mark.parametrize("failure", [SealingError("The key k9 is missing."), PoolTimeout("busy")], ids=["key", "busy"])
async def test_a_missing_key_and_a_busy_moment_are_not_the_letters_fault(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(receiving, "take_files", fail)
    reply = letter(thread.contractor)
    with capture_logs() as logs:
        answers = [await send(post.port, reply, thread.contractor.reply_to) for _ in range(4)]
    monkeypatch.undo()
    answers.append(await send(post.port, reply, thread.contractor.reply_to))

    assert [answer[:3] for answer in answers] == ["451"] * 4 + ["250"]
    assert (len(thread.notes()), thread.quarantined()) == (1, [])
    assert [entry["advice"] for entry in logs if entry["event"] == "mail.not_now"] == [advise(failure)] * 4


async def test_a_large_letter_waits_for_the_other_large_one_and_small_ones_wait_for_neither(
    post: Post, thread: Thread
) -> None:
    forged = {"From": "mallory@evil.example"}
    large = letter(thread.contractor, "Let me in. " * 200_000, **forged)
    async with post.receiver._large:  # noqa: SLF001 (one is being taken in)
        sending = asyncio.create_task(send(post.port, large, thread.contractor.reply_to))
        for number in range(3):
            await send(post.port, letter(thread.contractor, str(number), **forged), thread.contractor.reply_to)
        taken_meanwhile = len(thread.quarantined())
    await sending

    assert (taken_meanwhile, len(thread.quarantined())) == (3, 4)


async def test_what_makes_no_note_is_sealed_and_kept_whole(post: Post, thread: Thread) -> None:
    forged = letter(thread.contractor, "Pay me.", From="mallory@evil.example")

    await send(post.port, forged, thread.contractor.reply_to)

    [kept] = thread.quarantined()
    assert (kept.reason, kept.job_id, kept.case_note_id) == ("sender", thread.job_id, thread.note_id)
    assert b"Pay me." not in str(tuple(kept)).encode()
    opened = post.database.keys.open(kept.raw_sealed, record=kept.uuid, field="quarantined_mails.raw")
    assert "Pay me." in opened


async def test_what_names_no_organisation_is_seen_by_none(post: Post, thread: Thread, owner_engine: Engine) -> None:
    await send(post.port, letter(thread.contractor, "Hello?"), f"reply+{'0' * 32}@{DOMAIN}")

    with owner_engine.connect() as connection:
        count = connection.scalar(text("SELECT count(*) FROM quarantined_mails WHERE organisation_id IS NULL"))
    assert count
    assert thread.quarantined() == []
    async with post.database.session() as session:
        assert await session.scalar(text("SELECT count(*) FROM quarantined_mails")) == 0


async def test_whoever_is_blocked_is_thrown_away(post: Post, thread: Thread) -> None:
    thread.organisation.execute("INSERT INTO blocked_senders (email) VALUES (:email)", email="mallory@evil.example")

    await send(post.port, letter(thread.contractor, From="mallory@evil.example"), thread.contractor.reply_to)

    assert thread.quarantined() == []


async def test_a_flood_of_one_sender_goes_into_quarantine(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "NOTES_AN_HOUR_OF_JOB", 2)

    for _ in range(3):
        await send(post.port, letter(thread.contractor), thread.contractor.reply_to)

    assert len(thread.notes()) == 2
    assert [row.reason for row in thread.quarantined()] == ["flood"]


async def test_where_the_quarantine_is_full_letters_come_again_later(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "QUARANTINE_MAILS", 0)
    forged = letter(thread.contractor, From="mallory@evil.example")

    full = await send(post.port, forged, thread.contractor.reply_to)
    monkeypatch.undo()
    later = await send(post.port, forged, thread.contractor.reply_to)

    assert (full[:3], later[:3]) == ("452", "250")
    assert len(thread.quarantined()) == 1


async def test_access_that_ends_while_files_are_looked_into_makes_no_note(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take_and_lose(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        thread.organisation.execute("UPDATE reply_addresses SET ended_at = now()")
        return await take_files(*given, **named)

    monkeypatch.setattr(receiving, "take_files", take_and_lose)
    await send(post.port, letter(thread.contractor), thread.contractor.reply_to)

    assert thread.notes() == []
    assert [row.reason for row in thread.quarantined()] == ["over"]


@pytest.mark.parametrize("gone", ["case_notes", "jobs"])
async def test_a_reply_to_what_was_deleted_is_its_organisations_to_look_at(
    post: Post, thread: Thread, gone: str
) -> None:
    async with post.database.system_work(thread.organisation.id, source="worker") as work:
        ids = {"case_notes": thread.note_id, "jobs": thread.job_id}
        await work.session.execute(text(f"DELETE FROM {gone} WHERE id = :id"), {"id": ids[gone]})  # noqa: S608 (ours)

    await send(post.port, letter(thread.contractor), thread.contractor.reply_to)

    job_id = thread.job_id if gone == "case_notes" else None
    assert [(row.reason, row.job_id, row.case_note_id) for row in thread.quarantined()] == [("over", job_id, None)]


async def test_whose_an_address_was_is_forgotten_with_the_letters(post: Post, thread: Thread) -> None:
    known = "SELECT count(*) FROM former_addresses WHERE organisation_id = :id"
    organisation = thread.organisation
    organisation.execute("DELETE FROM case_notes WHERE id = :note", note=thread.note_id)
    left = []
    for days in (119, 121):
        organisation.execute(
            "UPDATE former_addresses SET ended_at = now() - make_interval(days => :days) WHERE organisation_id = :id",
            days=days,
            id=organisation.id,
        )
        async with post.database.session() as session:
            await inbound.drop_old_mail(session)
        left.append(organisation.execute(known, id=organisation.id)[0].count)

    assert left == [2, 0]


async def test_what_is_in_quarantine_for_thirty_days_goes(post: Post, thread: Thread) -> None:
    for age in ("29 days", "31 days"):
        await send(post.port, letter(thread.contractor, From="mallory@evil.example"), thread.contractor.reply_to)
        thread.organisation.execute(
            "UPDATE quarantined_mails SET received_at = now() - CAST(:age AS interval), reason = :age"
            " WHERE organisation_id = :id AND reason = 'sender'",
            age=age,
            id=thread.organisation.id,
        )
    async with post.database.session() as session:
        await inbound.drop_old_mail(session)

    assert [row.reason for row in thread.quarantined()] == ["29 days"]


async def test_no_more_connections_than_there_may_be_of_all_and_of_one_address(post: Post) -> None:
    open_ones = []

    async def come(host: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", post.port, local_addr=(host, 0))
        open_ones.append(writer)
        return (await reader.readline())[:4]

    first = [await come("127.0.0.2") for _ in range(CONNECTIONS_OF_ONE + 1)]
    second = [await come("127.0.0.3") for _ in range(CONNECTIONS_LIMIT - CONNECTIONS_OF_ONE)]
    third = await come("127.0.0.4")

    for writer in open_ones:
        writer.close()
        await writer.wait_closed()
    assert first == [b"220 "] * CONNECTIONS_OF_ONE + [b"421 "]
    assert second == [b"220 "] * (CONNECTIONS_LIMIT - CONNECTIONS_OF_ONE)
    assert third == b"421 "


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_who_is_counted_as_one(address: str, network: str) -> None:
    assert listener.network_of(address) == network


async def said_to_whoever_says(
    post: Post, monkeypatch: pytest.MonkeyPatch, *words: bytes, limit: str = "TO_A_LETTER_SECONDS"
) -> list[bytes]:
    """Say something to a listener without patience, then nothing more; give the codes of all answers."""
    monkeypatch.setattr(listener, limit, 1.0)
    async with listening(post.receiver, ListenerOptions(host="127.0.0.1", port=0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for word in words:
            writer.write(word)
        async with asyncio.timeout(PATIENCE_SECONDS):
            lines = (await reader.read()).splitlines()
        writer.close()
    return [line[:3] for line in lines if line[3:4] == b" "]


@pytest.mark.parametrize(
    "words",
    [(), (b"EHLO x\r\n", b"MAIL FROM:<x@example.org>\r\n", b"DATA\r\n")],
    ids=["nothing", "no letter"],
)
async def test_whoever_begins_no_letter_keeps_no_place(
    post: Post, monkeypatch: pytest.MonkeyPatch, words: tuple[bytes, ...]
) -> None:
    answers = await said_to_whoever_says(post, monkeypatch, *words)

    assert (answers[0], answers[-1], len(answers)) == (b"220", b"421", len(words) + 2)


async def test_whoever_falls_silent_in_a_letter_keeps_no_place(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient = f"RCPT TO:<{thread.contractor.reply_to}>\r\n".encode()
    words = (b"EHLO x\r\n", b"MAIL FROM:<x@example.org>\r\n", recipient, b"DATA\r\n", b"Subject: I\r\n")

    answers = await said_to_whoever_says(post, monkeypatch, *words, limit="SILENCE_SECONDS")

    assert answers == [b"220", b"250", b"250", b"250", b"354", b"421"]


async def test_a_letter_that_takes_us_long_is_waited_for(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "SILENCE_SECONDS", 1.0)
    receive = Receiver.receive

    async def receive_slowly(*given: Any, **named: Any) -> Any:  # noqa: ANN401
        await asyncio.sleep(2.0)
        return await receive(*given, **named)

    monkeypatch.setattr(Receiver, "receive", receive_slowly)
    async with listening(post.receiver, ListenerOptions(host="127.0.0.1", port=0)) as port:
        answer = await send(port, letter(thread.contractor), thread.contractor.reply_to)

    assert answer.startswith("250 ")


async def test_one_line_without_an_end_is_cut_off(post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstfix.mail.listener._MORE_THAN_A_LETTER_BYTES", 1 << 20)

    answer = await send(post.port, b"x" * (3 << 20), thread.contractor.reply_to)

    assert answer == "cut off"


async def test_more_lines_than_any_letter_has_are_cut_off(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstfix.mail.listener._MORE_THAN_A_LETTER_LINES", 1_000)

    answer = await send(post.port, b"\r\n" * 20_000, thread.contractor.reply_to)

    assert answer == "cut off"


def test_the_loop_of_the_mail_process_refuses_and_cuts_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstfix.mail.listener.CONNECTIONS_LIMIT", 1)
    monkeypatch.setattr("firstfix.mail.listener._MORE_THAN_A_LETTER_LINES", 1_000)

    async def come_twice_and_flood() -> tuple[bytes, bytes]:
        opened = listening(Nobody(), ListenerOptions(host="127.0.0.1", port=0))
        async with asyncio.timeout(PATIENCE_SECONDS), opened as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert (await reader.readline()).startswith(b"220 ")
            second_reader, second_writer = await asyncio.open_connection("127.0.0.1", port)
            refused = await second_reader.readline()
            second_writer.close()
            writer.write(b"\n" * 2_000)
            answer = b""
            with suppress(ConnectionResetError):
                answer = await reader.readline()
            writer.close()
            return refused, answer

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        refused, answer = runner.run(come_twice_and_flood())

    assert refused.startswith(b"421 ")
    assert answer == b""


def test_addresses_are_written_down_as_hashes_alone() -> None:
    arrival = Arrival(raw=b"", recipient="reply+secret@x", message_hash=b"", place=None, letter=None)

    assert b"secret" not in arrival.recipient_hash


async def test_an_address_of_another_recipient_of_the_same_note_does_not_help(post: Post, thread: Thread) -> None:
    agent = thread.organisation["agent1"]
    other = make_address(thread.organisation, thread.job_id, thread.note_id, agent.email, person_id=agent.id)

    await send(post.port, letter(thread.contractor), other.reply_to)

    assert thread.notes() == []
