"""Which processes are PostgreSQL's on one database, and how to end them.

A pid tells nothing after a crash: it may be a zombie's or another program's by now. So every process of a database
carries a mark, made from the folder's device and inode, as PostgreSQL's `cluster_name`. Command lines show it to
everybody, also where `/proc/<pid>/exe` and `cwd` are closed even to root (a container without `CAP_SYS_PTRACE`).
A zombie has no command line, and the next owner of a pid has another one.
"""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

POLL_SECONDS = 0.005
SHUTDOWNS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))  # fast, immediate, by force
_READY = "ready"


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says; whether the process is still that one is another question."""

    pid: int
    port: int
    socket_folder: Path
    is_ready: bool


def mark_of(data: Path) -> str:
    """Name a database for as long as its folder exists; a copy has another name, a moved folder the same.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    folder = data.stat()
    return f"firstfix-{folder.st_dev:x}-{folder.st_ino:x}"


def read_postmaster(data: Path) -> Postmaster | None:
    """Read the main process's own note; `None` where there is none or it is not complete yet."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    match lines:
        case [pid, _, _, port, socket_folder, _, _, status] if pid.isdecimal():
            return Postmaster(int(pid), int(port), Path(socket_folder), status.strip() == _READY)
        case _:
            return None


def command_line(pid: int) -> list[str]:
    """Read a process's command line; empty for a zombie and for none."""
    try:
        return psutil.Process(pid).cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def belongs(command: list[str], mark: str) -> bool:
    """Tell whether a command line is that of a database's main process or of one of its children."""
    if not command:
        return False
    is_main = Path(command[0]).name == "postgres" and f"cluster_name={mark}" in command
    return is_main or " ".join(command).startswith(f"postgres: {mark}: ")


def end_all(data: Path, uid: int) -> None:
    """End what runs on a database that nobody supervises any more: its main process in order, orphans by force.

    Args:
        data: The database's folder, locked by the caller.
        uid: The user whose processes may be ended.

    Raises:
        OSError: Somebody else's PostgreSQL uses the folder, or a process does not end.
    """
    mark = mark_of(data)
    postmaster = read_postmaster(data)
    if postmaster is not None:
        command = command_line(postmaster.pid)
        if belongs(command, mark):
            _end(postmaster.pid, mark, SHUTDOWNS)
        elif str(data) in command and Path(command[0]).name == "postgres":
            raise OSError(f"process {postmaster.pid}, which is none of ours, uses {data}; end it first")
    for process in psutil.process_iter(["cmdline", "uids"]):
        command, owner = process.info["cmdline"], process.info["uids"]  # `None` where it ended or may not be read
        if command and owner and owner.real == uid and belongs(command, mark):
            _end(process.pid, mark, SHUTDOWNS[-1:])


def _end(pid: int, mark: str, ways: tuple[tuple[signal.Signals, float], ...]) -> None:
    for how, patience_seconds in ways:
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        give_up_at = time.monotonic() + patience_seconds
        while time.monotonic() < give_up_at:
            if not belongs(command_line(pid), mark):
                return
            time.sleep(POLL_SECONDS)
    raise TimeoutError(f"process {pid} of PostgreSQL does not end")
