"""What the three edges share: from a routed request to an answer, and from any refusal to the wire's own form.

One API's edge says who calls, how input is read and how results and refusals are written. The order of refusals
belongs to each contract, so each edge writes its own `prepare`.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import psycopg.errors
import structlog
from litestar import Request
from msgspec import Struct
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as EnginePoolTimeout

from firstfix.api.downloads import FileAnswer
from firstfix.api.exchange import BODY_LIMIT_BYTES, Answer, Exchange, within_limit
from firstfix.api.hot_reads import HotReads, TypeHints
from firstfix.api.idempotency import answer_once, may_be_replay
from firstfix.api.operations import Operation
from firstfix.api.problems import (
    Busy,
    HttpRefusal,
    PayloadTooLarge,
    RowContended,
    TooManyRequests,
    Unauthorized,
    Unexpected,
)
from firstfix.api.refusals import Attempt
from firstfix.api.services import Services
from firstfix.api.uploads import Upload
from firstfix.domain.access.queries import Claim, NotAuthenticated, PermissionMissing, authenticate
from firstfix.domain.access.rate_limits import EVERYTHING, Account, Allowance, Standing
from firstfix.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, Unsupported
from firstfix.domain.files.commands import require_room
from firstfix.domain.files.errors import QuotaExceeded
from firstfix.domain.files.ports import ContentDamaged, ContentMissing, InspectionUnavailable, StorageUnavailable
from firstfix.domain.work import Work
from firstfix.kit.stopwatch import DATABASE_TIME

log = structlog.get_logger("firstfix.api")

_THROWN_AWAY_BYTES = 4 * BODY_LIMIT_BYTES
_DENIED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_STATUSES: Final[Mapping[type[Refusal], HTTPStatus]] = {
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unsupported: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}
"""Of the kinds of refusals that the same status stands for in all contracts."""
_CONTENDED = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class Prepared(Struct, kw_only=True):
    """A request that has passed what stands before its operation."""

    operation: Operation
    claim: Claim | None
    query: Struct | None = None
    data: Struct | None = None
    fingerprint: bytes = b""
    """What a retry with the same Idempotency-Key must hold: the body in canonical form."""


class Edge(ABC):
    """One API's way in."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.hints = TypeHints()

    @abstractmethod
    def find_claim(self, exchange: Exchange) -> Claim | None:
        """Read what the caller shows to get in; `None` for nothing that could be it."""

    def require_claim(self, exchange: Exchange) -> Claim:
        """Read it.

        Raises:
            Unauthorized: There is none.
        """
        claim = self.find_claim(exchange)
        if claim is None:
            raise Unauthorized
        return claim

    @abstractmethod
    async def prepare(
        self, exchange: Exchange, operations: Mapping[str | None, Operation], path: Mapping[str, str]
    ) -> Prepared:
        """Pick the operation and read its input, refusing in the order of the contract."""

    @abstractmethod
    def write(self, exchange: Exchange, operation: Operation, result: object) -> Answer:
        """Write a result in the wire's form."""

    @abstractmethod
    def refuse(self, exchange: Exchange, refusal: Refusal | HttpRefusal) -> Answer:
        """Write a refusal in the wire's form."""

    def finish(self, exchange: Exchange, answer: Answer) -> None:
        """Add what every reply of this wire carries."""
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers.setdefault("X-Request-ID", exchange.request_id)

    async def answer(
        self, exchange: Exchange, operations: Mapping[str | None, Operation], path: Mapping[str, str]
    ) -> Answer:
        """Answer one request, whatever happens."""
        DATABASE_TIME.set(exchange.database_time)
        try:
            await self._count(exchange)
            if len(operations) == 1:
                await self.count_operation(exchange, *operations.values())
            prepared = await self.prepare(exchange, operations, path)
            exchange.operation_id = prepared.operation.operation_id
            answer = await self._perform(exchange, prepared, path)
            if isinstance(answer, FileAnswer):
                await answer.open(self.services.storage)
        except (Refusal, HttpRefusal) as refusal:
            self._note(exchange, operations, refusal)
            answer = self.refuse(exchange, refusal)
        except Exception as error:  # noqa: BLE001 (the one place where a fault becomes an answer; it is logged)
            answer = self.refuse(exchange, _refusal_of(error, exchange))
        finally:
            if exchange.upload is not None:
                await exchange.upload.close(self.services.storage)
        self._count_late(exchange)
        self.finish(exchange, answer)
        return answer

    def standing(self, exchange: Exchange) -> Standing:
        """Tell what is left of the allowance that is nearest to its end."""
        limiter = self.services.limiter
        allowances = exchange.allowances or filter(None, self._allowances(exchange))  # not counted: no such address
        return min(map(limiter.standing, allowances), key=_remaining)

    async def refuse_caller(self, claim: Claim, keys: tuple[str, ...]) -> None:
        """Refuse who may not ask at all before what they asked.

        Raises:
            NotAuthenticated: The credential lets nobody in.
            PermissionMissing: None of the keys is held.
        """
        async with self.services.database.session(claim.secret_hash) as session:
            await authenticate(session, claim, operation_keys=keys)

    async def count_operation(self, exchange: Exchange, operation: Operation) -> None:
        """Count the request for its operation as well, where that has limits of its own.

        An edge that needs more than the address to pick the operation calls this while it prepares, as soon as it is
        known.

        Raises:
            TooManyRequests: The operation's allowance of the address or the account is used up.
        """
        exchange.operation_id = operation.operation_id
        exchange.counted_operation = operation.name
        await self._take(exchange, self._allowances(exchange, operation.name))

    async def receive_upload(
        self, exchange: Exchange, upload: Upload, prepared: Prepared, path: Mapping[str, str]
    ) -> None:
        """Take in an upload's body, unless that is done.

        First a short work sees who sends it, where to, and whether there is room; none is open while it streams. Where
        there is no room, the first file is refused: what comes without any, as many notes do, needs none, and neither
        does what came before and was kept then.

        An edge that needs the fields to pick its operation calls this while it prepares, with the one that takes files.
        """
        if upload.is_received or prepared.claim is None:
            return
        full: QuotaExceeded | None = None
        async with self._open_work(exchange, prepared.operation, prepared.claim) as work:
            try:
                await require_room(work)
            except QuotaExceeded as refusal:
                full = None if await may_be_replay(work, exchange) else refusal
            if prepared.operation.check is not None:
                await prepared.operation.check(work, **path)
        await upload.receive(self.services.storage, organisation_id=work.actor.organisation_id, full=full)

    def _note(
        self, exchange: Exchange, operations: Mapping[str | None, Operation], refusal: Refusal | HttpRefusal
    ) -> None:
        """Note for the audit log what somebody was denied: what they may not do, and what is not there for them."""
        if status_of(refusal, invalid=HTTPStatus.BAD_REQUEST) not in _DENIED:
            return
        claim = self.find_claim(exchange)
        if claim is None:
            return
        named = exchange.operation_id
        if not named and len(operations) == 1:
            named = next(iter(operations.values())).operation_id
        self.services.refusals.note(
            Attempt(
                secret_hash=claim.secret_hash,
                address=exchange.address,
                source=next(iter(operations.values())).api,
                operation=named or f"{exchange.method} {exchange.path}",
                code=refusal.code,
            ),
            request_id=exchange.request_id,
        )

    async def _count(self, exchange: Exchange) -> None:
        """Count the request, before all else.

        Raises:
            TooManyRequests: The allowance of the address or the account is used up.
        """
        claim = self.find_claim(exchange)
        exchange.account = None if claim is None else self.hints.find_account(claim.secret_hash)
        await self._take(exchange, self._allowances(exchange))

    def _count_late(self, exchange: Exchange) -> None:
        """Count the first request of a credential for its account, which is known by now; it was answered already."""
        claim = None if exchange.account is not None else self.find_claim(exchange)
        account = None if claim is None else self.hints.find_account(claim.secret_hash)
        if account is None:
            return
        limiter = self.services.limiter
        for allowance in (limiter.of_account(account), limiter.of_account(account, exchange.counted_operation)):
            if allowance is not None and allowance not in exchange.allowances:
                exchange.allowances.append(allowance)
                limiter.take_late(allowance)

    async def _take(self, exchange: Exchange, allowances: Iterable[Allowance | None]) -> None:
        for allowance in allowances:
            if allowance is None:
                continue
            exchange.allowances.append(allowance)
            standing = await self.services.limiter.take(allowance)
            if standing.is_refused:
                raise TooManyRequests(standing.seconds)

    def _allowances(self, exchange: Exchange, operation: str = EVERYTHING) -> tuple[Allowance | None, ...]:
        """Give what a request uses: its address's and, once the credential is known here, its account's."""
        limiter, account = self.services.limiter, exchange.account
        of_address = limiter.of_address(exchange.address, operation)
        return (of_address,) if account is None else (of_address, limiter.of_account(account, operation))

    async def _perform(self, exchange: Exchange, prepared: Prepared, path: Mapping[str, str]) -> Answer:
        operation, claim = prepared.operation, prepared.claim
        arguments = self._arguments(exchange, prepared, path)
        if claim is None:
            return self.write(exchange, operation, await operation.handler(**arguments))
        if "work" not in operation.takes:
            return self.write(exchange, operation, await self._read(operation, claim, arguments))
        upload, fingerprint = exchange.upload, prepared.fingerprint
        if operation.takes_files:
            arguments["files"] = []
            if upload is not None:
                await self.receive_upload(exchange, upload, prepared, path)
                if operation.accepts is not None:
                    await upload.screen(self.services.gate, operation.accepts)
                arguments["files"] = await upload.keep(self.services.gate)
                fingerprint += upload.fingerprint()
        async with (
            self._do_ahead(exchange, operation, claim, path) as done,
            self._open_work(exchange, operation, claim) as work,
        ):

            async def run() -> Answer:
                if operation.ahead is not None:
                    if done is None:  # the key ran out between two looks
                        raise RowContended(headers={"Retry-After": "1"})
                    arguments["ahead"] = done
                result = await operation.handler(work=work, **arguments)
                if upload is not None:
                    upload.is_recorded = True
                return self.write(exchange, operation, result)

            return await answer_once(work, exchange, fingerprint, run)

    @asynccontextmanager
    async def _do_ahead(
        self, exchange: Exchange, operation: Operation, claim: Claim, path: Mapping[str, str]
    ) -> AsyncIterator[object | None]:
        """Do what comes before the work; nothing where there is none, or where the request was answered before."""
        if operation.ahead is None:
            yield None
            return
        open_work = partial(self._open_work, exchange, operation, claim)
        async with open_work() as work:
            is_replay = await may_be_replay(work, exchange)
        if is_replay:
            yield None
        else:
            async with operation.ahead(self.services, open_work, **path) as done:
                yield done

    async def _read(self, operation: Operation, claim: Claim, arguments: Mapping[str, Any]) -> object:
        """Run a handler that has no work. The statement by which it reads refuses who may not ask.

        Where the handler never came to read, that is asked here: who may not ask is told so before what they asked.
        """
        reads = arguments.get("reads")
        try:
            return await operation.handler(**arguments)
        finally:
            if isinstance(reads, HotReads) and not reads.has_asked:
                await self.refuse_caller(claim, operation.permission_keys)

    def _arguments(self, exchange: Exchange, prepared: Prepared, path: Mapping[str, str]) -> dict[str, Any]:
        operation, claim = prepared.operation, prepared.claim
        arguments: dict[str, Any] = dict(path)
        if operation.query:
            arguments["query"] = prepared.query
        if operation.data:
            arguments["data"] = prepared.data
        if "exchange" in operation.takes:
            arguments["exchange"] = exchange
        if "services" in operation.takes:
            arguments["services"] = self.services
        if "claim" in operation.takes:
            arguments["claim"] = claim
        if claim is not None and "reads" in operation.takes:
            arguments["reads"] = HotReads(self.services.database, claim, operation.permission_keys, self.hints)
        return arguments

    @asynccontextmanager
    async def _open_work(self, exchange: Exchange, operation: Operation, claim: Claim) -> AsyncIterator[Work]:
        async with self.services.database.work(
            claim,
            operation_keys=operation.permission_keys,
            source=operation.api,
            request_id=exchange.request_id,
            address=exchange.address,
        ) as work:
            actor = work.actor
            if actor.person_id is not None:
                account = Account(actor.organisation_id, actor.person_id)
                self.hints.remember(claim.secret_hash, actor.account_type, account)
            if not all(actor.may(key) for key in operation.also):
                raise PermissionMissing
            yield work


def exchange_of(request: Request[Any, Any, Any], services: Services) -> Exchange:
    """Read what a handler may know of a request, without its body."""
    headers = dict(request.headers.items())  # lower-case names, by ASGI
    scope = request.scope
    query_string = scope["query_string"].decode("latin-1")
    peer = scope["client"][0] if scope["client"] else ""
    is_https, host, address = services.origin.of(
        scheme=scope["scheme"], host=headers.get("host", ""), peer=peer, headers=headers
    )
    exchange = Exchange(
        method=scope["method"],
        path=scope["path"],
        base_url=services.origin.base_url(is_https=is_https, host=host),
        headers=headers,
        query_string=query_string,
        parameters=parse_qsl(query_string, keep_blank_values=True, errors="replace"),
        cookies=request.cookies,
        address=address,
        is_https=is_https,
    )
    given = headers.get("x-request-id", "")
    if given.isascii() and given.isalnum() and len(given) <= 64:  # noqa: PLR2004 (long enough for any uuid or trace id)
        exchange.request_id = given
    return exchange


async def read_body(request: Request[Any, Any, Any], exchange: Exchange) -> None:
    """Read a JSON or form body into the exchange, counting as it comes.

    One that is too large, but not much, is read to its end and thrown away: who still sends does not hear a refusal.

    Raises:
        PayloadTooLarge: Over 1 MiB, said or sent.
    """
    announced = exchange.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > _THROWN_AWAY_BYTES:
        raise PayloadTooLarge
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes <= BODY_LIMIT_BYTES:
            chunks.append(chunk)
        elif size_bytes > _THROWN_AWAY_BYTES:
            break
    within_limit(size_bytes)
    exchange.body = b"".join(chunks)


def _refusal_of(error: Exception, exchange: Exchange) -> HttpRefusal:
    """Tell a database under strain from a bug; log the bug once."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.errors.ForeignKeyViolation):
        # What the request names was there when it was looked up, and was removed before it was referred to.
        log.warning("removed_meanwhile", request_id=exchange.request_id, key=cause.diag.constraint_name)
        return RowContended(headers={"Retry-After": "1"})
    if isinstance(cause, _CONTENDED):
        return RowContended(headers={"Retry-After": "1"})
    if isinstance(
        cause, (psycopg.errors.QueryCanceled, psycopg.errors.OperationalError, PoolTimeout, EnginePoolTimeout)
    ):
        log.warning("busy", request_id=exchange.request_id, reason=type(cause).__name__)
        return Busy()
    if isinstance(cause, InspectionUnavailable):
        log.warning("screening", request_id=exchange.request_id, reason=str(cause))
        return Busy()
    if isinstance(cause, StorageUnavailable):
        log.error("storage", request_id=exchange.request_id, reason=str(cause))
        return Busy()
    if isinstance(cause, (ContentMissing, ContentDamaged)):
        log.error("content", request_id=exchange.request_id, reason=str(cause))
    else:
        log.error("unexpected", request_id=exchange.request_id, path=exchange.path, exc_info=error)
    return Unexpected()


def _remaining(standing: Standing) -> int:
    return standing.remaining


def without_doubles(parameters: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Take the last value of each name of a query string."""
    return dict(parameters)


def status_of(refusal: Refusal | HttpRefusal, *, invalid: HTTPStatus) -> int:
    """Give the status of a refusal's kind; of a value that no state would accept, the contract's own."""
    if isinstance(refusal, HttpRefusal):
        return refusal.status
    if isinstance(refusal, Invalid):
        return invalid
    for kind, status in _STATUSES.items():
        if isinstance(refusal, kind):
            return status
    raise TypeError(f"{type(refusal).__name__} is no kind of refusal.")
