"""What the background worker runs."""

from firstfix.adapters.database import Database
from firstfix.adapters.films.ffmpeg import make_films
from firstfix.adapters.smtp import SmtpPost
from firstfix.adapters.storage import make_storage
from firstfix.domain.files.ports import Storage
from firstfix.domain.messaging.letters import Sender
from firstfix.kit.key_file import KeyFile
from firstfix.settings import Settings
from firstfix.worker.films import Studio
from firstfix.worker.mailing import Outlet
from firstfix.worker.run import SESSION_SETTINGS, make_queue, run_worker


async def work_in_background(settings: Settings) -> None:
    """Run the background worker.

    Raises:
        SettingsError: A setting is missing.
        SealingError: The key ring cannot be used.
    """
    database = Database(
        settings.app_url,
        keys=KeyFile(settings.keys),
        session_settings=SESSION_SETTINGS,
        mail_domain=settings.mail_domain,
    )
    try:
        storage = make_storage(settings, database)
        queue = make_queue(settings.app_url, database, storage)
        films = make_films(settings)
        films.drop_left()
        studio = Studio(storage=storage, films=films)
        await run_worker(queue, database, outlet=_make_outlet(settings, storage), studio=studio)
    finally:
        await database.close()


def _make_outlet(settings: Settings, storage: Storage) -> Outlet | None:
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    sender = Sender(address=settings.mail_from, reply_domain=settings.reply_domain, app_url=settings.address)
    return Outlet(post=SmtpPost(settings.smtp_url), sender=sender, storage=storage)
