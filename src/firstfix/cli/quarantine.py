"""`firstfix quarantine …`: letters that came in and named no organisation, which nobody sees in the web app."""

from pathlib import Path

from cyclopts import App
from rich.table import Column, Table

from firstfix.adapters.bootstrap import plain_engine
from firstfix.cli.databases import migrated_database
from firstfix.cli.faults import CommandFailed
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say, show
from firstfix.domain.messaging.quarantine import REASONS
from firstfix.domain.messaging.strays import drop_stray, find_stray, list_strays
from firstfix.kit.ids import find_uuid
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import load_settings

app = App(name="quarantine", help="Look at letters that named no organisation of this installation.")


@app.command(name="list")
def list_(*, data: DataFolder = None) -> None:
    """List them, newest first. Each goes after thirty days."""
    settings = load_settings(data=data)
    with migrated_database(settings) as urls, plain_engine(urls.required_owner).connect() as connection:
        strays = list(list_strays(connection, load_key_ring(settings.keys)))
    letter = Column("letter", no_wrap=True)  # to be named to the other commands
    table = Table(letter, "received", "from", "subject", "why", box=None)
    for stray in strays:
        received = f"{stray.received_at:%Y-%m-%d %H:%M}"
        table.add_row(str(stray.uuid), received, repr(stray.sender), repr(stray.subject), REASONS[stray.reason])
    if strays:
        show(table)
    say(f"{len(strays)} letter{'' if len(strays) == 1 else 's'} in quarantine.")


@app.command
def save(letter: str, file: Path, *, data: DataFolder = None) -> None:
    """Write one to a new file, as it came. It is a stranger's: open it with care.

    Parameters
    ----------
    letter
        As `quarantine list` names it.
    file
        Where to; it must not be there yet.
    """
    settings = load_settings(data=data)
    uuid = find_uuid(letter)
    with migrated_database(settings) as urls, plain_engine(urls.required_owner).connect() as connection:
        raw = None if uuid is None else find_stray(connection, load_key_ring(settings.keys), uuid)
    if raw is None:
        raise CommandFailed(f"There is no letter {letter} in quarantine.")
    try:
        with file.open("xb") as stream:
            stream.write(raw)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}") from error
    say(f"{len(raw)} bytes in {file}.")


@app.command
def drop(letter: str, *, data: DataFolder = None) -> None:
    """Throw one away.

    Parameters
    ----------
    letter
        As `quarantine list` names it.
    """
    uuid = find_uuid(letter)
    with migrated_database(load_settings(data=data)) as urls, plain_engine(urls.required_owner).begin() as connection:
        if uuid is None or not drop_stray(connection, uuid):
            raise CommandFailed(f"There is no letter {letter} in quarantine.")
    say("Thrown away.")
