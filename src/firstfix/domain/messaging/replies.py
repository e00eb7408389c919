"""Addresses that recipients of notes reply to: `reply+<token>@<domain>`, one for each note and recipient.

The token is the only key to a job's notes by mail. Made here when a note is sent, found here when a reply comes in.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import LargeBinary, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.messaging.models import ReplyAddress
from firstfix.kit.secrets import hash_secret

TOKEN_BYTES: Final = 16
LASTS: Final = timedelta(days=30)
REPLY_PREFIX: Final = "reply+"
_FIND = text("SELECT organisation_id, reply_address_id, at FROM find_reply_address(:token_hash)").bindparams(
    bindparam("token_hash", type_=LargeBinary)
)


class ReplyTo(Struct, frozen=True, kw_only=True):
    """Whose reply a token lets in: to which note, of which person or contact. `email` is where the note went.

    Whether they still see the job is to be asked where their reply is written (`recipients.may_see`).
    """

    id: int
    organisation_id: int
    at: datetime
    job_id: int
    case_note_id: int
    person_id: int | None
    contact_id: int | None
    email: str


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
        at=found.at,
        job_id=row.job_id,
        case_note_id=row.case_note_id,
        person_id=row.person_id,
        contact_id=row.contact_id,
        email=row.email,
    )
