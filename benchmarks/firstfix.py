"""Firstfix itself: a demonstration of a wanted size, served as installed, and the requests that it is measured with.

Lists are asked as the kept counters serve them: by status and branch, or by state and a window that covers every date.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote_plus

import httpx
import msgspec
from msgspec import Struct

from benchmarks.load import request
from benchmarks.servers import free_port, serving
from firstfix.adapters.embedded_postgres import find_running

PAGE_SIZE = 50
_LARGEST_PAGE = 200
_SAMPLE_PAGES = 20
_STATES = ("scheduled", "active", "completed", "cancelled")
_FULL_JOBS, _TASKS, _ITEMS, _CREW = 400, 5, 3, 2
_SEEN_JOBS = 200
_APP_ROLE, _DATABASE = "firstfix_app", "firstfix"
_SEARCHES, _VAGUE_SEARCHES = 40, 8
_EVERY_DATE = "start=2000-01-01&end=2060-01-01"


class Account(Struct, frozen=True):
    """Who asks: an account that the demonstration printed."""

    email: str
    password: str
    field_api_key: str


class Organisation(Struct, frozen=True):
    accounts: list[Account]


class Demonstration(Struct, frozen=True):
    """What `firstfix demo` leaves in `demo.json`, as far as it is used here."""

    organisations: list[Organisation]


class Firstfix(Struct, frozen=True):
    """A Firstfix that holds jobs.

    Attributes:
        folder: Its data folder.
        port: Where it listens on 127.0.0.1.
        account: Who asks.
        field_headers: Their API key.
        manage_headers: Their bearer token.
    """

    folder: Path
    port: int
    account: Account
    field_headers: dict[str, str]
    manage_headers: dict[str, str]

    def database_url(self) -> str:
        """Give the address of its database, under the role that it uses itself."""
        running = find_running(self.folder)
        if running is None:
            raise RuntimeError(f"No database runs in {self.folder}.")
        return running.url(_APP_ROLE, _DATABASE)

    def field_get(self, job_uuids: Iterable[str]) -> list[bytes]:
        """Ask the field API for one job, for each job."""
        return [request(f"/job/{job_uuid.replace('-', '')}", self.field_headers) for job_uuid in job_uuids]

    def field_list(self, states: Iterable[str]) -> list[bytes]:
        """Ask the field API for the first 50 jobs in a state, on any date, and their total."""
        return [
            request(f"/job/?{_EVERY_DATE}&pageSize={PAGE_SIZE}&state={state}", self.field_headers) for state in states
        ]

    def make_full_jobs(self, like: Sequence[Mapping[str, Any]]) -> list[str]:
        """Make jobs with all that a job shows, and give their uuids: tasks, items, a crew, a time slot and labor.

        Args:
            like: Jobs whose places, tasks, items and crews are taken.
        """
        seen = [self._field_job(job["uuid"]) for job in like[:_SEEN_JOBS]]
        tasks = _distinct(task["task"]["uuid"] for job in seen for task in job["tasks"])[:_TASKS]
        items = _distinct(item["item"]["uuid"] for job in seen for task in job["tasks"] for item in task["items"])
        crew = _distinct(member["uuid"] for job in seen for member in job["crew"])[:_CREW]
        parts = [{"item": {"uuid": item}, "quantity": 2.0} for item in items[:_ITEMS]]
        body = {
            **_place_of(seen[0]),
            "description": "The boiler loses pressure over night.",
            "jobLead": {"uuid": crew[0]},
            "crew": [{"uuid": member} for member in crew],
            "tasks": [{"task": {"uuid": task}, "note": "Parts on the van.", "items": parts} for task in tasks],
            "labor": [{"user": {"uuid": crew[0]}, "quantity": 90, "rate": {"name": "Standard hour", "rate": 48.0}}],
        }
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=self.field_headers, timeout=30) as client:
            made = [client.post("/job/", json=body).raise_for_status().json() for _ in range(_FULL_JOBS)]
        if [len(task["items"]) for task in made[0]["tasks"]] != [_ITEMS] * _TASKS or len(made[0]["crew"]) != _CREW:
            raise RuntimeError("The jobs that were seen hold too few tasks, items or people.")
        return [job["uuid"] for job in made]

    def field_create(self, like_job_uuid: str) -> Iterator[bytes]:
        """Create jobs through the field API without end, each at the place of this job, with a text of its own."""
        body = _place_of(self._field_job(like_job_uuid))
        while True:
            body["description"] = f"The boiler loses pressure over night, fault {token_hex(6)}."
            yield request("/job/", self.field_headers, msgspec.json.encode(body))

    def manage_get(self, job_uuids: Iterable[str]) -> list[bytes]:
        """Ask the manage API for one job, for each job."""
        return [request(_manage("get", uuid=job_uuid), self.manage_headers) for job_uuid in job_uuids]

    def manage_list(self, filters: Iterable[tuple[int, int]]) -> list[bytes]:
        """Ask the manage API for the newest 50 jobs and their total, for each pair of status and branch."""
        return [
            request(_manage("list", limit=PAGE_SIZE, status_id=status_id, branch_id=branch_id), self.manage_headers)
            for status_id, branch_id in filters
        ]

    def manage_search(self, searches: Iterable[str]) -> list[bytes]:
        """Ask the manage API for the newest 50 jobs that words are found in and their total, for each search."""
        return [
            request(_manage("list", limit=PAGE_SIZE, search=quote_plus(search)), self.manage_headers)
            for search in searches
        ]

    def usual_searches(self) -> list[str]:
        """Give searches for what most jobs are called: two words of their titles, the second half typed."""
        typed = Counter(search for job in self.sample() if (search := _half_typed(job["job_title"])))
        return [search for search, _ in typed.most_common(_SEARCHES)]

    def vague_searches(self) -> list[str]:
        """Give searches that find as many jobs as any do: the two letters that most of the titles begin with."""
        letters = Counter(job["job_title"][:2] for job in self.sample())
        return [beginning for beginning, _ in letters.most_common(_VAGUE_SEARCHES)]

    def crowded_states(self) -> set[str]:
        """Find the states of at least a page of jobs."""
        counts = {
            state: self._read(f"/job/?{_EVERY_DATE}&pageSize=1&state={state}", self.field_headers)["count"]
            for state in _STATES
        }
        return {state for state, count in counts.items() if count >= PAGE_SIZE}

    def crowded_filters(self) -> set[tuple[int, int]]:
        """Find the pairs of status and branch that at least a page of jobs has."""
        pairs = {(job["status_id"], job["branch_id"]) for job in self.sample()}
        return {pair for pair in pairs if self._count(status_id=pair[0], branch_id=pair[1]) >= PAGE_SIZE}

    def sample(self) -> list[Mapping[str, Any]]:
        """Read some jobs from everywhere between the newest and the oldest, 4,000 if there are as many."""
        step = max(self._count() // _SAMPLE_PAGES, _LARGEST_PAGE)
        return [job for page in range(_SAMPLE_PAGES) for job in self._page(page * step)]

    def every_job(self) -> Iterator[Mapping[str, Any]]:
        """Read all jobs, newest first."""
        for offset in range(0, self._count(), _LARGEST_PAGE):
            yield from self._page(offset)

    def _field_job(self, job_uuid: str) -> dict[str, Any]:
        return self._read(f"/job/{job_uuid.replace('-', '')}", self.field_headers)

    def _page(self, offset: int) -> list[Mapping[str, Any]]:
        return self._manage_data(_manage("list", limit=_LARGEST_PAGE, offset=offset))

    def _count(self, **filters: int) -> int:
        count: int = self._read(_manage("list", limit=1, **filters), self.manage_headers)["count"]
        return count

    def _manage_data(self, target: str) -> list[Mapping[str, Any]]:
        data: list[Mapping[str, Any]] = self._read(target, self.manage_headers)["data"]
        return data

    def _read(self, target: str, headers: dict[str, str]) -> dict[str, Any]:
        reply = httpx.get(f"http://127.0.0.1:{self.port}{target}", headers=headers, timeout=30)
        answer: dict[str, Any] = reply.raise_for_status().json()
        return answer


@contextmanager
def serving_firstfix(folder: Path, *, job_count: int) -> Iterator[Firstfix]:
    """Fill a new data folder with a demonstration of so many jobs, and serve it with the settings of a first start."""
    program = Path(sys.executable).with_name("firstfix")
    port = free_port()
    with (folder / "demo.log").open("wb") as log:
        fill: list[str | Path] = [program, "demo", f"--jobs={job_count}", f"--data={folder}"]
        subprocess.run(fill, check=True, stdout=log, stderr=subprocess.STDOUT)
    demonstration = msgspec.json.decode((folder / "demo.json").read_bytes(), type=Demonstration)
    account = demonstration.organisations[0].accounts[0]
    with serving([program, "serve", f"--data={folder}", f"--port={port}"], port=port, log=folder / "serve.log"):
        sign_in = {"email": account.email, "password": account.password}
        reply = httpx.post(f"http://127.0.0.1:{port}/api/auth/login", json=sign_in, timeout=30).raise_for_status()
        yield Firstfix(
            folder=folder,
            port=port,
            account=account,
            field_headers={"Authorization": f"Token {account.field_api_key}"},
            manage_headers={"Authorization": f"Bearer {reply.json()['token']}"},
        )


def _place_of(job: Mapping[str, Any]) -> dict[str, Any]:
    """Begin a new job at the place of another."""
    body = {"scheduledOn": "2026-11-23T09:00", "estDuration": 60, "location": {"uuid": job["location"]["uuid"]}}
    if "group" in job:
        body["group"] = {"uuid": job["group"]["uuid"]}
    return body


def _half_typed(title: str) -> str:
    """Give two words of a title as somebody types them: the second by its beginning."""
    first, _, rest = title.partition(" ")
    second = rest.partition(" ")[0]
    return f"{first} {second[: (len(second) + 1) // 2]}" if second else ""


def _distinct(uuids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(uuids))


def _manage(action: str, **parameters: object) -> str:
    query = "".join(f"&{name}={value}" for name, value in parameters.items())
    return f"/api/jobs/manage?action={action}{query}"
