"""`firstfix doctor`: how this installation is set up, and what is wrong with it."""

import asyncio
import os
import platform
import shutil
import stat
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import psycopg
from msgspec import Struct
from rich.table import Table
from sqlalchemy.engine import make_url

from firstfix.adapters.bootstrap import APP_ROLE_SETTINGS, DatabaseRefused, DatabaseUrls, check_database, check_keys
from firstfix.adapters.embedded_postgres import find_running
from firstfix.adapters.films.ffmpeg import FfmpegFilms
from firstfix.adapters.films.launcher import MEANS
from firstfix.app.builds import OFFICE_APP
from firstfix.cli.databases import any_database
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say, show
from firstfix.kit.faults import Fault
from firstfix.kit.sealing import SealingError, load_key_ring
from firstfix.migrations import latest_revision
from firstfix.settings import LOOPBACK, Settings, load_settings

_LITTLE_SPACE_BYTES: Final = 1024**3
_FOR_OTHERS: Final = 0o077
_WORKER_SILENT_SECONDS: Final = 60
_MEANS: Final = {
    "user": "as this user, for only root can choose another",
    "network": "with the network, which this system does not let us take away",
    "files": "with files of this user in sight, which this system cannot hide",
}


class Finding(Struct, frozen=True):
    """One line of the report."""

    topic: str
    state: str
    is_fault: bool = False


def doctor(*, data: DataFolder = None) -> int:
    """Tell about settings, database, roles, keys, disk and worker. The exit code is 1 where something is wrong."""
    findings = list(_examine(load_settings(data=data)))
    table = Table("", "what", "how it is", show_header=False, box=None)
    for finding in findings:
        table.add_row("✗" if finding.is_fault else "✓", finding.topic, finding.state)
    show(table)
    faults = sum(finding.is_fault for finding in findings)
    if faults:
        say(f"{faults} thing{'' if faults == 1 else 's'} to mend.")
    return 1 if faults else 0


def _examine(settings: Settings) -> Iterator[Finding]:
    yield Finding("Firstfix", f"{version('firstfix')}, schema {latest_revision()}")
    yield Finding("Python", f"{platform.python_version()} on {platform.platform()}")
    yield from (Finding(name, value) for name, value in _shown_settings(settings))
    yield from _examine_listening(settings)
    yield from _examine_mail_in(settings)
    yield from _examine_mail_out(settings)
    yield from _examine_disk(settings.data)
    yield _examine_films()
    is_running = settings.database_url is not None or find_running(settings.data) is not None
    try:
        with any_database(settings) as urls:
            yield from _examine_database(settings, urls, is_running=is_running)
    except Fault as fault:
        yield Finding("database", str(fault), is_fault=True)


def _shown_settings(settings: Settings) -> Iterator[tuple[str, str]]:
    for variable, value in settings.environment().items():
        if "://" in value and "@" in value:
            yield variable, make_url(value).render_as_string(hide_password=True)
        else:
            yield variable, "set" if variable.endswith(("_SECRET_KEY", "_PASSWORD")) else value


def _examine_listening(settings: Settings) -> Iterator[Finding]:
    is_private = settings.host in LOOPBACK or settings.tls_cert is not None
    if not is_private and not settings.trusted_proxies:
        yield Finding(
            "http", f"{settings.host} is served in clear: set a certificate, or put a proxy before it", is_fault=True
        )
    if not (OFFICE_APP / "index.html").is_file():
        yield Finding("web app", "not built: run make setup", is_fault=True)


def _examine_mail_in(settings: Settings) -> Iterator[Finding]:
    if settings.mail_in_port is not None:
        place = f"{settings.mail_in_host} port {settings.mail_in_port}"
        is_private = settings.mail_in_host in LOOPBACK or settings.tls_cert is not None
        state = f"taken in at {place}{'' if is_private else ', in clear: set a certificate'}"
        yield Finding("mail in", state, is_fault=not is_private)
    if settings.imap_url is not None:
        yield Finding("mail in", "fetched from a mailbox")
    if settings.reply_domain is not None and not settings.takes_mail_in:
        yield Finding(
            "mail in", f"not taken in here: another server has to, or replies to {settings.reply_domain} fail"
        )


def _examine_mail_out(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        yield Finding("mail out", "waits: FIRSTFIX_SMTP_URL is not set")
        return
    server = urlsplit(settings.smtp_url).hostname
    yield Finding("mail out", f"goes by {server}, from {settings.mail_from}")


def _examine_disk(folder: Path) -> Iterator[Finding]:
    existing = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
    free_bytes = shutil.disk_usage(existing).free
    state = f"{free_bytes / 1024**3:.1f} GiB free for {folder.resolve()}"
    yield Finding("disk", state, is_fault=free_bytes < _LITTLE_SPACE_BYTES)
    if not os.access(existing, os.W_OK):
        yield Finding("data folder", f"{existing} cannot be written to by this user", is_fault=True)


def _examine_films() -> Finding:
    try:
        with TemporaryDirectory() as folder:
            confinement = asyncio.run(FfmpegFilms(Path(folder)).examine())
    except Fault as fault:
        return Finding("films", str(fault), is_fault=True)
    lacking = [_MEANS[word] for word in MEANS if word not in confinement.means]
    state = f"ffmpeg {confinement.version}, " + ("confined" if not lacking else "; ".join(lacking))
    return Finding("films", state)


def _examine_database(settings: Settings, urls: DatabaseUrls, *, is_running: bool) -> Iterator[Finding]:
    kind = "embedded" if settings.database_url is None else "external"
    yield Finding("database", f"{kind}, {'running' if is_running else 'started for this'}")
    if urls.owner is None:
        yield Finding("owner", "FIRSTFIX_OWNER_DATABASE_URL is not set: migrate, check and user need it")
    try:
        check_database(urls.app)
    except DatabaseRefused as fault:
        yield Finding("roles, schema, durability", str(fault), is_fault=True)
        return
    yield Finding("roles, schema, durability", "as they must be")
    yield from _examine_keys(settings, urls)
    with psycopg.connect(urls.app) as connection:
        yield from _examine_server(connection, is_running=is_running)


def _examine_keys(settings: Settings, urls: DatabaseUrls) -> Iterator[Finding]:
    if not settings.keys.exists():
        yield Finding("keys", f"{settings.keys} is made by the first start")
        return
    mode = stat.S_IMODE(settings.keys.stat().st_mode)
    yield Finding("key file", f"{settings.keys}, mode {mode:04o}", is_fault=bool(mode & _FOR_OTHERS))
    try:
        check_keys(urls.app, load_key_ring(settings.keys))
    except SealingError as fault:
        yield Finding("keys", str(fault), is_fault=True)
    else:
        yield Finding("keys", "fit the database")


def _examine_server(connection: psycopg.Connection, *, is_running: bool) -> Iterator[Finding]:
    row = connection.execute("SELECT current_setting('server_version'), version_num FROM alembic_version").fetchone()
    server, revision = row or ("?", "?")
    yield Finding("PostgreSQL", f"{server}, schema {revision}")
    for name, wanted in APP_ROLE_SETTINGS.items():
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        actual = row[0] if row else "?"
        yield Finding(name, f"{actual}, should be {wanted}" if actual != wanted else actual, is_fault=actual != wanted)
    if is_running:
        silent = connection.execute(
            "SELECT extract(epoch FROM now() - max(last_heartbeat))::bigint FROM procrastinate_workers"
        ).fetchone()
        seconds = silent[0] if silent else None
        state = "none" if seconds is None else f"last heard of {seconds} s ago"
        yield Finding("worker", state, is_fault=seconds is None or seconds > _WORKER_SILENT_SECONDS)
