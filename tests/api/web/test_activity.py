"""The activity log of administrators."""

from typing import Any

import msgspec
import psycopg
import pytest
from sqlalchemy import create_engine, text

from firstfix.api.web.activity import Activity, FindActivity
from firstfix.domain.work import AccountType
from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation

ENTRY = """
INSERT INTO audit_log (number, hash, at, actor_id, address, source, request_id, action, entity, entity_uuid, label,
    fields, code, times)
VALUES (:number, '', CAST(:at AS timestamptz), :actor, '203.0.113.7', 'web', 'r1', :action, :entity,
    CASE WHEN CAST(:code AS text) IS NULL THEN uuidv7() END, 'J1', CAST(:fields AS text[]), :code, :times)
"""


def tell(organisation: TestOrganisation, number: int, at: str, **values: object) -> None:
    given = {"actor": None, "action": "updated", "entity": "job", "fields": "{title}", "code": None, "times": 1}
    organisation.execute(ENTRY, number=number, at=at, **(given | values))


@pytest.fixture
def told(organisation: TestOrganisation, make_organisation: MakeOrganisation) -> TestOrganisation:
    """An organisation with a past, beside one with another."""
    tell(make_organisation(), 1, "2026-05-01T12:00Z")
    admin, agent = organisation["admin"].id, organisation["agent1"].id
    tell(organisation, 1, "2026-05-01T12:00:00.25Z", actor=admin, action="created")
    tell(organisation, 2, "2026-05-01T23:30Z", actor=agent)
    tell(organisation, 3, "2026-05-03T12:00Z", entity="branch", actor=admin)
    refused = {"action": "refused", "entity": "operation", "fields": "{}", "code": "auth.permission_missing"}
    tell(organisation, 4, "2026-05-03T12:00Z", actor=agent, times=7, **refused)
    tell(organisation, 5, "2026-04-01T12:00Z", action="dispatched")
    return organisation


async def read(browse: Browse, organisation: TestOrganisation, **query: object) -> dict[str, Any]:
    browser = await browse(organisation, "admin")
    reply = await browser.get("/web/activity", params={name: str(value) for name, value in query.items()})
    assert reply.status_code == 200, reply.text
    activity = reply.json()
    msgspec.convert(activity, Activity)
    assert isinstance(activity, dict)
    return activity


async def test_it_tells_newest_first_who_did_what_and_what_was_refused(browse: Browse, told: TestOrganisation) -> None:
    activity = await read(browse, told)

    assert [entry["number"] for entry in activity["entries"]] == [4, 3, 2, 1, 5]
    assert activity["more"] is False
    refused, *_, first, nobodys = activity["entries"]
    assert refused == {
        "number": 4,
        "at": "2026-05-03T12:00:00Z",
        "person": {"id": told["agent1"].id, "name": "Agent1 Tester"},
        "real_person": None,
        "address": "203.0.113.7",
        "source": "web",
        "request_id": "r1",
        "action": "refused",
        "entity": "operation",
        "entity_uuid": None,
        "label": "J1",
        "fields": [],
        "code": "auth.permission_missing",
        "times": 7,
    }
    assert (first["action"], first["person"]["name"], first["fields"]) == ("created", "Admin Tester", ["title"])
    assert nobodys["person"] is None


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"action": "refused"}, [4]),
        ({"entity": "job"}, [2, 1, 5]),
        ({"entity": "job", "action": "updated"}, [2]),
        ({"date_from": "2026-05-02", "date_to": "2026-05-02"}, [2]),  # by the clock in London, an hour ahead
        ({"date_to": "2026-05-01"}, [1, 5]),
        ({"date_from": "2026-05-03"}, [4, 3]),
        ({"before": 3}, [2, 1, 5]),
        ({"before": 99}, []),
        ({"action": "unknown"}, []),
        ({"person_id": 2**62}, []),
    ],
)
async def test_all_filters_must_hold(
    browse: Browse, told: TestOrganisation, query: dict[str, object], numbers: list[int]
) -> None:
    assert [entry["number"] for entry in (await read(browse, told, **query))["entries"]] == numbers


async def test_one_person_can_be_followed(browse: Browse, told: TestOrganisation) -> None:
    activity = await read(browse, told, person_id=told["agent1"].id)

    assert [entry["number"] for entry in activity["entries"]] == [4, 2]


async def test_pages_hold_each_entry_once(browse: Browse, told: TestOrganisation) -> None:
    whole = (await read(browse, told))["entries"]

    pages = [await read(browse, told, limit=2)]
    while pages[-1]["more"]:
        pages.append(await read(browse, told, limit=2, before=pages[-1]["entries"][-1]["number"]))

    assert [len(page["entries"]) for page in pages] == [2, 2, 1]
    assert [entry for page in pages for entry in page["entries"]] == whole


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "201"}, {"before": "x"}, {"action": "A b"}, {"date_from": "x"}, {"else": "1"}]
)
async def test_what_cannot_be_asked_for_is_named(browse: Browse, told: TestOrganisation, query: dict[str, str]) -> None:
    browser = await browse(told, "admin")

    reply = await browser.get("/web/activity", params=query)

    assert reply.status_code == 422
    assert [field["path"] for field in reply.json()["fields"]] == list(query)


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ((), "ix_audit_log_at"),
        (("before",), "ix_audit_log_at"),
        (("date_from", "date_to"), "ix_audit_log_at"),
        (("person_id",), "ix_audit_log_actor"),
        (("action",), "ix_audit_log_action"),
        (("entity",), "ix_audit_log_entity"),
    ],
)
def test_every_list_reads_an_index_in_its_order(
    plans: psycopg.Connection[Any], given: tuple[str, ...], index: str
) -> None:
    body = FindActivity(given)("true", AccountType.STAFF)
    statement = f"""EXPLAIN SELECT answer.* FROM (
        SELECT current_setting('firstfix.organisation')::bigint AS organisation_id OFFSET 0
    ) AS me, LATERAL ({body} OFFSET 0) AS answer"""  # noqa: S608 (one of ours)
    asked = {"limit": 50, "before": 7, "person_id": 3, "action": "a3", "entity": "e3"}
    asked |= {"date_from": "2026-01-01", "date_to": "2026-01-02"}

    plan = "\n".join(line for (line,) in plans.execute(statement, asked).fetchall())

    assert index in plan
    assert "Seq Scan on audit_log" not in plan
    assert "Sort Key: entry.at" not in plan


@pytest.fixture(scope="module")
def plans(databases: TestDatabases) -> Any:  # noqa: ANN401 (a generator of a connection)
    """The app's connection in the small one of two organisations, the other with ten times its entries."""
    databases.create("activity_plans")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "activity_plans"))
    fill = text("""
        INSERT INTO audit_log (
            organisation_id, number, hash, at, actor_id, source, action, entity, label, fields, times)
        SELECT :o, n, '', timestamptz '2026-01-01' + n * interval '1 minute', n % 50, 'web', 'a' || n % 50,
            'e' || n % 50, '', '{}', 1 FROM generate_series(1, :entries) AS n""")
    small, large = (make_committed_organisation(engine, OrganisationOptions()) for _ in range(2))
    with engine.begin() as connection:
        connection.execute(fill, {"o": small.id, "entries": 5_000})
        connection.execute(fill, {"o": large.id, "entries": 50_000})
    small.execute("ANALYZE")
    with psycopg.connect(databases.url(APP, "activity_plans")) as connection:
        connection.execute("SELECT set_config('firstfix.organisation', %s, false)", [str(small.id)])
        connection.commit()
        yield connection
    engine.dispose()
    databases.drop("activity_plans")
