"""Lists of jobs: every filter and order, pages and totals, against a plain reading of the same rows."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from firstfix.api.manage import job_list
from firstfix.domain.work import AccountType
from tests.api.manage.conftest import JOBS, Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

Row = Any
"""A job as the database has it."""

START = datetime(2024, 6, 1, 12, tzinfo=UTC)


class Board:
    """An organisation with jobs of all kinds, and what the list must say of them."""

    def __init__(self, organisation: TestOrganisation, office: Office, rows: list[Row]) -> None:
        self.organisation = organisation
        self.office = office
        self.rows = rows

    async def list(self, **query: object) -> tuple[list[int], int]:
        reply = await self.office.get(JOBS, action="list", **query)
        assert reply.status_code == 200, reply.text
        body = reply.json()
        return [job["ID"] for job in body["data"]], body["count"]


@pytest.fixture(scope="module")
def board_rows(make_organisation: MakeOrganisation) -> tuple[TestOrganisation, list[Row]]:
    organisation = make_organisation(branches=("North", "South", "Sydney"))
    organisation.execute(
        "UPDATE branches SET time_zone = 'Australia/Sydney' WHERE id = :id", id=organisation.ids["branches"]["Sydney"]
    )
    ids = organisation.ids
    statuses, priorities = list(ids["statuses"].values()), list(ids["priorities"].values())
    types, branches = list(ids["job_types"].values()), list(ids["branches"].values())
    agents = [organisation["agent1"].id, organisation["agent2"].id, None]
    contractors = [organisation["contractor1"].id, None, None, organisation["contractor2"].id]
    other_id, _ = organisation.insert("locations", line1="2 Other Road", city="Elsewhere", postcode="EX2 2BB")
    for number in range(75):
        organisation.insert_job(
            title=["Boiler not firing", "Leaking tap", "Café window"][number % 3],
            description=f"Case {number} of the flat",
            status_id=statuses[number % len(statuses)],
            priority_id=priorities[number % 4],
            job_type_id=types[number % 5],
            branch_id=branches[number % 3],
            location_id=other_id if number % 5 == 0 else organisation.location_id,
            agent_id=agents[number % 3],
            contractor_id=contractors[number % 4],
            created_by_id=organisation["engineer1"].id if number % 6 == 0 else organisation["admin"].id,
            photos_count=number % 3,
            documents_count=1 if number % 7 == 0 else 0,
            scheduled_at=None if number % 5 == 4 else START + timedelta(hours=7 * (number // 2)),
            created_at=START - timedelta(minutes=number // 3),
            updated_at=START + timedelta(minutes=(number * 31) % 20),
        )
    organisation.execute(
        "INSERT INTO pins (person_id, job_id) SELECT :person, id FROM jobs WHERE organisation_id = :id AND id % 4 = 0",
        person=organisation["admin"].id,
        id=organisation.id,
    )
    rows = organisation.execute(
        "SELECT jobs.*, statuses.position AS status_position, priorities.rank, branches.time_zone AS branch_zone,"
        " EXISTS (SELECT FROM pins WHERE pins.job_id = jobs.id) AS is_pinned"
        " FROM jobs JOIN statuses ON statuses.id = status_id JOIN priorities ON priorities.id = priority_id"
        " JOIN branches ON branches.id = jobs.branch_id WHERE jobs.organisation_id = :id",
        id=organisation.id,
    )
    return organisation, rows


@pytest.fixture
def board(board_rows: tuple[TestOrganisation, list[Row]], enter: Enter) -> Board:
    organisation, rows = board_rows
    return Board(organisation, enter(organisation, "admin"), rows)


def newest_first(row: Row) -> tuple[float, int]:
    return (-row.created_at.timestamp(), -row.id)


def starts_on(row: Row) -> date | None:
    zone = ZoneInfo(row.branch_zone or "Europe/London")
    return None if row.scheduled_at is None else row.scheduled_at.astimezone(zone).date()


def is_wanted(row: Row, query: Mapping[str, Any]) -> bool:
    """Tell whether a job matches a query, read as the contract reads it."""
    day = starts_on(row)
    tests: dict[str, Callable[[Any], bool]] = {
        "has_photos": lambda value: value != "true" or row.photos_count > 0,
        "has_documents": lambda value: value != "true" or row.documents_count > 0,
        "pinned": lambda value: value != "true" or row.is_pinned,
        "sla_status": lambda _: False,
        "date_from": lambda value: day is not None and day >= value,
        "date_to": lambda value: day is not None and day <= value,
        "address_id": lambda value: row.location_id == value,
        "created_by": lambda value: row.created_by_id == value,
    }
    tests |= {name: lambda _: True for name in ("sort", "direction", "limit", "offset")}
    return all(tests[name](value) if name in tests else getattr(row, name) == value for name, value in query.items())


def in_order(rows: list[Row], sort: str, direction: str) -> list[Row]:
    """Sort jobs as the contract says."""
    sign = 1 if direction == "asc" else -1
    keys: dict[str, Any] = {
        "created_at": lambda row: (sign * row.created_at.timestamp(), sign * row.id),
        "updated_at": lambda row: (sign * row.updated_at.timestamp(), sign * row.id),
        "job_ref": lambda row: sign * row.number,
        "priority": lambda row: (sign * row.rank, *newest_first(row)),
        "status": lambda row: (sign * row.status_position, *newest_first(row)),
        "date_works_start_date": lambda row: (
            row.scheduled_at is None,
            0 if row.scheduled_at is None else sign * row.scheduled_at.timestamp(),
            *newest_first(row),
        ),
    }
    return sorted(rows, key=keys[sort])


def choices(rows: list[Row]) -> st.SearchStrategy[dict[str, Any]]:
    """Queries of any filters, with values that some jobs have, or none."""

    def some(column: str) -> st.SearchStrategy[int]:
        values = sorted({getattr(row, column) for row in rows} - {None})
        return st.sampled_from([*values, 2**62])

    days = st.dates(date(2024, 5, 30), date(2024, 6, 14))
    yes_or_no = st.sampled_from(["true", "false"])
    return st.fixed_dictionaries(
        {
            "sort": st.sampled_from(
                ["created_at", "updated_at", "job_ref", "priority", "status", "date_works_start_date"]
            ),
            "direction": st.sampled_from(["asc", "desc"]),
            "limit": st.integers(1, 60),
            "offset": st.integers(0, 80),
        },
        optional={
            "status_id": some("status_id"),
            "priority_id": some("priority_id"),
            "job_type_id": some("job_type_id"),
            "branch_id": some("branch_id"),
            "agent_id": some("agent_id"),
            "contractor_id": some("contractor_id"),
            "created_by": some("created_by_id"),
            "address_id": some("location_id"),
            "has_photos": yes_or_no,
            "has_documents": yes_or_no,
            "pinned": yes_or_no,
            "date_from": days,
            "date_to": days,
        },
    )


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_any_filters_order_and_page_give_what_a_plain_reading_gives(board: Board, data: st.DataObject) -> None:
    query = data.draw(choices(board.rows))

    ids, count = await board.list(**query)

    wanted = in_order([row for row in board.rows if is_wanted(row, query)], query["sort"], query["direction"])
    assert count == len(wanted)
    assert ids == [row.id for row in wanted][query["offset"] : query["offset"] + query["limit"]]


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(limit=st.integers(1, 40))
async def test_pages_put_together_hold_every_job_once(board: Board, limit: int) -> None:
    pages = [await board.list(limit=limit, offset=offset) for offset in range(0, 80, limit)]

    together = [job_id for ids, _ in pages for job_id in ids]
    assert together == [row.id for row in in_order(board.rows, "created_at", "desc")]
    assert {count for _, count in pages} == {len(board.rows)}


async def test_each_filter_alone_and_each_order_alone_agree(board: Board) -> None:
    row = next(row for row in board.rows if row.agent_id and row.contractor_id and row.scheduled_at)
    day = starts_on(row)
    filters: list[dict[str, Any]] = [
        {"status_id": row.status_id},
        {"status_id": row.status_id, "branch_id": row.branch_id},
        {"branch_id": row.branch_id},
        {"priority_id": row.priority_id},
        {"job_type_id": row.job_type_id},
        {"address_id": row.location_id},
        {"agent_id": row.agent_id},
        {"contractor_id": row.contractor_id},
        {"created_by": row.created_by_id},
        {"has_photos": "true"},
        {"has_photos": "false"},
        {"has_documents": "true"},
        {"pinned": "true"},
        {"sla_status": "breached"},
        {"date_from": day},
        {"date_to": day},
        {"date_from": day, "date_to": day},
        {"date_from": date(2000, 1, 1), "date_to": date(2060, 1, 1)},
        {"date_from": date(1, 1, 1), "date_to": date(9999, 12, 31), "branch_id": row.branch_id},
        {},
    ]
    for query in filters:
        for sort in ("created_at", "priority", "date_works_start_date"):
            wanted = in_order([row for row in board.rows if is_wanted(row, query)], sort, "desc")
            ids, count = await board.list(**query, sort=sort, limit=200)
            assert (ids, count) == ([row.id for row in wanted], len(wanted)), query


@pytest.mark.parametrize("few_jobs", [-1, 10_000])
async def test_few_and_many_jobs_are_read_in_the_same_order(
    board_rows: tuple[TestOrganisation, list[Row]], app_engine: AsyncEngine, few_jobs: int
) -> None:
    """The two ways of one statement: what is found first and sorted then, and what is read in order."""
    organisation, rows = board_rows
    row = next(row for row in rows if row.agent_id and row.scheduled_at)
    for sort in ("created_at", "updated_at", "job_ref", "priority", "status", "date_works_start_date"):
        for query in ({"agent_id": row.agent_id, "date_from": date(2024, 6, 2)}, {"branch_id": row.branch_id}):
            statement, parameters = job_list.list_statement(job_list.JobFilters(**query, sort=sort, limit=9, offset=3))
            sql = replace(statement, few_jobs=few_jobs)("true", AccountType.STAFF)
            me = f"(SELECT {organisation.id}::bigint AS organisation_id, 0::bigint AS person_id) AS me"
            async with app_engine.connect() as connection:
                await connection.exec_driver_sql(
                    "SELECT set_config('firstfix.organisation', %(id)s, true)", {"id": str(organisation.id)}
                )
                result = await connection.exec_driver_sql(
                    f"SELECT read.* FROM {me} CROSS JOIN LATERAL ({sql}) AS read",  # noqa: S608 (ours)
                    parameters,
                )
                objects, count = tuple(result.one())
            wanted = in_order([row for row in rows if is_wanted(row, query)], sort, "desc")
            assert [job["ID"] for job in msgspec.json.decode(objects)] == [row.id for row in wanted][3:12]
            assert count == len(wanted)


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ("boiler", "Boiler not firing"),
        ("BOIL", "Boiler not firing"),
        ("firing boil", "Boiler not firing"),
        ('"not firing"', "Boiler not firing"),
        ('"firing not"', None),
        ("cafe wind", "Café window"),
        ("CAFÉ", "Café window"),
        ("tap leaking flat", "Leaking tap"),
        ("tap leak flat", None),
        ("wind café", None),
        ("nothing like it", None),
        ("'; DROP TABLE jobs; --", None),
        ("!!! & | <->", None),
        ("oiler", None),
    ],
)
async def test_a_search_takes_words_phrases_and_the_beginning_of_the_last_word(
    board: Board, search: str, wanted: str | None
) -> None:
    ids, count = await board.list(search=search, limit=200)

    found = in_order([row for row in board.rows if row.title == wanted], "created_at", "desc")
    assert ids == [row.id for row in found]
    assert count == len(found)


async def test_a_search_finds_a_job_by_its_reference(board: Board) -> None:
    row = board.rows[7]

    ids, _ = await board.list(search=row.reference)

    assert row.id in ids


async def test_an_empty_search_filters_nothing(board: Board) -> None:
    for search in ("", "   ", '""', '"'):
        assert (await board.list(search=search))[1] == len(board.rows)


async def test_a_list_says_for_each_reader_whether_they_pinned_a_job(board: Board, enter: Enter) -> None:
    pinned = {row.id for row in board.rows if row.is_pinned}
    mine = (await board.office.get(JOBS, limit=200)).json()["data"]
    others = (await enter(board.organisation, "manager").get(JOBS, limit=200)).json()["data"]

    assert {job["ID"] for job in mine if job["is_pinned"]} == pinned
    assert not any(job["is_pinned"] for job in others)


async def test_dates_are_those_of_the_branchs_zone(board: Board) -> None:
    jobs = (await board.office.get(JOBS, limit=200)).json()["data"]

    dates = {job["ID"]: job["date_works_start_date"] for job in jobs}
    assert dates == {row.id: (day.isoformat() if (day := starts_on(row)) else None) for row in board.rows}
    sydney = [row for row in board.rows if row.branch_zone and row.scheduled_at]
    assert any(starts_on(row) != row.scheduled_at.astimezone(ZoneInfo("Europe/London")).date() for row in sydney)


async def test_what_was_not_set_is_worked_out_from_the_slots_and_the_start(
    office: Office, organisation: TestOrganisation
) -> None:
    job_id, uuid = organisation.insert_job(scheduled_at=datetime(2024, 6, 1, 12, 30, tzinfo=UTC))
    organisation.insert("time_slots", job_id=job_id, starts_at=datetime(2024, 6, 1, 12, 30, tzinfo=UTC), minutes=60)
    organisation.insert("time_slots", job_id=job_id, starts_at=datetime(2024, 6, 3, 22, 30, tzinfo=UTC), minutes=60)

    job = await office.read(str(uuid))

    assert job["date_works_start_date"] == "2024-06-01"
    assert job["date_works_end_date"] == "2024-06-04"  # 23:30 UTC is half past midnight in London
    assert job["time_range_id"] == organisation.ids["time_ranges"]["Midday"]  # 13:30, the first by position


async def test_everybody_sees_their_own_jobs(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    north, south = organisation.ids["branches"]["North"], organisation.ids["branches"]["South"]
    in_north, _ = organisation.insert_job(branch_id=north, client_budget=250)
    in_south, south_uuid = organisation.insert_job(branch_id=south, contractor_id=organisation["contractor1"].id)
    of_tenant, _ = organisation.insert_job(branch_id=south, client_budget=250)
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
        job=of_tenant,
        contact=organisation.contact_id,
    )
    seen = {
        "admin": [of_tenant, in_south, in_north],
        "engineer1": [of_tenant, in_south, in_north],
        "agent1": [in_north],
        "agent2": [of_tenant, in_south],
        "landlord1": [in_north],
        "contractor1": [in_south],
        "contractor2": [],
        "tenant1": [of_tenant],
    }
    for label, ids in seen.items():
        office = enter(organisation, label)
        for query in ({}, {"sort": "updated_at"}, {"sort": "status"}, {"search": "boiler"}, {"date_from": ""}):
            body = (await office.get(JOBS, **query)).json()
            assert sorted(job["ID"] for job in body["data"]) == sorted(ids), (label, query)
            assert body["count"] == len(ids), (label, query)
        body = (await office.get(JOBS, branch_id=south)).json()
        assert body["count"] == len(set(ids) & {in_south, of_tenant})
        got = await office.get(JOBS, action="get", uuid=str(south_uuid))
        assert got.status_code == (200 if in_south in ids else 404)
    assert (await enter(make_organisation(), "admin").get(JOBS)).json()["count"] == 0
    for label, budget in (("admin", 250), ("landlord1", 250), ("tenant1", None)):
        jobs = (await enter(organisation, label).get(JOBS)).json()["data"]
        assert {job["job_total_budget"] for job in jobs if job["ID"] in (in_north, of_tenant)} == {budget}
    organisation.execute("UPDATE jobs SET client_budget = 9 WHERE id = :id", id=in_south)
    (job,) = (await enter(organisation, "contractor1").get(JOBS)).json()["data"]
    assert job["job_total_budget"] is None
