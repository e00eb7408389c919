"""What mail needs from outside: something that brings a letter to a mail server."""

from email.message import EmailMessage
from typing import Protocol

from msgspec import Struct


class Delivered(Struct, frozen=True):
    """The server has taken the mail, and answers for it from now on."""

    answer: str


class Refused(Struct, frozen=True):
    """The server does not take it: not now, or (`is_final`) not ever."""

    answer: str
    is_final: bool


class Unreachable(Struct, frozen=True):
    """The server does not answer, or does not let us in. It says nothing about the mail.

    Whether it has taken the mail may be unknown: the same mail, under the same name, is brought again.
    """

    answer: str


Delivery = Delivered | Refused | Unreachable


class Post(Protocol):
    """The mail server."""

    async def send(self, message: EmailMessage, *, return_path: str, to: str) -> Delivery:
        """Bring one mail to one address, and wait for the answer."""
