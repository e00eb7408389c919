"""Settings: the only reader of the environment. Built once, frozen, handed down.

A bad value stops the start by name.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from firstfix.kit.faults import Fault

PREFIX = "FIRSTFIX_"
_MOST_WEB_PROCESSES = 4
_POSTGRESQL_SCHEMES = frozenset({"postgresql", "postgres"})
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what somebody may listen on, and where to reach it)
_LIMIT = re.compile(r"(?P<operation>(?:field|manage|web) [A-Za-z]+)=(?P<requests>[1-9][0-9]{0,5})", re.ASCII)
_SMTP_SCHEMES = frozenset({"smtp", "smtps"})
_IMAP_SCHEMES = frozenset({"imap", "imaps"})
_UNENCRYPTED = "tls=never"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that are this machine and nobody else's."""
_LOCAL_NAME = "firstfix"
_DOMAIN = re.compile(
    r"(?=.{1,200}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@" + _DOMAIN.pattern)
_PLACE_IN_ERROR = re.compile(r"(?P<reason>.*?)(?: - at `\$\.?(?P<name>\w*).*`)?", re.DOTALL)


class SettingsError(Fault):
    """A setting that cannot be used; the message names it."""


class Settings(Struct, frozen=True, kw_only=True):
    """What an operator can set, as `FIRSTFIX_<NAME>` or by the option of the same name.

    Attributes:
        data: Folder of the embedded database, files and keys.
        storage_url: Where files are kept, like s3://bucket/folder; unset: in the data folder.
        storage_endpoint: Address of an S3-compatible store that is not Amazon's.
        storage_region: Its region.
        storage_access_key: Key to get in with; unset: what Amazon's own tools would find on this machine.
        storage_secret_key: The secret of that key.
        database_url: PostgreSQL (18 or newer) as the app's role; unset: the embedded one.
        owner_database_url: The same database as the role that owns the schema, for migrate, demo and check.
        key_file: The key ring of sealed fields and files; unset: `keys.json` in the data folder.
        host: Address to listen on.
        port: Port to listen on; 0: one that is free.
        tls_cert: Certificate chain (PEM) to serve https with.
        tls_key: Its private key (PKCS #8).
        public_url: Address that links and `Location` start with, without a path; unset: this machine's, as asked for.
        smtp_url: Mail server that mail goes out by, like smtps://user:password@mail.example.com; unset: mail waits.
        mail_from: Address that mail comes from, like jobs@example.com; needed with a smtp_url of another machine.
        reply_domain: Domain whose mail comes in here: replies to notes and bounces go to addresses below it.
        mail_in_port: Port to take that mail in at; 0: one that is free; unset: none.
        mail_in_host: Address to take it in at.
        mail_in_lmtp: Speak LMTP there instead of SMTP.
        imap_url: Mailbox that it is fetched from, like imaps://user:password@mail.example.com/INBOX.
        mail_server: Name under which one's own mail server writes Authentication-Results; unset: nobody's are believed.
        require_https: Refuse the field API over plain http.
        trusted_proxies: Addresses, comma separated, whose `X-Forwarded-*` headers count.
        workers: Web processes; unset: one for each processor, at most 4.
        transaction_connections: Database connections of one web process for transactions.
        read_connections: Database connections of one web process for hot reads.
        address_requests: Requests a minute from one address; failed sign-ins have a limit of their own.
        address_limits: Fewer of single operations from one address, comma separated, like web signIn=600.
        log_requests: Write a line in the log for each request.
    """

    data: Path = Path("data")
    storage_url: str | None = None
    storage_endpoint: str | None = None
    storage_region: str | None = None
    storage_access_key: str | None = None
    storage_secret_key: str | None = None
    database_url: str | None = None
    owner_database_url: str | None = None
    key_file: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public_url: str | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    reply_domain: str | None = None
    mail_in_port: Annotated[int, Meta(ge=0, le=65535)] | None = None
    mail_in_host: str = "127.0.0.1"
    mail_in_lmtp: bool = False
    imap_url: str | None = None
    mail_server: str | None = None
    require_https: bool = False
    trusted_proxies: str = ""
    workers: Annotated[int, Meta(ge=1, le=64)] | None = None
    transaction_connections: Annotated[int, Meta(ge=1, le=200)] = 8
    read_connections: Annotated[int, Meta(ge=1, le=200)] = 8
    address_requests: Annotated[int, Meta(ge=60, le=1_000_000)] = 1_000_000
    address_limits: str = ""
    log_requests: bool = False

    def __post_init__(self) -> None:
        """Check what a type cannot say; the name stands first, as in msgspec's own errors it stands last."""
        for name in ("database_url", "owner_database_url"):
            url = getattr(self, name)
            if url is not None and urlsplit(url).scheme not in _POSTGRESQL_SCHEMES:
                raise ValueError(f"{name}: must be a postgresql:// URL")
        if self.owner_database_url is not None and self.database_url is None:
            raise ValueError("owner_database_url: means nothing without database_url")
        self._check_storage()
        self._settle_local_mail()
        self._check_mail()
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert: must be given together with tls_key")
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in {"http", "https"} or self.public_url != f"{parts.scheme}://{parts.netloc}":
                raise ValueError("public_url: must be like https://jobs.example.com, with nothing after the host")
        self._check_addresses()

    def _check_addresses(self) -> None:
        for proxy in self.proxies:
            if not _is_address(proxy):
                raise ValueError(f"trusted_proxies: {proxy} is not an address")
        for limit in filter(None, self.address_limits.split(",")):
            if not _LIMIT.fullmatch(limit.strip()):
                raise ValueError(f"address_limits: {limit.strip()} is not like web signIn=600")

    def _check_storage(self) -> None:
        if self.storage_url is not None:
            parts = urlsplit(self.storage_url)
            if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
                raise ValueError("storage_url: must be like s3://bucket or s3://bucket/folder")
        if (self.storage_access_key is None) != (self.storage_secret_key is None):
            raise ValueError("storage_access_key: must be given together with storage_secret_key")

    def _settle_local_mail(self) -> None:
        """Name what was not named where mail leaves by this machine and comes in by it, so that it works untold.

        Somebody who has named where mail comes from means real mail: that is not guessed at.
        """
        if self.mail_from is not None or self.imap_url is not None:
            return
        host = urlsplit(self.public_url or "").hostname
        domain = host if host is not None and _DOMAIN.fullmatch(host) and not _is_address(host) else "localhost"
        if self.smtp_url is not None and urlsplit(self.smtp_url).hostname in LOOPBACK:
            force_setattr(self, "mail_from", f"{_LOCAL_NAME}@{domain}")
        if self.reply_domain is None and self.mail_in_port is not None and self.mail_in_host in LOOPBACK:
            force_setattr(self, "reply_domain", domain)

    def _check_mail(self) -> None:
        if self.smtp_url is not None:
            parts = urlsplit(self.smtp_url)
            is_whole = parts.hostname and _is_port(parts) and not parts.path.strip("/") and not parts.fragment
            if parts.scheme not in _SMTP_SCHEMES or not is_whole:
                raise ValueError("smtp_url: must be like smtps://mail.example.com or smtp://user:password@host:587")
            if parts.query not in {"", _UNENCRYPTED}:
                raise ValueError(f"smtp_url: may end in ?{_UNENCRYPTED}, and in nothing else")
            if parts.query and (parts.scheme == "smtps" or parts.username is not None):
                raise ValueError(f"smtp_url: ?{_UNENCRYPTED} means smtp:// and no password")
            if self.mail_from is None:
                raise ValueError("mail_from: must be given together with smtp_url")
        if self.mail_from is not None and not _ADDRESS.fullmatch(self.mail_from):
            raise ValueError("mail_from: must be a plain address like jobs@example.com")
        if self.reply_domain is not None and not _DOMAIN.fullmatch(self.reply_domain):
            raise ValueError("reply_domain: must be like reply.example.com")
        self._check_mail_in()

    def _check_mail_in(self) -> None:
        if self.imap_url is not None:
            parts = urlsplit(self.imap_url)
            if parts.scheme not in _IMAP_SCHEMES or not (parts.hostname and parts.username and _is_port(parts)):
                raise ValueError("imap_url: must be like imaps://user:password@mail.example.com/INBOX")
        if self.takes_mail_in and self.reply_domain is None:
            raise ValueError("reply_domain: must be set where mail is taken in")

    @property
    def takes_mail_in(self) -> bool:
        """Whether mail is taken in, by whichever way."""
        return self.mail_in_port is not None or self.imap_url is not None

    @property
    def mail_domain(self) -> str:
        """The domain that names of our mails end in."""
        return self.reply_domain or (self.mail_from or "@firstfix.invalid").rpartition("@")[2]

    @property
    def web_processes(self) -> int:
        """How many web processes there are: each uses one processor at most, and PostgreSQL needs some too."""
        return self.workers or min(os.cpu_count() or 1, _MOST_WEB_PROCESSES)

    @property
    def app_url(self) -> str:
        """The database's address as the app's role; the supervisor has set it where it is the embedded one.

        Raises:
            SettingsError: It is not set.
        """
        if self.database_url is None:
            raise SettingsError(f"{PREFIX}DATABASE_URL must be set to run this by itself.")
        return self.database_url

    @property
    def keys(self) -> Path:
        """Where the key ring is."""
        return self.key_file or self.data / "keys.json"

    @property
    def address(self) -> str:
        """Where a server with these settings answers, without a slash at the end."""
        if self.public_url is not None:
            return self.public_url
        scheme = "http" if self.tls_cert is None else "https"
        host = _ANY_ADDRESS.get(self.host, self.host)
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"

    @property
    def proxies(self) -> tuple[str, ...]:
        """The addresses of `trusted_proxies`."""
        return tuple(filter(None, (proxy.strip() for proxy in self.trusted_proxies.split(","))))

    @property
    def limits_of_addresses(self) -> dict[str, int]:
        """The limits of `address_limits`, by the name of the operation."""
        written = (_LIMIT.fullmatch(limit.strip()) for limit in self.address_limits.split(","))
        return {limit["operation"]: int(limit["requests"]) for limit in written if limit is not None}

    def environment(self) -> dict[str, str]:
        """Write the settings as variables, for a process that reads them with `load_settings`."""
        variables: dict[str, str] = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Path):
                value = value.resolve()
            if value is not None:
                variables[PREFIX + name.upper()] = str(value).lower() if isinstance(value, bool) else str(value)
        return variables


def load_settings(environment: Mapping[str, str] = os.environ, **options: object) -> Settings:
    """Read the environment; options given on the command line win over it.

    Raises:
        SettingsError: A value of the wrong form, or a `FIRSTFIX_` name that is no setting.
    """
    found: dict[str, object] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in Settings.__struct_fields__:
            raise SettingsError(f"{variable} is not a setting of Firstfix.")
        if value:
            found[name] = value
    found |= {name: value for name, value in options.items() if value is not None}
    try:
        return msgspec.convert(found, Settings, strict=False, dec_hook=_read_path)
    except msgspec.ValidationError as error:
        raise SettingsError(_sentence_of(error)) from error


def _sentence_of(error: msgspec.ValidationError) -> str:
    match = _PLACE_IN_ERROR.fullmatch(str(error))
    reason, name = (match["reason"], match["name"]) if match else (str(error), None)
    if not name:
        name, _, reason = reason.partition(": ")
    return f"{PREFIX}{name.upper()} cannot be used: {reason}."


def _read_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise NotImplementedError


def _is_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
