"""The mail server, by SMTP: a connection for each mail, encrypted and verified, with an end to every wait."""

import ssl
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import (
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from firstfix.domain.messaging.ports import Delivered, Delivery, Refused, Unreachable
from firstfix.settings import LOOPBACK

TIMEOUT_SECONDS: Final = 20.0
"""For each answer of the server. All steps together stay below the lease of a mail."""
_SUBMISSION_PORT, _TLS_PORT = 587, 465
_FIRST_FINAL_CODE: Final = 500


class SmtpPost:
    """One mail server."""

    def __init__(self, url: str, *, tls_context: ssl.SSLContext | None = None) -> None:
        """Take the address from the settings, which have checked it.

        Args:
            url: `smtps://` is encrypted from the first byte; `smtp://` becomes so by STARTTLS. Without that nothing is
                sent, but to this machine, or where the address says `?tls=never`.
            tls_context: What its certificate is verified with; by default what this machine trusts.
        """
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._is_tls = parts.scheme == "smtps"
        self._port = parts.port or (_TLS_PORT if self._is_tls else _SUBMISSION_PORT)
        self._username = None if parts.username is None else unquote(parts.username)
        self._password = None if parts.password is None else unquote(parts.password)
        is_plain = bool(parts.query)
        self._start_tls = False if self._is_tls or is_plain else None if self._host in LOOPBACK else True
        self._tls_context = tls_context or ssl.create_default_context()

    async def send(self, message: EmailMessage, *, return_path: str, to: str) -> Delivery:
        """Bring one mail to one address."""
        server = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._is_tls,
            start_tls=self._start_tls,
            tls_context=self._tls_context,
            timeout=TIMEOUT_SECONDS,
        )
        try:
            await server.connect()
            if self._username is not None:
                await server.login(self._username, self._password or "")
        except (SMTPException, OSError, ValueError) as error:
            server.close()
            return Unreachable(_told(error))
        try:
            _, answer = await server.send_message(message, sender=return_path, recipients=[to])
        except (SMTPException, OSError) as error:
            return _outcome_of(error)
        finally:
            server.close()
        return Delivered(answer)


def _outcome_of(error: Exception) -> Delivery:
    """Tell what a failure says about the mail: anything but an answer of the server says nothing."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, SMTPNotSupported):
        return Refused(_told(error), is_final=True)
    if isinstance(error, SMTPResponseException):
        return Refused(_told(error), is_final=error.code >= _FIRST_FINAL_CODE)
    return Unreachable(_told(error))


def _told(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"
