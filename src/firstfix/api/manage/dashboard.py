"""What the dashboard counts."""

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Reply, Success
from firstfix.domain.jobs.dashboard import DashboardCounts, dashboard_counts_sql
from firstfix.domain.people.permissions import READ_DASHBOARD


@operation(
    "GET",
    "/api/dashboard/counts",
    key=READ_DASHBOARD,
    operation_id="getDashboardCounts",
    reply=Success[DashboardCounts],
)
async def get_dashboard_counts(reads: HotReads) -> Reply:
    """Count the jobs that the caller sees, as the dashboard shows them."""
    (counts,) = await reads.row(dashboard_counts_sql, {})
    return Reply(data=RawJson(counts.encode()))
