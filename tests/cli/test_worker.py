"""`firstfix worker` runs beside servers that have none."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psutil
from sqlalchemy import Engine, text

from firstfix.adapters.bootstrap import DatabaseUrls
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.waiting import wait_until

PROGRAM = Path(sys.executable).with_name("firstfix")
SECONDS = 60


def test_it_works_until_it_is_told_to_stop(urls: DatabaseUrls, owner: Engine, tmp_path: Path) -> None:
    environment = os.environ | {"FIRSTFIX_DATABASE_URL": urls.app, "FIRSTFIX_DATA": str(tmp_path)}
    with subprocess.Popen([PROGRAM, "worker"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "The background worker runs (Ctrl-C stops it).\n"
        wait_for_workers(owner, 1)

        process.send_signal(signal.SIGTERM)

        assert process.wait(SECONDS) == 0
    wait_for_workers(owner, 0)


def wait_for_workers(owner: Engine, count: int) -> None:
    def found() -> int:
        with owner.connect() as connection:
            return len(connection.execute(text("SELECT FROM procrastinate_workers")).all())

    wait_until(lambda: found() == count)


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
            child.wait(SECONDS)
            assert names_of(organisation) == [old_uuid]
            holding.rollback()
            wait_until(lambda: organisation.execute("SELECT FROM dispatches"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
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
