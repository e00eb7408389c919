"""Run a server as a child process for as long as a block lasts."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


class ServerNotStartedError(Exception):
    """The server ended, or took no connection within a minute; the message names its log."""


@contextmanager
def serving(command: Sequence[str | Path], *, port: int, log: Path) -> Iterator[None]:
    """Start a server, wait until it takes connections, and end it after the block.

    Args:
        command: The program and its arguments.
        port: Where on 127.0.0.1 they make it listen.
        log: Takes what it prints.

    Raises:
        ServerNotStartedError: See there.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _takes_connections(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerNotStartedError(f"{command[0]} did not start, see {log}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Find a port on 127.0.0.1 that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _takes_connections(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
