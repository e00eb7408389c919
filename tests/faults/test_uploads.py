"""Uploads of which a part is killed: what was acknowledged is there once, and no row lacks its content."""

import itertools
from random import Random
from uuid import uuid4

import httpx
import pytest

from tests.factories.installations import HaltingFile, Installation, Victim, attempt
from tests.faults.conftest import Install

SIZE = 3 << 20
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def installation(install: Install) -> Installation:
    return install("--no-worker")


@pytest.fixture(scope="module")
def path(installation: Installation) -> str:
    """Where files are attached to a task of a job."""
    organisation = installation.organisation
    _, catalogue_task = organisation.insert("catalogue_tasks", name="Service", unit_cost=0, unit_price=0)
    job = installation.make_job(tasks=[{"task": {"uuid": catalogue_task.hex}}])
    organisation.execute("INSERT INTO file_usage (organisation_id, used_bytes) VALUES (:id, 0)", id=organisation.id)
    return f"/job/{job['uuid']}/task/0/attachment/"


class Upload:
    """One file on its way to a task, as often as it takes."""

    def __init__(self, installation: Installation, path: str, content: bytes) -> None:
        self._installation = installation
        self._path = path
        self._key = uuid4().hex
        self.content = content
        self.name = f"{next(numbers)}.bin"

    def send(self, file: HaltingFile | None = None) -> httpx.Response:
        with self._installation.client() as client:
            parts = {"file": (self.name, file or self.content)}
            return client.post(self._path, files=parts, headers={"Idempotency-Key": self._key})

    def see_that_it_is_there_once(self, acknowledged: httpx.Response) -> None:
        with self._installation.client() as client:
            listed = client.get(self._path).json()
            [uuid] = [file["uuid"] for file in listed if file["name"] == self.name]
            assert acknowledged.json()[0]["uuid"] == uuid
            assert client.get(f"{self._path}{uuid}").content == self.content


@pytest.mark.parametrize("victim", ["web", "database"])
def test_an_upload_that_is_cut_off_is_sent_again(installation: Installation, path: str, victim: Victim) -> None:
    random = Random(f"a byte of {victim}")
    upload = Upload(installation, path, random.randbytes(SIZE))
    file = HaltingFile(upload.content, at=random.randrange(SIZE))

    installation.interrupt(victim, lambda: attempt(lambda: upload.send(file)), once=file.halted, then=file.go_on)
    installation.recover()

    upload.see_that_it_is_there_once(installation.until_acknowledged(upload.send))


@pytest.mark.parametrize("victim", ["database", "everything"])
def test_rows_that_are_not_committed_are_written_again(installation: Installation, path: str, victim: Victim) -> None:
    upload = Upload(installation, path, Random(victim).randbytes(SIZE))
    # What the quota is counted in comes last of all rows.
    with installation.holding("SELECT FROM file_usage FOR UPDATE") as is_needed:
        reply = installation.interrupt(victim, lambda: attempt(upload.send), once=is_needed)
    assert reply is None or not reply.is_success
    installation.recover()

    upload.see_that_it_is_there_once(installation.until_acknowledged(upload.send))


def test_what_was_acknowledged_outlives_the_moment(installation: Installation, path: str) -> None:
    upload = Upload(installation, path, Random(1).randbytes(SIZE))
    acknowledged = installation.until_acknowledged(upload.send)
    installation.kill("everything")
    installation.recover()

    upload.see_that_it_is_there_once(acknowledged)
    assert installation.until_acknowledged(upload.send).json() == acknowledged.json()
    upload.see_that_it_is_there_once(acknowledged)


def test_in_the_end_every_row_has_its_content_and_the_sweep_takes_the_rest(installation: Installation) -> None:
    [(rows,)] = installation.organisation.execute("SELECT count(*) FROM files")
    waste = installation.contents_count() - rows
    assert 0 <= waste <= installation.kills
    assert installation.drafts_count() <= installation.kills
    installation.check()

    swept = installation.sweep()

    assert (swept.orphans_count, installation.contents_count(), installation.drafts_count()) == (waste, rows, 0)
    installation.check()
