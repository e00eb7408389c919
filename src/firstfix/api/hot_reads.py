"""Hot reads: one statement that authenticates, checks the permission key, reads under the policy and returns JSON.

The statement runs in autocommit. `authenticate()` is a SECURITY DEFINER function that finds the credential's owner
and sets the organisation for the statement's own transaction; the read is a lateral subquery that cannot start before
it (it refers to the actor, and `OFFSET 0` keeps the planner from pulling it up). Were the order ever lost, the policy
would show no rows: it fails closed.

Which rows an account may see depends on its type, and a list is only fast when that predicate is written out. So the
statement is made for one account type, taken from what this credential was last time, and answers nothing when that
is no longer true: it is then made again for the type that the database just told.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from firstfix.domain.access.queries import Claim, NotAuthenticated, PermissionMissing
from firstfix.domain.access.rate_limits import Account
from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.work import AccountType

BodyOf = Callable[[str, AccountType], str]
"""Makes the SELECT of a read. It is given the predicate on `jobs` and the account type; it may refer to `me`
(credential_id, organisation_id, person_id, account_type, is_administrator, branch_ids) and to `%(name)s` parameters."""

_REMEMBERED_CREDENTIALS = 20_000
_FRAME = """
SELECT me.is_permitted, me.account_type, me.organisation_id, me.person_id, answer.*
FROM authenticate(%(claim_kind)s, %(claim_hash)s, ARRAY[{operation_keys}]::text[]) AS me
LEFT JOIN LATERAL (
    SELECT read.* FROM ({body}) AS read WHERE me.is_permitted AND me.account_type = {account_type} OFFSET 0
) AS answer ON true
"""


class ReadsOneRow(Protocol):
    """Where statements run: the database's pool of reads."""

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement in a transaction of its own and return its first row."""


class HotReads:
    """The hot reads that one caller asks for.

    Attributes:
        person_id: Whose credential it is, once a row was read.
        has_asked: Whether a statement has been run, which tells who may not ask.
    """

    person_id: int | None = None
    has_asked: bool = False

    def __init__(
        self, database: ReadsOneRow, claim: Claim, operation_keys: tuple[str, ...], hints: "TypeHints"
    ) -> None:
        self._database = database
        self._claim = claim
        self._operation_keys = operation_keys
        self._hints = hints

    async def row(self, body_of: BodyOf, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Answer with the first row of a read, as its columns; all `None` where the read found nothing.

        Args:
            body_of: Makes the SELECT; the same function must be passed each time, for statements are kept by it.
            parameters: What its `%(name)s` stand for.

        Raises:
            NotAuthenticated: The credential lets nobody in.
            PermissionMissing: None of the operation's keys is held.
        """
        self.has_asked = True
        secret_hash = self._claim.secret_hash
        account_type = self._hints.get(secret_hash)
        claimed = {
            "claim_kind": self._claim.kind,
            "claim_hash": secret_hash,
            **parameters,
        }
        # A type can change between two tries, so this ends by itself only in practice: three is once more than enough.
        for _ in range(3):
            row = await self._database.read_one(_statement(body_of, account_type, self._operation_keys), claimed)
            if row is None:
                raise NotAuthenticated
            is_permitted, actual_type, organisation_id, person_id, *columns = row
            self._hints.remember(secret_hash, AccountType(actual_type), Account(organisation_id, person_id))
            self.person_id = person_id
            if not is_permitted:
                raise PermissionMissing
            if actual_type == account_type:
                return tuple(columns)
            account_type = AccountType(actual_type)
        raise NotAuthenticated


class TypeHints:
    """Whose a credential was last time, and what type of account that is. Hints, never a right."""

    def __init__(self) -> None:
        self._owners: dict[bytes, tuple[AccountType, Account | None]] = {}

    def get(self, secret_hash: bytes) -> AccountType:
        """Guess the type, for the form of a statement: staff, for a credential not seen before."""
        return self._owners.get(secret_hash, (AccountType.STAFF, None))[0]

    def find_account(self, secret_hash: bytes) -> Account | None:
        """Guess whose it is, to count their requests before one is looked at."""
        return self._owners.get(secret_hash, (AccountType.STAFF, None))[1]

    def remember(self, secret_hash: bytes, account_type: AccountType, account: Account | None = None) -> None:
        """Keep an owner, forgetting all when there are too many. An account that is not told is as it was."""
        if secret_hash not in self._owners and len(self._owners) >= _REMEMBERED_CREDENTIALS:
            self._owners.clear()
        self._owners[secret_hash] = (account_type, account or self.find_account(secret_hash))


@lru_cache(maxsize=2048)
def _statement(body_of: BodyOf, account_type: AccountType, operation_keys: tuple[str, ...]) -> str:
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")
    return _FRAME.format(
        operation_keys=", ".join(f"'{key}'" for key in operation_keys),  # names of ours, told by the operations
        body=body_of(visible, account_type),
        account_type=int(account_type),
    )
