"""The keys that make a repeated POST harmless."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.access.models import IdempotencyKey
from firstfix.domain.work import Work

_ANSWER_FIELD = "idempotency_keys.answer"
_IS_OUT_OF_DATE = text("idempotency_keys.created_at < now() - interval '24 hours'")


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


async def keep_answer(work: Work, *, key: str, answer: str) -> None:
    """Keep the answer to the request that took the key in this work."""
    mine = {"person_id": work.actor.person_id, "key": key}
    record = (await work.session.execute(select(IdempotencyKey.uuid).filter_by(**mine))).scalar_one()
    sealed = work.keys.seal(answer, record=record, field=_ANSWER_FIELD)
    await work.session.execute(update(IdempotencyKey).filter_by(**mine).values(answer_sealed=sealed))
