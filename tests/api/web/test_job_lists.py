"""Finding jobs by ids first, and fetching rows."""

import itertools
from typing import Any

import httpx
import pytest

from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation


@pytest.fixture
async def office(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browse(organisation, "admin")


async def find(browser: httpx.AsyncClient, wanted: dict[str, Any] | None = None, **sort: str) -> list[int]:
    """Find jobs and return their ids."""
    reply = await browser.post("/web/jobs/query", json={"filter": wanted or {}, "sort": sort})
    assert reply.status_code == 200, reply.text
    found = reply.json()
    assert found["total"] == len(found["ids"])
    assert found["capped"] is False
    assert [row["id"] for row in found["rows"]] == found["ids"][:200]
    ids: list[int] = found["ids"]
    return ids


async def test_the_newest_jobs_come_first_with_ids_total_and_rows(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    times = ["2024-06-01T14:00:00Z", "2024-06-03T09:30:00Z", "2024-06-02T00:00:00Z"]
    ids = [organisation.insert_job(created_at=time)[0] for time in times]

    found = (await office.post("/web/jobs/query", json={})).json()

    assert found["ids"] == [ids[1], ids[2], ids[0]]
    assert found["total"] == 3
    assert [row["created_at"] for row in found["rows"]] == sorted(times, reverse=True)


async def test_a_row_says_what_a_list_shows(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job_id, job_uuid = organisation.insert_job(
        reference="J598",
        lead_id=organisation["engineer1"].id,
        agent_id=organisation["agent1"].id,
        contractor_id=organisation["contractor1"].id,
        contractor_budget="180.00",
        client_budget="250",
        scheduled_at="2024-06-01T14:00:00Z",
        works_end_on="2024-06-02",
        status_id=organisation.ids["statuses"]["In progress"],
        substate=1,
        gate_status="pending",
        gate_wanted_status_id=organisation.ids["statuses"]["Ready to invoice"],
        gate_asked_at="2024-05-02T11:22:33Z",
        is_recall=True,
        photos_count=3,
        created_at="2024-05-01T10:00:00Z",
        updated_at="2024-05-02T11:22:33Z",
    )
    organisation.execute(
        "INSERT INTO pins (person_id, job_id) VALUES (:person, :job)", person=organisation["admin"].id, job=job_id
    )

    (row,) = (await office.post("/web/jobs/rows", json={"ids": [job_id]})).json()["rows"]

    assert row == {
        "id": job_id,
        "uuid": str(job_uuid),
        "reference": "J598",
        "title": "Boiler not firing",
        "status_id": organisation.ids["statuses"]["In progress"],
        "stage": "in_progress",
        "substate": "on_site",
        "priority_id": organisation.ids["priorities"]["Medium"],
        "job_type_id": organisation.ids["job_types"]["Gas & Heating"],
        "branch_id": organisation.ids["branches"]["North"],
        "customer_name": "Acme Lettings",
        "full_address": "1 Example Street, Sample Town, EX1 1AA",
        "postcode": "EX1 1AA",
        "lead_name": organisation["engineer1"].name,
        "contractor_name": organisation["contractor1"].name,
        "agent_name": organisation["agent1"].name,
        "scheduled_at": "2024-06-01T14:00:00Z",
        "works_end_on": "2024-06-02",
        "total_amount": "216.00",
        "is_pinned": True,
        "is_recall": True,
        "gate_status": "pending",
        "photos_count": 3,
        "documents_count": 0,
        "created_at": "2024-05-01T10:00:00Z",
        "updated_at": "2024-05-02T11:22:33Z",
    }


async def test_what_a_job_has_not_is_null(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()

    (row,) = (await office.post("/web/jobs/rows", json={"ids": [job_id]})).json()["rows"]

    empty = ("substate", "lead_name", "contractor_name", "agent_name", "scheduled_at", "works_end_on")
    assert [row[name] for name in (*empty, "total_amount", "gate_status")] == [None] * 8
    assert row["is_pinned"] is False


async def test_works_end_where_nothing_was_set_on_the_local_day_of_the_last_slot(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job_id, _ = organisation.insert_job(scheduled_at="2024-06-01T14:00:00Z")
    organisation.insert("time_slots", job_id=job_id, starts_at="2024-06-01T14:00:00Z", minutes=60)
    organisation.insert("time_slots", job_id=job_id, starts_at="2024-06-02T22:30:00Z", minutes=60)

    (row,) = (await office.post("/web/jobs/rows", json={"ids": [job_id]})).json()["rows"]

    assert row["works_end_on"] == "2024-06-03"  # half past midnight in London


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"status_ids": ["Assigned"]}, ["assigned"]),
        ({"status_ids": ["Assigned", "Complete"]}, ["assigned", "complete"]),
        ({"stages": ["complete", "new"]}, ["complete", "plain"]),
        ({"priority_ids": ["Emergency"]}, ["urgent"]),
        ({"job_type_ids": ["Roofing"]}, ["roof"]),
        ({"branch_ids": ["South"]}, ["south"]),
        ({"agent_ids": ["agent1"]}, ["agents"]),
        ({"contractor_ids": ["contractor1"]}, ["contractors"]),
        ({"lead_ids": ["engineer1"]}, ["assigned"]),
        ({"unassigned": True, "stages": ["assigned"]}, ["roof"]),
        ({"pinned": True}, ["pinned"]),
        ({"has_photos": True}, ["photos"]),
        ({"has_documents": True}, ["documents"]),
        ({"date_from": "2024-06-02"}, ["dated late"]),
        ({"date_to": "2024-06-01"}, ["dated early"]),
        ({"date_from": "2024-06-01", "date_to": "2024-06-01"}, ["dated early"]),
        ({"search": "GEYSER"}, ["words"]),
        ({"search": "geyser brok"}, ["words"]),
        ({"search": "geyser missing"}, []),
        ({"status_ids": []}, []),
        ({"status_ids": [2**62]}, []),
        ({"branch_ids": ["South"], "has_photos": True}, []),
    ],
)
async def test_each_filter_keeps_its_own(
    office: httpx.AsyncClient, organisation: TestOrganisation, wanted: dict[str, Any], expected: list[str]
) -> None:
    statuses, people = organisation.ids["statuses"], organisation.accounts
    jobs: dict[str, dict[str, Any]] = {
        "plain": {},
        "assigned": {"status_id": statuses["Assigned"], "lead_id": people["engineer1"].id},
        "complete": {"status_id": statuses["Complete"]},
        "urgent": {
            "status_id": statuses["Archived"],
            "priority_id": organisation.ids["priorities"]["Emergency"],
        },
        "roof": {"status_id": statuses["Booked"], "job_type_id": organisation.ids["job_types"]["Roofing"]},
        "south": {"status_id": statuses["Archived"], "branch_id": organisation.ids["branches"]["South"]},
        "agents": {"status_id": statuses["Archived"], "agent_id": people["agent1"].id},
        "contractors": {"status_id": statuses["Booked"], "contractor_id": people["contractor1"].id},
        "pinned": {"status_id": statuses["Archived"]},
        "photos": {"status_id": statuses["Archived"], "photos_count": 1},
        "documents": {"status_id": statuses["Archived"], "documents_count": 1},
        # Late in the evening of the first in UTC is the second in London's summer.
        "dated early": {"status_id": statuses["Archived"], "scheduled_at": "2024-06-01T22:59:59Z"},
        "dated late": {"status_id": statuses["Archived"], "scheduled_at": "2024-06-01T23:00:00Z"},
        "words": {"status_id": statuses["Archived"], "description": "The geyser in the kitchen is broken."},
    }
    ids = {name: organisation.insert_job(**values)[0] for name, values in jobs.items()}
    organisation.execute(
        "INSERT INTO pins (person_id, job_id) VALUES (:person, :job)", person=people["admin"].id, job=ids["pinned"]
    )
    named = {
        "status_ids": statuses,
        "priority_ids": organisation.ids["priorities"],
        "job_type_ids": organisation.ids["job_types"],
        "branch_ids": organisation.ids["branches"],
        "agent_ids": {label: account.id for label, account in people.items()},
        "contractor_ids": {label: account.id for label, account in people.items()},
        "lead_ids": {label: account.id for label, account in people.items()},
    }
    given = {
        name: [named[name].get(value, value) for value in values] if name in named else values
        for name, values in wanted.items()
    }

    found = await find(office, given)

    names = {job_id: name for name, job_id in ids.items()}
    assert sorted(names[job_id] for job_id in found) == sorted(expected)


@pytest.mark.parametrize("by", ["created_at", "updated_at", "reference", "priority", "status", "scheduled_at", "title"])
async def test_each_order_goes_both_ways_and_keeps_what_has_no_value_last(
    office: httpx.AsyncClient, organisation: TestOrganisation, by: str
) -> None:
    values: dict[str, list[tuple[str, Any]]] = {
        "created_at": [("created_at", f"2024-01-0{day}T00:00:00Z") for day in (1, 2, 3)],
        "updated_at": [("updated_at", f"2024-01-0{day}T00:00:00Z") for day in (1, 2, 3)],
        "reference": [("number", number) for number in (9, 10, 11)],
        "priority": [("priority_id", organisation.ids["priorities"][name]) for name in ("Emergency", "Medium", "Low")],
        "status": [("status_id", organisation.ids["statuses"][name]) for name in ("New", "Booked", "Cancelled")],
        "scheduled_at": [("scheduled_at", f"2024-01-0{day}T00:00:00Z") for day in (1, 2)],
        "title": [("title", title) for title in ("an attic", "Boiler", "cellar")],
    }
    ids = [organisation.insert_job(**{column: value})[0] for column, value in values[by]]
    undated = [organisation.insert_job()[0]] if by == "scheduled_at" else []

    ascending = await find(office, by=by, direction="asc")
    descending = await find(office, by=by, direction="desc")

    assert ascending == ids + undated
    assert descending == ids[::-1] + undated


async def test_two_hundred_rows_come_along_and_the_rest_by_id(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    first, _ = organisation.insert_job()
    organisation.execute(
        "INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id,"
        " location_id, vat_percentage)"
        " SELECT 2000000 + copy, 'C' || copy, title, branch_id, status_id, stage, priority_id, job_type_id,"
        " location_id, vat_percentage FROM jobs, generate_series(1, 249) AS copy WHERE id = :id",
        id=first,
    )

    found = (await office.post("/web/jobs/query", json={"sort": {"by": "reference"}})).json()
    later = found["ids"][200:]
    rows = (await office.post("/web/jobs/rows", json={"ids": later[::-1]})).json()["rows"]

    assert (found["total"], len(found["ids"]), len(found["rows"])) == (250, 250, 200)
    assert [row["id"] for row in rows] == later[::-1]


async def test_everybody_finds_what_they_may_see_and_nothing_else(
    browse: Browse, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    north, south = organisation.ids["branches"]["North"], organisation.ids["branches"]["South"]
    ids = {
        "north": organisation.insert_job(branch_id=north)[0],
        "south": organisation.insert_job(branch_id=south)[0],
        "hired": organisation.insert_job(branch_id=south, contractor_id=organisation["contractor1"].id)[0],
        "home": organisation.insert_job(branch_id=south)[0],
        "elsewhere": make_organisation().insert_job()[0],
    }
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
        job=ids["home"],
        contact=organisation.contact_id,
    )
    expected = {
        "admin": ["hired", "home", "north", "south"],
        "engineer1": ["hired", "home", "north", "south"],
        "agent1": ["north"],
        "agent2": ["hired", "home", "south"],
        "landlord1": ["north"],
        "contractor1": ["hired"],
        "contractor2": [],
        "tenant1": ["home"],
    }
    names = {job_id: name for name, job_id in ids.items()}
    found, fetched, summed = {}, {}, {}
    for label in expected:
        browser = await browse(organisation, label)
        found[label] = sorted(names[job_id] for job_id in await find(browser))
        rows = (await browser.post("/web/jobs/rows", json={"ids": list(names)})).json()["rows"]
        fetched[label] = sorted(names[row["id"]] for row in rows)
        by_branch = await find(browser, {"branch_ids": [north]}) + await find(browser, {"branch_ids": [south]})
        summed[label] = sorted(names[job_id] for job_id in by_branch)

    assert found == fetched == summed == expected


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"filter": {"nonsense": 1}}, "filter.nonsense"),
        ({"nonsense": 1}, "nonsense"),
        ({"filter": {"status_ids": ["1"]}}, "filter.status_ids[0]"),
        ({"filter": {"status_ids": [2**63]}}, "filter.status_ids[0]"),
        ({"filter": {"status_ids": [-1]}}, "filter.status_ids[0]"),
        ({"filter": {"status_ids": None}}, "filter.status_ids"),
        ({"filter": {"stages": ["gone"]}}, "filter.stages[0]"),
        ({"filter": {"date_from": "2024-06-31"}}, "filter.date_from"),
        ({"filter": {"search": "x" * 201}}, "filter.search"),
        ({"filter": {"search": "a\0b"}}, "filter.search"),
        ({"filter": {"pinned": 1}}, "filter.pinned"),
        ({"sort": {"by": "id; drop table jobs"}}, "sort.by"),
    ],
)
async def test_a_query_of_the_wrong_form_names_its_field(
    office: httpx.AsyncClient, body: dict[str, object], path: str
) -> None:
    reply = await office.post("/web/jobs/query", json=body)

    assert reply.status_code == 422
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = reply.json()
    assert problem["code"] == "request.invalid"
    assert [field["path"] for field in problem["fields"]] == [path]


@pytest.mark.parametrize("ids", [list(range(1, 202)), [0], ["1"], None])
async def test_rows_are_asked_for_by_at_most_two_hundred_ids(office: httpx.AsyncClient, ids: object) -> None:
    assert (await office.post("/web/jobs/rows", json={"ids": ids})).status_code == 422


@pytest.mark.parametrize(
    "search", ["   ", "%", "'", "\\", "a & b | !c:*", "--", "<b>", "é", "\u202e", '"an open phrase']
)
async def test_any_search_is_only_words(office: httpx.AsyncClient, organisation: TestOrganisation, search: str) -> None:
    organisation.insert_job()

    assert isinstance(await find(office, {"search": search}), list)


async def test_every_pair_of_filters_makes_a_statement(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    organisation.insert_job()
    filters: dict[str, object] = {
        "search": "boiler",
        "status_ids": [1],
        "stages": ["new"],
        "priority_ids": [1],
        "lead_ids": [1],
        "unassigned": True,
        "pinned": True,
        "has_photos": True,
        "date_from": "2024-06-01",
        "date_to": "2024-06-02",
    }
    orders = itertools.cycle(["priority", "status", "scheduled_at", "title"])

    for pair in itertools.combinations(filters, 2):
        assert isinstance(await find(office, {name: filters[name] for name in pair}, by=next(orders)), list)
