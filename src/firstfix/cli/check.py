"""`firstfix check`: does what must always hold, hold."""

import asyncio
import time
from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from firstfix.adapters.bootstrap import plain_engine
from firstfix.adapters.pages import find_broken_pages
from firstfix.adapters.storage import make_storage
from firstfix.cli.databases import migrated_database
from firstfix.cli.options import DataFolder
from firstfix.cli.output import out, say
from firstfix.domain.files.content_keys import OwnersContentKeys
from firstfix.domain.invariants.checks import Check, checks_of
from firstfix.domain.invariants.contents import find_lost_contents
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import load_settings

_SHOWN = 5


def check(
    *,
    every: Annotated[
        bool,
        Parameter(name="--all", negative=(), help="Open every sealed value and file, instead of some thousand."),
    ] = False,
    data: DataFolder = None,
) -> int:
    """Check the invariants of the database, of what is sealed in it, and of the files that it tells of.

    Changes nothing; servers may run meanwhile.

    The exit code is 1 where one of them does not hold.
    """
    settings = load_settings(data=data)
    ring = load_key_ring(settings.keys)
    began_at = time.monotonic()
    with migrated_database(settings) as urls, plain_engine(urls.required_owner).connect() as connection:
        # One snapshot for all, so that what people change meanwhile is not taken for a contradiction.
        snapshot = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        storage = make_storage(settings, OwnersContentKeys(snapshot, ring))
        pages = Check("I21", "Every page can be read", lambda: find_broken_pages(urls))
        contents = Check(
            "I8",
            "Every file's content is in the store, and is what came in",
            lambda: asyncio.run(find_lost_contents(snapshot, storage, every=every)),
        )
        checks = [*checks_of(snapshot, ring, every=every), contents, pages]
        broken = sum(not _holds(one) for one in _with_progress(checks))
    seconds = time.monotonic() - began_at
    if broken:
        say(f"{broken} of {len(checks)} invariants do not hold.")
        return 1
    say(f"All {len(checks)} invariants hold ({seconds:.1f} s).")
    return 0


def _holds(check: Check) -> bool:
    breaches = list(check.find_breaches())
    if breaches:
        say(f"{check.name}: {check.sentence}: broken {len(breaches)} time{'' if len(breaches) == 1 else 's'}.")
        for breach in breaches[:_SHOWN]:
            say(f"  {breach}")
        if len(breaches) > _SHOWN:
            say("  …")
    return not breaches


def _with_progress(checks: list[Check]) -> Iterator[Check]:
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=out, transient=True
    ) as bars:
        bar = bars.add_task("Checking", total=len(checks))
        for one in checks:
            bars.update(bar, description=one.sentence)
            yield one
            bars.advance(bar)
