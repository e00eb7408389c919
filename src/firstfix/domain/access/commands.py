"""Changes to what lets a caller in."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.access.models import IdempotencyKey
from firstfix.domain.work import Work

_ANSWER_FIELD = "idempotency_keys.answer"


class EarlierAnswer(Struct, frozen=True):
    """What the same key was answered before."""

    request_hash: bytes
    answer: str


async def claim_idempotency_key(work: Work, *, key: str, request_hash: bytes) -> EarlierAnswer | None:
    """Take a key for the actor, or find what it was answered before.

    A twin that is still running is waited for, as long as the role's lock timeout allows.

    Returns:
        `None` when the key is now the work's own; else the earlier request and its answer.
    """
    claim = insert(IdempotencyKey).values(person_id=work.actor.person_id, key=key, request_hash=request_hash)
    mine = await work.session.scalar(claim.on_conflict_do_nothing().returning(IdempotencyKey.uuid))
    if mine is not None:
        return None
    row = (
        await work.session.execute(
            select(IdempotencyKey.uuid, IdempotencyKey.request_hash, IdempotencyKey.answer_sealed).filter_by(
                person_id=work.actor.person_id, key=key
            )
        )
    ).one()
    record: UUID = row.uuid
    return EarlierAnswer(row.request_hash, work.keys.open(row.answer_sealed, record=record, field=_ANSWER_FIELD))


async def keep_answer(work: Work, *, key: str, answer: str) -> None:
    """Keep the answer to the request that took the key in this work."""
    mine = {"person_id": work.actor.person_id, "key": key}
    record = await work.session.scalar(select(IdempotencyKey.uuid).filter_by(**mine))
    sealed = work.keys.seal(answer, record=record, field=_ANSWER_FIELD)
    await work.session.execute(update(IdempotencyKey).filter_by(**mine).values(answer_sealed=sealed))
