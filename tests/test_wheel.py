"""The wheel is all that a user needs: the command, the migrations, PostgreSQL and the built web app."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.factories.tls import TLS
from tests.factories.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[1]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The `firstfix` command of an environment that holds the wheel, what it depends on, and nothing else."""
    uv = Path(sys.executable).with_name("uv")
    lock = ROOT / "requirements" / "runtime.txt"
    dist, venv = tmp_path / "dist", tmp_path / "venv"
    steps: list[list[str | Path]] = [
        ["build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", dist, ROOT],
        ["venv", "--python", sys.executable, venv],
        ["pip", "install", "--python", venv, "--require-hashes", "--requirement", lock],
        ["pip", "install", "--python", venv, "--no-deps", "--no-index", "--find-links", dist, "firstfix"],
    ]
    for step in steps:
        subprocess.run([uv, "--quiet", *step], check=True, cwd=tmp_path)
    return venv / "bin" / "firstfix"


@pytest.fixture
def server(installed: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a demonstration server that runs from the wheel, far from the repository."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTFIX_")}
    process = subprocess.Popen(
        [installed, "serve", "--demo", "--port", str(port)],
        cwd=tmp_path,
        env=environment | {"FIRSTFIX_DATA": str(tmp_path / "data")},
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/readyz", timeout=5, verify=TLS).is_success:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.2)
    pytest.fail(f"The server from the wheel was not ready in {PATIENCE_SECONDS} s (exit code {process.returncode}).")


def test_the_wheel_serves_the_demonstration_and_the_office_app(server: str) -> None:
    page = httpx.get(f"{server}/app/")

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert '<script type="module"' in page.text
