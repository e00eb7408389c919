"""Runs a program as ffmpeg is run, and looks at what it could do."""

import multiprocessing
import os
import shutil
import socket
from pathlib import Path

from msgspec import Struct

from firstfix.adapters.films import launcher

SECRET = "Nobody reads this."
# Builtins alone: another program could not be started.
_TRY = f"""
echo uid=$EUID cpu=$(ulimit -St) written=$(ulimit -Hf)
echo mine > own.txt && echo own
[ "$(< "$1")" = "{SECRET}" ] && echo secret
echo new > "$1.new" && echo elsewhere
exec 3<> "/dev/tcp/127.0.0.1/$2" && echo network
"""


class Confined(Struct, frozen=True):
    """What the launcher told, and what the program then could do."""

    means: list[str]
    did: list[str]


def run_confined(folder: Path, *, user: int = 0) -> Confined:
    """Run a program that tries to get at a file and a port that are not for it.

    Args:
        folder: For what it needs; everybody may enter it.
        user: Who starts it; 0: who runs the tests.
    """
    bash = shutil.which("bash")
    assert bash is not None
    own = folder / "own"
    own.mkdir(mode=0o700)
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    secret.chmod(0o644)
    if user:
        os.chown(own, user, user)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        command = [bash, "-c", _TRY, "bash", str(secret), port]
        # A process of its own from the start: the one that runs the tests has threads, and a folder that is closed.
        process = multiprocessing.get_context("spawn").Process(target=_launch, args=(folder, own, user, command))
        process.start()
        process.join()
    told = (folder / "told").read_text()
    assert told.startswith(launcher.TOLD), told
    means = told.splitlines()[0].removeprefix(launcher.TOLD).split()
    return Confined(means=means, did=(folder / "did").read_text().split())


def _launch(folder: Path, own: Path, user: int, command: list[str]) -> None:
    for descriptor, name in ((1, "did"), (2, "told")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    launcher.launch(os.getppid(), 60, str(own), command)
