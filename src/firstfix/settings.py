"""Settings: the only reader of the environment. Built once, frozen, handed down; a bad value stops the start by name."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

PREFIX = "FIRSTFIX_"


class SettingsError(Exception):
    """A setting that cannot be used; the message names it."""


class Settings(Struct, frozen=True, kw_only=True):
    """What an operator can set, as `FIRSTFIX_<NAME>` or by the option of the same name.

    Attributes:
        data: Folder of the embedded database, files and keys. Set by who installs.
        database_url: PostgreSQL (18 or newer) as the app's role; unset: the embedded one.
        owner_database_url: The same database as the role that owns the schema, for migrate, demo and backup.
        key_file: The key ring of sealed fields; unset: `keys.json` in the data folder.
        public_url: Address that links and `Location` are built from, without a path; unset: the request's own host.
        require_https: Refuse the field API over plain http.
        trusted_proxies: Addresses, comma separated, whose `X-Forwarded-*` headers count.
        workers: Web processes.
        transaction_connections: Database connections of one web process for transactions.
        read_connections: Database connections of one web process for hot reads.
    """

    data: Path = Path("data")
    database_url: str | None = None
    owner_database_url: str | None = None
    key_file: Path | None = None
    public_url: str | None = None
    require_https: bool = False
    trusted_proxies: str = ""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    transaction_connections: Annotated[int, Meta(ge=1, le=200)] = 8
    read_connections: Annotated[int, Meta(ge=1, le=200)] = 8

    @property
    def keys(self) -> Path:
        """Where the key ring is."""
        return self.key_file or self.data / "keys.json"


def load_settings(environment: Mapping[str, str] = os.environ, **options: object) -> Settings:
    """Read the environment; options given on the command line win over it.

    Raises:
        SettingsError: A value of the wrong form, or a `FIRSTFIX_` name that is no setting.
    """
    names = set(Settings.__struct_fields__)
    found: dict[str, object] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in names:
            raise SettingsError(f"{variable} is not a setting of Firstfix.")
        if value:
            found[name] = value
    found |= {name: value for name, value in options.items() if value is not None}
    try:
        return msgspec.convert(found, Settings, strict=False, dec_hook=_read_path)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting cannot be used: {error}") from error


def _read_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise NotImplementedError
