"""The mail process: `python -m firstfix.cli.mail_process`, started by `firstfix serve` where mail is taken in.

Settings come by the environment; the end of standard input says that the supervisor is gone.
"""

import os
import sys

import psycopg
import structlog
import uvloop
from sqlalchemy.exc import OperationalError

from firstfix.adapters.lifeline import end_with_supervisor
from firstfix.adapters.logs import set_up_logging
from firstfix.app.mail import take_mail_in
from firstfix.settings import load_settings

_log = structlog.get_logger(__name__)


def main() -> None:
    """Take mail in until told to stop. Without the database there is nothing to do: the supervisor tries again."""
    end_with_supervisor()
    set_up_logging()
    try:
        uvloop.run(take_mail_in(load_settings(os.environ)))
    except* (psycopg.OperationalError, OperationalError) as lost:
        _log.warning("mail.database_lost", reason=type(lost.exceptions[0]).__name__)
    else:
        return
    sys.exit(1)


if __name__ == "__main__":
    main()
