"""What the dashboard counts."""

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.web.operations import operation
from firstfix.domain.jobs.dashboard import DashboardCounts, dashboard_counts_sql
from firstfix.domain.people.permissions import READ_DASHBOARD


@operation("GET", "/web/dashboard/counts", key=READ_DASHBOARD, operation_id="getDashboardCounts", reply=DashboardCounts)
async def get_dashboard_counts(reads: HotReads) -> RawJson:
    """Count the jobs that the caller sees."""
    (counts,) = await reads.row(dashboard_counts_sql, {})
    return RawJson(counts.encode())
