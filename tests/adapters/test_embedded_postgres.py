"""The embedded PostgreSQL comes up, goes down and comes back, whatever was killed in between."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from firstfix.adapters import embedded_postgres
from firstfix.adapters.embedded_postgres import (
    EmbeddedAddress,
    EmbeddedPostgres,
    EmbeddedPostgresError,
    find_binaries,
    find_running,
)
from firstfix.adapters.postgres_processes import belongs, mark_of
from tests.factories.waiting import wait_until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes users and owners")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")

_SUPERVISOR = """
import os, sys, time
from pathlib import Path
from firstfix.adapters.embedded_postgres import EmbeddedPostgres

postgres = EmbeddedPostgres(Path(sys.argv[1]))
address = postgres.start()
helper = os.fork() if sys.argv[2] == "with-a-forked-helper" else None
if helper != 0:
    print(address.url("postgres", "postgres"), helper, flush=True)
time.sleep(600)
"""

Supervise = Callable[..., EmbeddedPostgres]
SpawnSupervisor = Callable[..., "tuple[subprocess.Popen[str], list[str]]"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Name a data folder to be; nothing may run on it in the end."""
    folder = tmp_path / "data"
    yield folder
    wait_until(lambda: not processes_of(folder))


@pytest.fixture
def supervise(folder: Path) -> Iterator[Supervise]:
    """Make supervisors that are stopped at the end."""
    with contextlib.ExitStack() as stack:

        def make(of: Path = folder, **settings: str) -> EmbeddedPostgres:
            postgres = EmbeddedPostgres(of, settings=settings)
            stack.callback(postgres.stop)
            return postgres

        yield make


@pytest.fixture
def spawn_supervisor(folder: Path) -> Iterator[SpawnSupervisor]:
    """Run supervisors in processes of their own, which can be killed; they and their databases end with the test."""
    with contextlib.ExitStack() as stack:

        def spawn(kind: str = "plain") -> tuple[subprocess.Popen[str], list[str]]:
            supervisor = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", _SUPERVISOR, str(folder), kind],
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(supervisor)
            stack.callback(supervisor.kill)
            assert supervisor.stdout is not None
            return supervisor, supervisor.stdout.readline().split()

        yield spawn


def processes_of(folder: Path) -> list[psutil.Process]:
    """List the database's processes, the main one first."""
    if not (folder / "postgres").exists():
        return []
    mark = mark_of(folder / "postgres")
    found = [one for one in psutil.process_iter(["cmdline"]) if belongs(one.info["cmdline"] or [], mark)]
    return sorted(found, key=lambda one: one.pid)


def kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def write_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")


def read_row(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT word FROM kept").fetchone()
    assert row is not None
    return str(row[0])


def answers(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
        return True
    return False


def url_of(address: EmbeddedAddress) -> str:
    return address.url("postgres", "postgres")


def test_what_was_committed_is_there_after_each_restart_and_how_long_one_takes_is_printed(
    supervise: Supervise, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    first = supervise()
    write_row(url_of(first.start()))
    first.stop()

    seconds = []
    for _ in range(3):
        second = supervise()
        before = time.perf_counter()
        address = second.start()
        seconds.append(time.perf_counter() - before)
        assert read_row(url_of(address)) == "still here"
        second.stop()

    record_property("start_seconds", min(seconds))
    sys.stdout.write(f"started in {min(seconds):.3f} s\n")
    assert find_running(folder) is None


def test_stop_leaves_no_process_and_no_socket_and_may_be_called_twice(supervise: Supervise, folder: Path) -> None:
    postgres = supervise()
    address = postgres.start()

    postgres.stop()
    postgres.stop()

    assert processes_of(folder) == []
    assert not address.socket_folder.exists()


def test_a_running_database_is_found_at_its_address_and_an_absent_one_is_not(
    supervise: Supervise, folder: Path, tmp_path: Path
) -> None:
    address = supervise().start()

    assert find_running(folder) == address
    assert find_running(tmp_path / "elsewhere") is None


def test_the_address_stays_the_same_from_start_to_start(supervise: Supervise) -> None:
    postgres = supervise()
    first = postgres.start()
    postgres.stop()

    assert postgres.start() == first


def test_only_its_user_reaches_the_socket_and_nothing_listens_on_tcp(supervise: Supervise) -> None:
    address = supervise().start()

    with psycopg.connect(url_of(address)) as connection:
        listens = connection.execute("SHOW listen_addresses").fetchone()
    assert listens == ("",)
    assert stat.S_IMODE(address.socket_folder.stat().st_mode) == 0o700
    assert len(f"{address.socket_folder}/.s.PGSQL.{address.port}") < 60


def test_the_database_is_durable_and_speaks_utf_8(supervise: Supervise) -> None:
    with psycopg.connect(url_of(supervise().start())) as connection:
        names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
        durable = {connection.execute(f"SHOW {name}").fetchone() for name in names}
        words = connection.execute("SELECT lower('ÉTAGE'), current_setting('server_encoding')").fetchone()
    assert durable == {("on",)}
    assert words == ("étage", "UTF8")


def test_settings_of_the_caller_replace_those_chosen(supervise: Supervise) -> None:
    with psycopg.connect(url_of(supervise(max_connections="17").start())) as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("17",)


def test_an_address_names_role_and_database_safely() -> None:
    address = EmbeddedAddress(Path("/tmp/first fix"), 5432)  # noqa: S108 - nothing is written there

    assert address.url("a&b", "x/y") == "postgresql:///x%2Fy?host=/tmp/first%20fix&port=5432&user=a%26b"


def test_a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(supervise: Supervise) -> None:
    address = supervise().start()

    with pytest.raises(EmbeddedPostgresError, match=f"process {os.getpid()}, uses the data folder"):
        supervise().start()
    assert answers(url_of(address))


def test_a_database_killed_under_its_supervisor_comes_back_at_the_same_address(
    supervise: Supervise, folder: Path
) -> None:
    url = url_of(supervise().start())
    write_row(url)
    main = processes_of(folder)[0]

    kill_all(processes_of(folder))

    wait_until(lambda: answers(url))
    assert read_row(url) == "still here"
    assert processes_of(folder)[0] != main


def test_what_was_committed_survives_the_killing_of_supervisor_and_database(
    supervise: Supervise, spawn_supervisor: SpawnSupervisor, folder: Path
) -> None:
    supervisor, (url, *_) = spawn_supervisor()
    write_row(url)

    supervisor.kill()
    kill_all(processes_of(folder))

    assert read_row(url_of(supervise().start())) == "still here"


def test_a_killed_supervisor_is_followed_at_once(supervise: Supervise, spawn_supervisor: SpawnSupervisor) -> None:
    supervisor, (url, *_) = spawn_supervisor()
    write_row(url)

    supervisor.kill()

    assert read_row(url_of(supervise().start())) == "still here"


@needs_linux
def test_the_database_ends_by_itself_when_its_supervisor_is_killed(
    supervise: Supervise, spawn_supervisor: SpawnSupervisor, folder: Path
) -> None:
    supervisor, _ = spawn_supervisor()

    supervisor.kill()

    wait_until(lambda: not processes_of(folder))
    assert not (folder / "postgres" / "postmaster.pid").exists()
    assert answers(url_of(supervise().start()))


def test_a_child_forked_by_a_killed_supervisor_does_not_keep_the_folder(
    supervise: Supervise, spawn_supervisor: SpawnSupervisor
) -> None:
    supervisor, (_, helper) = spawn_supervisor("with-a-forked-helper")

    supervisor.kill()
    supervisor.wait()

    try:
        assert answers(url_of(supervise().start()))
    finally:
        os.kill(int(helper), signal.SIGKILL)


def test_a_child_that_hangs_on_the_shared_memory_is_ended(
    supervise: Supervise, spawn_supervisor: SpawnSupervisor, folder: Path
) -> None:
    supervisor, (url, *_) = spawn_supervisor()
    write_row(url)
    main, *children = processes_of(folder)
    for child in children:
        child.suspend()

    supervisor.kill()
    main.kill()

    assert read_row(url_of(supervise().start())) == "still here"
    assert not any(child.is_running() and child.status() == psutil.STATUS_STOPPED for child in children)


@pytest.mark.parametrize("how", ["another program's", "a zombie's"])
def test_a_pid_that_is_now_another_ones_is_not_taken_for_the_database(
    supervise: Supervise, folder: Path, how: str
) -> None:
    postgres = supervise()
    address = postgres.start()
    data = folder / "postgres"
    lines = (data / "postmaster.pid").read_text().splitlines()
    postgres.stop()
    with subprocess.Popen(["sleep", "600"]) as other:
        if how == "a zombie's":
            other.kill()
            wait_until(lambda: psutil.Process(other.pid).status() == psutil.STATUS_ZOMBIE)
        (data / "postmaster.pid").write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        address.socket_folder.mkdir(mode=0o700)
        shutil.chown(address.socket_folder, data.stat().st_uid)
        (address.socket_folder / ".s.PGSQL.5432.lock").write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")

        assert find_running(folder) is None
        assert postgres.start() == address
        assert psutil.pid_exists(other.pid)
        other.kill()


def test_a_copied_folder_has_a_database_and_a_socket_of_its_own(
    supervise: Supervise, folder: Path, tmp_path: Path
) -> None:
    original = supervise()
    write_row(url_of(original.start()))
    original.stop()
    shutil.copytree(folder, tmp_path / "copy")

    first, second = original.start(), supervise(tmp_path / "copy").start()

    assert first != second
    assert read_row(url_of(first)) == read_row(url_of(second)) == "still here"


def test_a_first_start_that_was_cut_short_is_begun_again(supervise: Supervise, folder: Path) -> None:
    unfinished = folder / "postgres.new-abandoned"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    assert answers(url_of(supervise().start()))
    assert not unfinished.exists()


def test_a_folder_too_long_for_a_socket_does(supervise: Supervise, tmp_path: Path) -> None:
    long = tmp_path.joinpath(*["a long name, with ' and é, " + "x" * 90] * 5)

    assert answers(url_of(supervise(long).start()))


@needs_root
def test_data_below_a_folder_closed_to_others_does_and_nothing_above_is_changed(
    supervise: Supervise, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [(above.stat().st_uid, above.stat().st_mode) for above in (closed, *closed.parents)]

    address = supervise(closed / "data").start()

    main = processes_of(closed / "data")[0]
    assert answers(url_of(address))
    assert 0 not in main.uids()
    assert before == [(above.stat().st_uid, above.stat().st_mode) for above in (closed, *closed.parents)]


@needs_root
def test_programs_below_a_folder_closed_to_others_do(
    supervise: Supervise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    install, package = find_binaries().parent, find_binaries().parents[1]
    shutil.copytree(install, closed / package.name / install.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    monkeypatch.setattr(embedded_postgres, "find_binaries", lambda: closed / package.name / install.name / "bin")

    address = supervise().start()

    assert answers(url_of(address))


@needs_root
def test_data_that_a_copy_made_roots_is_given_back(supervise: Supervise, folder: Path) -> None:
    postgres = supervise()
    write_row(url_of(postgres.start()))
    postgres.stop()
    for path in (folder / "postgres", *(folder / "postgres").rglob("*")):
        shutil.chown(path, 0, 0)

    assert read_row(url_of(postgres.start())) == "still here"


def test_what_postgresql_objects_to_is_told_and_can_be_put_right(supervise: Supervise, folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)did not start.*nonsense"):
        supervise(nonsense="1").start()

    assert processes_of(folder) == []
    assert answers(url_of(supervise().start()))


@pytest.mark.parametrize(
    ("file", "content", "sentence"), [("PG_VERSION", "17", "of PostgreSQL 17"), ("a", "", "no database")]
)
def test_a_folder_of_something_else_is_left_alone(
    supervise: Supervise, folder: Path, file: str, content: str, sentence: str
) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / file).write_text(content)

    with pytest.raises(EmbeddedPostgresError, match=sentence):
        supervise().start()
    assert [path.name for path in (folder / "postgres").iterdir()] == [file]
