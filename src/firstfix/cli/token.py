"""`firstfix token …`: API keys of the field API."""

from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter
from rich.table import Column, Table

from firstfix.adapters.bootstrap import plain_engine
from firstfix.cli.databases import migrated_database
from firstfix.cli.faults import CommandFailed
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say, show
from firstfix.domain.founding.accounts import create_api_key, list_api_keys, revoke_api_keys
from firstfix.settings import load_settings

app = App(name="token", help="Create, list and revoke API keys of the field API.")


@app.command
def create(
    email: str, *, label: Annotated[str, Parameter(help="What it is for.")] = "", data: DataFolder = None
) -> None:
    """Make an API key with the rights of a person, and show it once.

    Parameters
    ----------
    email
        The address that the person signs in with.
    """
    with migrated_database(load_settings(data=data)) as urls, plain_engine(urls.required_owner).begin() as connection:
        key = create_api_key(connection, email=email, label=label)
    say(f"API key of {email}, shown this once: {key}")


@app.command(name="list")
def list_(email: str, *, data: DataFolder = None) -> None:
    """List somebody's API keys, without the keys themselves.

    Parameters
    ----------
    email
        The address that the person signs in with.
    """
    with migrated_database(load_settings(data=data)) as urls, plain_engine(urls.required_owner).begin() as connection:
        keys = list_api_keys(connection, email=email)
    table = Table(Column("id", min_width=len(str(UUID(int=0)))), "label", "created", "last used")
    for key in keys:
        table.add_row(str(key.uuid), key.label, f"{key.created_at:%Y-%m-%d}", f"{key.last_used_at:%Y-%m-%d %H:%M}")
    show(table)


@app.command
def revoke(
    email: str,
    *,
    key_id: Annotated[UUID | None, Parameter(name="--id", help="The key's id, as `token list` shows it.")] = None,
    every: Annotated[bool, Parameter(name="--all", negative=(), help="Revoke all of them.")] = False,
    data: DataFolder = None,
) -> None:
    """End API keys at once.

    Parameters
    ----------
    email
        The address that the person signs in with.
    """
    if every == (key_id is not None):
        raise CommandFailed("Say which key: --id ID, or --all.")
    with migrated_database(load_settings(data=data)) as urls, plain_engine(urls.required_owner).begin() as connection:
        revoked = revoke_api_keys(connection, email=email, only=key_id)
    say(f"{revoked} API key{'' if revoked == 1 else 's'} of {email} revoked.")
