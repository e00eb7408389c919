"""Addresses that recipients of notes reply to: `reply+<token>@<domain>`, one for each note and recipient.

The token is the only key to a job's notes by mail. Made here when a note is sent, found here when a reply comes in.
"""

from datetime import timedelta
from typing import Final
from uuid import uuid4

from msgspec import Struct
from sqlalchemy import LargeBinary, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.messaging.models import ReplyAddress
from firstfix.domain.work import Work
from firstfix.kit.secrets import hash_secret, new_secret

TOKEN_BYTES: Final = 16
LASTS: Final = timedelta(days=30)
REPLY_PREFIX: Final = "reply+"
_TOKEN_FIELD = "reply_addresses.token"  # noqa: S105 (what tokens are sealed for)
_FIND = text("SELECT organisation_id, reply_address_id FROM find_reply_address(:token_hash)").bindparams(
    bindparam("token_hash", type_=LargeBinary)
)


class ReplyTo(Struct, frozen=True, kw_only=True):
    """Whose reply a token lets in: to which note, of which person or contact. `email` is where the note went.

    Whether they still see the job is to be asked where their reply is written.
    """

    id: int
    organisation_id: int
    job_id: int
    case_note_id: int
    person_id: int | None
    contact_id: int | None
    email: str


async def make_reply_token(
    work: Work, *, job_id: int, case_note_id: int, person_id: int | None, contact_id: int | None, email: str
) -> str | None:
    """Give the token of the address that somebody replies to a note by; each time the same.

    Args:
        work: The open transaction.
        job_id: The note's job.
        case_note_id: The note.
        person_id: Who replies, or
        contact_id: which contact.
        email: Where the note goes now: replies come from there.

    Returns:
        The token; `None` where the address is over, and nobody replies any more.
    """
    uuid, token = uuid4(), new_secret(TOKEN_BYTES)
    made = insert(ReplyAddress).values(
        uuid=uuid,
        token_hash=hash_secret(token),
        token_sealed=work.keys.seal(token, record=uuid, field=_TOKEN_FIELD),
        job_id=job_id,
        case_note_id=case_note_id,
        person_id=person_id,
        contact_id=contact_id,
        email=email,
        expires_at=work.now + LASTS,
    )
    kept = made.on_conflict_do_update(constraint="uq_reply_addresses_recipient", set_={"email": email})
    row = (
        await work.session.execute(
            kept.returning(ReplyAddress.uuid, ReplyAddress.token_sealed, ReplyAddress.expires_at, ReplyAddress.ended_at)
        )
    ).one()
    if row.ended_at is not None or row.expires_at <= work.now:
        return None
    return work.keys.open(row.token_sealed, record=row.uuid, field=_TOKEN_FIELD)


async def find_reply_address(session: AsyncSession, token: str) -> ReplyTo | None:
    """Find the address of a token, and work for its organisation from now on.

    One that ran out, was ended, or whose job is closed, archived, cancelled or gone is not found.

    Args:
        session: A transaction that works for nobody yet.
        token: What stands between `reply+` and the domain, in lower case.
    """
    found = (await session.execute(_FIND, {"token_hash": hash_secret(token)})).one_or_none()
    if found is None:
        return None
    row = (await session.execute(select(ReplyAddress).where(ReplyAddress.id == found.reply_address_id))).scalar_one()
    return ReplyTo(
        id=row.id,
        organisation_id=found.organisation_id,
        job_id=row.job_id,
        case_note_id=row.case_note_id,
        person_id=row.person_id,
        contact_id=row.contact_id,
        email=row.email,
    )
