"""The web processes' own supervisor: `python -m firstfix.cli.web_process`, started by `firstfix serve`.

Settings come by the environment; the end of standard input says that the supervisor is gone.
"""

import gc
import multiprocessing
import os
import resource
import signal
import sys
from contextlib import suppress
from functools import partial

from granian.constants import Interfaces, Loops, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server import Server as Granian
from litestar.types import ASGIApp

from firstfix.adapters.lifeline import end_with_pipe, end_with_supervisor
from firstfix.adapters.logs import set_up_logging
from firstfix.app.web import build_app, create_app
from firstfix.settings import Settings, load_settings

_STOP_SECONDS = 10
_HEADERS_BYTES = 64 * 1024
_HEADER_SECONDS = 30  # also how long a connection may rest between requests
_CONNECTIONS = 4096  # of one process; the database is asked by fewer at a time, and refuses whom it cannot serve
_OPEN_FILES = 65536


def main() -> None:
    """Run the web processes until told to stop; running requests are finished first."""
    end_with_supervisor()
    set_up_logging()
    settings = load_settings(os.environ)
    _allow_many_open_files()
    if sys.platform == "linux":
        # What is imported here is shared. Our threads wait, for the supervisor and for web processes, and hold nothing.
        multiprocessing.set_start_method("fork")
        gc.freeze()
        make_app = partial(_make_forked_app, settings, *os.pipe())
    else:
        multiprocessing.set_start_method("spawn")  # libraries of other systems do not survive a fork
        make_app = create_app
    Granian(
        "firstfix.app.web",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=settings.web_processes,
        backpressure=_CONNECTIONS,
        websockets=False,
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,  # programs of years ago have no newer one
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_SECONDS * 1000, max_buffer_size=_HEADERS_BYTES),
        http2_settings=HTTP2Settings(max_headers_size=_HEADERS_BYTES),
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_level=LogLevels.warning,
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {}}},  # all goes to our own log
    ).serve(target_loader=make_app, wrap_loader=False)


def _make_forked_app(settings: Settings, lifeline: int, other_end: int) -> ASGIApp:
    """Make the app of a web process that has just been forked."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)  # it would go on starting: what it inherited tells only the parent's loop
    os.close(other_end)  # the parent's alone, so that its end is seen
    end_with_pipe(lifeline)
    return build_app(settings)


def _allow_many_open_files() -> None:
    """Each connection is one; many systems begin with 1,024 and let a process raise that itself."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
    with suppress(ValueError, OSError):  # a system with a bound of its own: fewer will do
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


if __name__ == "__main__":
    main()
