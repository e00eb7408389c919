"""The mail process: a listener, a mailbox, or both.

A process of its own, for it reads what strangers send: whatever that does to it, no request and no deadline waits, and
the supervisor starts it again.
"""

import asyncio
import signal
from contextlib import AsyncExitStack

import structlog
from msgspec import Struct

from firstfix.domain.messaging.receiving import Receiver
from firstfix.mail.listener import ListenerOptions, listening
from firstfix.mail.mailbox import Mailbox, poll_for_ever

_log = structlog.get_logger(__name__)


class MailOptions(Struct, frozen=True, kw_only=True):
    """Where letters come from."""

    listener: ListenerOptions | None
    mailbox: Mailbox | None


async def run_mail(receiver: Receiver, options: MailOptions) -> None:
    """Take letters in until a signal asks to stop. What is not committed then, whoever has it keeps."""
    stopped = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stopped.set)
    async with AsyncExitStack() as stack:
        if options.listener is not None:
            port = await stack.enter_async_context(listening(receiver, options.listener))
            _log.info("mail.listening", port=port)
        if options.mailbox is not None:
            beside = await stack.enter_async_context(asyncio.TaskGroup())
            polling = beside.create_task(poll_for_ever(options.mailbox, receiver))
            stack.callback(polling.cancel)
        await stopped.wait()
