"""Letters from a mailbox, by IMAP: looked for, taken in, and only then marked as seen. Nothing is deleted there."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import structlog
from imapclient import IMAPClient  # type: ignore[import-untyped] # as below
from imapclient.exceptions import IMAPClientError  # type: ignore[import-untyped]
from msgspec import Struct

from firstfix.domain.messaging.inbound import Outcome, Place
from firstfix.domain.messaging.inbound_letters import LETTER_LIMIT_BYTES
from firstfix.domain.messaging.receiving import NOT_NOW, advise_on
from firstfix.kit.failures import Told

LOOK_EVERY_SECONDS: Final = 20.0
_TIMEOUT_SECONDS = 30.0
_AT_ONCE = 50
_FAILURES = (IMAPClientError, OSError)
"""The library raises its own and those of the network and of TLS."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ADVICE = "See to FIRSTFIX_IMAP_URL and to that server; it is asked again every 20 seconds."

_Answer = TypeVar("_Answer")

_log = structlog.get_logger(__name__)


class Receives(Protocol):
    """What letters are handed to."""

    def addresses_in(self, raw: bytes) -> list[str]:
        """Find the addresses of ours that a letter names."""

    async def receive(
        self, raw: bytes, recipients: Sequence[str], *, is_returned: bool = False, place: Place | None = None
    ) -> list[Outcome]:
        """Take a letter in."""


class Mailbox(Struct, frozen=True, kw_only=True):
    """A mailbox, and how to get in."""

    host: str
    port: int
    is_tls: bool
    user: str
    password: str
    folder: str

    @property
    def name(self) -> str:
        """How it is written down; no secret."""
        return f"{self.user}@{self.host}/{self.folder}"


def mailbox_of(url: str) -> Mailbox:
    """Read the address of a mailbox, like imaps://user:password@mail.example.com/INBOX."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "imaps"
    return Mailbox(
        host=parts.hostname or "",
        port=parts.port or (993 if is_tls else 143),
        is_tls=is_tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


async def poll_for_ever(mailbox: Mailbox, receiver: Receives) -> None:
    """Look for new letters again and again. A mailbox that does not answer is asked again later."""
    failures: Counter[int] = Counter()
    told = Told()
    while True:
        try:
            await poll(mailbox, receiver, failures)
        except _FAILURES as failure:
            if told.is_news(type(failure).__name__):
                _log.warning("mail.mailbox_failed", reason=str(failure) or type(failure).__name__, advice=_ADVICE)
        else:
            told.clear()
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def poll(mailbox: Mailbox, receiver: Receives, failures: Counter[int] | None = None) -> int:
    """Take in what is new in a mailbox; returns how many letters that were.

    One that cannot be taken in stays as it is, and the others do not wait for it: whoever failed least often is first.
    Else those that a full quarantine does not take would be all that is ever looked at.

    Args:
        mailbox: Which one.
        receiver: What takes them in.
        failures: How often each could not be taken in, by uid; kept from one time to the next.

    Raises:
        IMAPClientError: The mailbox does not do what it is asked; likewise `OSError`.
    """
    failures = Counter() if failures is None else failures
    async with _connected(mailbox) as client:
        selected = await _ask(client.select_folder, mailbox.folder)
        if b"UIDVALIDITY" not in selected:
            raise IMAPClientError("The mailbox does not tell its UIDVALIDITY, by which letters are known again.")
        uid_validity = int(selected[b"UIDVALIDITY"])
        taken_count = 0
        unseen = await _ask(client.search, "UNSEEN")
        for uid in sorted(unseen, key=failures.__getitem__)[:_AT_ONCE]:
            place = Place(mailbox.name, uid_validity, int(uid))
            raw = await _ask(_fetch, client, uid)
            if raw is None or await _take(receiver, raw, place, is_news=not failures[uid]):
                await _ask(client.add_flags, [uid], [rb"\Seen"])
                taken_count += 1
                del failures[uid]
            else:
                failures[uid] += 1
        return taken_count


async def _take(receiver: Receives, raw: bytes, place: Place, *, is_news: bool) -> bool:
    try:
        # One that names none of our addresses is told by the mailbox that it lay in.
        await receiver.receive(raw, receiver.addresses_in(raw) or [place.mailbox], place=place)
    except NOT_NOW as failure:
        if is_news:
            _log.warning("mail.not_now", uid=place.uid, reason=type(failure).__name__, advice=advise_on(failure))
        return False
    except Exception:  # noqa: BLE001 (the letters behind it do not wait; it is counted, and parked in the end)
        _log.exception("mail.failed")
        return False
    return True


@asynccontextmanager
async def _connected(mailbox: Mailbox) -> AsyncIterator[IMAPClient]:
    """Be signed in for as long as the block lasts; somebody told to stop while signing in leaves as well."""
    signed_in: list[IMAPClient] = []
    try:
        await _ask(lambda: signed_in.append(_connect(mailbox)))
        yield signed_in[0]
    finally:
        for client in signed_in:
            with suppress(*_FAILURES):
                await _ask(client.logout)


async def _ask(ask: Callable[..., _Answer], *arguments: object) -> _Answer:
    """Ask a mailbox in a thread, and wait for its answer also when told to stop: it takes one word at a time."""
    asking = asyncio.get_running_loop().run_in_executor(None, ask, *arguments)
    try:
        return await asyncio.shield(asking)
    finally:
        await asyncio.wait([asking])


def _connect(mailbox: Mailbox) -> IMAPClient:
    context = ssl.create_default_context()
    client = IMAPClient(
        mailbox.host,
        port=mailbox.port,
        ssl=mailbox.is_tls,
        ssl_context=context if mailbox.is_tls else None,
        timeout=_TIMEOUT_SECONDS,
    )
    try:
        if not mailbox.is_tls and mailbox.host not in _LOOPBACK:
            client.starttls(context)
        client.login(mailbox.user, mailbox.password)
    except _FAILURES:
        with suppress(*_FAILURES):
            client.shutdown()
        raise
    return client


def _fetch(client: IMAPClient, uid: int) -> bytes | None:
    """Fetch a letter, unless it is larger than any that is taken in: then it stays there, for whoever looks."""
    size = client.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE", 0)
    if size > LETTER_LIMIT_BYTES:
        _log.warning("mail.too_large", uid=uid, size_bytes=size)
        return None
    raw = client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
    return raw if isinstance(raw, bytes) else None
