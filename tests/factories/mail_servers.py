"""A real mail server that tests talk to: it keeps what it takes, and answers as a test wants it to."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from msgspec import Struct

from tests.factories.waiting import PATIENCE_SECONDS

TAKEN = "250 2.0.0 taken"


class Mail(Struct, frozen=True):
    """A mail that came with all its data, and what was answered to it; nothing where the connection was dropped."""

    return_path: str
    to: str
    message: EmailMessage
    answer: str | None


class MailServer:
    """One mail server on a port of its own.

    Attributes:
        mails: All that came, the first first.
        on_recipient: What is answered to an address.
        on_data: What is answered to the data; nothing: the connection is dropped without an answer.
        connections: How many were made.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, is_tls_offered: bool = False, password: str = "") -> None:
        self.mails: list[Mail] = []
        self.on_recipient: Callable[[str], str] = lambda _: "250 2.1.5 known"
        self.on_data: Callable[[Mail], str | None] = lambda _: TAKEN
        self.connections = 0
        self._halted, self._going_on = threading.Event(), threading.Event()
        self._going_on.set()
        options: dict[str, Any] = {}
        if password:
            options = {"authenticator": _check(password), "auth_require_tls": False}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ready_timeout=PATIENCE_SECONDS,
            ssl_context=None if is_tls_offered else tls,
            tls_context=tls if is_tls_offered else None,
            **options,
        )
        self._controller.start()

    @property
    def url(self) -> str:
        """The setting that names it."""
        return f"smtp://127.0.0.1:{self.port}"

    def halt(self) -> None:
        """Keep the next mails waiting for their answers, until the test goes on."""
        self._halted.clear()
        self._going_on.clear()

    def halted(self) -> bool:
        """Tell whether a mail waits for its answer."""
        return self._halted.is_set()

    def go_on(self) -> None:
        """Answer what waits, and whatever comes."""
        self._going_on.set()

    def close(self) -> None:
        """Stop."""
        self._going_on.set()
        self._controller.stop()

    # What aiosmtpd calls:

    async def handle_EHLO(  # noqa: N802 (its name)
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,  # noqa: ARG002
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        answer = self.on_recipient(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        message = message_from_bytes(cast("bytes", envelope.content), policy=default)
        mail = Mail(str(envelope.mail_from), envelope.rcpt_tos[0], message, None)
        answer = self.on_data(mail)
        self.mails.append(Mail(mail.return_path, mail.to, mail.message, answer))
        self._halted.set()
        await asyncio.to_thread(self._going_on.wait, PATIENCE_SECONDS)
        if answer is None:
            cast("asyncio.Transport", server.transport).abort()
            return "421 never seen"
        return answer


@contextmanager
def serve_mail(**options: Any) -> Iterator[MailServer]:  # noqa: ANN401 (as `MailServer` takes them)
    """Run a mail server."""
    server = MailServer(**options)
    try:
        yield server
    finally:
        server.close()


def _check(password: str) -> Callable[..., AuthResult]:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:  # noqa: ARG001
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == password.encode(), handled=False)

    return authenticate
