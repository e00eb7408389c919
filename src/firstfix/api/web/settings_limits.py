"""Settings: how many requests a minute an account may send."""

from typing import Annotated

from msgspec import Meta, Struct

from firstfix.api.services import Services
from firstfix.api.web.operations import operation
from firstfix.domain.access.commands import limits as commands
from firstfix.domain.access.rate_limits import DEFAULT_ALLOWANCE, EVERYTHING
from firstfix.domain.errors import ValueRefused
from firstfix.domain.people.permissions import MANAGE_SETTINGS
from firstfix.domain.work import Work

Requests = Annotated[int, Meta(ge=1, le=DEFAULT_ALLOWANCE)]


class OperationLimit(Struct, forbid_unknown_fields=True, kw_only=True):
    """Requests a minute of one operation, such as `field getJob`, from each account."""

    operation: str
    requests: Requests


class LimitedOperation(Struct, kw_only=True):
    """What can be limited; `requests` is null while only all operations together are."""

    operation: str
    api: str
    method: str
    path: str
    action: str | None
    summary: str
    requests: int | None


class RateLimits(Struct, kw_only=True):
    """Requests a minute from each account: of all operations together, and of single ones."""

    everything: int
    operations: list[LimitedOperation]


class RateLimitChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """All limits as they are to be. Null takes the usual one; an operation that is not named has none of its own."""

    everything: Requests | None
    operations: Annotated[list[OperationLimit], Meta(max_length=1000)]


@operation("GET", "/web/settings/rate-limits", key=MANAGE_SETTINGS, operation_id="getRateLimits")
async def get_rate_limits(work: Work, services: Services) -> RateLimits:
    """Show what accounts may ask for in a minute."""
    limits = await commands.list_rate_limits(work)
    return RateLimits(
        everything=limits.get(EVERYTHING, DEFAULT_ALLOWANCE),
        operations=[
            LimitedOperation(
                operation=one.name,
                api=one.api,
                method=one.method,
                path=one.path,
                action=one.action,
                summary=one.summary,
                requests=limits.get(one.name),
            )
            for one in services.operations
            if not one.is_public
        ],
    )


@operation("PUT", "/web/settings/rate-limits", key=MANAGE_SETTINGS, operation_id="setRateLimits", status=204)
async def set_rate_limits(work: Work, services: Services, data: RateLimitChanges) -> None:
    """Set what accounts may ask for in a minute."""
    limits = {one.operation: one.requests for one in data.operations}
    if len(limits) < len(data.operations) or EVERYTHING in limits:
        raise ValueRefused("Each operation is named once.", field="operations")
    if data.everything is not None:
        limits[EVERYTHING] = data.everything
    known = {one.name for one in services.operations if not one.is_public}
    await commands.set_rate_limits(work, limits, known=known)
