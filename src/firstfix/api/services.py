"""What every edge is given by the composition root."""

import ipaddress
from collections.abc import Hashable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.access.queries import Claim
from firstfix.domain.files.ports import Storage
from firstfix.domain.work import Source, Work
from firstfix.kit.sealing import KeyRing


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
        self, claim: Claim, *, operation_keys: tuple[str, ...], source: Source, request_id: str | None = None
    ) -> AbstractAsyncContextManager[Work]:
        """Open a work for whoever holds the credential."""


class Origin(Struct, frozen=True, kw_only=True):
    """Which address the server has, and whom it believes about it.

    Args:
        public_url: The configured address; links use nothing else where it is set.
        trusted_proxies: Peers whose `X-Forwarded-Proto`, `-Host` and `-For` count.
        require_https: Whether the field API refuses plain http.
    """

    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    require_https: bool = False

    def of(self, *, scheme: str, host: str, peer: str, headers: Mapping[str, str]) -> tuple[bool, str, str]:
        """Return whether the caller used https, the host they asked for, and their address."""
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


class Services(Struct, frozen=True, kw_only=True):
    """The parts that edges call."""

    database: OpensWork
    storage: Storage
    origin: Origin


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
