"""What the machine is, and how much of it others took while we measured."""

import os
import platform
import re
import time
from contextlib import suppress
from pathlib import Path

import psutil

_USER_AND_SYSTEM_WITH_ENDED_CHILDREN = 4


class Others:
    """The processor time that others take from now on: whoever this process has not started."""

    def __init__(self) -> None:
        self._began, self._busy, self._ours = time.monotonic(), _busy_seconds(), _our_seconds()

    def share(self) -> float:
        """Tell it as a part of one core, from 0 to the number of cores."""
        taken = _busy_seconds() - self._busy - (_our_seconds() - self._ours)
        return max(0.0, taken) / (time.monotonic() - self._began)


def describe_machine() -> dict[str, str]:
    """Say what numbers depend on."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": f"{os.cpu_count()} × {model[1] if model else platform.machine()}",
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return times.user + times.nice + times.system + times.irq + times.softirq + times.steal


def _our_seconds() -> float:
    """Add up this process, all that it started, and what those had started that has ended."""
    me = psutil.Process()
    seconds = 0.0
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:_USER_AND_SYSTEM_WITH_ENDED_CHILDREN])
    return seconds
