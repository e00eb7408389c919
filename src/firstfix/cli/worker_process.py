"""The background worker: `python -m firstfix.cli.worker_process`, started by `firstfix serve` and `firstfix worker`.

Settings come by the environment; the end of standard input says that the supervisor is gone.
"""

import os
import sys

import psycopg
import structlog
import uvloop
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import OperationalError

from firstfix.adapters.lifeline import end_with_supervisor
from firstfix.adapters.logs import set_up_logging
from firstfix.app.worker import work_in_background
from firstfix.settings import load_settings

_log = structlog.get_logger(__name__)


def main() -> None:
    """Work until told to stop. Without the database there is nothing to do: the supervisor tries again."""
    end_with_supervisor()
    set_up_logging()
    try:
        uvloop.run(work_in_background(load_settings(os.environ)))
    except* (psycopg.OperationalError, OperationalError, ConnectorException) as lost:
        _log.warning("worker.database_lost", reason=type(lost.exceptions[0]).__name__)
    else:
        return
    sys.exit(1)


if __name__ == "__main__":
    main()
