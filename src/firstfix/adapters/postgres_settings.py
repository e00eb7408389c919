"""The settings that the embedded PostgreSQL starts with: safe first, then fitted to the machine."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path

import psutil

_MEBIBYTE = 1024 * 1024
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_ENOUGH_SHARED_MEMORY = 256 * _MEBIBYTE


def choose_settings() -> dict[str, str]:
    """Choose settings by name for one server that shares its machine with the web workers."""
    memory = _memory_bytes() // _MEBIBYTE
    settings = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "wal_level": "replica",  # what a base backup needs
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "max_connections": "120",
        "shared_buffers": f"{min(max(memory // 4, 32), 512)}MB",
        "effective_cache_size": f"{max(memory // 2, 64)}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": f"{min(max(memory // 16, 16), 256)}MB",
        "huge_pages": "off",  # a container may show them and then kill whoever touches one
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # Statements, and the details of rows refused, hold people's data, which have no place in a log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    if sys.platform == "linux" and not _has_roomy_shared_memory():
        settings["dynamic_shared_memory_type"] = "sysv"
    return settings


def _memory_bytes() -> int:
    """Tell how much memory there is for us: the machine's, or less where the container has a limit."""
    amounts = [psutil.virtual_memory().total]
    for limit in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # no such file, or "max"
            amounts.append(int(Path(limit).read_text()))
    return min(amounts)


def _has_roomy_shared_memory() -> bool:
    """Tell whether parallel queries may use `/dev/shm`: Docker gives it 64 MB, and some sandboxes have none."""
    try:
        return shutil.disk_usage("/dev/shm").total >= _ENOUGH_SHARED_MEMORY  # noqa: S108 - nothing is written there
    except OSError:
        return False
