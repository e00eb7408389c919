"""Filling a database with the demonstration, and `demo.json`: how to sign in to it, for programs and people."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from firstfix.adapters.bootstrap import plain_engine
from firstfix.cli.faults import CommandFailed
from firstfix.domain.demo.commands import fill_demo, grow_demo, vacuum_demo
from firstfix.domain.demo.queries import find_organisation_id
from firstfix.domain.demo.views import DemoOrganisation
from firstfix.domain.files.content_keys import OwnersContentKeys
from firstfix.domain.files.ports import ContentKeys, Storage, StoredContent
from firstfix.kit.sealing import KeyRing

FILE = "demo.json"
_ADDRESS_UNTIL_SERVED = "http://127.0.0.1:8000"
_TWO_WEEKS = timedelta(days=14)
_LOST = (
    f"The demonstration is there, but {FILE} is not, and the database keeps hashes only. Let somebody in again with"
    " `firstfix user reset admin@larkfield.example.com --generate-password`, and to the field API with"
    " `firstfix token create admin@larkfield.example.com`."
)


class Demo(Struct, frozen=True):
    """What `demo.json` holds. The passwords and keys are kept nowhere else."""

    base_url: str
    organisations: list[DemoOrganisation]


def fill(
    owner_url: str,
    keys: KeyRing,
    data_folder: Path,
    jobs: int,
    progress: Callable[[int, int], None] | None = None,
    *,
    may_grow: bool = True,
    open_storage: Callable[[ContentKeys], Storage] | None = None,
) -> None:
    """Fill an empty database, or let a filled one grow to so many jobs; all or nothing.

    Args:
        owner_url: The database, as the role that owns the schema.
        keys: The ring that sealed fields are sealed with.
        data_folder: Where `demo.json` goes.
        jobs: How many jobs the first organisation has afterwards.
        progress: Told how many are made and how many there will be.
        may_grow: Whether a filled database grows; otherwise it stays as it is.
        open_storage: Opens the store where its files go; without one it has none.

    Raises:
        Refusal: The database holds something else, or what is there can no longer grow.
    """
    engine = plain_engine(owner_url)
    with asyncio.Runner() as runner, engine.begin() as connection:
        now = datetime.now(UTC)
        if find_organisation_id(connection) is None:
            keep = None
            if open_storage is not None:
                keep = partial(_keep, runner, open_storage(OwnersContentKeys(connection, keys)))
            organisations = fill_demo(connection, keys, jobs, now=now, keep=keep, progress=progress)
            # Before the commit: a file without accounts is written anew, accounts without the file are out of reach.
            _write(data_folder / FILE, Demo(_ADDRESS_UNTIL_SERVED, organisations))
        elif not may_grow or not grow_demo(connection, keys, jobs, now=now, progress=progress):
            return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        vacuum_demo(connection)


def _keep(runner: asyncio.Runner, storage: Storage, organisation_id: int, content: bytes) -> StoredContent:
    """Put an organisation's content into the store. What a fill that fails leaves there is swept like any other."""

    async def keep() -> StoredContent:
        draft = await storage.draft(organisation_id)
        try:
            await draft.write(content)
            await draft.finish()
            return await storage.keep(draft)
        finally:
            await draft.drop()

    return runner.run(keep())


def publish(data_folder: Path, base_url: str) -> None:
    """Write into `demo.json` where the server answers; no slash at the end. A file that is lost stays lost."""
    demo = _find(data_folder / FILE)
    if demo is not None:
        _write(data_folder / FILE, msgspec.structs.replace(demo, base_url=base_url))


def describe(data_folder: Path) -> str:
    """Tell people what `demo.json` tells programs: how to sign in and call the APIs."""
    demo = _find(data_folder / FILE)
    if demo is None:
        return _LOST
    lines = []
    for organisation in demo.organisations:
        features = {"Enterprise": organisation.features.enterprise, "True-Crew": organisation.features.true_crew}
        switched_on = " and ".join(name for name, is_on in features.items() if is_on)
        lines += [
            f"{organisation.name} with {switched_on}" if switched_on else organisation.name,
            f"  {'account':<12} {'e-mail':<36} {'password':<21} field API key",
        ]
        lines += [
            f"  {account.label:<12} {account.email:<36} {account.password:<21} {account.field_api_key}"
            for account in organisation.accounts
        ]
        lines.append("")
    admin = demo.organisations[0].accounts[0]
    sign_in = msgspec.json.encode({"email": admin.email, "password": admin.password}).decode()
    today = datetime.now(UTC).date()
    days = f"start={today - _TWO_WEEKS}&end={today + _TWO_WEEKS}"
    lines += [
        f"Office app   {demo.base_url}/app/",
        f"Field API    curl -H 'Authorization: Token {admin.field_api_key}' '{demo.base_url}/job/?{days}'",
        f"Manage API   curl -H 'Content-Type: application/json' -d '{sign_in}' {demo.base_url}/api/auth/login",
        f"The same for programs: {data_folder / FILE}",
    ]
    return "\n".join(lines)


def _find(file: Path) -> Demo | None:
    """Read the file; `None` where it is lost."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Demo)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise CommandFailed(f"{file} cannot be read: {error}") from error


def _write(file: Path, demo: Demo) -> None:
    """Write the file for its owner alone, so that a crash leaves the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(demo), indent=2) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
