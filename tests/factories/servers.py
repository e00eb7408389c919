"""A real server process over real HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from tests.factories.tls import TLS
from tests.factories.waiting import PATIENCE_SECONDS


class TestServer:
    """One Granian worker on a database of its own. Tests keep apart by organisation."""

    __test__ = False

    def __init__(
        self, folder: Path, database_url: str, *, app: str = "firstfix.app.web:create_app", **settings: str
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTFIX_")} | {
            "FIRSTFIX_DATABASE_URL": database_url,
            "FIRSTFIX_DATA": str(folder),
            **{f"FIRSTFIX_{name.upper()}": value for name, value in settings.items()},
        }
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--loop", "uvloop"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port), app],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def client(self, *, come_from: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A client of this server, which may come from a loopback address of its own."""
        transport = None
        if come_from is not None:
            transport = httpx.AsyncHTTPTransport(local_address=come_from, verify=TLS)
        return httpx.AsyncClient(
            base_url=self.base_url, headers=headers, timeout=PATIENCE_SECONDS, verify=TLS, transport=transport
        )

    def field(self, api_key: str, *, come_from: str | None = None) -> httpx.AsyncClient:
        """A client of the field API with somebody's key."""
        return self.client(come_from=come_from, Authorization=f"Token {api_key}")

    @property
    def processes(self) -> list[psutil.Process]:
        """The server's process and those that it has started."""
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def kill(self) -> None:
        """End all its processes at once, without a word to them."""
        for process in self.processes:
            process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                httpx.get(f"{self.base_url}/", timeout=2, verify=TLS)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        self.close()
        raise RuntimeError(f"The server did not start:\n{self.log.read_text()}")
