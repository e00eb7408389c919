"""Become ffmpeg: give up whatever it does not need, promise to end with the worker, then run it in this folder.

`ffmpeg.py` runs this file by its path in a fresh interpreter, with the standard library only. What it is given was made
by strangers, and it is large and written in C, so it is confined by all that the kernel lets us use:

- another user, where we are root;
- no network, by a network namespace of its own;
- no file but those of its folder and the libraries that it needs, and no TCP, by Landlock;
- bounds on processor time, memory, open files and what it writes, always;
- processor time that nobody else wants, always: Linux shares it out between sessions first and within them then, so it
  has one of its own, which asks for next to nothing.

What was achieved is told on the first line of standard error.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TOLD = "confined by: "
"""What the first line of standard error begins with; words follow, out of those of `MEANS`."""
MEANS = ("user", "network", "files")

_LAST_CPU_SECONDS = 10
_MEMORY_BYTES = 2 << 30
_WRITTEN_BYTES = 256 << 20
_OPEN_FILES = 64
_PROCESSES = 256
_NOBODY = 65534
_NICEST = 19
_NEW_USERS, _NEW_NETWORK, _NEW_MESSAGES = 0x10000000, 0x40000000, 0x08000000
_SET_PARENT_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
_KILL = 9

# Landlock, as in linux/landlock.h. The numbers of its calls are the same on every processor.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_TELL_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _LIST, _MAKE, _CUT = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 8, 1 << 14
_RIGHTS_BY_VERSION = ((1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_TCP, _TCP_VERSION = 0b11, 4
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def launch(supervisor: int, cpu_seconds: int, folder: str, program: list[str]) -> None:
    """Run the program in place of this one.

    Args:
        supervisor: The process whose end is to end the program.
        cpu_seconds: How much processor time it may take.
        folder: Where it runs, and all that it may write to.
        program: Path and arguments.
    """
    os.chdir(folder)
    # Opened before anything is given up: it may lie where only we are let in.
    opened = os.open(program[0], os.O_RDONLY | os.O_CLOEXEC)
    means: set[str] = set()
    if sys.platform == "linux":
        _stand_back()  # while files can still be opened
        means = set(_confine(opened))
        if os.getppid() != supervisor:
            sys.exit("The worker ended before ffmpeg began.")
    _bound(cpu_seconds, is_alone="user" in means)
    os.write(2, f"{TOLD}{' '.join(word for word in MEANS if word in means)}\n".encode())
    os.umask(0o077)
    what = opened if os.execve in os.supports_fd else program[0]
    os.execve(what, program, {"PATH": os.defpath, "LC_ALL": "C"})  # noqa: S606 (no shell: that is the point)


def _confine(program: int) -> Iterator[str]:
    """Give up what is not needed, and tell what of it the kernel let us give up."""
    system = ctypes.CDLL(None)
    is_root = os.geteuid() == 0
    spaces = _NEW_NETWORK | _NEW_MESSAGES
    if system.unshare(spaces if is_root else spaces | _NEW_USERS) == 0:
        yield "network"
    if is_root:
        with suppress(OSError):
            _become_nobody()
            yield "user"
    system.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    system.prctl(_SET_PARENT_DEATH_SIGNAL, _KILL, 0, 0, 0)  # after the change of user, which would clear it
    if _allow_only(system, program):
        yield "files"
    with suppress(OSError):  # whoever wants the processor has it at once, which niceness alone does not promise
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _stand_back() -> None:
    """Make a session of our own that has as little of the processors as there is, where sessions share them.

    In one with others it would be idle next to those alone, and take the share of all of them from everybody else.
    """
    with suppress(OSError):  # one has it already, or this kernel shares nothing out between sessions
        os.setsid()
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICEST))


def _bound(cpu_seconds: int, *, is_alone: bool) -> None:
    """Bound what it may use. Processes are counted for each user, so only where it has one for itself."""
    bounds = {
        resource.RLIMIT_CPU: cpu_seconds + _LAST_CPU_SECONDS,
        resource.RLIMIT_AS: _MEMORY_BYTES,
        resource.RLIMIT_FSIZE: _WRITTEN_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    if is_alone:
        bounds[resource.RLIMIT_NPROC] = _PROCESSES
    for kind, most in bounds.items():
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Out of processor time it is told, and killed if it goes on: killed at once, it would look like anybody's deed.
        soft = max(bound - _LAST_CPU_SECONDS, 1) if kind == resource.RLIMIT_CPU else bound
        resource.setrlimit(kind, (soft, bound))
    os.nice(_NICEST)


def _become_nobody() -> None:
    for path in (*Path().iterdir(), Path()):
        os.chown(path, _NOBODY, _NOBODY)
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def _allow_only(system: ctypes.CDLL, program: int) -> bool:
    """Allow this folder, the program and its libraries, and no other file; tell whether the kernel can do that."""
    version = system.syscall(_CREATE_RULESET, None, 0, _TELL_VERSION)
    if version < 1:
        return False
    handled = sum(rights for since, rights in _RIGHTS_BY_VERSION if since <= version)
    ruleset = _Ruleset(handled, _TCP if version >= _TCP_VERSION else 0)
    size = ctypes.sizeof(ruleset) if version >= _TCP_VERSION else ctypes.sizeof(ctypes.c_uint64)
    rules = system.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    if rules < 0:
        return False
    _allow(system, rules, program, _EXECUTE | _READ)
    for path in _LIBRARIES:
        with suppress(OSError), _opened(path) as found:
            _allow(system, rules, found, (_EXECUTE | _READ | _LIST) if Path(path).is_dir() else _READ)
    with _opened(".") as folder:
        _allow(system, rules, folder, (_READ | _LIST | _WRITE | _MAKE | _CUT) & handled)
    return bool(system.syscall(_RESTRICT_SELF, rules, 0) == 0)


def _allow(system: ctypes.CDLL, rules: int, opened: int, rights: int) -> None:
    rule = _Beneath(rights, opened)
    system.syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(rule), 0)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        yield opened
    finally:
        os.close(opened)


if __name__ == "__main__":
    launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
