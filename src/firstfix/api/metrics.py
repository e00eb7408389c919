"""What Prometheus reads: numbers of requests and how long they took. No names of people, jobs or organisations."""

import os
from pathlib import Path

import psutil
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder through which the processes of one server add their numbers; the supervisor sets it."""

_REQUESTS = Counter("firstfix_requests_total", "Requests answered.", ("api", "operation", "status"))
_SECONDS = Histogram(
    "firstfix_request_seconds",
    "Time from a request's head to the end of its reply.",
    ("api", "operation"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_CONNECTIONS = Gauge(
    "firstfix_database_connections",
    "Database connections of the web processes.",
    ("pool", "state"),
    multiprocess_mode="livesum",
)
_OVERDUE = Gauge(
    "firstfix_longest_overdue_seconds",
    "How long the longest overdue of all deferred jobs has been waiting to be dispatched.",
    multiprocess_mode="livemax",
)

_requests: dict[tuple[str, str, int], Counter] = {}
_seconds: dict[tuple[str, str], Histogram] = {}


def count_request(api: str, operation: str, status: int, seconds: float) -> None:
    """Count an answered request."""
    counter = _requests.get((api, operation, status))
    if counter is None:
        counter = _requests[api, operation, status] = _REQUESTS.labels(api, operation, str(status))
    counter.inc()
    histogram = _seconds.get((api, operation))
    if histogram is None:
        histogram = _seconds[api, operation] = _SECONDS.labels(api, operation)
    histogram.observe(seconds)


def gauge_connections(pool: str, *, used: int, idle: int) -> None:
    """Tell how many connections of a pool are at work, and how many wait for it."""
    _CONNECTIONS.labels(pool, "used").set(used)
    _CONNECTIONS.labels(pool, "idle").set(idle)


def gauge_overdue(seconds: float) -> None:
    """Tell how long the longest overdue deferred job has been waiting; 0 where none is overdue."""
    _OVERDUE.set(seconds)


def write_metrics() -> tuple[bytes, str]:
    """Write the numbers of all processes of this server in Prometheus's form, and that form's media type."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
    for gauges in Path(folder).glob("gauge_live*_*.db"):
        pid = int(gauges.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]  # the library annotates none of this
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]  # as above
    return generate_latest(registry), CONTENT_TYPE_LATEST
