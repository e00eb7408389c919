"""What signing in decides, on a connection of its own each time."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from firstfix.domain.access.commands.sign_in import (
    conclude_sign_in,
    end_credential,
    end_credentials,
    find_candidate,
    sign_out,
)
from firstfix.domain.access.errors import SignInRefused
from firstfix.domain.access.queries import Claim, NotAuthenticated, authenticate
from firstfix.domain.access.views import Candidate, CredentialKind, SignedIn
from firstfix.domain.work import Work
from firstfix.kit.sealing import KeyRing
from firstfix.kit.secrets import hash_secret, new_secret
from tests.factories.organisations import TestOrganisation


@pytest.fixture
async def session(app_engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A transaction that works for nobody yet."""
    async with AsyncSession(app_engine, expire_on_commit=False) as session, session.begin():
        yield session


async def sign_in(
    session: AsyncSession,
    keys: KeyRing,
    organisation: TestOrganisation,
    *,
    kind: CredentialKind = "session",
    is_remembered: bool = False,
) -> SignedIn:
    candidate = await find_candidate(session, email=organisation["admin"].email, address="198.51.100.1")
    assert isinstance(candidate, Candidate)
    signed_in = await conclude_sign_in(
        session, keys, candidate, is_password_right=True, code=None, kind=kind, is_remembered=is_remembered
    )
    assert isinstance(signed_in, SignedIn)
    return signed_in


@pytest.mark.parametrize(
    ("kind", "is_remembered", "hours", "idle_seconds"),
    [("session", False, 2, 1800), ("session", True, 30 * 24, None), ("bearer", False, 90 * 24, None)],
)
async def test_a_credential_lasts_as_the_contract_says(
    session: AsyncSession,
    keys: KeyRing,
    organisation: TestOrganisation,
    *,
    kind: CredentialKind,
    is_remembered: bool,
    hours: int,
    idle_seconds: int | None,
) -> None:
    signed_in = await sign_in(session, keys, organisation, kind=kind, is_remembered=is_remembered)

    row = (
        await session.execute(
            text("SELECT kind, idle_seconds, expires_at FROM credentials WHERE secret_hash = :hash"),
            {"hash": hash_secret(signed_in.secret)},
        )
    ).one()
    assert (row.kind, row.idle_seconds, row.expires_at) == (kind, idle_seconds, signed_in.expires_at)
    assert signed_in.lasts.total_seconds() == hours * 3600
    assert signed_in.expires_at.microsecond == 0


async def test_an_address_that_nobody_has_is_a_candidate_too(session: AsyncSession) -> None:
    candidate = await find_candidate(session, email=" Nobody@Example.com\0 ", address="198.51.100.1")

    assert candidate == Candidate(
        email="Nobody@Example.com", address="198.51.100.1", person_id=None, password_hash=None
    )


@pytest.mark.parametrize(
    "change", ["password_hash = 'another'", "archived_at = now()", "email_verified_at = NULL", "password_hash = NULL"]
)
async def test_what_changed_while_the_password_was_checked_counts(
    session: AsyncSession, keys: KeyRing, organisation: TestOrganisation, change: str
) -> None:
    candidate = await find_candidate(session, email=organisation["agent1"].email, address="198.51.100.2")
    assert isinstance(candidate, Candidate)
    organisation.execute(
        f"UPDATE people SET {change} WHERE id = :id",  # noqa: S608 (ours)
        id=organisation["agent1"].id,
    )

    outcome = await conclude_sign_in(session, keys, candidate, is_password_right=True, code=None, kind="session")

    assert isinstance(outcome, SignInRefused)


async def test_what_somebody_signed_in_with_is_ended_once(
    session: AsyncSession, keys: KeyRing, organisation: TestOrganisation
) -> None:
    claim = Claim("session", (await sign_in(session, keys, organisation)).secret)

    await authenticate(session, claim, operation_keys=())
    await end_credential(session, claim)
    await end_credential(session, claim)

    with pytest.raises(NotAuthenticated):
        await authenticate(session, claim, operation_keys=())


async def test_a_new_password_ends_sessions_and_tokens_and_leaves_api_keys(work: Work) -> None:
    person_id = work.actor.person_id
    assert person_id is not None
    before = await kinds_of(work, person_id)
    for kind in ("session", "session", "bearer"):
        await work.session.execute(
            text("INSERT INTO credentials (kind, secret_hash, person_id) VALUES (:kind, :hash, :person)"),
            {"kind": kind, "hash": hash_secret(new_secret()), "person": person_id},
        )

    await end_credentials(work, person_id=person_id)

    assert set(before) == {"api_key"}
    assert await kinds_of(work, person_id) == before


async def test_signing_out_ends_the_works_own_credential(work: Work) -> None:
    person_id = work.actor.person_id
    assert person_id is not None
    before = await kinds_of(work, person_id)

    await sign_out(work)  # the work was opened without one

    assert await kinds_of(work, person_id) == before


async def kinds_of(work: Work, person_id: int) -> list[str]:
    kinds = await work.session.scalars(
        text("SELECT kind FROM credentials WHERE person_id = :person ORDER BY kind"), {"person": person_id}
    )
    return list(kinds)
