"""Lists of jobs over the wire, and the statements behind them."""

import itertools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import psycopg
import pytest

from firstfix.adapters.database import Database
from firstfix.api.field.job_lists import SORTS, JobPage
from firstfix.api.hot_reads import HotReads, TypeHints
from firstfix.domain.access.queries import Claim
from firstfix.domain.people.permissions import LIST_JOBS
from firstfix.domain.work import AccountType
from firstfix.kit.key_file import KeyFile
from tests.conftest import MakeOrganisation
from tests.factories.databases import APP, TestDatabases
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

WHOLE = {"start": "2000-01-01", "end": "2060-01-01"}
DAY = datetime(2030, 1, 1, tzinfo=UTC)
STATES = {"scheduled": ("New", "Assigned"), "active": ("In progress",), "completed": ("Complete", "Archived")}


def links_of(reply: httpx.Response) -> dict[str, str]:
    """Read a Link header: address by relation."""
    return {rel: url for url, rel in re.findall(r"<([^>]*)>; rel=(\w+)", reply.headers["link"])}


async def ids_of(field: httpx.AsyncClient, **query: str) -> list[str]:
    reply = await field.get("/job/", params=WHOLE | query)
    assert reply.status_code == 200, reply.text
    return [item["jobId"] for item in reply.json()["items"]]


# The wire


async def test_a_page_as_the_contract_shows_it(
    server: TestServer, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    lead = organisation["engineer1"]
    for minute in range(8):
        organisation.insert_job(scheduled_at=datetime(2012, 9, 19, 16, minute, tzinfo=UTC))
    _, uuid = organisation.insert_job(
        status_id=organisation.ids["statuses"]["Complete"],
        reference="J598",
        lead_id=lead.id,
        scheduled_at=datetime(2012, 9, 19, 17, tzinfo=UTC),
        started_at=datetime(2012, 9, 19, 16, 57, tzinfo=UTC),
        completed_at=datetime(2012, 9, 19, 17, tzinfo=UTC),
        created_at=datetime(2012, 9, 19, 16, 57, 4, tzinfo=UTC),
    )

    reply = await field.get("/job/?start=2012-09-19T16%3A00&end=2012-09-19T17%3A00&pageSize=3")

    address = f"{server.base_url}/job/?start=2012-09-19T16%3A00&end=2012-09-19T17%3A00"
    assert reply.headers["link"] == (
        f"<{address}&page=0&pageSize=3>; rel=first,<{address}&page=3&pageSize=3>; rel=last,"
        f"<{address}&page=1&pageSize=3>; rel=next"
    )
    page = reply.json()
    assert {name: page[name] for name in ("count", "page", "pageSize", "sortedBy")} == {
        "count": 9,
        "page": 0,
        "pageSize": 3,
        "sortedBy": ["-scheduledOn"],
    }
    assert set(page) == {"count", "page", "pageSize", "sortedBy", "items"}
    assert len(page["items"]) == 3
    assert page["items"][0] == {
        "startedOn": "2012-09-19T16:57:00+00:00",
        "state": ["completed"],
        "uuid": uuid.hex,
        "invoice": None,
        "completedOn": "2012-09-19T17:00:00+00:00",
        "jobLead": {"uuid": lead.uuid.hex},
        "scheduledOn": "2012-09-19T17:00:00+00:00",
        "createdOn": "2012-09-19T16:57:04+00:00",
        "location": {"uuid": organisation.location_uuid.hex},
        "jobId": "J598",
        "link": {"rel": "detail", "url": f"{server.base_url}/job/{uuid.hex}"},
    }
    assert page["items"][1]["jobLead"] is page["items"][1]["startedOn"] is None


async def test_an_empty_list_has_a_first_page(server: TestServer, field: httpx.AsyncClient) -> None:
    reply = await field.get("/job/?start=2012-09-19&end=2012-09-20")

    address = f"{server.base_url}/job/?start=2012-09-19&end=2012-09-20&page=0&pageSize=20"
    assert (reply.status_code, reply.json()["count"], reply.json()["items"]) == (200, 0, [])
    assert reply.headers["link"] == f"<{address}>; rel=first,<{address}>; rel=last"


async def test_pages_lead_to_one_another(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    for hours in range(7):
        organisation.insert_job(scheduled_at=DAY + timedelta(hours=hours))
    query: dict[str, str | int] = {**WHOLE, "pageSize": 3, "sortedBy": "jobId,-scheduledOn"}

    pages = [links_of(await field.get("/job/", params=query | {"page": page})) for page in range(5)]

    assert [set(links) for links in pages] == [
        {"first", "last", "next"},
        {"first", "last", "prev", "next"},
        {"first", "last", "prev"},
        {"first", "last", "prev"},
        {"first", "last", "prev"},
    ]
    numbers = [{rel: parse_qs(urlsplit(url).query)["page"] for rel, url in links.items()} for links in pages]
    assert numbers[1] == {"first": ["0"], "last": ["2"], "prev": ["0"], "next": ["2"]}
    assert parse_qs(urlsplit(pages[1]["next"]).query) == {name: [str(value)] for name, value in query.items()} | {
        "page": ["2"]
    }
    followed = await field.get(pages[0]["next"])
    assert followed.json()["page"] == 1


async def test_past_the_end_there_is_nothing(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    organisation.insert_job(scheduled_at=DAY)

    for page in (1, 10**9, 10**12):
        reply = await field.get("/job/", params=WHOLE | {"page": page})
        assert (reply.status_code, reply.json()["count"], reply.json()["items"]) == (200, 1, [])


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"start": None}, "start"),
        ({"end": None}, "end"),
        ({"start": ""}, "start"),
        ({"start": "yesterday"}, "start"),
        ({"end": "2030-13-01"}, "end"),
        ({"end": "0001-01-01T00:00+14:00", "start": "0001-01-01"}, "end"),
        ({"start": "2060-01-02"}, "start"),
        ({"page": "-1"}, "page"),
        ({"page": "x"}, "page"),
        ({"page": str(10**30)}, "page"),
        ({"pageSize": "0"}, "pageSize"),
        ({"pageSize": "201"}, "pageSize"),
        ({"pageSize": ""}, "pageSize"),
        ({"sortedBy": ""}, "sortedBy"),
        ({"sortedBy": "title"}, "sortedBy"),
        ({"sortedBy": "--jobId"}, "sortedBy"),
        ({"sortedBy": "jobId,"}, "sortedBy"),
        ({"sortedBy": "jobId,-jobId"}, "sortedBy"),
        ({"sortedBy": "jobs.id; DROP TABLE jobs"}, "sortedBy"),
        ({"unknown": "1"}, "unknown"),
        ({"joblead": "1"}, "joblead"),
    ],
)
async def test_a_query_of_a_wrong_form_is_refused(
    field: httpx.AsyncClient, query: dict[str, str | None], path: str
) -> None:
    params = {name: value for name, value in (WHOLE | query).items() if value is not None}

    reply = await field.get("/job/", params=params)

    assert (reply.status_code, reply.json()["error"]["name"]) == (422, "APIValidationError")
    assert [entry["path"] for entry in reply.json()["error"]["fields"]] == [path]


async def test_who_may_not_ask_is_not_told_what_is_wrong(server: TestServer) -> None:
    async with server.field("0" * 32) as client:
        assert (await client.get("/job/?start=nonsense")).status_code == 401


# Windows and filters


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2030-01-01T10:00", "2030-01-01T12:00", ["T2", "T1", "T0"]),
        ("2030-01-01T10:00:01", "2030-01-01T11:59:59", ["T1"]),
        ("2030-01-01 10:00:00", "2030-01-01T12:00:00+01:00", ["T1", "T0"]),
        ("2030-01-01T1000", "2030-01-01T1000", ["T0"]),
        ("2030-01-01", "2030-01-01", []),
        ("2030-01-01", "2030-01-02", ["T2", "T1", "T0"]),
        ("2030-01-01T11:00:00 01:00", "2030-01-01T10:00:00-00:00", ["T0"]),
    ],
)
async def test_a_window_is_inclusive(
    field: httpx.AsyncClient, organisation: TestOrganisation, start: str, end: str, expected: list[str]
) -> None:
    for number, hour in enumerate((10, 11, 12)):
        organisation.insert_job(scheduled_at=DAY + timedelta(hours=hour), reference=f"T{number}")
    organisation.insert_job(reference="undated")

    assert await ids_of(field, start=start, end=end) == expected


async def test_filters_are_equalities_that_all_hold(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    lead, other = organisation["engineer1"], organisation["engineer2"]
    second_id, second_uuid = organisation.insert("locations", line1="2 Example Street")
    statuses = organisation.ids["statuses"]
    for reference, values in {
        "A": {"lead_id": lead.id, "status_id": statuses["Complete"]},
        "B": {"lead_id": lead.id, "location_id": second_id},
        "C": {"lead_id": other.id, "status_id": statuses["Invoiced"], "location_id": second_id},
        "D": {"status_id": statuses["In progress"], "substate": 1},
    }.items():
        organisation.insert_job(reference=reference, scheduled_at=DAY, **values)
    order = {"sortedBy": "jobId"}

    assert await ids_of(field, **order) == ["A", "B", "C", "D"]
    assert await ids_of(field, **order, jobLead=lead.uuid.hex) == ["A", "B"]
    assert await ids_of(field, **order, jobLead=str(lead.uuid)) == ["A", "B"]
    assert await ids_of(field, **order, location=second_uuid.hex) == ["B", "C"]
    assert await ids_of(field, **order, location=second_uuid.hex, jobLead=other.uuid.hex) == ["C"]
    for word in ("completed", "Completed", "COMPLETED"):
        assert await ids_of(field, **order, state=word) == ["A", "C"]
    assert await ids_of(field, **order, state="active") == ["D"]
    assert await ids_of(field, **order, state="scheduled", jobLead=lead.uuid.hex) == ["B"]
    for nothing in (
        {"state": "on site"},
        {"state": "unknown"},
        {"state": ""},
        {"state": "null"},
        {"jobLead": "null"},
        {"jobLead": ""},
        {"jobLead": "x\0"},
        {"location": "0" * 32},
        {"location": organisation.location_uuid.hex, "jobLead": organisation["admin"].uuid.hex},
    ):
        assert await ids_of(field, **nothing) == []


async def test_strangers_are_not_counted(
    server: TestServer, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    branches = organisation.ids["branches"]
    make_organisation().insert_job(scheduled_at=DAY)
    id_, _ = organisation.insert_job(scheduled_at=DAY, reference="N", contractor_id=organisation["contractor1"].id)
    organisation.insert_job(scheduled_at=DAY, reference="S", branch_id=branches["South"])
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 1)",
        job=id_,
        contact=organisation.contact_id,
    )

    seen = {}
    for who in ("admin", "engineer1", "agent1", "agent2", "landlord1", "contractor1", "contractor2", "tenant1"):
        async with server.field(organisation[who].api_key) as client:
            pages = [
                (await client.get("/job/", params=window | {"sortedBy": "jobId"})).json()
                for window in (WHOLE, {"start": "2030-01-01", "end": "2030-01-02"}, WHOLE | {"state": "scheduled"})
            ]
        seen[who] = [item["jobId"] for item in pages[0]["items"]]
        assert {page["count"] for page in pages} == {len(seen[who])}
        assert all([item["jobId"] for item in page["items"]] == seen[who] for page in pages)

    assert seen == {
        "admin": ["N", "S"],
        "engineer1": ["N", "S"],
        "agent1": ["N"],
        "agent2": ["S"],
        "landlord1": ["N"],
        "contractor1": ["N"],
        "contractor2": [],
        "tenant1": ["N"],
    }


# Orders and pages: against the same order worked out here


class Expected(msgspec.Struct, frozen=True):
    """What is known of a job that was inserted."""

    reference: str
    place: int
    keys: dict[str, tuple[Any, ...]]


@pytest.fixture(scope="module")
def crowd(make_organisation: MakeOrganisation) -> tuple[TestOrganisation, list[Expected]]:
    """An organisation with sixty jobs that share leads, locations, states and times."""
    organisation, random = make_organisation(), Random(7)  # the same jobs each time
    organisation.execute(
        "UPDATE people SET last_name = 'Able' WHERE id IN (:one, :two)",
        one=organisation["engineer1"].id,
        two=organisation["manager"].id,
    )
    people: dict[int | None, tuple[str, str] | None] = {None: None}
    for row in organisation.execute(
        "SELECT id, last_name, first_name FROM people WHERE organisation_id = :org AND account_type = 1",
        org=organisation.id,
    ):
        people[row.id] = (row.last_name, row.first_name)
    sites: dict[int, tuple[str | None, str]] = {}
    for name, line1 in itertools.product((None, "Alpha", "beta"), ("1 High Street", "2 High Street", "")):
        sites[organisation.insert("locations", name=name, line1=line1)[0]] = (name, line1)
    statuses = {name: place for place, names in enumerate(STATES.values()) for name in names} | {"Cancelled": 3}

    jobs = []
    for place in range(60):
        lead, site = random.choice([*people]), random.choice([*sites])
        status, hours = random.choice([*statuses]), random.randrange(8)
        organisation.insert_job(
            reference=f"R{place}",
            number=1000 - place,
            lead_id=lead,
            location_id=site,
            status_id=organisation.ids["statuses"][status],
            scheduled_at=DAY + timedelta(hours=hours),
            created_at=DAY + timedelta(seconds=place // 3),
        )
        keys = {
            "scheduledOn": (hours,),
            "jobId": (1000 - place,),
            "state": (statuses[status],),
            "jobLead": people[lead] or (None, None),
            "location": sites[site],
        }
        jobs.append(Expected(f"R{place}", place, keys))
    organisation.insert_job(reference="undated")
    return organisation, jobs


def in_order(jobs: list[Expected], sort: tuple[tuple[str, bool], ...]) -> list[str]:
    """Sort as the contract says: nulls last in both directions, ties by creation."""
    ordered = sorted(jobs, key=lambda job: job.place)
    for name, descends in reversed(sort):
        for column in reversed(range(len(ordered[0].keys[name]))):
            values = [job.keys[name][column] for job in ordered]
            known = [job for job, value in zip(ordered, values, strict=True) if value is not None]
            # Python's reverse keeps ties as they were, which is what is wanted here too.
            known.sort(key=lambda job: job.keys[name][column], reverse=descends)
            ordered = known + [job for job, value in zip(ordered, values, strict=True) if value is None]
    return [job.reference for job in ordered]


@pytest.fixture(scope="module")
async def database(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    database = Database(database_url, keys=KeyFile(tmp_path_factory.mktemp("keys") / "keys.json"))
    await database.open()
    yield database
    await database.close()


async def pages_of(reads: HotReads, page_of: JobPage, *, size: int) -> tuple[list[str], set[int]]:
    """Read all pages of a list: the references in their order, and the totals that were told."""
    references: list[str] = []
    totals = set()
    for page in range(100):
        total, items = await reads.row(
            page_of,
            {
                "start": datetime(2000, 1, 1, tzinfo=UTC),
                "end": datetime(2060, 1, 1, tzinfo=UTC),
                "limit": size,
                "offset": page * size,
                "lead": None,
                "location": None,
                "base_url": "",
            },
        )
        totals.add(total)
        found = [item["jobId"] for item in msgspec.json.decode(items)]
        references += found
        if not found:
            break
    return references, totals


_Sort = tuple[tuple[str, bool], ...]
_SINGLE: list[_Sort] = [((name, descends),) for name in SORTS for descends in (False, True)]
_DOUBLE: list[_Sort] = [
    ((first, first_descends), (second, second_descends))
    for first, second in itertools.permutations(SORTS, 2)
    for first_descends, second_descends in ((False, True), (True, False))
]


@pytest.mark.parametrize("sort", _SINGLE + _DOUBLE, ids=str)
@pytest.mark.parametrize("many", [0, 10_000], ids=["walked", "gathered"])
async def test_pages_cover_a_list_once_and_in_order(
    database: Database,
    crowd: tuple[TestOrganisation, list[Expected]],
    sort: tuple[tuple[str, bool], ...],
    many: int,
) -> None:
    organisation, jobs = crowd
    reads = HotReads(database, Claim("api_key", organisation["admin"].api_key), (LIST_JOBS,), TypeHints())

    for size in (7, 200):
        references, totals = await pages_of(reads, JobPage(sort=sort, many=many), size=size)
        assert references == in_order(jobs, sort)
        assert totals == {60}


@pytest.mark.parametrize("state", [0, 1, 2, 3, -1])
@pytest.mark.parametrize("many", [0, 10_000], ids=["walked", "gathered"])
async def test_pages_of_one_state_do_too(
    database: Database, crowd: tuple[TestOrganisation, list[Expected]], state: int, many: int
) -> None:
    organisation, jobs = crowd
    reads = HotReads(database, Claim("api_key", organisation["admin"].api_key), (LIST_JOBS,), TypeHints())
    wanted = [job for job in jobs if job.keys["state"] == (state,)]

    for sort in _SINGLE:
        references, totals = await pages_of(reads, JobPage(sort=sort, state=state, many=many), size=7)
        assert references == in_order(wanted, sort) if wanted else references == []
        assert totals == {len(wanted)}


@pytest.mark.parametrize("who", ["agent1", "landlord1", "contractor1", "tenant1"])
async def test_everybody_pages_through_their_own(
    database: Database, crowd: tuple[TestOrganisation, list[Expected]], who: str
) -> None:
    organisation, jobs = crowd
    reads = HotReads(database, Claim("api_key", organisation[who].api_key), (LIST_JOBS,), TypeHints())
    expected = in_order(jobs, (("jobLead", False),)) if who in ("agent1", "landlord1") else []

    for many in (0, 10_000):
        references, _ = await pages_of(reads, JobPage(sort=(("jobLead", False),), many=many), size=50)
        assert references == expected


async def test_the_wire_keeps_the_order_too(server: TestServer, crowd: tuple[TestOrganisation, list[Expected]]) -> None:
    organisation, jobs = crowd
    async with server.field(organisation["admin"].api_key) as client:
        reply = await client.get("/job/", params=WHOLE | {"sortedBy": "-jobLead,scheduledOn", "pageSize": 200})

    assert reply.json()["sortedBy"] == ["-jobLead", "scheduledOn"]
    assert [item["jobId"] for item in reply.json()["items"]] == in_order(
        jobs, (("jobLead", True), ("scheduledOn", False))
    )


# Plans

PARAMETERS = {
    "start": DAY,
    "end": DAY + timedelta(days=1),
    "limit": 20,
    "offset": 0,
    "lead": None,
    "location": None,
    "base_url": "",
}


@pytest.mark.parametrize("sort", _SINGLE, ids=str)
@pytest.mark.parametrize(
    "filters",
    [{}, {"by_lead": True}, {"by_location": True}, {"state": 1}, {"state": 2, "by_lead": True, "by_location": True}],
    ids=str,
)
def test_no_list_reads_the_whole_table(
    databases: TestDatabases,
    crowd: tuple[TestOrganisation, list[Expected]],
    sort: tuple[tuple[str, bool], ...],
    filters: dict[str, Any],
) -> None:
    organisation, _ = crowd
    page_of = JobPage(sort=sort, **filters)
    body = page_of("true", AccountType.STAFF)
    with psycopg.connect(databases.url(APP, "firstfix")) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, true)", [str(organisation.id)])
        # The table is small here: what is asked is whether an index serves at all.
        connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        plan = connection.execute(f"EXPLAIN {body}", PARAMETERS).fetchall()

    assert not [line for (line,) in plan if "Seq Scan on jobs" in line]
