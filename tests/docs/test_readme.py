"""The README's commands do what it says: its blocks are run as they stand, against a server as its reader starts it."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.factories.tls import TLS
from tests.factories.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"<!-- run: (?P<name>\w+) -->\n```bash\n(?P<script>.*?)```", re.DOTALL)


class Demonstration(Struct, frozen=True):
    """A running server and its data folder."""

    url: str
    data: Path


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """`firstfix serve --demo` in a folder of its own."""
    data = tmp_path_factory.mktemp("readme") / "data"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTFIX_")}
    log = data.with_name("server.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("firstfix"), "serve", "--demo", "--port", str(port), "--data", data],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process, log)
        yield Demonstration(url, data)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz", timeout=5, verify=TLS).is_success:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.2)
    pytest.fail(f"The demonstration was not ready in {PATIENCE_SECONDS} s:\n{log.read_text()}")


def run_block(name: str, demonstration: Demonstration) -> list[Any]:
    """Run a block as a reader's shell would, but stop at the first fault; return the JSON documents that it printed."""
    scripts = {found["name"]: found["script"] for found in BLOCK.finditer((ROOT / "README.md").read_text())}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", scripts[name]],
        cwd=demonstration.data.parent,
        env={"PATH": os.environ["PATH"], "DATA": str(demonstration.data)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stderr == ""
    return list(documents_of(done.stdout))


def documents_of(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    rest = text.lstrip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def test_the_field_apis_block_lists_gets_makes_changes_and_deletes_a_job(demonstration: Demonstration) -> None:
    jobs, first, made, changed = run_block("field", demonstration)

    assert jobs["count"] > len(jobs["items"]) == 3
    assert first["jobId"] == jobs["items"][0]["jobId"]
    assert made["location"]["uuid"] == jobs["items"][0]["location"]["uuid"]
    assert changed["jobId"] == made["jobId"]
    assert changed["description"] == "Boiler not firing. No hot water either."
    assert changed["scheduledOn"] == "2030-05-01T09:00:00+00:00"


def test_the_manage_apis_block_lists_gets_makes_changes_and_deletes_a_job(demonstration: Demonstration) -> None:
    jobs, first, made, changed, deleted = run_block("manage", demonstration)

    assert jobs["count"] > len(jobs["data"]) == 3
    assert first["data"]["uuid"] == jobs["data"][0]["uuid"]
    assert made["message"] == "Job created successfully"
    assert changed["data"]["uuid"] == made["job_uuid"]
    assert changed["data"]["job_title"] == "Boiler not firing"
    assert changed["data"]["contractor_budget"] == 180.5
    assert deleted["success"] is True


def test_what_the_blocks_made_is_gone_again(demonstration: Demonstration) -> None:
    before = run_block("field", demonstration)[0]["count"]

    after = run_block("field", demonstration)[0]["count"]

    assert after == before


def test_the_app_and_the_description_of_the_apis_are_where_the_readme_says(demonstration: Demonstration) -> None:
    pages = {path: httpx.get(demonstration.url + path).status_code for path in ("/app/", "/docs/", "/openapi.json")}

    assert set(pages.values()) == {200}
