"""Faults that a person at the command line can do something about: told in one sentence, without a traceback."""

from firstfix.adapters.bootstrap import DatabaseRefused
from firstfix.adapters.embedded_postgres import EmbeddedPostgresError
from firstfix.domain.errors import Refusal
from firstfix.kit.sealing import SealingError
from firstfix.settings import SettingsError


class CommandFailed(Exception):
    """What was asked for cannot be done; the message is for people."""


EXPECTED = (CommandFailed, DatabaseRefused, EmbeddedPostgresError, Refusal, SealingError, SettingsError)
