"""The log holds what is on its list, and nothing of what people typed."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import psycopg
from sqlalchemy.exc import IntegrityError

import firstfix
from firstfix.adapters.logs import _ALLOWED, describe_error

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

FAILING = """
from firstfix.adapters.logs import set_up_logging

set_up_logging()
raise ExceptionGroup("several", [KeyError("ann@example.com"), OSError(28, "No space left on device")])
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


def test_what_ends_a_process_is_told_with_what_to_do() -> None:
    ran = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, check=False)
    [told] = (json.loads(line) for line in ran.stderr.splitlines())

    assert (ran.returncode, told["event"], told["level"]) == (1, "process.failed", "critical")
    assert "report it" in told["advice"]
    assert "KeyError" in told["exception"]
    assert "No space left on device" in told["exception"]
    assert "ann@example.com" not in ran.stderr


def test_what_is_given_to_the_log_is_on_the_list() -> None:
    """Else it would be left out, and nobody would notice."""
    given = {
        keyword.arg
        for path in Path(firstfix.__path__[0]).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and _is_of_a_log(call.func)
        for keyword in call.keywords
        if keyword.arg is not None
    }

    assert "advice" in given
    assert given - _ALLOWED - {"exc_info"} - {name for name in given if name.endswith("_count")} == set()


def _is_of_a_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in {"log", "_log"}
        and function.attr in {"debug", "info", "warning", "error", "exception", "critical"}
    )
