"""How the manage API reads requests and writes replies and refusals (contract §1 and §2)."""

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from firstfix.api.edge import Edge, Prepared, status_of
from firstfix.api.exchange import Answer, Exchange, gather
from firstfix.api.idempotency import read_key
from firstfix.api.manage.bodies import convert, fingerprint_of, invalid_parameter, is_form, read_body_fields
from firstfix.api.manage.names import ENTITIES, NOT_FOUND, manage_name
from firstfix.api.manage.replies import Reply, write_refusal, write_reply
from firstfix.api.operations import Operation
from firstfix.api.problems import BadRequest, HttpRefusal, MalformedBody, TooManyRequests
from firstfix.api.session_cookie import find_session
from firstfix.api.sign_in import is_from_foreign_site
from firstfix.domain.access.commands.csrf import spend_csrf_token
from firstfix.domain.access.queries import Claim
from firstfix.domain.errors import EntityInUse, EntityNotFound, NotFound, ReferenceNotFound, Refusal

_BEARER = re.compile(r"bearer +([0-9a-f]{64})", re.IGNORECASE)
_CSRF_HEADER = "x-csrf-token"
_CSRF_FIELD = "csrf_token"
_READ = "GET"


class CsrfMissing(HttpRefusal):
    status = 403
    code = "csrf.missing"
    sentence = "Invalid or missing CSRF token"


class CsrfInvalid(HttpRefusal):
    """Made up, spent, another credential's or expired: not told apart."""

    status = 403
    code = "csrf.invalid"
    sentence = "Invalid or missing CSRF token"


class ManageEdge(Edge):
    """The manage API's way in."""

    def find_claim(self, exchange: Exchange) -> Claim | None:
        """Read a bearer token or a session. A header wins over a cookie, also a bad one."""
        header = exchange.headers.get("authorization")
        if header is None:
            return find_session(exchange)
        match = _BEARER.fullmatch(header.strip())
        return None if match is None else Claim("bearer", match[1].lower())

    async def prepare(
        self,
        exchange: Exchange,
        operations: Mapping[str | None, Operation],
        path: Mapping[str, str],
    ) -> Prepared:
        """Pick the operation and read its input: 401, 415, 413, 400, 403 permission, 403 CSRF, 400 fields."""
        if exchange.method == _READ:
            return await self._prepare_read(exchange, operations)
        return await self._prepare_change(exchange, operations, path)

    def write(self, exchange: Exchange, operation: Operation, result: object) -> Answer:  # noqa: ARG002 (as all edges)
        """Write a success."""
        match result:
            case Answer():
                return result
            case Reply():
                return Answer(status=operation.status, body=write_reply(result))
            case None:
                return Answer(status=operation.status, body=write_reply(Reply()))
            case _:
                return Answer(status=operation.status, body=write_reply(Reply(data=result)))

    def refuse(self, exchange: Exchange, refusal: Refusal | HttpRefusal) -> Answer:
        """Write a refusal with the status of its kind."""
        sentence, name = refusal.message, refusal.field
        if not isinstance(refusal, HttpRefusal):
            name = None if name is None else manage_name(name)
            sentence = _sentence_of(refusal, name)
        body = write_refusal(sentence, code=refusal.code, name=name, request_id=exchange.request_id)
        headers = refusal.headers if isinstance(refusal, HttpRefusal) else {}
        return Answer(status=status_of(refusal, invalid=HTTPStatus.BAD_REQUEST), body=body, headers=dict(headers))

    def finish(self, exchange: Exchange, answer: Answer) -> None:
        """Add what is left of the allowance, and how long the reply took."""
        super().finish(exchange, answer)
        standing = self.standing(exchange)
        answer.headers |= {
            "X-RateLimit-Limit": str(standing.limit),
            "X-RateLimit-Remaining": str(standing.remaining),
            "X-RateLimit-Reset": str(standing.resets_at),
            "X-Response-Time-ms": f"{(time.perf_counter() - exchange.began_at) * 1000:.2f}",
            "X-DB-Query-Time-ms": f"{exchange.database_time.seconds * 1000:.2f}",
        }

    async def _prepare_read(self, exchange: Exchange, operations: Mapping[str | None, Operation]) -> Prepared:
        """Read a GET. Who may not ask is told by the one statement that reads, unless there is another refusal."""
        [*_, first] = operations.values()
        if first.is_public:
            return Prepared(operation=first, claim=None)
        claim = self.require_claim(exchange)
        keys: tuple[str, ...] = ()
        try:
            operation = await self._pick(exchange, operations, None)
            keys = operation.permission_keys
            prepared = Prepared(operation=operation, claim=claim)
            if operation.query is not None:
                prepared.query = convert(dict(exchange.parameters), operation.query, is_form=True)
        except TooManyRequests:
            raise
        except HttpRefusal:
            await self.refuse_caller(claim, keys)
            raise
        return prepared

    async def _prepare_change(
        self, exchange: Exchange, operations: Mapping[str | None, Operation], path: Mapping[str, str]
    ) -> Prepared:
        is_public = all(operation.is_public for operation in operations.values())
        claim = None if is_public else self.require_claim(exchange)
        try:
            fields = await self._read_fields(exchange, operations, claim, path)
            operation = await self._pick(exchange, operations, fields.get("action"))
            if exchange.upload is not None and exchange.upload.has_files and not operation.takes_files:
                raise MalformedBody("This operation takes no files.")
            if exchange.upload is not None and operation.accepts is not None:
                exchange.upload.require_types(operation.accepts)
        except TooManyRequests:
            raise
        except HttpRefusal:
            if claim is not None:
                await self.refuse_caller(claim, ())
            raise
        if claim is not None:
            for key in operation.also:
                await self.refuse_caller(claim, (key,))
            await self._spend_token(exchange, claim, operation, fields.get(_CSRF_FIELD))
        prepared = Prepared(operation=operation, claim=claim)
        read_key(exchange)
        if operation.query is not None:
            prepared.query = convert(dict(exchange.parameters), operation.query, is_form=True)
        if operation.data is not None:
            prepared.data = convert(fields, operation.data, is_form=is_form(exchange))
        prepared.fingerprint = fingerprint_of(fields | {"action": operation.action})
        return prepared

    async def _pick(self, exchange: Exchange, operations: Mapping[str | None, Operation], in_body: object) -> Operation:
        """Find the operation, and count the request for it.

        Raises:
            BadRequest: As `_operation_of` has it.
            TooManyRequests: The operation's allowance is used up.
        """
        operation = _operation_of(exchange, operations, in_body)
        if len(operations) > 1:
            await self.count_operation(exchange, operation)
        return operation

    async def _read_fields(
        self,
        exchange: Exchange,
        operations: Mapping[str | None, Operation],
        claim: Claim | None,
        path: Mapping[str, str],
    ) -> dict[str, Any]:
        """Read the body's fields. An upload comes in whole: its action and its token may stand behind its files."""
        if exchange.upload is None:
            return read_body_fields(exchange)
        takes_files = next(operation for operation in operations.values() if operation.takes_files)
        await self.receive_upload(exchange, exchange.upload, Prepared(operation=takes_files, claim=claim), path)
        return gather(exchange.upload.fields)

    async def _spend_token(self, exchange: Exchange, claim: Claim, operation: Operation, given: object) -> None:
        """Spend the request's token, in its own transaction.

        Raises:
            NotAuthenticated: The credential lets nobody in.
            PermissionMissing: None of the operation's keys is held.
            CsrfMissing: There is no token.
            CsrfInvalid: The token is not good, or another site sent the request.
        """
        token = exchange.headers.get(_CSRF_HEADER) if given is None else given
        spender = await spend_csrf_token(
            self.services.database,
            claim,
            operation_keys=operation.permission_keys,
            token=token if isinstance(token, str) else None,
        )
        self.hints.remember(claim.secret_hash, spender.account_type)
        if token is None or token == "":
            raise CsrfMissing
        if not spender.is_spent or (claim.kind == "session" and is_from_foreign_site(exchange)):
            raise CsrfInvalid


def _operation_of(exchange: Exchange, operations: Mapping[str | None, Operation], in_body: object) -> Operation:
    """Find the operation that `action` names, in the body or the query.

    Raises:
        BadRequest: It names two, none, or one that is not there.
    """
    named = {value for name, value in exchange.parameters if name == "action"}
    if in_body is not None:
        if not isinstance(in_body, str):
            raise invalid_parameter("action")
        named.add(in_body)
    if len(named) > 1:
        raise BadRequest("The action is given twice, with different values.", field="action")
    action = next(iter(named), None)
    if exchange.method == _READ and action is None:
        action = "list"
    # What is alone at its address needs no action; naming a read's default one does no harm.
    if None in operations and (action is None or (action == "list" and exchange.method == _READ)):
        return operations[None]
    operation = operations.get(action)
    if operation is None or action is None:
        raise invalid_parameter("action")
    return operation


def _sentence_of(refusal: Refusal, name: str | None) -> str:
    match refusal:
        case ReferenceNotFound():
            return f"Not found: {name}"
        case EntityNotFound() if refusal.entity in ENTITIES:
            return f"{ENTITIES[refusal.entity].capitalize()} not found"
        case EntityInUse() if refusal.entity in ENTITIES:
            return f"This {ENTITIES[refusal.entity]} is in use."
        case NotFound():
            return NOT_FOUND.get(refusal.code, refusal.message)
        case _:
            return refusal.message
