"""A real S3-compatible store on this machine."""

import contextlib
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec import Struct
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.factories.waiting import PATIENCE_SECONDS

ACCESS_KEY = "firstfix"
SECRET_KEY = "a secret for tests"
_IDENTITIES = {
    "identities": [
        {
            "name": "firstfix",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
}


class Bucket(Struct, frozen=True):
    """Where to find it."""

    endpoint: str
    name: str

    def settings(self) -> dict[str, str]:
        """Settings for a folder of its own in it."""
        return {
            "storage_url": f"s3://{self.name}/{uuid4().hex}",
            "storage_endpoint": self.endpoint,
            "storage_region": "us-east-1",
            "storage_access_key": ACCESS_KEY,
            "storage_secret_key": SECRET_KEY,
        }


@contextlib.contextmanager
def serve_s3(folder: Path) -> Iterator[Bucket]:
    """Run SeaweedFS on loopback, for as long as the block lasts."""
    content = folder / "content"
    content.mkdir(parents=True)
    identities = folder / "identities.json"
    identities.write_bytes(msgspec.json.encode(_IDENTITIES))
    services = ("master", "volume", "filer", "s3")
    names = [f"{name}{kind}" for name in services for kind in (".port", ".port.grpc")]
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    command = [
        str(Path(sysconfig.get_path("scripts")) / "weed"),
        "server",
        f"-dir={content}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer",
        "-s3",
        f"-s3.config={identities}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.iam=false",
        "-master.telemetry=false",
        "-master.electionTimeout=1s",
        "-master.heartbeatInterval=50ms",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=8",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]
    log = folder / "s3.log"
    with log.open("wb") as output, subprocess.Popen(command, cwd=folder, stdout=output, stderr=output) as process:
        try:
            bucket = Bucket(f"http://127.0.0.1:{ports['s3.port']}", "files")
            _wait(bucket, process, log)
            yield bucket
        finally:
            process.kill()
            process.wait()
            for port in ports.values():  # it puts sockets beside its ports, and leaves them
                for socket_file in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 (where it puts them)
                    socket_file.unlink()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _wait(bucket: Bucket, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until it takes a first object, which also makes the bucket."""
    store = S3Store(
        bucket.name,
        endpoint=bucket.endpoint,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(BaseError):
            store.put("started", b"")
            return
        time.sleep(0.1)
    raise RuntimeError(f"SeaweedFS did not start:\n{log.read_text()[-2000:]}")
