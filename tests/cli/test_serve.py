"""`firstfix serve` runs everything, and leaves nothing behind, however it ends. Real processes, real signals."""

import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import trustme

from firstfix.adapters.embedded_postgres import find_running
from firstfix.cli.commands import run
from tests.factories.databases import OWNER, TestDatabases
from tests.factories.waiting import PATIENCE_SECONDS, wait_until
from tests.factories.whole_servers import WholeServer, answers, is_alive

ADMIN = "admin@example.com"
ESTABLISHED = "01"

Start = Callable[..., WholeServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers on one data folder; whatever is left of them is ended."""
    servers: list[WholeServer] = []

    def make(*options: str, port: int = 0) -> WholeServer:
        servers.append(WholeServer(tmp_path / "data", *options, port=port))
        return servers[-1]

    yield make
    for server in servers:
        server.kill_everybody()


def test_it_serves_until_it_is_told_to_stop_and_keeps_what_was_acknowledged_when_it_is_killed(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    server = start()
    url = server.url
    data = f"--data={server.folder}"
    assert answers(url, "/readyz")
    wait_until(lambda: "firstfix user create" in server.log.read_text())
    link = re.search(rf"  {re.escape(url)}/app/set-up#([0-9a-f]{{64}})\n", server.log.read_text())
    assert link is not None
    assert link[1] not in (server.folder / "postgres.log").read_text()

    # From another process, while the server runs.
    assert run(["user", "create", ADMIN, "--generate-password", "--organisation-name", "Acme", data]) == 0
    assert run(["token", "create", ADMIN, data]) == 0
    key = re.search(r"API key .* once: (\w+)", capfd.readouterr().out)
    assert key is not None
    authorization = {"Authorization": f"Token {key[1]}"}
    body = {
        "scheduledOn": "2030-05-01T09:00",
        "location": {"uuid": make_location(server.folder)},
        "description": "Leak",
    }
    made = httpx.post(f"{url}/job/", json=body, headers=authorization, timeout=PATIENCE_SECONDS)
    assert made.is_success, made.text

    server.end(signal.SIGKILL)
    again = start()
    assert answers(again.url, f"/job/{made.json()['jobId']}", **authorization)
    assert again.end() == 0
    assert "Traceback" not in again.log.read_text()
    assert "/app/set-up" not in again.log.read_text()


def make_location(folder: Path) -> str:
    """Write a location as the owner: no API makes one yet."""
    address = find_running(folder)
    assert address is not None
    with psycopg.connect(address.url(OWNER, "firstfix")) as connection:
        row = connection.execute(
            "INSERT INTO locations (organisation_id, line1) SELECT id, '1 Example Street' FROM organisations"
            " RETURNING uuid"
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_it_stops_while_it_is_still_starting(start: Start) -> None:
    server = start()
    wait_until((server.folder / "postgres.log").exists)

    assert server.end() == 0
    assert server.log.read_text() == "Stopping…\n"


def test_a_web_process_is_forked_before_there_are_threads_and_ends_where_it_is_told_to_while_it_starts() -> None:
    program = (
        "import os, signal, psutil\n"
        "from firstfix.cli import web_process\n"
        "print(psutil.Process().num_threads(), flush=True)\n"  # those of libraries too: a fork would lose them
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"  # as its parent has it
        "web_process.build_app = lambda _: os.kill(os.getpid(), signal.SIGTERM)\n"
        "lifeline, other_end = os.pipe()\n"
        "web_process._make_forked_app(None, lifeline, os.dup(other_end))\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS
    )

    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, b"1\n")


def test_a_child_that_dies_is_replaced(start: Start) -> None:
    server = start()
    url = server.url
    web_processes = server.child("web_process").children()

    server.child("worker_process").kill()
    server.child("web_process").kill()

    assert web_processes
    wait_until(lambda: not [one for one in web_processes if is_alive(one)])
    wait_until(lambda: server.log.read_text().count("child.restarting") == 2)
    wait_until(lambda: answers(url, "/readyz"))
    assert is_alive(server.child("worker_process"))
    assert server.end(signal.SIGINT) == 0


def test_a_running_request_is_finished_and_https_is_served(start: Start, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "::1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    for pem in issued.cert_chain_pems:
        pem.write_to_path(tmp_path / "cert.pem", append=True)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = (f"--tls-cert={tmp_path / 'cert.pem'}", f"--tls-key={tmp_path / 'key.pem'}")
    server = start(*tls, "--host=localhost", "--no-worker")
    url = server.url
    half_sent = threading.Event()

    def body() -> Iterator[bytes]:
        yield b'{"email": "a@example.com",'
        wait_until(lambda: has_read_everything(int(url.rpartition(":")[2])))
        half_sent.set()
        wait_until(lambda: "Stopping" in server.log.read_text())
        yield b'"password": "wrong"}'

    def stop() -> None:
        half_sent.wait()
        server.process.send_signal(signal.SIGTERM)

    threading.Thread(target=stop).start()
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", "X-Firstfix": "1"}
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    with httpx.Client(verify=trusting, timeout=PATIENCE_SECONDS) as client:
        reply = client.post(f"{url}/web/session", content=body(), headers=headers)

    assert reply.status_code == 401
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    assert server.process.wait(PATIENCE_SECONDS) == 0


def has_read_everything(port: int) -> bool:
    """Tell whether whoever serves a port has taken in what was sent; where the system tells nobody, they have."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            _, local, _, state, queues, *_ = line.split()
            if state == ESTABLISHED and local.endswith(f":{port:04X}") and not queues.endswith(":00000000"):
                return False
    return True


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--workers=0"], "firstfix: FIRSTFIX_WORKERS cannot be used: Expected `int` >= 1.\n"),
        (
            ["--tls-cert=missing.pem"],
            "firstfix: FIRSTFIX_TLS_CERT cannot be used: must be given together with tls_key.\n",
        ),
        (
            ["--tls-cert=missing.pem", "--tls-key=missing.key"],
            "firstfix: https cannot be served by missing.pem with missing.key: No such file or directory.\n",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(start: Start, options: list[str], sentence: str) -> None:
    server = start(*options)

    assert server.process.wait(PATIENCE_SECONDS) == 1
    assert server.log.read_text() == sentence


def test_a_port_that_is_taken_stops_the_start(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start(port=port)

        assert server.process.wait(PATIENCE_SECONDS) == 1
    assert server.log.read_text() == f"firstfix: Cannot listen on 127.0.0.1 port {port}: Address already in use.\n"


def test_a_host_that_is_none_stops_the_start(start: Start) -> None:
    server = start("--host=nowhere.invalid")

    assert server.process.wait(PATIENCE_SECONDS) == 1
    assert server.log.read_text().startswith("firstfix: Cannot listen on nowhere.invalid port 0: ")


def test_a_role_that_owns_the_tables_stops_the_start(
    start: Start, databases: TestDatabases, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database_url
    monkeypatch.setenv("FIRSTFIX_DATABASE_URL", databases.url(OWNER, "firstfix"))
    server = start()

    assert server.process.wait(PATIENCE_SECONDS) == 1
    assert "role firstfix_owner owns tables" in server.log.read_text()
