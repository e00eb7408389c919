"""Signing in and out.

Signing in is two short transactions with the check of the password between them, for none is open while Argon2 runs.
The second decides, one after the other for each account and address: of many guesses sent at once no more than the
limit learn anything.
"""

from datetime import datetime, timedelta
from typing import Final

from pyotp import TOTP
from pyotp.utils import strings_equal
from sqlalchemy import Interval, Select, delete, func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import ScalarSelect

from firstfix.domain.access.errors import SecondFactorRequired, SignInRefused
from firstfix.domain.access.models import Credential, OneTimeCode, SignInFailure
from firstfix.domain.access.queries import Claim, NotAuthenticated, authenticate
from firstfix.domain.access.views import Candidate, CredentialKind, SignedIn, Wait
from firstfix.domain.people.models import Person
from firstfix.domain.work import AccountType, Work
from firstfix.kit.sealing import KeyRing
from firstfix.kit.secrets import hash_secret, new_secret

FAILURES_PER_ACCOUNT: Final = 10
FAILURES_PER_ADDRESS: Final = 60
SECOND_FACTOR_FIELD: Final = "people.second_factor"

_TOKEN_LASTS = timedelta(days=90)
_SESSION_LASTS = timedelta(hours=2)
_SESSION_IDLE = timedelta(minutes=30)
_REMEMBERED_SESSION_LASTS = timedelta(days=30)
_FAILURE_COUNTS_FOR = literal(timedelta(minutes=1), Interval)
_STEP_SECONDS = 30
_DRIFTS = (0, -1, 1)
_ACCOUNT_LOCK, _ADDRESS_LOCK = 1, 2

_FIND = text("SELECT person_id, person_uuid, password_hash, is_open FROM find_sign_in(:email)")


async def find_candidate(session: AsyncSession, *, email: str, address: str) -> Candidate | Wait:
    """Find whose password is to be checked; nobody's, where there is no open account, is checked as well.

    Args:
        session: A transaction that works for nobody yet.
        email: What the caller gives, in any case.
        address: Where the caller is.
    """
    email = email.strip().replace("\0", "")
    wait = await _find_wait(session, email, address)
    if wait is not None:
        return wait
    row = (await session.execute(_FIND, {"email": email})).one_or_none()
    if row is None or not row.is_open:
        return Candidate(email=email, address=address, person_id=None, password_hash=None)
    return Candidate(email=email, address=address, person_id=row.person_id, password_hash=row.password_hash)


async def conclude_sign_in(
    session: AsyncSession,
    keys: KeyRing,
    candidate: Candidate,
    *,
    is_password_right: bool,
    code: str | None,
    kind: CredentialKind,
    is_remembered: bool = False,
) -> SignedIn | Wait | NotAuthenticated:
    """Let somebody in, or count the failure.

    A bearer token takes the place of the account's earlier one; a session stands beside others.

    Args:
        session: Another transaction that works for nobody yet; it is to be committed whatever comes of this.
        keys: What the second factor's secret is sealed with.
        candidate: From `find_candidate`.
        is_password_right: What the check said.
        code: The second factor's, where the caller gave one.
        kind: What to make.
        is_remembered: A session for 30 days, instead of two hours and half an hour of rest.

    Returns:
        The refusal is returned, not raised, for the failure must be kept.
    """
    # Accounts before addresses, so that no two wait for each other.
    await session.execute(_lock(_ACCOUNT_LOCK, func.lower(candidate.email)))
    await session.execute(_lock(_ADDRESS_LOCK, literal(candidate.address)))
    wait = await _find_wait(session, candidate.email, candidate.address)
    if wait is not None:
        return wait
    person = await _find_unchanged(session, candidate) if is_password_right else None
    if person is not None and person.second_factor_sealed is not None:
        if not code:
            return SecondFactorRequired()
        secret = keys.open(person.second_factor_sealed, record=person.uuid, field=SECOND_FACTOR_FIELD)
        if not await _use_code(session, person.id, secret, code):
            person = None
    if person is None:
        await session.execute(
            insert(SignInFailure).values(
                account_hash=_account_hash(candidate.email), address_hash=_address_hash(candidate.address)
            )
        )
        return SignInRefused()
    return await _open_credential(session, person, kind=kind, is_remembered=is_remembered)


async def end_credential(session: AsyncSession, claim: Claim) -> None:
    """End what somebody signed in with, if it still lets them in."""
    try:
        actor, _ = await authenticate(session, claim, operation_keys=())
    except NotAuthenticated:
        return
    await session.execute(delete(Credential).filter_by(id=actor.credential_id))


async def sign_out(work: Work) -> None:
    """End the credential that the work was opened with."""
    await work.session.execute(delete(Credential).filter_by(id=work.actor.credential_id))


async def end_credentials(work: Work, *, person_id: int) -> None:
    """End somebody's sessions and bearer tokens, as a new password, a lowered role or a closed account asks for.

    API keys stay: they are revoked one by one.
    """
    signed_in = Credential.kind.in_(("session", "bearer"))
    await work.session.execute(delete(Credential).where(Credential.person_id == person_id, signed_in))


async def _open_credential(
    session: AsyncSession, person: Person, *, kind: CredentialKind, is_remembered: bool
) -> SignedIn:
    idle: timedelta | None = None
    if kind == "bearer":
        lasts = _TOKEN_LASTS
        await session.execute(delete(Credential).filter_by(person_id=person.id, kind="bearer"))
    elif is_remembered:
        lasts = _REMEMBERED_SESSION_LASTS
    else:
        lasts, idle = _SESSION_LASTS, _SESSION_IDLE
    secret = new_secret()
    now: datetime = (await session.execute(select(func.date_trunc("second", func.now())))).scalar_one()
    await session.execute(
        insert(Credential).values(
            kind=kind,
            secret_hash=hash_secret(secret),
            person_id=person.id,
            idle_seconds=None if idle is None else int(idle.total_seconds()),
            expires_at=now + lasts,
        )
    )
    return SignedIn(
        secret=secret,
        expires_at=now + lasts,
        lasts=lasts,
        name=f"{person.first_name} {person.last_name}".strip(),
        email=person.email,
        account_type=AccountType(person.account_type),
    )


async def _find_unchanged(session: AsyncSession, candidate: Candidate) -> Person | None:
    """Lock the account whose password was checked: not one that was closed or given another password meanwhile."""
    await session.execute(_FIND, {"email": candidate.email})  # sets the organisation
    return await session.scalar(
        select(Person)
        .where(
            Person.id == candidate.person_id,
            Person.password_hash == candidate.password_hash,
            Person.archived_at.is_(None),
            Person.email_verified_at.is_not(None),
        )
        .with_for_update(read=True)
    )


async def _use_code(session: AsyncSession, person_id: int, secret: str, code: str) -> bool:
    """Use a code of the second factor: one step of drift either way is forgiven, and none is taken twice."""
    seconds = await session.scalar(select(func.floor(func.extract("epoch", func.clock_timestamp()))))
    generator = TOTP(secret, interval=_STEP_SECONDS)
    current = int(seconds or 0) // _STEP_SECONDS
    given = code.replace(" ", "")
    for step in (current + drift for drift in _DRIFTS):
        if strings_equal(generator.generate_otp(step), given):
            use = insert_once(OneTimeCode).values(person_id=person_id, step=step).on_conflict_do_nothing()
            return await session.scalar(use.returning(OneTimeCode.step)) is not None
    return False


async def _find_wait(session: AsyncSession, email: str, address: str) -> Wait | None:
    latest = func.greatest(
        _failure_before_last(SignInFailure.account_hash, _account_hash(email), FAILURES_PER_ACCOUNT),
        _failure_before_last(SignInFailure.address_hash, _address_hash(address), FAILURES_PER_ADDRESS),
    )
    remaining = latest + _FAILURE_COUNTS_FOR - func.clock_timestamp()
    seconds = await session.scalar(select(func.ceil(func.extract("epoch", remaining))))
    return None if seconds is None else Wait(max(1, int(seconds)))


def _failure_before_last(
    column: InstrumentedAttribute[bytes], subject_hash: ColumnElement[bytes], most: int
) -> ScalarSelect[datetime]:
    """When the failure came that the limit counts as its first; nothing while there are fewer."""
    return (
        select(SignInFailure.failed_at)
        .where(column == subject_hash, SignInFailure.failed_at > func.now() - _FAILURE_COUNTS_FOR)
        .order_by(SignInFailure.failed_at.desc())
        .offset(most - 1)
        .limit(1)
        .scalar_subquery()
    )


def _account_hash(email: str) -> ColumnElement[bytes]:
    # Folded by the database, as the search for the account is: no other spelling of an address has a limit of its own.
    return func.sha256(func.convert_to(func.lower(email), "UTF8"))


def _address_hash(address: str) -> ColumnElement[bytes]:
    return func.sha256(func.convert_to(address, "UTF8"))


def _lock(kind: int, name: ColumnElement[str]) -> Select[tuple[None]]:
    return select(func.pg_advisory_xact_lock(kind, func.hashtext(name)))
