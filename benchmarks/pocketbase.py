"""The neighbour that we measure against: PocketBase with one flat record a job, as a careful user would set it up.

The records hold what our manage API shows of a job. Every measured list has an index that serves filter and order; any
signed-in user may read and create. The log of requests, on by default, is off: it costs about a sixth of single reads.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from benchmarks.load import request
from benchmarks.servers import free_port, serving

_NAMES_BY_TYPE = {
    "text": "uuid job_ref job_title job_description status_name priority_name job_type_name agent_name contractor_name "
    "full_address branch_name invoice_no quote_no works_order_ref access_details private_contact_name "
    "private_contact_email sla_status gate_status payment_status_name created_by_name",
    "number": "status_id priority_id job_type_id agent_id contractor_id address_id branch_id time_range_id "
    "payment_status_id created_by photos_count documents_count job_total_budget contractor_budget vat_percentage "
    "total_amount",
    "date": "date_works_start_date date_works_end_date",
    "bool": "is_pinned is_recall",
    "json": "tenants_ids",
}
_TYPES = {name: type_ for type_, names in _NAMES_BY_TYPE.items() for name in names.split()}
_INDEXES = [
    "CREATE INDEX jobs_created ON jobs (created)",
    "CREATE INDEX jobs_status ON jobs (status_id, created)",
    "CREATE INDEX jobs_branch ON jobs (branch_id, created)",
    "CREATE INDEX jobs_branch_status ON jobs (branch_id, status_id, created)",
    "CREATE INDEX jobs_priority ON jobs (priority_id, created)",
]
_SIGNED_IN = '@request.auth.id != ""'
_RECORDS = "/api/collections/jobs/records"


class PocketBase(Struct, frozen=True):
    """A PocketBase that holds the jobs, and the requests that it is measured with."""

    port: int
    headers: dict[str, str]

    def get_one(self, job_uuids: Iterable[str]) -> list[bytes]:
        """Ask for one job's record, for each job."""
        return [request(f"{_RECORDS}/{_record_id(job_uuid)}", self.headers) for job_uuid in job_uuids]

    def list_fifty(self, filters: Iterable[tuple[int, int]]) -> list[bytes]:
        """Ask for the newest 50 records and the totals, for each pair of status and branch."""
        query = f"{_RECORDS}?perPage=50&sort=-created&filter="
        return [
            request(query + quote(f"status_id = {status_id} && branch_id = {branch_id}"), self.headers)
            for status_id, branch_id in filters
        ]

    def create(self, job: Mapping[str, Any]) -> Iterator[bytes]:
        """Create records without end, each like this job under a number of its own."""
        record = {name: job[name] for name in _TYPES}
        while True:
            record["job_ref"] = token_hex(6)
            yield request(_RECORDS, self.headers, msgspec.json.encode(record))


@contextmanager
def serving_pocketbase(folder: Path, jobs: Iterable[Mapping[str, Any]]) -> Iterator[PocketBase]:
    """Set PocketBase up in an empty folder, fill it with jobs as the manage API shows them, and serve it."""
    program = Path(sys.executable).with_name("pocketbase")
    port = free_port()
    data = folder / "data"
    serve: list[str | Path] = [program, "serve", f"--http=127.0.0.1:{port}", f"--dir={data}"]
    email, password = "bench@example.com", token_hex(16)

    subprocess.run([program, "superuser", "upsert", email, password, f"--dir={data}"], check=True, capture_output=True)
    with serving(serve, port=port, log=folder / "setup.log"), _client(port) as client:
        client.headers["Authorization"] = _sign_in(client, "_superusers", email, password)
        account = {"email": email, "password": password, "passwordConfirm": password}
        client.post("/collections/users/records", json=account).raise_for_status()
        client.post("/collections", json=_collection()).raise_for_status()
        client.patch("/settings", json={"logs": {"maxDays": 0}}).raise_for_status()

    columns = ["id", "created", "updated", *_TYPES]
    fill = f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - constants
    with closing(sqlite3.connect(data / "data.db")) as database, database:
        database.executemany(fill, map(_row, jobs))
        database.execute("ANALYZE")

    with serving(serve, port=port, log=folder / "server.log"):
        with _client(port) as client:
            token = _sign_in(client, "users", email, password)
        yield PocketBase(port, {"Authorization": token})


def _client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}/api")


def _sign_in(client: httpx.Client, collection: str, email: str, password: str) -> str:
    credentials = {"identity": email, "password": password}
    reply = client.post(f"/collections/{collection}/auth-with-password", json=credentials).raise_for_status()
    token: str = reply.json()["token"]
    return token


def _collection() -> dict[str, Any]:
    return {
        "name": "jobs",
        "type": "base",
        "fields": [
            *({"name": name, "type": type_} for name, type_ in _TYPES.items()),
            {"name": "created", "type": "autodate", "onCreate": True},
            {"name": "updated", "type": "autodate", "onCreate": True, "onUpdate": True},
        ],
        "indexes": _INDEXES,
        "listRule": _SIGNED_IN,
        "viewRule": _SIGNED_IN,
        "createRule": _SIGNED_IN,
    }


def _row(job: Mapping[str, Any]) -> list[object]:
    times = [job[name].replace("T", " ").replace("Z", ".000Z") for name in ("created_at", "updated_at")]
    return [_record_id(job["uuid"]), *times, *(_stored(type_, job[name]) for name, type_ in _TYPES.items())]


def _stored(type_: str, value: Any) -> object:  # noqa: ANN401 - whatever JSON holds
    """Write a value as PocketBase does: it knows no null outside JSON."""
    match type_:
        case "json":
            return msgspec.json.encode(value).decode()
        case "date":
            return f"{value} 00:00:00.000Z" if value else ""
        case "text":
            return value or ""
        case _:
            return value or 0


def _record_id(job_uuid: str) -> str:
    """Give the 15 characters that PocketBase wants: the end of the uuid, where its random bits are."""
    return job_uuid.replace("-", "")[-15:]
