"""Settings: the organisation itself and its branches."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.web.operations import operation
from firstfix.api.web.settings_wire import Made, Name, given, uuid_in
from firstfix.domain.organisations import commands
from firstfix.domain.people.permissions import MANAGE_BRANCHES, MANAGE_SETTINGS
from firstfix.domain.work import AccountType, Work

NotificationUnit = Literal["minutes", "hours", "days"]
Code = Annotated[str, Meta(max_length=10)]


class OrganisationSettings(Struct, kw_only=True):
    """The organisation as it is set up.

    `default_vat_percentage` is a decimal; `notification_unit` is that of the time before a job by which it is
    dispatched; `enterprise` and `true_crew` are features. Whoever runs the server sets the quota.
    """

    uuid: UUID
    name: str
    slug: str
    time_zone: str
    currency: str
    default_vat_percentage: str
    job_prefix: str
    next_job_number: int
    notification_unit: NotificationUnit
    enterprise: bool
    true_crew: bool
    file_quota_bytes: int
    file_used_bytes: int


class OrganisationChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is. A prefix is that of new jobs; their numbers only go forward."""

    name: Name | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    default_vat_percentage: Decimal | UnsetType = UNSET
    job_prefix: str | UnsetType = UNSET
    next_job_number: int | UnsetType = UNSET
    notification_unit: NotificationUnit | UnsetType = UNSET
    enterprise: bool | UnsetType = UNSET
    true_crew: bool | UnsetType = UNSET


class BranchSettings(Struct, kw_only=True):
    """A branch. Without a time zone it keeps the organisation's; one that is not active takes no new jobs."""

    id: int
    uuid: UUID
    name: str
    code: str
    time_zone: str | None
    is_active: bool
    jobs_count: int
    people_count: int


class Branches(Struct, kw_only=True):
    """All branches, by name."""

    branches: list[BranchSettings]


class NewBranch(Struct, forbid_unknown_fields=True, kw_only=True):
    """Without a code it gets the first letters of its name."""

    name: Name
    code: Code | UnsetType = UNSET
    time_zone: str | None = None


class BranchChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Absent leaves as it is; null takes the organisation's time zone."""

    name: Name | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    time_zone: str | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


@operation(
    "GET",
    "/web/settings/organisation",
    key=MANAGE_SETTINGS,
    operation_id="getOrganisation",
    reply=OrganisationSettings,
)
async def get_organisation(reads: HotReads) -> RawJson:
    """Show how the organisation is set up."""
    (body,) = await reads.row(organisation, {})
    return RawJson(body.encode())


@operation("PATCH", "/web/settings/organisation", key=MANAGE_SETTINGS, operation_id="changeOrganisation", status=204)
async def change_organisation(work: Work, data: OrganisationChanges) -> None:
    """Set the organisation up otherwise."""
    columns = {"enterprise": "is_enterprise", "true_crew": "is_true_crew"}
    await commands.change_organisation(work, {columns.get(name, name): value for name, value in given(data).items()})


@operation("GET", "/web/settings/branches", key=MANAGE_BRANCHES, operation_id="listBranches", reply=Branches)
async def list_branches(reads: HotReads) -> RawJson:
    """List the branches, and how much hangs on each."""
    (body,) = await reads.row(branches, {})
    return RawJson(body.encode())


@operation("POST", "/web/settings/branches", key=MANAGE_BRANCHES, operation_id="addBranch", status=201)
async def add_branch(work: Work, data: NewBranch) -> Made:
    """Add a branch."""
    return Made(uuid=await commands.add_branch(work, given(data)))


@operation("PATCH", "/web/settings/branches/{uuid:str}", key=MANAGE_BRANCHES, operation_id="changeBranch", status=204)
async def change_branch(work: Work, uuid: str, data: BranchChanges) -> None:
    """Change a branch, or let it take no new jobs."""
    await commands.change_branch(work, uuid_in(uuid, "Group"), given(data))


@operation("DELETE", "/web/settings/branches/{uuid:str}", key=MANAGE_BRANCHES, operation_id="removeBranch", status=204)
async def remove_branch(work: Work, uuid: str) -> None:
    """Remove a branch that is empty."""
    await commands.remove_branch(work, uuid_in(uuid, "Group"))


def organisation(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that reads how the organisation is set up."""
    return """
SELECT row_to_json(organisation)::text FROM (
    SELECT uuid, name, slug, time_zone, currency, default_vat_percentage::text, job_prefix,
        coalesce(pg_sequence_last_value(('job_numbers_' || id)::regclass), 0) + 1 AS next_job_number,
        notification_unit, is_enterprise AS enterprise, is_true_crew AS true_crew, file_quota_bytes,
        (SELECT coalesce(sum(used_bytes), 0)::bigint FROM file_usage) AS file_used_bytes
    FROM organisations
) AS organisation"""


def branches(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that reads all branches. Jobs are counted by the kept counters."""
    return """
SELECT json_build_object('branches', coalesce(json_agg(branch ORDER BY branch.name, branch.id), '[]'))::text FROM (
    SELECT id, uuid, name, code, time_zone, is_active,
        (SELECT coalesce(sum(jobs_count), 0)::bigint FROM job_counts WHERE branch_id = branches.id) AS jobs_count,
        (SELECT count(*) FROM people WHERE archived_at IS NULL AND (branch_id = branches.id OR id IN (
            SELECT person_id FROM person_branches WHERE branch_id = branches.id))) AS people_count
    FROM branches
) AS branch"""
