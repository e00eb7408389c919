"""The mail server that our own mail server hands letters to, by SMTP or LMTP.

It says 250 only when all that a letter does is committed; before that, whoever has the letter keeps it. It relays
nothing, signs nobody in, and answers for no address but ours.
"""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import AnyStr, Final, Literal, Protocol, cast

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from msgspec import Struct

from firstfix.domain.messaging.inbound import Outcome, QuarantineFull
from firstfix.domain.messaging.inbound_letters import LETTER_LIMIT_BYTES
from firstfix.domain.messaging.receiving import NOT_NOW, RECIPIENTS_LIMIT, advise_on

CONNECTIONS_LIMIT: Final = 10
"""A letter is in memory as a whole, and for a moment twice."""
CONNECTIONS_OF_ONE: Final = 5
"""From one address, or one network of IPv6 that somebody has: as many as Postfix opens at first."""
TO_A_LETTER_SECONDS: Final = 30.0
"""So long a connection may take until it begins to send a letter, and then until it sends the next."""
SILENCE_SECONDS: Final = 60.0
"""So long nothing may come in the middle of a letter."""
_IPV6_NETWORK_BITS = 64
_COMMANDS: Final[dict[str, int]] = {"*": 50, "RCPT": 10 * RECIPIENTS_LIMIT, "MAIL": 200, "DATA": 200, "RSET": 200}
"""So often one connection may give each command; then it has to come again."""
_TIMEOUT_SECONDS = 300.0
_MORE_THAN_A_LETTER_BYTES = LETTER_LIMIT_BYTES + (4 << 20)
_MORE_THAN_A_LETTER_LINES = 1_000_000
"""In lines of base64 the longest letter has less than half as many."""
_NOBODY = frozenset({None, "", "<>"})
"""Return paths of what mail servers write themselves."""
_TAKEN = "250 2.0.0 Taken"
_LATER = "451 4.3.0 Cannot be taken now, try again later"
_FULL = "452 4.3.1 No room for this now, try again later"

_log = structlog.get_logger(__name__)


class Receives(Protocol):
    """What letters are handed to."""

    @property
    def domain(self) -> str:
        """Below which our addresses are."""

    def is_ours(self, address: str) -> bool:
        """Tell whether mail for an address is taken in here."""

    async def receive(self, raw: bytes, recipients: Sequence[str], *, is_returned: bool = False) -> list[Outcome]:
        """Take a letter in."""


class ListenerOptions(Struct, frozen=True, kw_only=True):
    """Where to listen, and how. `tls` is offered by STARTTLS."""

    host: str
    port: int
    speaks_lmtp: bool = False
    tls: ssl.SSLContext | None = None


class _Handler:
    """Answers the commands of one connection."""

    def __init__(self, receiver: Receives, *, speaks_lmtp: bool) -> None:
        self._receiver = receiver
        self._speaks_lmtp = speaks_lmtp

    async def handle_RCPT(  # noqa: N802 (the library's name, as below)
        self,
        server: SMTP,  # noqa: ARG002 (it passes all of them)
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        """Take an address, if it is one of ours."""
        if not self._receiver.is_ours(address):
            return "550 5.1.1 No such address here"
        if len(envelope.rcpt_tos) >= RECIPIENTS_LIMIT:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: "_Guarded", session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """Take a letter in; what is answered is true."""
        server.wait_for_us()
        recipients = list(envelope.rcpt_tos)
        try:
            await self._receiver.receive(
                envelope.original_content or b"", recipients, is_returned=envelope.mail_from in _NOBODY
            )
        except NOT_NOW as failure:
            _log.warning("mail.not_now", reason=type(failure).__name__, advice=advise_on(failure))
            answer = _FULL if isinstance(failure, QuarantineFull) else _LATER
        except Exception:  # noqa: BLE001 (answered as always, so that the library forgets whom this letter was for)
            _log.exception("mail.failed")
            answer = _LATER
        else:
            answer = _TAKEN
        # LMTP wants an answer for each recipient. They share their fate; what is done already is not done again.
        return "\r\n".join([answer] * (len(recipients) if self._speaks_lmtp else 1))

    async def handle_exception(self, error: Exception) -> str:
        """Answer for whatever went wrong: the letter stays with whoever has it, and comes again."""
        _log.error("mail.failed", exc_info=error)
        return _LATER


class _Guarded(SMTP):
    """A connection that is not let in where there are too many, and ends where nothing comes, or more than any letter.

    The library gives each command five minutes, whatever comes meanwhile: a few who say nothing would keep all others
    out.
    """

    others: "set[_Guarded]"
    _network = ""
    _turn: Literal["theirs", "letter", "ours"] = "theirs"
    """Whose turn it is: theirs to begin a letter, theirs in the middle of one, or ours to take it in."""
    _end: asyncio.TimerHandle | None = None
    _unanswered_bytes = 0
    _unanswered_lines = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._network = network_of(transport.get_extra_info("peername")[0])
        if self not in self.others and self._is_one_too_many():
            _say_goodbye(transport, b"421 4.7.0 Too many connections, try again later\r\n")
            return
        self.others.add(self)
        self._wait_for_them(TO_A_LETTER_SECONDS)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        if self in self.others:
            self.others.discard(self)
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self in self.others else None

    def data_received(self, data: bytes) -> None:
        # The library reads a line without end into memory until the time is over, and keeps each line in an object of
        # its own: thirty megabytes of empty ones take more than a gigabyte.
        self._unanswered_bytes += len(data)
        self._unanswered_lines += data.count(b"\n")
        if self._turn == "letter":
            self._wait_for_them(SILENCE_SECONDS)
        is_too_much = (
            self._unanswered_bytes > _MORE_THAN_A_LETTER_BYTES or self._unanswered_lines > _MORE_THAN_A_LETTER_LINES
        )
        if is_too_much and self.transport is not None:
            cast("asyncio.WriteTransport", self.transport).abort()
        elif self in self.others:
            super().data_received(data)

    async def push(self, status: AnyStr) -> None:
        self._unanswered_bytes = self._unanswered_lines = 0
        if status[:3] in ("354", b"354"):  # it asks for the letter itself
            self._turn = "letter"
            self._wait_for_them(SILENCE_SECONDS)
        await super().push(status)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (the library's name)
        """Take a letter, if it is time for one. Only one that was sent gives time to the next."""
        await super().smtp_DATA(arg)
        if self._turn != "theirs":
            self._turn = "theirs"
            self._wait_for_them(TO_A_LETTER_SECONDS)

    def wait_for_us(self) -> None:
        """Let the other side wait: it is our turn, however long that takes."""
        self._turn = "ours"
        if self._end is not None:
            self._end.cancel()

    def _wait_for_them(self, seconds: float) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self.loop.call_later(seconds, self._leave)

    def _leave(self) -> None:
        if self.transport is not None:
            _say_goodbye(self.transport, b"421 4.4.2 Nothing came for too long\r\n")

    def _is_one_too_many(self) -> bool:
        of_one = sum(other._network == self._network for other in self.others)  # noqa: SLF001 (of its own kind)
        return len(self.others) >= CONNECTIONS_LIMIT or of_one >= CONNECTIONS_OF_ONE


class _GuardedLmtp(_Guarded, LMTP):
    """The same, for LMTP."""


@asynccontextmanager
async def listening(receiver: Receives, options: ListenerOptions) -> AsyncIterator[int]:
    """Listen for mail as long as the block lasts; gives the port."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it would tell who writes to whom
    loop = asyncio.get_running_loop()
    others: set[_Guarded] = set()

    def make() -> _Guarded:
        server = (_GuardedLmtp if options.speaks_lmtp else _Guarded)(
            _Handler(receiver, speaks_lmtp=options.speaks_lmtp),
            data_size_limit=LETTER_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            hostname=receiver.domain,
            ident="Firstfix",
            tls_context=options.tls,
            timeout=_TIMEOUT_SECONDS,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            command_call_limit=_COMMANDS,
            loop=loop,
        )
        server.others = others
        return server

    server = await loop.create_server(make, options.host, options.port)
    async with server:
        yield server.sockets[0].getsockname()[1]


def network_of(address: str) -> str:
    """Tell who a caller is among others: the address, of IPv6 the network that one customer is given."""
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        plain = known.ipv4_mapped
        return str(plain or ipaddress.IPv6Network((int(known), _IPV6_NETWORK_BITS), strict=False))
    return str(known)


def _say_goodbye(transport: asyncio.BaseTransport, words: bytes) -> None:
    leaving = cast("asyncio.WriteTransport", transport)  # as uvloop's are too, which do not say so
    leaving.write(words)
    leaving.close()
