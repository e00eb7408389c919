"""Single-use tokens that a state-changing request of the manage API must carry."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Protocol

from msgspec import Struct

from firstfix.domain.access.queries import Claim, NotAuthenticated, PermissionMissing
from firstfix.domain.work import AccountType
from firstfix.kit.secrets import hash_secret, new_secret

CSRF_TOKEN_LASTS: Final = timedelta(hours=2)
CSRF_TOKENS_PER_CREDENTIAL: Final = 64

_ISSUE = "SELECT issue_csrf_token(%(claim_kind)s, %(claim_hash)s, %(token_hash)s, %(lasts)s, %(most)s::integer)"
_SPEND = (
    "SELECT person_id, account_type, is_permitted, is_spent"
    " FROM spend_csrf_token(%(claim_kind)s, %(claim_hash)s, %(operation_keys)s, %(token_hash)s)"
)


class RunsStatements(Protocol):
    """Where a statement is a transaction of its own."""

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement and return its first row."""


class Spender(Struct, frozen=True, kw_only=True):
    """Who showed a token, and whether it was good."""

    person_id: int
    account_type: AccountType
    is_spent: bool


async def issue_csrf_token(database: RunsStatements, claim: Claim) -> str:
    """Make a token for a credential; at most 64 of one live, the oldest go. One statement.

    Returns:
        The token, 64 hex digits. Only its hash is kept.

    Raises:
        NotAuthenticated: Nobody's credential, or no longer valid.
    """
    token = new_secret()
    row = await database.read_one(
        _ISSUE,
        {
            "claim_kind": claim.kind,
            "claim_hash": claim.secret_hash,
            "token_hash": hash_secret(token),
            "lasts": CSRF_TOKEN_LASTS,
            "most": CSRF_TOKENS_PER_CREDENTIAL,
        },
    )
    if row != (True,):
        raise NotAuthenticated
    return token


async def spend_csrf_token(
    database: RunsStatements, claim: Claim, *, operation_keys: tuple[str, ...], token: str | None
) -> Spender:
    """Check who calls and what they may do, then spend the token: one statement, committed before anything else.

    Args:
        database: Where it runs.
        claim: What the caller shows.
        operation_keys: Permission keys of which one must be held; none: whoever is signed in.
        token: What the request carries, if anything.

    Raises:
        NotAuthenticated: Nobody's credential, or no longer valid.
        PermissionMissing: None of the keys is held; the token is not spent.
    """
    row = await database.read_one(
        _SPEND,
        {
            "claim_kind": claim.kind,
            "claim_hash": claim.secret_hash,
            "operation_keys": list(operation_keys),
            "token_hash": None if token is None else hash_secret(token),
        },
    )
    if row is None:
        raise NotAuthenticated
    person_id, account_type, is_permitted, is_spent = row
    if not is_permitted:
        raise PermissionMissing
    return Spender(person_id=person_id, account_type=AccountType(account_type), is_spent=is_spent)
