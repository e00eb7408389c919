"""`firstfix audit …`: the audit log as a file, to be kept where nobody who has the database can change it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from firstfix.adapters.bootstrap import plain_engine
from firstfix.cli.databases import migrated_database
from firstfix.cli.faults import CommandFailed
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say
from firstfix.domain.founding.accounts import find_founded
from firstfix.domain.history.exporting import export_log, verify_export
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import load_settings

app = App(name="audit", help="Export an audit log, and verify an export.")


@app.command
def export(
    file: Path,
    *,
    organisation: Annotated[str | None, Parameter(help="Its short name, where there are several.")] = None,
    data: DataFolder = None,
) -> None:
    """Write an organisation's audit log to a new file, its end signed with the key ring.

    Parameters
    ----------
    file
        Where to; it must not be there yet.
    """
    settings = load_settings(data=data)
    ring = load_key_ring(settings.keys)
    with migrated_database(settings) as urls, plain_engine(urls.required_owner).connect() as connection:
        snapshot = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        founded = find_founded(snapshot, organisation)
        lines = export_log(
            snapshot,
            ring,
            organisation_id=founded.organisation_id,
            organisation=str(founded.organisation_uuid),
            exported_at=datetime.now(UTC).replace(microsecond=0).isoformat(),
        )
        count = -1  # the signed end is no entry
        try:
            with file.open("xb") as stream:
                for line in lines:
                    stream.write(line + b"\n")
                    count += 1
        except OSError as error:
            raise CommandFailed(f"{file} cannot be written: {error.strerror}") from error
    say(f"{count} entr{'y' if count == 1 else 'ies'} in {file}.")


@app.command
def verify(file: Path, *, data: DataFolder = None) -> None:
    """Verify an exported audit log by itself: its entries, and the signature of its end by the key ring.

    Parameters
    ----------
    file
        What `audit export` wrote.
    """
    ring = load_key_ring(load_settings(data=data).keys)
    try:
        with file.open("rb") as stream:
            head = verify_export(stream, ring)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error
    say(f"Whole: {head.number} entries of organisation {head.organisation}, as exported at {head.exported_at}.")
