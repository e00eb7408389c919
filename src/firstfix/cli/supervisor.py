"""Keeping child processes running until they are told to stop."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import msgspec
import structlog

from firstfix.adapters.bootstrap import DatabaseUrls
from firstfix.settings import PREFIX, Settings

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60.0  # who lived so long begins again with the first pause
_STOP_SECONDS = 15.0

_log = structlog.get_logger(__name__)


class Child:
    """A process of ours that is started again whenever it ends unasked, after pauses that grow."""

    def __init__(self, role: str, environment: Mapping[str, str]) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            role: `web`, `worker` or `mail`, as in the name of the module that it runs.
            environment: All of its variables.
        """
        self.role = role
        self.exit_codes: list[int] = []
        self._environment = dict(environment)
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name=f"{role}-keeper", daemon=True)

    def start(self) -> None:
        """Start it."""
        self._keeper.start()

    def stop(self) -> None:
        """Ask it to end, and make it end when it takes too long."""
        self._stopping.set()
        for how in (signal.SIGTERM, signal.SIGKILL):
            with self._guard:
                if self._process is not None and self._process.poll() is None:
                    self._process.send_signal(how)
            self._keeper.join(_STOP_SECONDS)
            if not self._keeper.is_alive():
                return

    def _keep(self) -> None:
        pause_seconds = _FIRST_PAUSE_SECONDS
        while True:
            began_at = time.monotonic()
            with self._guard:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(
                    [sys.executable, "-m", f"firstfix.cli.{self.role}_process"],
                    env=self._environment,
                    stdin=subprocess.PIPE,  # its lifeline: closed by our end, in whatever way
                    start_new_session=True,  # Ctrl-C at the terminal is for us, who stop things in order
                )
            with self._process:
                self.exit_codes.append(self._process.wait())
            if time.monotonic() - began_at > _STEADY_SECONDS:
                pause_seconds = _FIRST_PAUSE_SECONDS
            if self._stopping.wait(pause_seconds):
                return
            _log.warning("child.restarting", role=self.role, ended_with=self.exit_codes[-1])
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)


def child_environment(settings: Settings, urls: DatabaseUrls) -> dict[str, str]:
    """Give a child our environment with the settings as they are now, and without the owner's password."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    own = msgspec.structs.replace(settings, database_url=urls.app, owner_database_url=None)
    return others | own.environment()


class StopAsked(BaseException):
    """Somebody asked the server to stop."""


@contextmanager
def stop_signals() -> Iterator[None]:
    """Raise `StopAsked` at the first signal that asks to stop, whatever is being done; later ones change nothing."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(*_: object) -> NoReturn:
        for one in signals:
            signal.signal(one, signal.SIG_IGN)
        raise StopAsked

    earlier = [signal.signal(one, stop) for one in signals]
    try:
        yield
    finally:
        for one, handler in zip(signals, earlier, strict=True):
            signal.signal(one, handler)


def wait_for_signal() -> NoReturn:
    """Do nothing until `StopAsked`."""
    while True:
        signal.pause()
