"""The child's side: a process that reads one file from its standard input, tells about it, and can do nothing else.

It is told the type as its only argument. It writes `READY` once it is set up, then a line of JSON: `{"refused": …}`, or
what it found with the lengths of what follows: the content written anew, where it was, and a picture's thumbnail.
Whoever makes it crash, or wait, harms nobody: it has no file open, no network, no rights, and little time and memory.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from firstfix.domain.files.formats import Facts, Reason, Unacceptable

READY: Final = b"R"
MOST_BYTES: Final = 20 << 20

_CPU_SECONDS = 20
_LAST_CPU_SECONDS = 5
_MEMORY_BYTES = 1 << 30
_NICER = 5
_NOBODY = 65534
_NEW_USERS, _NEW_NETWORK, _NEW_MESSAGES = 0x10000000, 0x40000000, 0x08000000
_SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 4, 38


class Verdict(Struct, kw_only=True, omit_defaults=True):
    """What is told about a file. `lengths`: of the bytes that follow."""

    refused: Reason | None = None
    facts: Facts | None = None
    lengths: list[int] = msgspec.field(default_factory=list)


Look = Callable[[str, bytes], tuple[Facts, Sequence[bytes]]]
"""Looks into content of a type: gives facts and what is written anew, or raises `Unacceptable`."""


def look_once(look: Look) -> None:
    """Confine this process, then look into one file."""
    _confine()
    with os.fdopen(1, "wb") as answer:
        answer.write(READY)
        answer.flush()
        os.close(2)  # what a library complains about is the sender's fault, and not for the server's log
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
        written: Sequence[bytes] = ()
        try:
            facts, written = look(sys.argv[1], content)
            verdict = Verdict(facts=facts, lengths=[len(each) for each in written])
        except Unacceptable as refusal:
            verdict = Verdict(refused=refusal.reason)
        answer.write(msgspec.json.encode(verdict) + b"\n")
        for each in written:
            answer.write(each)


def _confine() -> None:
    """Give up what is not needed. What the kernel does not let us give up is covered by what it does.

    No further descriptor can be opened, so no file, no socket and no program either, whatever else is allowed.
    """
    os.nice(_NICER)
    if sys.platform == "linux":
        _give_up_rights()
    # Out of processor time it is told, which ends it: killed at once, it would look like the machine's fault.
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + _LAST_CPU_SECONDS))
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(kind, (most, most))


def _give_up_rights() -> None:
    system = ctypes.CDLL(None)
    spaces = _NEW_NETWORK | _NEW_MESSAGES
    system.unshare(spaces if os.geteuid() == 0 else spaces | _NEW_USERS)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    system.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    system.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
