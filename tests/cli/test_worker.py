"""`firstfix worker` runs beside servers that have none."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from sqlalchemy import Engine, text

from firstfix.adapters.bootstrap import DatabaseUrls
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.waiting import PATIENCE_SECONDS, wait_until

PROGRAM = Path(sys.executable).with_name("firstfix")
REGISTERING_TAKES_A_LOCK = """
CREATE FUNCTION wait_when_registered() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
CREATE TRIGGER wait_when_registered AFTER INSERT ON procrastinate_workers
FOR EACH ROW EXECUTE FUNCTION wait_when_registered()
"""
"""Holds a worker between being registered and knowing that it is."""


def test_it_works_until_it_is_told_to_stop(urls: DatabaseUrls, owner: Engine, tmp_path: Path) -> None:
    environment = os.environ | {"FIRSTFIX_DATABASE_URL": urls.app, "FIRSTFIX_DATA": str(tmp_path)}
    with subprocess.Popen([PROGRAM, "worker"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "The background worker runs (Ctrl-C stops it).\n"
        wait_until(lambda: workers(owner) == 1)

        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE_SECONDS) == 0
    assert workers(owner) == 0


def test_told_to_stop_while_it_registers_it_leaves_no_worker_on_the_books(
    urls: DatabaseUrls, owner: Engine, tmp_path: Path
) -> None:
    with owner.begin() as connection:
        connection.execute(text(REGISTERING_TAKES_A_LOCK))
    environment = os.environ | {"FIRSTFIX_DATABASE_URL": urls.app, "FIRSTFIX_DATA": str(tmp_path)}
    # Without its supervisor, which would tell it to stop a second time.
    command = [sys.executable, "-m", "firstfix.cli.worker_process"]
    with owner.connect() as holding, subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
        try:
            holder = holding.scalar(text("SELECT pg_backend_pid() FROM pg_advisory_lock(1)"))
            wait_until(lambda: is_blocking(owner, holder))
            process.terminate()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            holding.scalar(text("SELECT pg_advisory_unlock(1)"))
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()
    assert workers(owner) == 0


def workers(owner: Engine) -> int:
    with owner.connect() as connection:
        return len(connection.execute(text("SELECT FROM procrastinate_workers")).all())


def test_a_dispatch_during_which_it_is_killed_is_undone_and_happens_once(
    urls: DatabaseUrls, owner: Engine, tmp_path: Path
) -> None:
    organisation = make_committed_organisation(owner, OrganisationOptions())
    job_id, old_uuid = organisation.insert_job(
        scheduled_at="2040-01-01T09:00:00Z", notification_delta=1, notification_minutes=60
    )
    environment = os.environ | {"FIRSTFIX_DATABASE_URL": urls.app, "FIRSTFIX_DATA": str(tmp_path)}
    with owner.connect() as holding, subprocess.Popen([PROGRAM, "worker"], env=environment) as process:
        try:
            # What every change of the organisation takes last, so that the worker waits with all the rest written.
            lock = text("SELECT pg_backend_pid() FROM event_positions WHERE organisation_id = :id FOR UPDATE")
            holder = holding.scalar(lock, {"id": organisation.id})
            organisation.execute("UPDATE jobs SET scheduled_at = '2020-01-01T09:00:00Z'")
            wait_until(lambda: is_blocking(owner, holder))
            (child,) = psutil.Process(process.pid).children()
            child.kill()
            child.wait(PATIENCE_SECONDS)
            assert names_of(organisation) == [old_uuid]
            holding.rollback()
            wait_until(lambda: organisation.execute("SELECT FROM dispatches"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()

    (new_uuid,) = names_of(organisation)
    dispatches = organisation.execute("SELECT deferred_uuid, job_id, job_uuid FROM dispatches")
    told = organisation.execute("SELECT entity, entity_uuid FROM events WHERE action = 'dispatched' ORDER BY entity")
    assert [tuple(row) for row in dispatches] == [(old_uuid, job_id, new_uuid)]
    assert [tuple(row) for row in told] == [("deferred_job", old_uuid), ("job", new_uuid)]


def names_of(organisation: TestOrganisation) -> list[UUID]:
    return [row.uuid for row in organisation.execute("SELECT uuid FROM jobs")]


def is_blocking(owner: Engine, holder: int | None) -> bool:
    blocked = text("SELECT count(*) FROM pg_stat_activity WHERE :holder = ANY (pg_blocking_pids(pid))")
    with owner.connect() as connection:
        return bool(connection.scalar(blocked, {"holder": holder}))
