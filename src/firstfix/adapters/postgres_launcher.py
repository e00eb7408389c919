"""Become PostgreSQL: give up root, promise to end with the supervisor, then run the program.

`embedded_postgres` runs this file by its path in a fresh interpreter, with the standard library only. None of it
could be done between fork and exec of a server that has threads, and it costs some 20 ms.
"""

import ctypes
import os
import sys

_SET_PARENT_DEATH_SIGNAL = 1
_KEEP_CAPABILITIES = 8
_AMBIENT, _AMBIENT_RAISE = 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
# What lets a process into folders that are closed to it. The first only reads and searches; Docker grants the second.
_DAC_READ_SEARCH, _DAC_OVERRIDE = 1 << 2, 1 << 1
_SETPCAP = 1 << 8
_SET_SECURE_BITS, _NO_SETUID_FIXUP = 28, 1 << 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _keep_a_way_in(libc: ctypes.CDLL) -> None:
    """Keep one capability across the program's start; where root itself has neither, none.

    `access()`, by which PostgreSQL looks for its own programs, goes by the capabilities of none but root unless the
    process is told not to change them with its user. Only who may change capabilities may say so.
    """
    held = (_Capabilities * 2)()
    libc.capget(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), held)
    way_in = next((one for one in (_DAC_READ_SEARCH, _DAC_OVERRIDE) if held[0].permitted & one), 0)
    _hold(libc, way_in | (held[0].permitted & _SETPCAP), way_in)
    libc.prctl(_SET_SECURE_BITS, _NO_SETUID_FIXUP, 0, 0, 0)
    _hold(libc, way_in, way_in)
    if way_in:
        libc.prctl(_AMBIENT, _AMBIENT_RAISE, way_in.bit_length() - 1, 0, 0)


def _hold(libc: ctypes.CDLL, capabilities: int, inheritable: int) -> None:
    wanted = (_Capabilities * 2)(_Capabilities(capabilities, capabilities, inheritable), _Capabilities(0, 0, 0))
    libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), wanted)


def launch(supervisor: int, uid: int, gid: int, death_signal: int, program: list[str]) -> None:
    """Run the program in place of this one.

    Args:
        supervisor: The process whose end is to end the program.
        uid: The user to become; the present one makes no change.
        gid: The user's group.
        death_signal: What the kernel sends the program when the supervisor's thread ends.
        program: Path and arguments.
    """
    if sys.platform != "linux":
        if uid != os.geteuid():
            _become(uid, gid)
    else:
        libc = ctypes.CDLL(None)
        if uid != os.geteuid():
            libc.prctl(_KEEP_CAPABILITIES, 1, 0, 0, 0)
            _become(uid, gid)
            _keep_a_way_in(libc)
        # After the change of user, which would clear it.
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, death_signal, 0, 0, 0)
        if os.getppid() != supervisor:
            sys.exit("The supervisor ended before PostgreSQL began.")
    os.umask(0o077)
    os.execv(program[0], program)  # noqa: S606 - replacing this process, without a shell, is the point


if __name__ == "__main__":
    _supervisor, _uid, _gid, _death_signal = (int(argument) for argument in sys.argv[1:5])
    launch(_supervisor, _uid, _gid, _death_signal, sys.argv[5:])
