"""What the mail process runs."""

import ssl

from firstfix.adapters.database import Database, Limits
from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.adapters.storage import make_storage
from firstfix.domain.files.gate import Gate
from firstfix.domain.messaging.receiving import Receiver
from firstfix.kit.key_file import KeyFile
from firstfix.mail.listener import ListenerOptions
from firstfix.mail.mailbox import mailbox_of
from firstfix.mail.run import MailOptions, run_mail
from firstfix.settings import PREFIX, Settings, SettingsError

_MAIL_CONNECTIONS = 4


async def take_mail_in(settings: Settings) -> None:
    """Take in what is written to us.

    Raises:
        SettingsError: A setting is missing.
        SealingError: The key ring cannot be used.
    """
    if settings.reply_domain is None:
        raise SettingsError(f"{PREFIX}REPLY_DOMAIN must be set to run this by itself.")
    database = Database(
        settings.app_url,
        keys=KeyFile(settings.keys),
        limits=Limits(transactions=_MAIL_CONNECTIONS),
        mail_domain=settings.mail_domain,
    )
    receiver = Receiver(
        database,
        Gate(make_storage(settings, database), ChildInspector()),
        domain=settings.reply_domain,
        trusted_server=settings.mail_server,
    )
    listener = None
    if settings.mail_in_port is not None:
        listener = ListenerOptions(
            host=settings.mail_in_host,
            port=settings.mail_in_port,
            speaks_lmtp=settings.mail_in_lmtp,
            tls=_tls_of(settings),
        )
    mailbox = None if settings.imap_url is None else mailbox_of(settings.imap_url)
    try:
        await run_mail(receiver, MailOptions(listener=listener, mailbox=mailbox))
    finally:
        await database.close()


def _tls_of(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context
