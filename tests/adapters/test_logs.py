"""The log holds what is on its list, and nothing of what people typed."""

import json
import subprocess
import sys

import psycopg
from sqlalchemy.exc import IntegrityError

from firstfix.adapters.logs import describe_error

PROGRAM = """
import logging, structlog
from firstfix.adapters.logs import set_up_logging

set_up_logging()
log = structlog.get_logger("firstfix.test")
log.info("request", path="/job/", email="ann@example.com", body="boiler")
logging.getLogger("somebody.else").warning("closed %s", "connection")
logging.getLogger("somebody.else").info("chatter")
try:
    raise ValueError("ann@example.com")
except ValueError as error:
    log.error("unexpected", exc_info=error)
"""


def test_only_fields_on_the_list_are_written_as_json() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    request, foreign, unexpected = (json.loads(line) for line in ran.stderr.splitlines())

    assert request["event"] == "request"
    assert request["path"] == "/job/"
    assert foreign["event"] == "closed connection"
    assert unexpected["exception"].startswith("ValueError\n")
    assert "<string>" in unexpected["exception"]
    assert "ann@example.com" not in ran.stderr
    assert "boiler" not in ran.stderr


def test_an_error_of_the_database_is_told_by_its_code_and_constraint() -> None:
    cause = psycopg.errors.UniqueViolation("Key (email)=(ann@example.com) already exists.")
    error = IntegrityError("INSERT", {"email": "ann@example.com"}, cause)
    error.__cause__ = cause

    assert describe_error(error) == "IntegrityError\ncaused by UniqueViolation: 23505"


def test_an_error_of_the_system_keeps_its_words() -> None:
    assert describe_error(OSError(28, "No space left on device", "/srv/files/x")) == "OSError: No space left on device"
