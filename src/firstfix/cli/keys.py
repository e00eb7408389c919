"""`firstfix keys …`: the keys of sealed fields."""

import time
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.progress import Progress
from rich.table import Table

from firstfix.adapters.bootstrap import check_keys, plain_engine
from firstfix.cli.databases import migrated_database
from firstfix.cli.faults import CommandFailed
from firstfix.cli.options import DataFolder
from firstfix.cli.output import out, say, show
from firstfix.domain.sealing.columns import SealedColumn
from firstfix.domain.sealing.reseal import reseal
from firstfix.domain.sealing.uses import count_key_uses
from firstfix.kit.sealing import KeyRing, load_key_ring, save_key_ring, with_new_key
from firstfix.settings import Settings, load_settings

app = App(name="keys", help="Check and rotate the keys of sealed fields.")

_SETTLE_SECONDS = 5.0
"""How long transactions may run on that began before a new key was there to open with."""


@app.command
def check(*, data: DataFolder = None) -> None:
    """Check that the key ring fits the database, and tell what is sealed with which key."""
    settings = load_settings(data=data)
    ring = load_key_ring(settings.keys)
    with migrated_database(settings) as urls:
        check_keys(urls.app, ring)
        with plain_engine(urls.required_owner).begin() as connection:
            uses = count_key_uses(connection)
    table = Table("key", "seals", "values")
    for use in uses:
        table.add_row(use.key_id, use.place, str(use.values_count))
    show(table)
    if missing := {use.key_id for use in uses} - ring.keys.keys():
        raise CommandFailed(f"The key ring {settings.keys} lacks {', '.join(sorted(missing))}, which seal values.")
    say(f"The key ring has {', '.join(sorted(ring.keys))}; {ring.writer} seals.")


@app.command
def add(*, data: DataFolder = None) -> None:
    """Add a key that only opens, for now. Where several machines serve, copy the key file to all, then rotate."""
    settings = load_settings(data=data)
    ring = load_key_ring(settings.keys)
    if _newest(ring) != ring.writer:
        raise CommandFailed(f"The ring has a newer key than the one that seals: {_newest(ring)}. Rotate to it.")
    with migrated_database(settings) as urls:
        ring = _add_reader(settings, ring)
        check_keys(urls.app, ring)
    say(f"{_newest(ring)} opens now. `firstfix keys rotate` lets it seal.")


@app.command
def rotate(
    *,
    new_key: Annotated[
        bool, Parameter(help="Without: only finish what an interrupted rotation has left to do.")
    ] = True,
    data: DataFolder = None,
) -> None:
    """Seal with a new key from now on, and seal everything again that older keys have sealed.

    Servers may run meanwhile and need no restart. Old keys stay in the ring: events and backups need them.
    """
    settings = load_settings(data=data)
    ring = load_key_ring(settings.keys)
    with migrated_database(settings) as urls:
        if new_key:
            if _newest(ring) == ring.writer:
                ring = _add_reader(settings, ring)
                check_keys(urls.app, ring)
                say(f"{_newest(ring)} is made. Waiting until everybody opens with it…")
                time.sleep(_SETTLE_SECONDS)
            ring = msgspec.structs.replace(ring, writer=_newest(ring))
            save_key_ring(settings.keys, ring)
        check_keys(urls.app, ring)
        changed = _reseal(urls.required_owner, ring)
    say(f"{ring.writer} seals. {changed} value{'' if changed == 1 else 's'} sealed again. Back up {settings.keys}.")


def _reseal(owner_url: str, ring: KeyRing) -> int:
    engine = plain_engine(owner_url)
    with engine.begin() as connection:
        uses = count_key_uses(connection)
    with Progress(console=out) as bars:
        bar = bars.add_task(
            "Sealing again",
            total=sum(use.values_count for use in uses if use.key_id != ring.writer and use.place != "events"),
        )

        def progress(_: SealedColumn, count: int) -> None:
            bars.advance(bar, count)

        return reseal(engine, ring, progress=progress)


def _add_reader(settings: Settings, ring: KeyRing) -> KeyRing:
    ring = msgspec.structs.replace(with_new_key(ring), writer=ring.writer)
    save_key_ring(settings.keys, ring)
    return ring


def _newest(ring: KeyRing) -> str:
    """Find the key that was made last: ids are numbered."""
    return max(ring.keys, key=lambda key_id: (len(key_id), key_id))
