"""`Idempotency-Key`: the same POST sent again gets the same answer, and its effect once.

The key's row is the first thing that the handler's own transaction writes, and is completed in it, so key and effect
live or die together. A twin waits on the unique index until the first commits or rolls back.
"""

import hashlib
from collections.abc import Awaitable, Callable

import msgspec
import psycopg.errors
from sqlalchemy.exc import OperationalError

from firstfix.api.exchange import Answer, Exchange
from firstfix.api.problems import BadRequest, IdempotencyMismatch, TwinRunning
from firstfix.domain.access.commands.idempotency import claim_idempotency_key, is_key_answered, keep_answer
from firstfix.domain.work import Work

_HEADER = "idempotency-key"
_LONGEST_KEY = 255
_SEE_OTHER = 303
_SUCCESS = range(200, 300)


async def answer_once(
    work: Work, exchange: Exchange, fingerprint: bytes, run: Callable[[], Awaitable[Answer]]
) -> Answer:
    """Run a request, a POST with a key unless the same one was answered within 24 hours: then replay that answer.

    Only 2xx and 303 answers are kept; a refusal undoes the transaction, and the key with it.

    Raises:
        BadRequest: See `read_key`.
        IdempotencyMismatch: The key was used with another request.
        TwinRunning: The same request is still running after two seconds.
    """
    key = read_key(exchange)
    if key is None:
        return await run()
    request_hash = hashlib.sha256(f"{exchange.method} {exchange.path}\n".encode() + fingerprint).digest()
    try:
        earlier = await claim_idempotency_key(work, key=key, request_hash=request_hash)
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise TwinRunning(headers={"Retry-After": "2"}) from error
        raise
    if earlier is not None:
        if earlier.request_hash != request_hash:
            raise IdempotencyMismatch
        return msgspec.json.decode(earlier.answer, type=Answer)
    answer = await run()
    if answer.status in _SUCCESS or answer.status == _SEE_OTHER:
        await keep_answer(work, key=key, answer=msgspec.json.encode(answer).decode())
    return answer


async def may_be_replay(work: Work, exchange: Exchange) -> bool:
    """Tell whether a POST has a key that was answered: only once it has come is it known to be the same.

    Raises:
        BadRequest: See `read_key`.
    """
    key = read_key(exchange)
    return key is not None and await is_key_answered(work, key=key)


def read_key(exchange: Exchange) -> str | None:
    """Read the header of a POST; `None` where there is none.

    Raises:
        BadRequest: The key is not 1 to 255 printable characters.
    """
    key = exchange.headers.get(_HEADER) if exchange.method == "POST" else None
    if key is not None and (not 1 <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable()):
        raise BadRequest("Idempotency-Key must be 1 to 255 printable characters.", field="Idempotency-Key")
    return key
