"""The log: for people at a terminal, one JSON object a line anywhere else.

Only fields on a list are written, so that no name, address or text of a customer gets there by the way; of an error
its kind and where it happened, and its own words only where they can hold nothing of a request.
"""

import logging
import logging.config
import sys
import traceback
from types import TracebackType
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, WrappedLogger

_ALLOWED = frozenset(
    {
        "advice",
        "api",
        "code",
        "count",
        "ended_with",
        "event",
        "exception",
        "film",
        "folder",
        "is_last",
        "is_ours",
        "job_id",
        "key",
        "level",
        "logger",
        "mail",
        "media_type",
        "method",
        "milliseconds",
        "operation",
        "organisation_id",
        "outcome",
        "path",
        "port",
        "reason",
        "request_id",
        "role",
        "said",
        "size_bytes",
        "status",
        "step",
        "timestamp",
        "tries_left",
        "uid",
    }
)
_DEEPEST = 40
_ADVICE = (
    "This should not happen: please report it with these lines. A process that the supervisor keeps is started again."
)

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def set_up_logging() -> None:
    """Send the process's whole log, libraries' included, to standard error; an error that nobody caught comes last."""
    is_terminal = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_error,
        _keep_allowed,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"ours": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {"firstfix": {"level": "INFO"}},
        }
    )
    sys.excepthook = _tell_uncaught


def _tell_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):  # somebody asked for that
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger(__name__).critical("process.failed", exc_info=(kind, error, trace), advice=_ADVICE)


def _keep_allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {
        name: value for name, value in event.items() if name in _ALLOWED or name.endswith("_count") or name[0] == "_"
    }


def _tell_error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = describe_error(error)
    return event


def describe_error(error: BaseException) -> str:
    """Write an error and its causes: kinds, places in the code, and words that come from the system alone."""
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-_DEEPEST:]
        places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        parts.append("\n".join([f"{type(current).__qualname__}{_words_of(current)}", *places]))
        if isinstance(current, BaseExceptionGroup):
            parts += map(describe_error, current.exceptions)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\ncaused by ".join(parts)


def _words_of(error: BaseException) -> str:
    match error:
        case DBAPIError():
            return ""  # its cause follows
        case psycopg.Error() if error.sqlstate:
            return f": {error.sqlstate} {error.diag.constraint_name or ''}".rstrip()
        case psycopg.OperationalError():
            return f": {str(error).strip().partition(chr(10))[0]}"
        case OSError() if error.strerror:
            return f": {error.strerror}"
        case _:
            return ""
