"""What every edge is given by the composition root."""

import ipaddress
import re
from collections.abc import Hashable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.api.operations import Operation
from firstfix.api.refusals import RefusalLog
from firstfix.domain.access.queries import Claim
from firstfix.domain.access.rate_limits import RateLimiter
from firstfix.domain.files.gate import Gate
from firstfix.domain.files.ports import Inspector, Storage
from firstfix.domain.work import Source, Work
from firstfix.kit.sealing import KeyRing

_HOST = re.compile(r"(?:\[(?P<number>[0-9a-f:.]+)\]|(?P<name>[0-9a-z.-]+))(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)


class OpensWork(Protocol):
    """The database as the edges use it."""

    @property
    def keys(self) -> KeyRing:
        """The key ring as it is now."""

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement in a transaction of its own and return its first row."""

    def session(self, caller: Hashable | None = None) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that works for nobody yet; `caller` tells apart who waits for a connection."""

    def work(
        self,
        claim: Claim,
        *,
        operation_keys: tuple[str, ...],
        source: Source,
        request_id: str | None = None,
        address: str | None = None,
    ) -> AbstractAsyncContextManager[Work]:
        """Open a work for whoever holds the credential."""

    def work_of(
        self,
        organisation_id: int,
        person_id: int,
        *,
        operation_keys: tuple[str, ...],
        source: Source,
        request_id: str | None = None,
        address: str | None = None,
    ) -> AbstractAsyncContextManager[Work]:
        """Open a work for somebody whom a link of ours names."""


class Origin(Struct, frozen=True, kw_only=True):
    """Which address the server has, and whom it believes about it.

    Args:
        public_url: The configured address; links use nothing else where it is set.
        own_hosts: Whom callers may ask for where it is not set, besides the loopback: names and numbers without a port.
        listens_on: What links name, host and port, where somebody asked for another.
        trusted_proxies: Peers whose `X-Forwarded-Proto`, `-Host` and `-For` count.
        require_https: Whether the field API refuses plain http.
    """

    public_url: str | None = None
    own_hosts: frozenset[str] = frozenset()
    listens_on: str = "localhost"
    trusted_proxies: tuple[str, ...] = ()
    require_https: bool = False

    def of(self, *, scheme: str, host: str, peer: str, headers: Mapping[str, str]) -> tuple[bool, str, str]:
        """Return whether the caller used https, the host that links may name, and their address.

        Callers write what they like into `Host`, and caches and people keep links: so a host that is not ours is not
        repeated. A trusted proxy is believed.
        """
        host = host if self._is_own(host) else self.listens_on
        if peer not in self.trusted_proxies:
            return scheme == "https", host, peer
        forwarded_for = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return (
            headers.get("x-forwarded-proto", scheme).lower() == "https",
            headers.get("x-forwarded-host", host),
            forwarded_for if _is_address(forwarded_for) else peer,
        )

    def base_url(self, *, is_https: bool, host: str) -> str:
        """Build the address that links start with, without a slash at the end."""
        return self.public_url or f"{'https' if is_https else 'http'}://{host}"

    def _is_own(self, host: str) -> bool:
        written = _HOST.fullmatch(host)
        if written is None:
            return False
        name = (written["number"] or written["name"]).lower()
        return name == "localhost" or name in self.own_hosts or _is_loopback(name)


class MailSetUp(Struct, frozen=True, kw_only=True):
    """Whether mail goes out, where it comes from, and the domain whose mail comes in."""

    is_configured: bool = False
    mail_from: str | None = None
    reply_domain: str | None = None


class Services(Struct, frozen=True, kw_only=True):
    """The parts that edges call."""

    database: OpensWork
    storage: Storage
    inspector: Inspector
    origin: Origin
    limiter: RateLimiter
    refusals: RefusalLog = field(default_factory=RefusalLog)
    mail: MailSetUp = MailSetUp()
    operations: tuple[Operation, ...] = ()
    """What can be asked for, in all APIs."""

    @property
    def gate(self) -> Gate:
        """What files pass on their way in."""
        return Gate(self.storage, self.inspector)


def _is_loopback(text: str) -> bool:
    return _is_address(text) and ipaddress.ip_address(text).is_loopback


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
