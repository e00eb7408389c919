"""The user that PostgreSQL runs as: never root, which it refuses."""

import grp
import os
import pwd
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_NAME = "firstfix-postgres"
_HOME, _SHELL = "/nonexistent", "/usr/sbin/nologin"
_PATIENCE_SECONDS = 5.0  # useradd refuses while another one is at work


@dataclass(frozen=True)
class Account:
    """A user and its group."""

    uid: int
    gid: int


def settle_account(data: Path) -> Account:
    """Choose PostgreSQL's user, and as root give it the data.

    Returns:
        Ourselves; for root the owner of the data, so that a folder made by an ordinary user stays that user's; where
        root is the owner or there is no data yet, a system user, which is made when missing.

    Raises:
        OSError: The system user cannot be made.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    with suppress(FileNotFoundError):
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    account = _system_account()
    # The folder itself comes last: until then it is root's, and an interrupted change begins again.
    for folder, _, names in os.walk(data, topdown=False):
        for path in (*(Path(folder, name) for name in names), Path(folder)):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return account


def _system_account() -> Account:
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(KeyError):
            entry = pwd.getpwnam(_NAME)
            return Account(entry.pw_uid, entry.pw_gid)
        problem = _add_system_user()
        if problem and time.monotonic() > give_up_at:
            raise OSError(f"the system user {_NAME} cannot be made: {problem}")


def _add_system_user() -> str:
    """Add the user, and say what is in the way."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        _append_system_user()
        return ""
    options = ("--system", "--user-group", "--no-create-home", "--home-dir", _HOME, "--shell", _SHELL)
    added = subprocess.run([useradd, *options, _NAME], capture_output=True, text=True, check=False)
    if added.returncode != 0:
        time.sleep(0.1)
    return added.stderr.strip()


def _append_system_user() -> None:
    """Write the user where an image brings no tool for it. `*` is a password that nothing matches."""
    taken = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
    number = next(number for number in range(999, 100, -1) if number not in taken)
    with Path("/etc/group").open("a") as groups:
        groups.write(f"{_NAME}:*:{number}:\n")
    with Path("/etc/passwd").open("a") as users:
        users.write(f"{_NAME}:*:{number}:{number}::{_HOME}:{_SHELL}\n")
