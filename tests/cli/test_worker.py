"""`firstfix worker` runs beside servers that have none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, text

from firstfix.adapters.bootstrap import DatabaseUrls
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
