"""What jobs were called before they were dispatched: how reads by an old name come to the new one."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from firstfix.api.hot_reads import HotReads
from firstfix.domain.work import AccountType


class DispatchedJob(Struct, frozen=True):
    """The statement that finds a job's uuid by what it was called while it was deferred.

    Of a job that is gone since, staff alone are told: who else could see it nobody knows any more.

    Args:
        key: What is known of it; also the name of the parameter.
    """

    key: Literal["uuid", "reference"]

    def __call__(self, visible: str, account_type: AccountType) -> str:
        """Write it."""
        is_told = "true" if account_type is AccountType.STAFF else "false"
        return f"""
            SELECT dispatches.job_uuid FROM dispatches LEFT JOIN jobs
                ON jobs.organisation_id = dispatches.organisation_id AND jobs.id = dispatches.job_id
            WHERE dispatches.organisation_id = me.organisation_id AND dispatches.deferred_{self.key} = %({self.key})s
                AND (jobs.id IS NOT NULL AND {visible} OR dispatches.job_id IS NULL AND {is_told})
            ORDER BY dispatches.dispatched_at DESC LIMIT 1"""  # noqa: S608 (pieces of ours)


async def find_new_uuid(reads: HotReads, key: Literal["uuid", "reference"], value: UUID | str) -> UUID | None:
    """Find what a job is called now that was dispatched under another name."""
    (uuid,) = await reads.row(DispatchedJob(key), {key: value})
    found: UUID | None = uuid
    return found
