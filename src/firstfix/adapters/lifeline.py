"""Ending with whoever started us, however they end: even `kill -9` closes their end of a pipe.

A process that outlived its supervisor would hold its port and its database connections against the next start.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

_PATIENCE_SECONDS = 10.0


def end_with_supervisor() -> None:
    """Watch a process that was started with a pipe on its standard input, of which the supervisor has the other end."""
    # Not through `sys.stdin`: its lock, held by a daemon thread, would spoil the interpreter's own end.
    end_with_pipe(sys.stdin.fileno())


def end_with_pipe(end: int) -> None:
    """Watch a process that has one end of a pipe, of which only whoever started it has the other."""
    read = partial(os.read, end, 1)
    threading.Thread(target=_end_after, args=(read,), name="lifeline", daemon=True).start()


def end_with_parent() -> None:
    """Watch a process that `multiprocessing` started; without effect in any other."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.join,), name="lifeline", daemon=True).start()


def _end_after(wait: Callable[[], object]) -> None:
    wait()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE_SECONDS)
    os._exit(1)  # nobody is left who could force us
