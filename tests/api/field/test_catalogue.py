"""The price book, job types, skills, labor rates and taxes over the wire."""

from typing import Any

import httpx
import pytest

from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

Json = dict[str, Any]


async def make(field: httpx.AsyncClient, path: str, **body: Any) -> Json:  # noqa: ANN401 (whatever a body holds)
    reply = await field.post(path, json=body)
    assert reply.status_code == 201, reply.text
    made: Json = reply.json()
    assert reply.headers["location"] == made["link"]["url"]
    assert (await field.get(reply.headers["location"])).json() == made
    return made


async def test_a_tasks_price_always_follows_cost_and_markup(field: httpx.AsyncClient) -> None:
    vat = await make(field, "/settings/taxes/", name="VAT", group="UK", rate=20.0)
    task = await make(
        field,
        "/task/",
        name="Service",
        unitCost=10,
        unitPrice=99.0,
        markupType="percent",
        markupValue=12.5,
        estDuration=45,
        mandatory=True,
        tax1={"group": "UK", "name": "VAT"},
    )
    path = f"/task/{task['uuid']}"

    assert vat["rate"] == 20.0
    assert task == {
        "uuid": task["uuid"],
        "name": "Service",
        "description": "",
        "unitPrice": 11.25,
        "unitCost": 10.0,
        "markupType": "percent",
        "markupValue": 12.5,
        "taxable": False,
        "glAccount": None,
        "tax1": {"group": "UK", "name": "VAT"},
        "tax2": None,
        "customFields": {},
        "link": task["link"],
        "mandatory": True,
        "estDuration": 45,
    }
    assert '"unitCost":10.0' in (await field.get(path)).text
    for body, price in (
        ({"unitPrice": 50.0}, 11.25),
        ({"unitCost": 20.0}, 22.5),
        ({"markupType": "fixed"}, 32.5),
        ({"markupValue": None}, 20.0),
        ({"name": "Else"}, 20.0),
    ):
        assert (await field.put(path, json=body)).status_code == 204
        assert (await field.get(path)).json()["unitPrice"] == price, body


async def test_an_items_price_is_kept_where_it_is_sent(field: httpx.AsyncClient) -> None:
    item = await make(field, "/item/", name="Valve", partNumber="V-1", unitCost=4.5, markupValue=1.5, trackOnVan=True)
    path = f"/item/{item['uuid']}"

    assert (item["unitPrice"], item["trackOnVan"], item["archived"]) == (6.0, True, False)
    for body, price in (
        ({"unitPrice": 9.99, "unitCost": 5.0}, 9.99),
        ({"name": "Big valve"}, 9.99),
        ({"unitCost": 6.0}, 7.5),
        ({"unitPrice": None}, 7.5),
    ):
        assert (await field.put(path, json=body)).status_code == 204
        assert (await field.get(path)).json()["unitPrice"] == price, body


async def test_items_are_archived_and_found(field: httpx.AsyncClient) -> None:
    *_, axle = [
        await make(field, "/item/", name=name, partNumber=f"P{number}", glAccount="4000")
        for number, name in enumerate(("Cap", "Bolt", "Axle"))
    ]
    await field.put(f"/item/{axle['uuid']}", json={"archived": "true"})

    async def names(query: str) -> list[str]:
        return [found["name"] for found in (await field.get(f"/item/?{query}")).json()["items"]]

    assert await names("") == ["Axle", "Bolt", "Cap"]
    assert await names("sortedBy=-partNumber") == ["Axle", "Bolt", "Cap"]
    assert await names("sortedBy=partNumber&pageSize=2&page=1") == ["Axle"]
    assert await names("archived=true") == ["Axle"]
    assert await names("archived=false&glAccount=4000&taxable=false") == ["Bolt", "Cap"]
    assert await names("partNumber=P1") == ["Bolt"]


async def test_job_types_have_skills(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    gas, ladder = [await make(field, "/skill/", name=name) for name in ("Gas Safe", "Ladder")]
    both = [{"uuid": gas["uuid"]}, {"uuid": ladder["uuid"]}]

    made = await make(field, "/jobtype/", name="Flue check", skills=both)
    in_use = await field.delete(f"/skill/{gas['uuid']}")
    await field.put(f"/jobtype/{made['uuid']}", json={"skills": both[1:], "archived": "True"})
    after = (await field.get(f"/jobtype/{made['uuid']}")).json()
    freed = await field.delete(f"/skill/{gas['uuid']}")
    job = {"scheduledOn": "2030-01-01", "location": {"uuid": organisation.location_uuid.hex}}
    archived = await field.post("/job/", json={**job, "jobType": {"uuid": made["uuid"]}})

    assert [skill["name"] for skill in made["skills"]] == ["Gas Safe", "Ladder"]
    assert (in_use.status_code, freed.status_code, archived.status_code) == (409, 204, 409)
    assert ([skill["name"] for skill in after["skills"]], after["archived"]) == (["Ladder"], True)
    assert (await field.delete(f"/jobtype/{made['uuid']}")).status_code == 204


async def test_a_job_type_in_use_stays(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    organisation.insert_job()
    (found,) = (await field.get("/jobtype/", params={"name": "Gas & Heating"})).json()["items"]

    reply = await field.delete(f"/jobtype/{found['uuid']}")

    assert (reply.status_code, reply.json()["error"]["name"]) == (409, "ConflictError")


async def test_labor_rates_have_taxes_and_users(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    await make(field, "/settings/taxes/", name="VAT", group="UK", rate=20)
    engineer = {"uuid": organisation["engineer1"].uuid.hex}

    rate = await make(
        field,
        "/settings/laborrates/",
        name="Standard",
        rate=45.5,
        cost=20,
        taxable=True,
        taxes=[{"group": "UK", "name": "VAT"}],
        users=[engineer],
    )
    taxes = (await field.get("/settings/taxes/?name=VAT")).json()["items"]
    in_use = await field.delete(f"/settings/taxes/{taxes[0]['uuid']}")
    await field.put(f"/settings/laborrates/{rate['uuid']}", json={"taxes": [], "users": None})
    after = (await field.get(f"/settings/laborrates/{rate['uuid']}")).json()

    assert (rate["rate"], rate["cost"], rate["taxes"], rate["users"]) == (
        45.5,
        20.0,
        [{"group": "UK", "name": "VAT"}],
        [engineer],
    )
    assert in_use.status_code == 409
    assert (after["taxes"], after["users"]) == ([], [])
    assert (await field.delete(f"/settings/taxes/{taxes[0]['uuid']}")).status_code == 204
    assert (await field.delete(f"/settings/laborrates/{rate['uuid']}")).status_code == 204


async def test_names_are_had_once(field: httpx.AsyncClient) -> None:
    for path, body in (
        ("/skill/", {"name": "Gas"}),
        ("/jobtype/", {"name": "Flues"}),
        ("/settings/laborrates/", {"name": "Standard", "rate": 1}),
        ("/settings/taxes/", {"name": "VAT", "group": "UK", "rate": 20}),
        ("/service_area/", {"name": "City", "area": AREA}),
    ):
        await make(field, path, **body)
        again = await field.post(path, json=body)
        assert (again.status_code, again.json()["error"]["name"]) == (409, "ConflictError"), path


AREA = {"shape": "RECTANGLE", "geometry": {"ne": {"lat": 51.6, "lng": 0.1}, "sw": {"lat": 51.4, "lng": -0.2}}}


async def test_refusals(field: httpx.AsyncClient) -> None:
    for path, body, at in (
        ("/task/", {"name": "A", "estDuration": -1}, "estDuration"),
        ("/task/", {"name": "A", "estDuration": 1.5}, "estDuration"),
        ("/task/", {"name": "A", "markupType": "double"}, "markupType"),
        ("/item/", {"name": "A", "unitCost": "3"}, "unitCost"),
        ("/item/", {"name": "A", "archived": "perhaps"}, "archived"),
        ("/settings/taxes/", {"name": "A", "group": "B", "rate": 101}, "rate"),
        ("/settings/taxes/", {"name": "A", "rate": 1}, "group"),
        ("/settings/laborrates/", {"name": "A"}, "rate"),
        ("/skill/", {}, "name"),
    ):
        reply = await field.post(path, json=body)
        assert (reply.status_code, reply.json()["error"]["fields"][0]["path"]) == (422, at), (path, body, reply.text)


@pytest.mark.parametrize("part", ["name", "group"])
async def test_no_tax_has_a_name_that_cannot_be_stored(field: httpx.AsyncClient, part: str) -> None:
    tax = {"name": "VAT", "group": "United Kingdom"} | {part: "V\0T"}
    for path, body in (
        ("/task/", {"name": "Service", "tax1": tax}),
        ("/item/", {"name": "Valve", "tax2": tax}),
        ("/settings/laborrates/", {"name": "Day", "rate": 1.0, "taxes": [tax]}),
        ("/location/", {"name": "Mill", "tax": tax}),
        ("/customer/", {"name": "Mill", "location": {"name": "Mill", "tax": tax}}),
    ):
        reply = await field.post(path, json=body)
        assert (reply.status_code, reply.json()["error"]["name"]) == (404, "NotFoundError"), path


async def test_as_many_taxes_are_looked_for_as_a_body_names(field: httpx.AsyncClient) -> None:
    taxes = [{"name": str(number), "group": ""} for number in range(33_000)]

    reply = await field.post("/settings/laborrates/", json={"name": "Day", "rate": 1.0, "taxes": taxes})

    assert (reply.status_code, reply.json()["error"]["name"]) == (404, "NotFoundError"), reply.text


async def test_strangers_and_unknown_parameters(
    server: TestServer, field: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for path, body in (
        ("/task/", {"name": "A"}),
        ("/item/", {"name": "A"}),
        ("/jobtype/", {"name": "A"}),
        ("/skill/", {"name": "A"}),
        ("/settings/laborrates/", {"name": "A", "rate": 1}),
        ("/settings/taxes/", {"name": "A", "group": "B", "rate": 1}),
        ("/service_area/", {"name": "A", "area": AREA}),
    ):
        one = (await make(field, path, **body))["link"]["url"].removeprefix(server.base_url)
        replies = [await stranger.get(one), await stranger.put(one, json={"name": "B"}), await stranger.delete(one)]
        assert [reply.status_code for reply in replies] == [404, 404, 404], path
        assert [(await field.get(f"{path}?{query}")).status_code for query in ("colour=red", "sortedBy=x")] == [
            422,
            422,
        ]
        assert (await field.delete(one)).status_code == 204
        assert (await field.get(one)).status_code == 404


async def test_what_a_job_has_of_the_price_book_stays(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    task, item = await make(field, "/task/", name="Service"), await make(field, "/item/", name="Valve")
    rate = await make(field, "/settings/laborrates/", name="Standard", rate=40)
    job = await field.post(
        "/job/",
        json={
            "scheduledOn": "2030-01-01",
            "location": {"uuid": organisation.location_uuid.hex},
            "tasks": [{"task": {"uuid": task["uuid"]}, "items": [{"item": {"uuid": item["uuid"]}}]}],
            "labor": [
                {
                    "user": {"uuid": organisation["engineer1"].uuid.hex},
                    "quantity": 30,
                    "rate": {"uuid": rate["uuid"]},
                }
            ],
        },
    )
    paths = [f"/task/{task['uuid']}", f"/item/{item['uuid']}"]

    kept = [(await field.delete(path)).status_code for path in paths]
    rate_gone = await field.delete(f"/settings/laborrates/{rate['uuid']}")
    shown = (await field.get(f"/job/{job.json()['uuid']}")).json()
    await field.delete(f"/job/{job.json()['uuid']}")
    gone = [(await field.delete(path)).status_code for path in paths]

    assert (kept, rate_gone.status_code, gone) == ([409, 409], 204, [204, 204])
    assert (shown["labor"][0]["rate"]["name"], shown["revenue"]) == ("Standard", 20.0)
