"""The audit log: one chain of hashes for each organisation, over what happened and what was refused.

An entry's hash is over the hash before it and all that the entry says. So nobody changes, takes out, adds or moves an
entry, nor an event that an entry is of, without every later hash telling; `firstfix check` looks (I4).
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Integer, Uuid, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.history.models import AuditChain, Refusal

BATCH: Final = 1_000
REFUSED: Final = "refused"
"""The action of an entry that tells of a refusal."""
OPERATION: Final = "operation"
"""What such an entry is about."""

CONTENT: Final = """convert_to(jsonb_build_array(
    entry.organisation_id, entry.number, (extract(epoch FROM entry.at) * 1000000)::bigint, entry.event_id,
    entry.actor_id, entry.real_actor_id, entry.address, entry.source, entry.request_id, entry.action, entry.entity,
    entry.entity_id, entry.entity_uuid, entry.label, entry.fields, encode(entry.changes_hash, 'hex'), entry.code,
    entry.times
)::text, 'UTF8')"""
"""SQL of what an entry's hash is over, behind the hash before it. It never changes: old entries would not fit."""
CHANGES_HASH: Final = "sha256(convert_to(event.changes::text, 'UTF8'))"
"""SQL of the hash of an event's values, sealed ones as they are sealed."""

_REFUSAL, _EVENT, _UNPOSITIONED = range(3)
_OF_EVENT = f"""
    event.position, event.id, event.at, event.id AS event_id, event.actor_id, event.real_actor_id, event.address,
    event.source, event.request_id, event.action, event.entity, event.entity_id, event.entity_uuid, event.label,
    ARRAY(SELECT jsonb_object_keys(event.changes) ORDER BY 1) AS fields, {CHANGES_HASH} AS changes_hash,
    NULL::text AS code, 1 AS times"""
# What is new comes before what was there when the log began, however much that is.
_TAKE = text(f"""
WITH candidates AS (
    (SELECT {_REFUSAL} AS kind, false AS is_known, 0::bigint AS position, id, at, NULL::uuid AS event_id, actor_id,
        NULL::bigint AS real_actor_id, address, source, request_id, '{REFUSED}' AS action, '{OPERATION}' AS entity,
        NULL::bigint AS entity_id, NULL::uuid AS entity_uuid, operation AS label, '{{}}'::text[] AS fields,
        NULL::bytea AS changes_hash, code, times
     FROM refusals ORDER BY id LIMIT :most)
    UNION ALL
    (SELECT {_EVENT}, false, {_OF_EVENT}
     FROM events AS event WHERE (event.position, event.id) > (:position, :event_id)
     ORDER BY event.position, event.id LIMIT :most)
    UNION ALL
    (SELECT {_UNPOSITIONED}, EXISTS (SELECT FROM audit_log WHERE audit_log.event_id = event.id), {_OF_EVENT}
     FROM events AS event WHERE event.position = 0 AND event.id > :unpositioned_id ORDER BY event.id LIMIT :most)
), taken AS (
    SELECT * FROM candidates ORDER BY kind, position, id LIMIT :most
), entry AS (
    SELECT current_setting('firstfix.organisation')::bigint AS organisation_id,
        :number + count(*) FILTER (WHERE NOT is_known) OVER (ORDER BY kind, position, id) AS number, taken.*
    FROM taken
)
SELECT kind, is_known, position, id, number, {CONTENT} AS content,
    to_jsonb(entry) - '{{kind,is_known,position,id}}'::text[] AS row
FROM entry ORDER BY kind, position, id
""").bindparams(  # noqa: S608 (pieces of ours)
    bindparam("most", type_=Integer),
    bindparam("number", type_=BigInteger),
    bindparam("position", type_=BigInteger),
    bindparam("event_id", type_=Uuid),
    bindparam("unpositioned_id", type_=Uuid),
)
_COLUMNS = (
    "number, hash, at, event_id, actor_id, real_actor_id, address, source, request_id, action, entity, entity_id,"
    " entity_uuid, label, fields, changes_hash, code, times"
)
_APPEND = text(f"""
INSERT INTO audit_log ({_COLUMNS}) SELECT {_COLUMNS} FROM jsonb_to_recordset(:rows) AS given (
    number bigint, hash bytea, at timestamptz, event_id uuid, actor_id bigint, real_actor_id bigint, address text,
    source text, request_id text, action text, entity text, entity_id bigint, entity_uuid uuid, label text,
    fields text[], changes_hash bytea, code text, times integer)
""").bindparams(bindparam("rows", type_=JSONB))  # noqa: S608 (as above)
_CLAIM = text("SELECT claim_audit_chain(:passing_over)").bindparams(bindparam("passing_over", type_=ARRAY(BigInteger)))


class Refused(Struct, frozen=True, kw_only=True):
    """Something that somebody was denied, `times` within a minute. Who: by credential, or by e-mail address."""

    secret_hash: str | None
    email: str | None
    at: str
    address: str
    source: str
    request_id: str
    operation: str
    code: str
    times: int


async def claim_chain(session: AsyncSession, *, passing_over: Sequence[int] = ()) -> int | None:
    """Lock the chain that has something to take up and was left alone for longest, and work for its organisation.

    What another worker has locked is passed over. The lock ends with the transaction.

    Args:
        session: A transaction that works for nobody yet.
        passing_over: Ids of organisations not to take.

    Returns:
        The organisation; `None` where nothing is to be done.
    """
    found: int | None = await session.scalar(_CLAIM, {"passing_over": list(passing_over)})
    return found


async def extend_chain(session: AsyncSession, *, most: int = BATCH) -> int:
    """Take up what happened and was refused since the last time, at most so much, and return how much that was.

    Refusals first, then events in the order of their commits, then those without a position. All or nothing: where
    the transaction ends early, the next one begins where this did.

    Args:
        session: A transaction whose chain is claimed.
        most: At most so many entries.
    """
    chain = (await session.execute(select(AuditChain))).scalar_one()
    cursors: dict[str, Any] = {
        "position": chain.position,
        "event_id": chain.event_id,
        "unpositioned_id": chain.unpositioned_id,
    }
    rows = (await session.execute(_TAKE, {"number": chain.number, "most": most, **cursors})).all()
    number, last_hash = chain.number, chain.hash
    entries: list[dict[str, Any]] = []
    refusals: list[UUID] = []
    for row in rows:
        if row.kind == _REFUSAL:
            refusals.append(row.id)
        elif row.kind == _EVENT:
            cursors |= {"position": row.position, "event_id": row.id}
        else:
            cursors["unpositioned_id"] = row.id
        if not row.is_known:
            number, last_hash = row.number, hashlib.sha256(last_hash + row.content).digest()
            entries.append({**row.row, "hash": f"\\x{last_hash.hex()}"})
    if entries:
        await session.execute(_APPEND, {"rows": entries})
    if refusals:
        await session.execute(delete(Refusal).where(Refusal.id.in_(refusals)))
    moved = update(AuditChain).values(number=number, hash=last_hash, chained_at=text("now()"), **cursors)
    await session.execute(moved, execution_options={"synchronize_session": False})
    return len(rows)
