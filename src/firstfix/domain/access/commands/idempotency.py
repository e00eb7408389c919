"""The keys that make a repeated POST harmless."""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, not_, select, update
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.access.models import IdempotencyKey
from firstfix.domain.work import Work

_ANSWER_FIELD = "idempotency_keys.answer"
_IS_OUT_OF_DATE = IdempotencyKey.created_at < func.now() - timedelta(hours=24)


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
    claim = claim.on_conflict_do_update(
        index_elements=["organisation_id", "person_id", "key"],
        # A key that ran out and was not swept yet is free again, under another uuid: the old answer stays shut.
        set_={
            "uuid": func.uuidv7(),
            "request_hash": claim.excluded.request_hash,
            "answer_sealed": None,
            "created_at": func.now(),
        },
        where=_IS_OUT_OF_DATE,
    )
    mine = await work.session.scalar(claim.returning(IdempotencyKey.uuid))
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


async def is_key_answered(work: Work, *, key: str) -> bool:
    """Tell whether the actor's key was answered before, within the hours in which that is replayed."""
    mine = select(IdempotencyKey.uuid).filter_by(person_id=work.actor.person_id, key=key).where(not_(_IS_OUT_OF_DATE))
    return await work.session.scalar(mine) is not None


async def keep_answer(work: Work, *, key: str, answer: str) -> None:
    """Keep the answer to the request that took the key in this work."""
    mine = {"person_id": work.actor.person_id, "key": key}
    record = (await work.session.execute(select(IdempotencyKey.uuid).filter_by(**mine))).scalar_one()
    sealed = work.keys.seal(answer, record=record, field=_ANSWER_FIELD)
    await work.session.execute(update(IdempotencyKey).filter_by(**mine).values(answer_sealed=sealed))
