"""`firstfix serve` as an operator runs it: a process that starts all the others."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from tests.factories.tls import TLS
from tests.factories.waiting import PATIENCE_SECONDS, wait_until

_PROGRAM = Path(sys.executable).with_name("firstfix")


class WholeServer:
    """A `firstfix serve` and every process that it has started."""

    def __init__(self, folder: Path, *options: str, port: int = 0, **settings: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.log = folder / "serve.log"
        command: list[str | Path] = [_PROGRAM, "serve", f"--data={folder}", f"--port={port}", *options]
        environment = os.environ | {f"FIRSTFIX_{name.upper()}": value for name, value in settings.items()}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        self.everybody: set[psutil.Process] = set()

    @property
    def url(self) -> str:
        """Where it answers, once it does."""
        wait_until(lambda: "is ready at" in self.log.read_text() or self.process.poll() is not None)
        address = re.search(r"ready at (https?://[^/]+)/app/", self.log.read_text())
        assert address is not None, self.log.read_text()
        self.look_around()
        return address[1]

    def look_around(self) -> list[psutil.Process]:
        """Remember who belongs to it."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        self.everybody.update(found)
        return found

    def child(self, word: str) -> psutil.Process:
        """Find a process by a word of its command line."""
        wait_until(lambda: any(word in " ".join(command_of(one)) for one in self.look_around()))
        return next(one for one in self.look_around() if word in " ".join(command_of(one)))

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal it, and see that everybody ends."""
        self.look_around()
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE_SECONDS)
        wait_until(lambda: not [one for one in self.everybody if is_alive(one)])
        return code

    def kill_everybody(self) -> None:
        """End all its processes at once, without a word to any; harmless when repeated."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self.look_around()
        self.process.kill()  # first: it would start the others again
        for process in self.everybody:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(PATIENCE_SECONDS)
        wait_until(lambda: not [one for one in self.everybody if is_alive(one)])


def command_of(process: psutil.Process) -> list[str]:
    """Tell how a process was started; nothing where it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return process.cmdline()
    return []


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def answers(url: str, path: str, **headers: str) -> bool:
    """Tell whether a server has something to say to a GET."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}{path}", headers=headers, timeout=10, verify=TLS).status_code == 200
    return False
