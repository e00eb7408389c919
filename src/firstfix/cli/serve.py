"""`firstfix serve`: web processes, background worker and embedded PostgreSQL, supervised by one process."""

import os
import shlex
import shutil
import socket
import ssl
import tempfile
import time
from contextlib import ExitStack, suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NoReturn

import msgspec
import psutil
from cyclopts import Parameter

from firstfix.adapters.bootstrap import DatabaseUrls, check_database, check_keys, migrate, plain_engine
from firstfix.adapters.logs import set_up_logging
from firstfix.api.metrics import FOLDER_VARIABLE
from firstfix.cli.databases import serving_database
from firstfix.cli.demo import fill_demonstration, tell_demonstration
from firstfix.cli.faults import CommandFailed
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say
from firstfix.cli.supervisor import Child, StopAsked, child_environment, stop_signals, wait_for_signal
from firstfix.domain.founding.links import LINK_LASTS, open_set_up
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import Settings, load_settings

_START_SECONDS = 60.0
_METRICS = "firstfix-metrics-"
_POLL_SECONDS = 0.05


def serve(
    *,
    data: DataFolder = None,
    host: Annotated[str | None, Parameter(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on; 0: one that is free [8000].")] = None,
    workers: Annotated[int | None, Parameter(help="Web processes [one for each processor, at most 4].")] = None,
    worker: Annotated[bool, Parameter(help="Also run the background worker.")] = True,
    demo: Annotated[bool, Parameter(negative=(), help="Fill an empty database with a demonstration.")] = False,
    tls_cert: Annotated[Path | None, Parameter(help="Certificate chain (PEM) to serve https with.")] = None,
    tls_key: Annotated[Path | None, Parameter(help="Its private key (PKCS #8).")] = None,
    public_url: Annotated[str | None, Parameter(help="Address that people and programs reach this server at.")] = None,
    mail_in_port: Annotated[
        int | None, Parameter(help="Port to take mail in at, by SMTP; 0: one that is free.")
    ] = None,
) -> int:
    """Run everything until Ctrl-C: web processes, background worker, mail and, unless another is set, PostgreSQL.

    Each option is also a setting, FIRSTFIX_<NAME>; see docs/operating.md for all of them.
    """
    settings = load_settings(
        data=data,
        host=host,
        port=port,
        workers=workers,
        tls_cert=tls_cert,
        tls_key=tls_key,
        public_url=public_url,
        mail_in_port=mail_in_port,
    )
    set_up_logging()
    with stop_signals(), ExitStack() as stack:
        try:
            _serve(stack, settings, demo=demo, worker=worker)
        except StopAsked:
            say("Stopping…")
    return 0


def _serve(stack: ExitStack, settings: Settings, *, demo: bool, worker: bool) -> NoReturn:
    """Start everything and wait; the stack stops it in order."""
    _check_certificate(settings)
    settings = _settle_places(settings)
    urls = stack.enter_context(serving_database(settings))
    _prepare(settings, urls)
    if demo:
        fill_demonstration(settings, urls)
    metrics = stack.enter_context(_metrics_folder())
    environment = child_environment(settings, urls) | {FOLDER_VARIABLE: metrics}
    if worker:
        _start(stack, Child("worker", environment))
    if settings.takes_mail_in:
        _start(stack, Child("mail", environment))
    _wait_until_up(settings, _start(stack, Child("web", environment)))
    _print_banner(settings, urls)
    if demo:
        tell_demonstration(settings)
    wait_for_signal()


def _prepare(settings: Settings, urls: DatabaseUrls) -> None:
    if urls.owner is not None:
        migrate(urls)
    check_database(urls.app)
    check_keys(urls.app, load_key_ring(settings.keys))


def _metrics_folder() -> TemporaryDirectory[str]:
    """Make the folder that the processes count in, and remove what servers left that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_METRICS}*-*"):
        pid = left.name.removeprefix(_METRICS).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    return TemporaryDirectory(prefix=f"{_METRICS}{os.getpid()}-")


def _start(stack: ExitStack, child: Child) -> Child:
    child.start()
    stack.callback(child.stop)
    return child


def _check_certificate(settings: Settings) -> None:
    """See that https can be served: the processes that do it would end in the middle of the start.

    Raises:
        CommandFailed: A file is missing, is no PEM, is locked with a password, or the key is another certificate's.
    """
    if settings.tls_cert is None:
        return
    try:
        # An empty password, for the library would ask for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, password=str)
    except OSError as error:  # those of TLS too
        files = f"{settings.tls_cert} with {settings.tls_key}"
        raise CommandFailed(f"https cannot be served by {files}: {error.strerror}.") from error


def _settle_places(settings: Settings) -> Settings:
    """Put numbers for names of hosts and for port 0, and see that nobody listens there."""
    host, port = _settle_place(settings.host, settings.port)
    settled = msgspec.structs.replace(settings, host=host, port=port)
    if settings.mail_in_port is None:
        return settled
    host, port = _settle_place(settings.mail_in_host, settings.mail_in_port)
    return msgspec.structs.replace(settled, mail_in_host=host, mail_in_port=port)


def _settle_place(host: str, port: int) -> tuple[str, int]:
    """Find the number of a place that nobody listens at.

    Web processes share their port, so the system would let another server share it too.
    """
    try:
        family, kind, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            settled: tuple[str, int] = probe.getsockname()[:2]
    except OSError as error:
        raise CommandFailed(f"Cannot listen on {host} port {port}: {error.strerror or error}.") from error
    return settled


def _wait_until_up(settings: Settings, web: Child) -> None:
    """Wait until the web processes take connections.

    Raises:
        CommandFailed: They ended instead.
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 (where we connect to)
    give_up_at = time.monotonic() + _START_SECONDS
    while not web.exit_codes and time.monotonic() < give_up_at:
        with suppress(OSError), socket.create_connection((host, settings.port), timeout=1):
            return
        time.sleep(_POLL_SECONDS)
    raise CommandFailed("The web processes did not start; what they wrote above says why.")


def _print_banner(settings: Settings, urls: DatabaseUrls) -> None:
    say(f"\nFirstfix {version('firstfix')} is ready at {settings.address}/app/ (Ctrl-C stops it)\n")
    if settings.mail_in_port is not None:
        place = f"{settings.mail_in_host} port {settings.mail_in_port}"
        say(f"Mail for {settings.reply_domain} is taken in at {place}.\n")
    if urls.owner is None:
        return
    with plain_engine(urls.owner).begin() as connection:
        secret = open_set_up(connection)
    if secret is not None:
        options = "" if settings.database_url else f" --data {shlex.quote(str(settings.data))}"
        hours = int(LINK_LASTS.total_seconds()) // 3600
        say(
            "Nobody can sign in yet. Name your organisation and make the first account in a browser. This link works"
            f" once, within {hours} hours:\n\n"
            # Behind the #: what is there stays in the browser, out of the logs of servers and proxies.
            f"  {settings.address}/app/set-up#{secret}\n\n"
            "Or do it in another terminal:\n\n"
            f"  firstfix user create you@example.com --organisation-name 'Your firm'{options}\n"
        )
