"""An installation of its own whose processes a test kills, and what must be true whatever it kills.

A server with its embedded database and worker, in a folder of its own. A test begins something, kills a part of it
without a word (`kill -9`) at a moment that it can name, lets it come back, and asks again as a client would:

    installation.interrupt("web", send, once=file.halted, then=file.go_on)
    installation.recover()
    reply = installation.until_acknowledged(send_again)
    ...
    installation.check()

Only processes that the installation has started are ever killed, by their ids.
"""

import asyncio
import io
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx
import psutil
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from firstfix.adapters.database import Database
from firstfix.adapters.embedded_postgres import find_running
from firstfix.adapters.local_storage import LocalStorage
from firstfix.cli.commands import run
from firstfix.domain.files.sweeping import GRACE, Swept, sweep_files
from firstfix.kit.key_file import KeyFile
from firstfix.kit.secrets import hash_secret, new_secret
from tests.factories.databases import APP, OWNER
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.tls import TLS
from tests.factories.waiting import PATIENCE_SECONDS, wait_until
from tests.factories.whole_servers import WholeServer, answers, is_alive

T = TypeVar("T")
Victim = Literal["web", "worker", "mail", "database", "everything"]
"""What is killed: the web processes, the worker without its children, the mail process, PostgreSQL's main process, or
all at once."""

_WORD = {"web": "web_process", "worker": "worker_process", "mail": "mail_process", "database": "bin/postgres"}
_BUSY = frozenset({409, 429, 500, 502, 503})
"""What a client answers by asking again: who is refused so has not been told that anything was done."""


class Installation:
    """A `firstfix serve` in its own folder, with one organisation, whose processes can be killed.

    Attributes:
        folder: Its data folder.
        organisation: An organisation with an account of each kind; it also runs statements as the owner.
        kills: How many times something was killed.
    """

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        """Start it.

        Args:
            folder: Where its data go.
            options: Options of `firstfix serve` beside folder and port.
            settings: Settings by their name, like `smtp_url`.
        """
        self.folder = folder
        self.kills = 0
        self._options = ("--workers=1", *options)
        self._settings = settings
        self._port = 0
        self._server = self._start()
        owner = self._url(OWNER).replace("postgresql:", "postgresql+psycopg:", 1)
        # Without a pool: whoever kills the database kills its connections too.
        self.engine = create_engine(owner, poolclass=NullPool)
        self.organisation: TestOrganisation = make_committed_organisation(self.engine, OrganisationOptions())

    @property
    def url(self) -> str:
        """Where it answers; the same after each start."""
        return f"http://127.0.0.1:{self._port}"

    def client(self, label: str = "admin") -> httpx.Client:
        """A client of the field API with somebody's key; each request has a connection of its own."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Token {self.organisation[label].api_key}", "Connection": "close"},
            timeout=PATIENCE_SECONDS,
            verify=TLS,
        )

    @contextmanager
    def office(self, label: str = "admin") -> Iterator[httpx.Client]:
        """A client of the manage API as somebody, who fetches a fresh CSRF token for each request that changes."""
        secret = new_secret()
        person = self.organisation[label]
        self.organisation.insert("credentials", kind="bearer", secret_hash=hash_secret(secret), person_id=person.id)

        headers = {"Authorization": f"Bearer {secret}", "Connection": "close"}

        def add_token(request: httpx.Request) -> None:
            if request.method != "GET":
                issued = httpx.get(
                    f"{self.url}/api/security/csrf-token", headers=headers, timeout=PATIENCE_SECONDS, verify=TLS
                )
                request.headers["X-CSRF-Token"] = issued.json()["data"]["token"] if issued.is_success else ""

        hooks = {"request": [add_token]}
        with httpx.Client(
            base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS, event_hooks=hooks, verify=TLS
        ) as client:
            yield client

    def make_job(self, **values: object) -> dict[str, Any]:
        """Make a job as the administrator does, by the field API, so that nothing is missing that belongs to one.

        Args:
            values: Beside a time, a place and a description, or instead of them.

        Returns:
            The job, as the field API shows it.
        """
        place = {"uuid": self.organisation.location_uuid.hex}
        body = {"scheduledOn": "2040-05-01T09:00", "location": place, "description": "A leak"} | values
        with self.client() as client:
            made = client.post("/job/", json=body)
            assert made.is_success, made.text
            job: dict[str, Any] = client.get(f"/job/{made.json()['jobId']}").json()
        return job

    def kill(self, victim: Victim) -> None:
        """Kill it without a word, and see that it is gone."""
        self.kills += 1
        if victim == "everything":
            self._server.kill_everybody()
            return
        process = self.process(victim)
        family = [process, *(process.children(recursive=True) if victim == "web" else ())]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        wait_until(lambda: not any(is_alive(one) for one in family))

    def process(self, victim: Victim) -> psutil.Process:
        """Find the main process of a part."""
        return self._server.child(_WORD[victim])

    def recover(self) -> None:
        """Wait until everything runs again; where everything was killed, start it."""
        if self._server.process.poll() is not None:
            self._server = self._start()
        wait_until(lambda: answers(self.url, "/readyz"))
        if "--no-worker" not in self._options:
            self.process("worker")

    def interrupt(
        self,
        victim: Victim,
        act: Callable[[], T],
        *,
        once: Callable[[], object],
        then: Callable[[], object] | None = None,
    ) -> T:
        """Begin something beside this thread, and kill a part as soon as the moment has come, or `act` has ended.

        Args:
            victim: What to kill.
            act: What is done meanwhile, such as a request.
            once: Tells whether the moment has come.
            then: What is done after the kill, such as letting go of what `act` waits for.

        Returns:
            What `act` returned; see `attempt` for requests, whose server may be no more.
        """
        with ThreadPoolExecutor(1) as pool:
            acting = pool.submit(act)
            try:
                wait_until(lambda: once() or acting.done())
            finally:
                self.kill(victim)
                if then is not None:
                    then()
        return acting.result()

    def until_acknowledged(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Send the same request until somebody says that it was done, as a careful client does."""
        answered: list[httpx.Response] = []

        def is_acknowledged() -> bool:
            reply = attempt(send)
            if reply is None or reply.status_code in _BUSY:
                return False
            answered.append(reply)
            return True

        wait_until(is_acknowledged)
        assert answered[0].is_success, answered[0].text
        return answered[0]

    @contextmanager
    def holding(self, lock: str, **parameters: object) -> Iterator[Callable[[], bool]]:
        """Hold a lock in the database, so that whoever needs it stops there; gives what tells whether somebody does.

        Args:
            lock: A statement that takes it, as the owner, like `SELECT FROM jobs FOR UPDATE`.
            parameters: The statement's.
        """
        with suppress(DBAPIError), self.engine.connect() as connection:  # where it was killed, it holds nothing more
            holder = connection.scalar(text("SELECT pg_backend_pid()"))
            assert connection.execute(text(lock), parameters).all(), "there is nothing to lock"
            yield lambda: self._is_blocking(holder)

    def contents_count(self) -> int:
        """Count the contents in the store, whether or not a row tells of them."""
        files = self.folder / "files"
        return sum(1 for path in files.glob("??/??/*") if path.is_file())

    def drafts_count(self) -> int:
        """Count what was coming in when somebody died; the sweep drops these after a day."""
        return sum(1 for _ in (self.folder / "files" / "tmp").glob("*"))

    def sweep(self) -> Swept:
        """Let a day go by for the store, and sweep it."""
        for path in (self.folder / "files").rglob("*"):
            written_at = path.stat().st_mtime - 2 * GRACE.total_seconds()
            os.utime(path, (written_at, written_at))
        return asyncio.run(self._sweep())

    async def _sweep(self) -> Swept:
        database = Database(self._url(APP), keys=KeyFile(self.folder / "keys.json"))
        try:
            return await sweep_files(database, LocalStorage(self.folder / "files", database))
        finally:
            await database.close()

    def check(self) -> None:
        """See that `firstfix check` finds nothing, every sealed value and file opened."""
        assert run(["check", "--all", f"--data={self.folder}"]) == 0

    def close(self) -> None:
        """End it in whatever state it is."""
        self._server.kill_everybody()
        self.engine.dispose()

    def _start(self) -> WholeServer:
        server = WholeServer(self.folder, *self._options, port=self._port, **self._settings)
        self._port = int(server.url.rpartition(":")[2])
        return server

    def _url(self, role: str) -> str:
        address = find_running(self.folder)
        assert address is not None
        return address.url(role, "firstfix")

    def _is_blocking(self, holder: int | None) -> bool:
        blocked = text("SELECT count(*) FROM pg_stat_activity WHERE :holder = ANY (pg_blocking_pids(pid))")
        with self.engine.connect() as connection:
            return bool(connection.scalar(blocked, {"holder": holder}))


def attempt(send: Callable[[], httpx.Response]) -> httpx.Response | None:
    """Send a request; `None` where nobody answered."""
    with suppress(httpx.TransportError):
        return send()
    return None


class HaltingFile(io.BytesIO):
    """A file whose reader stands still at some byte, until the test goes on: a client in the middle of sending it."""

    def __init__(self, content: bytes, *, at: int) -> None:
        super().__init__(content)
        self._at = at
        self._halted = threading.Event()
        self._going_on = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        if self._going_on.is_set():
            return super().read(size)
        left = self._at - self.tell()
        if left == 0:
            self._halted.set()
            self._going_on.wait(PATIENCE_SECONDS)
            return super().read(size)
        return super().read(left if size is None or size < 0 else min(size, left))

    def halted(self) -> bool:
        """Tell whether its reader has come to that byte."""
        return self._halted.is_set()

    def go_on(self) -> None:
        """Give the rest to its reader."""
        self._going_on.set()
