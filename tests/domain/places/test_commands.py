"""Rules of customers, locations, contacts and assets, and who sees which."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, table, text

from firstfix.domain.errors import EntityInUse, EntityNotFound, ReferenceArchived, ReferenceNotFound, ValueRefused
from firstfix.domain.places.commands import (
    add_asset,
    add_contact,
    add_customer,
    add_location,
    change_asset,
    change_contact,
    change_customer,
    change_location,
    remove_customer,
    remove_location,
)
from firstfix.domain.places.policies import visible_places
from firstfix.domain.work import Work
from tests.conftest import MakeOrganisation, actor_of
from tests.factories.organisations import TestOrganisation

JOB = (
    "INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,"
    " asset_id, vat_percentage) SELECT 1, 'J1', 'Tap', :branch, (SELECT min(id) FROM statuses), 0,"
    " (SELECT min(id) FROM priorities), (SELECT min(id) FROM job_types), :location, :asset, 20"
)


@pytest.fixture
def home(make_organisation: MakeOrganisation) -> TestOrganisation:
    """One whose places no other test has touched: here they are counted."""
    return make_organisation()


async def one(work: Work, table: str, uuid: UUID) -> dict[str, Any]:
    row = (await work.session.execute(text(f"SELECT * FROM {table} WHERE uuid = :uuid"), {"uuid": uuid})).mappings()  # noqa: S608
    return dict(row.one())


async def run(work: Work, statement: str, **parameters: object) -> None:
    await work.session.execute(text(statement), parameters)


def acting(work: Work, home: TestOrganisation, label: str) -> Work:
    """Go on with the same transaction as somebody else."""
    return Work(work.session, actor=actor_of(home, label), now=work.now, keys=work.keys, source=work.source)


async def test_a_location_of_an_agent_stands_in_their_branch(work: Work, home: TestOrganisation) -> None:
    staffs = await add_location(work, {"name": "Depot"})
    agents = await add_location(acting(work, home, "agent2"), {"name": "Shop"})

    assert (await one(work, "locations", staffs))["branch_id"] is None
    assert (await one(work, "locations", agents))["branch_id"] == home.ids["branches"]["South"]


@pytest.mark.parametrize("values", [{}, {"country": "UK"}, {"name": " ", "line1": ""}])
async def test_a_location_needs_a_name_or_an_address(work: Work, values: dict[str, Any]) -> None:
    with pytest.raises(ValueRefused) as refusal:
        await add_location(work, values)
    assert refusal.value.field == "line1"


@pytest.mark.parametrize(("field", "value"), [("latitude", 90.1), ("longitude", -180.1)])
async def test_a_location_is_on_earth(work: Work, home: TestOrganisation, field: str, value: float) -> None:
    with pytest.raises(ValueRefused) as refusal:
        await change_location(work, home.location_uuid, {field: value})
    assert refusal.value.field == field


async def test_a_street_of_two_lines_stays_when_it_comes_back_as_shown(work: Work, home: TestOrganisation) -> None:
    await run(work, "UPDATE locations SET line2 = 'Flat 2' WHERE id = :id", id=home.location_id)

    await change_location(work, home.location_uuid, {"line1": "1 Example Street, Flat 2"})
    kept = await one(work, "locations", home.location_uuid)
    events = len(work.events)
    await change_location(work, home.location_uuid, {"line1": "2 Example Street"})
    moved = await one(work, "locations", home.location_uuid)

    assert (kept["line1"], kept["line2"], events) == ("1 Example Street", "Flat 2", 0)
    assert (moved["line1"], moved["line2"]) == ("2 Example Street", "")


@pytest.mark.parametrize("values", [{}, {"first_name": " ", "last_name": None}, {"email": "a@example.com"}])
async def test_a_contact_needs_a_name(work: Work, values: dict[str, Any]) -> None:
    with pytest.raises(ValueRefused):
        await add_contact(work, values)


async def test_a_contact_keeps_a_name(work: Work, home: TestOrganisation) -> None:
    await change_contact(work, home.contact_uuid, {"first_name": None})

    with pytest.raises(ValueRefused):
        await change_contact(work, home.contact_uuid, {"last_name": ""})


async def test_a_location_keeps_a_name_or_an_address(work: Work, home: TestOrganisation) -> None:
    with pytest.raises(ValueRefused):
        await change_location(work, home.location_uuid, dict.fromkeys(("name", "line1", "city", "region", "postcode")))


async def test_an_archived_location_is_not_named_anew_but_stays_where_it_was(
    work: Work, home: TestOrganisation
) -> None:
    old = await add_asset(work, {"name": "Old boiler", "location": home.location_uuid})
    new = await add_asset(work, {"name": "New boiler"})
    await run(work, "UPDATE locations SET archived_at = now() WHERE id = :id", id=home.location_id)

    await change_asset(work, old, {"location": home.location_uuid, "name": "Older boiler"})

    with pytest.raises(ReferenceArchived):
        await change_asset(work, new, {"location": home.location_uuid})


async def test_the_billing_location_is_one_of_the_customers(work: Work, home: TestOrganisation) -> None:
    foreign = await add_location(work, {"name": "Elsewhere"})
    customer, site = await add_customer(work, {"name": "Jones"}, location={"name": "Home", "is_billing": True})
    assert site is not None

    with pytest.raises(ReferenceNotFound):
        await change_customer(work, customer, {"billing_location": foreign})
    with pytest.raises(ReferenceNotFound):
        await change_customer(work, customer, {"billing_location": home.location_uuid})
    other = await add_location(work, {"name": "Office", "customer": customer})
    await change_customer(work, customer, {"billing_location": other})

    assert (await one(work, "locations", site))["is_billing"] is False
    assert (await one(work, "locations", other))["is_billing"] is True


async def test_a_second_billing_location_takes_the_place_of_the_first(work: Work) -> None:
    customer, first = await add_customer(work, {"name": "Jones"}, location={"name": "Home", "is_billing": True})
    assert first is not None

    second = await add_location(work, {"name": "Office", "customer": customer, "is_billing": True})
    added = (await one(work, "locations", first))["is_billing"]
    await change_location(work, first, {"is_billing": True})

    assert added is False
    assert (await one(work, "locations", first))["is_billing"] is True
    assert (await one(work, "locations", second))["is_billing"] is False


async def test_a_customer_goes_with_its_unused_locations_and_contacts(work: Work, home: TestOrganisation) -> None:
    work.events.clear()

    await remove_customer(work, home.customer_uuid)

    for name in ("customers", "locations", "contacts"):
        assert await work.session.scalar(text(f"SELECT count(*) FROM {name}")) == 0  # noqa: S608
    assert [(event.entity, event.action, event.entity_uuid) for event in work.events] == [
        ("contact", "deleted", home.contact_uuid),
        ("location", "deleted", home.location_uuid),
        ("customer", "deleted", home.customer_uuid),
    ]


async def test_a_customer_with_a_location_in_use_stays(work: Work, home: TestOrganisation) -> None:
    await run(work, JOB, branch=home.ids["branches"]["North"], location=home.location_id, asset=None)

    with pytest.raises(EntityInUse, match="This Customer is in use"):
        await remove_customer(work, home.customer_uuid)


async def test_a_location_in_use_stays(work: Work, home: TestOrganisation) -> None:
    await run(work, JOB, branch=home.ids["branches"]["North"], location=home.location_id, asset=None)

    with pytest.raises(EntityInUse, match="This Location is in use"):
        await remove_location(work, home.location_uuid)


async def seen(work: Work, home: TestOrganisation, label: str) -> list[int]:
    """Count the locations, customers, contacts and assets that somebody sees."""
    actor = actor_of(home, label)
    counts = [
        select(func.count()).select_from(table(name)).where(visible_places(actor, name)).scalar_subquery()
        for name in ("locations", "customers", "contacts", "assets")
    ]
    return list((await work.session.execute(select(*counts))).one())


async def test_agents_see_what_is_of_their_branches_or_of_none(work: Work, home: TestOrganisation) -> None:
    await add_asset(work, {"name": "Boiler", "location": home.location_uuid})
    before = [await seen(work, home, label) for label in ("manager", "agent1", "agent2", "contractor1", "tenant1")]
    customer, _ = await add_customer(work, {"name": "Jones"}, location={"name": "Of no branch"})
    await add_contact(work, {"first_name": "Ada", "customer": customer})
    await add_contact(work, {"first_name": "Of nobody"})
    await add_asset(work, {"name": "Spare boiler"})
    after = [await seen(work, home, label) for label in ("manager", "agent1", "agent2", "contractor1", "tenant1")]

    assert before == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert after == [[2, 2, 3, 2], [2, 2, 3, 2], [1, 1, 2, 1], [0, 0, 0, 0], [0, 0, 0, 0]]


async def test_agents_see_what_jobs_of_their_branches_show(work: Work, home: TestOrganisation) -> None:
    asset = await add_asset(work, {"name": "Boiler", "location": home.location_uuid})
    hidden = await seen(work, home, "agent2")
    south = home.ids["branches"]["South"]
    await run(work, JOB, branch=south, location=home.location_id, asset=(await one(work, "assets", asset))["id"])
    without_contact = await seen(work, home, "agent2")
    await run(
        work, "INSERT INTO job_contacts (job_id, contact_id, position) SELECT id, :id, 0 FROM jobs", id=home.contact_id
    )

    assert hidden == [0, 0, 0, 0]
    assert without_contact == [1, 1, 0, 1]
    assert await seen(work, home, "agent2") == [1, 1, 1, 1]


async def test_what_agents_do_not_see_is_not_there(work: Work, home: TestOrganisation) -> None:
    agent = acting(work, home, "agent2")

    for attempt in (
        change_location(agent, home.location_uuid, {"name": "Mine"}),
        remove_location(agent, home.location_uuid),
        change_contact(agent, home.contact_uuid, {"phone": "1"}),
        change_customer(agent, home.customer_uuid, {"notes": "Mine"}),
        remove_customer(agent, home.customer_uuid),
    ):
        with pytest.raises(EntityNotFound):
            await attempt
    with pytest.raises(ReferenceNotFound):
        await add_asset(agent, {"name": "Boiler", "location": home.location_uuid})
