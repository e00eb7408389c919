"""Letters from a mailbox by IMAP: taken in first, marked as seen afterwards."""

import asyncio
import re
import select
import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from imapclient.exceptions import IMAPClientError  # type: ignore[import-untyped] # it has no types
from structlog.testing import capture_logs

from firstfix.domain.messaging import receiving
from firstfix.domain.messaging.inbound_letters import read_letter
from firstfix.mail.mailbox import mailbox_of, poll, poll_for_ever
from tests.factories.certificates import tls_of
from tests.factories.letters import Thread, letter
from tests.factories.waiting import PATIENCE_SECONDS, until
from tests.mail.conftest import Post


class Inbox:
    """What lies in a mailbox, by uid, and what has been seen of it."""

    def __init__(self) -> None:
        self.letters: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.keeps_flags = True
        self.tells_validity = True
        self.commands: list[str] = []
        self.connection: socket.socket | None = None

    def put(self, message: EmailMessage) -> int:
        uid = len(self.letters) + 1
        self.letters[uid] = bytes(message)
        return uid

    def answer(self, command: str) -> tuple[bytes, str]:
        """Answer a command: what is told, and how it ended."""
        name = command.upper()
        if name.startswith("CAPABILITY"):
            return b"* CAPABILITY IMAP4REV1 STARTTLS\r\n", "OK done"
        if name.startswith("SELECT"):
            validity = b"* OK [UIDVALIDITY 7] ok\r\n" if self.tells_validity else b""
            return b"* %d EXISTS\r\n%b" % (len(self.letters), validity), "OK [READ-WRITE] done"
        if name.startswith("UID SEARCH"):
            unseen = " ".join(str(uid) for uid in self.letters if uid not in self.seen)
            return f"* SEARCH {unseen}\r\n".encode(), "OK done"
        if name.startswith("UID FETCH"):
            return self._fetch(int(re.findall(r"\d+", name)[0]), name), "OK done"
        if name.startswith("UID STORE"):
            if self.keeps_flags:
                self.seen.add(int(re.findall(r"\d+", name)[0]))
            return b"", "OK done" if self.keeps_flags else "NO out of order"
        told = b"* BYE\r\n" if name.startswith("LOGOUT") else b""
        return told, "BAD never heard of it" if name.startswith("STARTTLS") else "OK done"

    def _fetch(self, uid: int, name: str) -> bytes:
        content = self.letters[uid]
        if "RFC822.SIZE" in name:
            return b"* 1 FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, len(content))
        return b"* 1 FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, len(content), content)


class _Conversation(socketserver.StreamRequestHandler):
    """One connection: encrypted from the first byte, after STARTTLS, or never."""

    inbox: Inbox
    tls: ssl.SSLContext | None
    begins_in_clear: bool

    def setup(self) -> None:
        self.request.settimeout(PATIENCE_SECONDS)
        super().setup()

    def handle(self) -> None:
        with suppress(OSError):  # who does not trust us hangs up
            if self.tls is not None and not self.begins_in_clear:
                self._encrypt(self.tls)
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline():
                tag, _, command = line.decode().strip().partition(" ")
                if self.tls is not None and command.upper() == "STARTTLS":
                    self.wfile.write(f"{tag} OK begin\r\n".encode())
                    self._encrypt(self.tls)
                    continue
                self.inbox.connection = self.request
                self.inbox.commands.append(command.partition(" ")[0].upper())
                told, ended = self.inbox.answer(command)
                self.wfile.write(told + f"{tag} {ended}\r\n".encode())

    def finish(self) -> None:
        super().finish()
        self.request.close()  # encrypted it is another one than the server closes

    def _encrypt(self, tls: ssl.SSLContext) -> None:
        self.request = tls.wrap_socket(self.request, server_side=True)
        super().setup()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def serve(inbox: Inbox, *, tls: ssl.SSLContext | None = None, begins_in_clear: bool = False) -> Iterator[str]:
    options = {"inbox": inbox, "tls": tls, "begins_in_clear": begins_in_clear}
    handler = type("Conversation", (_Conversation,), options)
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        scheme = "imap" if tls is None or begins_in_clear else "imaps"
        yield f"{scheme}://somebody:secret@127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


async def test_what_is_new_is_taken_in_and_then_seen(post: Post, thread: Thread) -> None:
    inbox = Inbox()
    inbox.put(letter(thread.contractor, "From the van."))
    inbox.put(letter(thread.contractor, "Nothing of ours.", To="office@example.com"))
    with serve(inbox) as url:
        assert await poll(mailbox_of(url), post.receiver) == 2
        assert await poll(mailbox_of(url), post.receiver) == 0

    assert inbox.seen == {1, 2}
    assert len(thread.notes()) == 1


async def test_a_mark_that_is_lost_makes_no_second_note(post: Post, thread: Thread) -> None:
    inbox = Inbox()
    inbox.put(letter(thread.contractor, Message_ID=None))
    inbox.keeps_flags = False
    with serve(inbox) as url:
        for _ in range(2):
            with pytest.raises(Exception, match="out of order"):
                await poll(mailbox_of(url), post.receiver)
        inbox.keeps_flags = True
        await poll(mailbox_of(url), post.receiver)

    assert len(thread.notes()) == 1
    assert inbox.seen == {1}


async def test_one_that_cannot_be_taken_in_does_not_hold_up_the_others(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()
    poison = letter(thread.contractor, "poison")
    inbox.put(poison)
    inbox.put(letter(thread.contractor, "honey"))

    def explode(raw: bytes, *, trusted_server: str | None) -> object:
        if b"poison" in raw:
            raise MemoryError
        return read_letter(raw, trusted_server=trusted_server)

    monkeypatch.setattr(receiving, "read_letter", explode)
    with serve(inbox) as url:
        taken = [await poll(mailbox_of(url), post.receiver) for _ in range(5)]

    assert taken == [1, 0, 0, 1, 0]
    assert len(thread.notes()) == 1
    assert [row.reason for row in thread.quarantined()] == ["poison"]


async def test_what_the_quarantine_does_not_take_holds_up_no_reply(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstfix.mail.mailbox._AT_ONCE", 2)
    monkeypatch.setattr("firstfix.domain.messaging.inbound.QUARANTINE_MAILS", 0)
    inbox, failures = Inbox(), Counter[int]()
    for _ in range(3):
        inbox.put(letter(thread.contractor, From="mallory@evil.example"))
    inbox.put(letter(thread.contractor, "From the van."))
    with serve(inbox) as url:
        taken = [await poll(mailbox_of(url), post.receiver, failures) for _ in range(3)]

    assert taken == [0, 1, 0]
    assert len(thread.notes()) == 1
    assert inbox.seen == {4}


async def test_a_letter_that_is_too_large_stays_there(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstfix.mail.mailbox.LETTER_LIMIT_BYTES", 100)
    inbox = Inbox()
    inbox.put(letter(thread.contractor))
    with serve(inbox) as url:
        await poll(mailbox_of(url), post.receiver)

    assert (inbox.seen, thread.notes(), thread.quarantined()) == ({1}, [], [])


@pytest.mark.parametrize("begins_in_clear", [False, True], ids=["imaps", "STARTTLS"])
@pytest.mark.parametrize("name", ["127.0.0.1", "mail.example.com"])
async def test_a_mailbox_is_asked_over_tls_and_only_if_it_is_the_one_that_was_named(
    post: Post,
    thread: Thread,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    begins_in_clear: bool,
    name: str,
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setattr("firstfix.mail.mailbox._LOOPBACK", frozenset())  # as any other host
    inbox = Inbox()
    inbox.put(letter(thread.contractor))
    with serve(inbox, tls=tls_of(authority, name), begins_in_clear=begins_in_clear) as url:
        if name == "127.0.0.1":
            assert await poll(mailbox_of(url), post.receiver) == 1
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await poll(mailbox_of(url), post.receiver)

    assert ("LOGIN" in inbox.commands, len(thread.notes())) == ((True, 1) if name == "127.0.0.1" else (False, 0))


async def test_a_mailbox_that_offers_no_encryption_is_told_no_password(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstfix.mail.mailbox._LOOPBACK", frozenset())
    inbox = Inbox()
    with serve(inbox) as url, pytest.raises(IMAPClientError):
        await poll(mailbox_of(url), post.receiver)

    assert "LOGIN" not in inbox.commands


async def test_a_mailbox_that_fails_is_told_of_once_and_asked_again(
    post: Post, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstfix.mail.mailbox.LOOK_EVERY_SECONDS", 0.0)
    inbox = Inbox()
    inbox.tells_validity = False
    inbox.put(letter(thread.contractor))
    with serve(inbox) as url, capture_logs() as logs:
        polling = asyncio.create_task(poll_for_ever(mailbox_of(url), post.receiver))
        await until(lambda: inbox.commands.count("SELECT") > 2 or polling.done())
        inbox.tells_validity = True
        await until(lambda: inbox.seen or polling.done())
        polling.cancel()
        await asyncio.wait([polling])

    assert (inbox.seen, len(thread.notes())) == ({1}, 1)
    [told] = [entry for entry in logs if entry["event"] == "mail.mailbox_failed"]
    assert "FIRSTFIX_IMAP_URL" in told["advice"]


class Hesitant(Inbox):
    """One that answers a command only when it is let."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at = at
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.interruptions: list[socket.socket] = []

    def answer(self, command: str) -> tuple[bytes, str]:
        if command.upper().startswith(self.at):
            self.asked.set()
            self.go_on.wait(PATIENCE_SECONDS)
            assert self.connection is not None
            self.interruptions, *_ = select.select([self.connection], [], [], 0)
        return super().answer(command)


@pytest.mark.parametrize("command", ["LOGIN", "UID SEARCH"])
async def test_told_to_stop_it_hears_the_answer_out_and_signs_out(post: Post, command: str) -> None:
    inbox = Hesitant(command)
    with serve(inbox) as url:
        polling = asyncio.create_task(poll(mailbox_of(url), post.receiver))
        await until(inbox.asked.is_set)
        polling.cancel()
        await asyncio.sleep(0.1)  # for whatever would be said too early
        inbox.go_on.set()
        await asyncio.wait([polling])

    assert polling.cancelled()
    assert inbox.commands[-1] == "LOGOUT"
    assert inbox.interruptions == []


def test_the_address_of_a_mailbox_is_read() -> None:
    mailbox = mailbox_of("imaps://me%40example.com:s%2Fecret@mail.example.com/Post/Neu")

    assert (mailbox.user, mailbox.password, mailbox.host) == ("me@example.com", "s/ecret", "mail.example.com")
    assert (mailbox.port, mailbox.is_tls, mailbox.folder) == (993, True, "Post/Neu")
    assert "ecret" not in mailbox.name
