"""Customers, locations, contacts and assets over the wire."""

from typing import Any

import httpx

from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

Json = dict[str, Any]


async def make(field: httpx.AsyncClient, path: str, **body: Any) -> Json:  # noqa: ANN401 (whatever a body holds)
    reply = await field.post(path, json=body)
    assert reply.status_code == 201, reply.text
    made: Json = reply.json()
    assert reply.headers["location"] == made["link"]["url"]
    assert (await field.get(reply.headers["location"])).json() == {k: v for k, v in made.items() if k in made}
    return made


def error_of(reply: httpx.Response) -> tuple[int, str, str]:
    error = reply.json()["error"]
    return reply.status_code, error["name"], error["message"]


async def test_a_customer(server: TestServer, field: httpx.AsyncClient) -> None:
    customer = await make(
        field,
        "/customer/",
        name="Smith & Sons",
        email="post@smith.example",
        discount=12.5,
        glAccount="4000",
        taxable=False,
    )

    assert customer == {
        "uuid": customer["uuid"],
        "name": "Smith & Sons",
        "customerId": customer["customerId"],
        "email": "post@smith.example",
        "phone": None,
        "fax": None,
        "website": None,
        "discount": 12.5,
        "notes": None,
        "account": None,
        "glAccount": "4000",
        "taxable": False,
        "onHold": False,
        "customFields": {},
        "billingLocation": None,
        "link": {"rel": "detail", "url": f"{server.base_url}/customer/{customer['uuid']}"},
    }
    assert isinstance(customer["customerId"], int)


async def test_a_customer_comes_with_its_first_location(server: TestServer, field: httpx.AsyncClient) -> None:
    reply = await field.post(
        "/customer/",
        json={"name": "Jones", "location": {"streetName": "2 High Street", "postcode": "AB1 2CD", "isBilling": True}},
    )

    customer = reply.json()
    uuid = customer["location"]["uuid"]
    reference = {"uuid": uuid, "link": {"rel": "detail", "url": f"{server.base_url}/location/{uuid}"}}
    assert reply.status_code == 201
    assert customer["location"] == customer["billingLocation"] == reference
    listed = (await field.get(f"/customer/{customer['uuid']}/location/")).json()
    assert [(item["uuid"], item["streetName"]) for item in listed["items"]] == [(uuid, "2 High Street")]


async def test_lists_are_filtered_sorted_and_paged(field: httpx.AsyncClient) -> None:
    for number, name in enumerate(("Beta", "Alpha", "Gamma")):
        await make(field, "/customer/", name=name, taxable=number == 0)

    by_name = await field.get("/customer/", params={"pageSize": 2, "page": 1})
    by_number = (await field.get("/customer/?sortedBy=-customerId,name&pageSize=3")).json()
    taxed = (await field.get("/customer/?taxable=true&name=Beta")).json()
    none = (await field.get("/customer/", params={"name": "No\0body"})).json()

    assert [item["name"] for item in by_name.json()["items"]] == ["Beta", "Gamma"]
    assert {key: by_name.json()[key] for key in ("count", "page", "pageSize", "sortedBy")} == {
        "count": 4,
        "page": 1,
        "pageSize": 2,
        "sortedBy": ["name"],
    }
    assert [part.rpartition("rel=")[2] for part in by_name.headers["link"].split(",")] == ["first", "last", "prev"]
    assert [item["name"] for item in by_number["items"]] == ["Gamma", "Alpha", "Beta"]
    assert by_number["sortedBy"] == ["-customerId", "name"]
    assert [item["name"] for item in taxed["items"]] == ["Beta"]
    assert (none["count"], none["items"]) == (0, [])


async def test_unknown_parameters_and_orders_are_refused(field: httpx.AsyncClient) -> None:
    for path in ("/customer/", "/location/", "/contact/", "/asset/"):
        for query in ("colour=red", "sortedBy=colour", "pageSize=0", "pageSize=201", "page=-1", "sortedBy=name,-name"):
            assert (await field.get(f"{path}?{query}")).status_code == 422, f"{path}?{query}"
    assert (await field.get("/customer/?taxable=perhaps")).status_code == 422


async def test_an_update_leaves_what_is_absent_and_clears_what_is_null(field: httpx.AsyncClient) -> None:
    customer = await make(field, "/customer/", name="Before", phone="1", notes="Kept", onHold=True)
    path = f"/customer/{customer['uuid']}"

    reply = await field.put(path, json={"name": "After", "phone": None, "onHold": None, "customerId": 7, "nonsense": 1})

    after = (await field.get(path)).json()
    assert (reply.status_code, reply.content) == (204, b"")
    assert after == {**customer, "name": "After", "phone": None, "onHold": False}


async def test_a_body_that_was_read_may_be_posted_back(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    organisation.execute("UPDATE locations SET line2 = 'Flat 2' WHERE id = :id", id=organisation.location_id)
    await make(
        field, "/asset/", name="Boiler", location={"uuid": organisation.location_uuid.hex}, arrivedOn="2020-01-02"
    )
    events = "SELECT FROM events WHERE organisation_id = :id"
    before = len(organisation.execute(events, id=organisation.id))
    shown = []
    for path in ("/customer/", "/location/", "/contact/", "/asset/"):
        shown += [item["link"]["url"] for item in (await field.get(path)).json()["items"]]

    for url in shown:
        body = (await field.get(url)).json()
        assert (await field.put(url, json=body)).status_code == 204
        assert (await field.get(url)).json() == body

    assert len(shown) == 4
    assert len(organisation.execute(events, id=organisation.id)) == before


async def test_refusals_of_values(field: httpx.AsyncClient) -> None:
    for path, body, at in (
        ("/customer/", {}, "name"),
        ("/customer/", {"name": " "}, "name"),
        ("/customer/", {"name": "A", "discount": "12"}, "discount"),
        ("/customer/", {"name": "A", "discount": 1.23456}, "discount"),
        ("/customer/", {"name": "A", "phone": 7}, "phone"),
        ("/customer/", {"name": "A\0"}, "name"),
        ("/location/", {"country": "UK"}, "streetName"),
        ("/location/", {"name": "A", "lat": 91.0}, "lat"),
        ("/contact/", {"email": "a@example.com"}, "firstName"),
        ("/asset/", {"name": "A", "arrivedOn": "soon"}, "arrivedOn"),
        ("/asset/", {"name": None}, "name"),
    ):
        reply = await field.post(path, json=body)
        assert (reply.status_code, reply.json()["error"]["fields"][0]["path"]) == (422, at), (path, body, reply.text)


async def test_what_a_body_names_must_be_there(field: httpx.AsyncClient, make_organisation: MakeOrganisation) -> None:
    elsewhere = make_organisation()

    for path, body, message in (
        ("/location/", {"name": "A", "customer": {"uuid": elsewhere.customer_uuid.hex}}, "Customer"),
        ("/contact/", {"firstName": "A", "customer": {"uuid": elsewhere.customer_uuid.hex}}, "Customer"),
        ("/asset/", {"name": "A", "location": {"uuid": elsewhere.location_uuid.hex}}, "Location"),
        ("/asset/", {"name": "A", "contact": {"uuid": elsewhere.contact_uuid.hex}}, "Contact"),
        ("/location/", {"name": "A", "tax": {"group": "UK", "name": "None"}}, "Tax"),
    ):
        status, name, said = error_of(await field.post(path, json=body))
        assert (status, name) == (404, "NotFoundError")
        assert said.startswith(f"No {message} with id=")


async def test_strangers_find_nothing(
    server: TestServer, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    async with server.field(make_organisation()["admin"].api_key) as stranger:
        for path, uuid in (
            ("customer", organisation.customer_uuid),
            ("location", organisation.location_uuid),
            ("contact", organisation.contact_uuid),
        ):
            one = f"/{path}/{uuid.hex}"
            replies = [await stranger.get(one), await stranger.put(one, json={}), await stranger.delete(one)]
            assert [reply.status_code for reply in replies] == [404, 404, 404]
            assert error_of(replies[0])[2] == f"No {path.capitalize()} with id={uuid.hex} exists"
        assert (await stranger.get(f"/customer/{organisation.customer_uuid.hex}/contact/")).status_code == 404
        assert (await stranger.get("/customer/nonsense")).status_code == 404


async def test_what_is_in_use_stays(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job = {"scheduledOn": "2030-01-02", "location": {"uuid": organisation.location_uuid.hex}}
    made = await field.post("/job/", json={**job, "contact": {"uuid": organisation.contact_uuid.hex}})
    paths = [
        f"/{path}/{uuid.hex}"
        for path, uuid in (
            ("contact", organisation.contact_uuid),
            ("location", organisation.location_uuid),
            ("customer", organisation.customer_uuid),
        )
    ]

    refused = [error_of(await field.delete(path)) for path in paths]
    await field.delete(f"/job/{made.json()['uuid']}")
    removed = [(await field.delete(paths[2])).status_code, *[(await field.get(path)).status_code for path in paths]]

    assert refused == [
        (409, "ConflictError", "This Contact is in use."),
        (409, "ConflictError", "This Location is in use."),
        (409, "ConflictError", "This Customer is in use."),
    ]
    assert removed == [204, 404, 404, 404]


async def test_the_billing_location_is_one_of_the_customers(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    customer = f"/customer/{organisation.customer_uuid.hex}"
    other = await make(field, "/location/", name="Elsewhere")

    foreign = await field.put(customer, json={"billingLocation": {"uuid": other["uuid"]}})
    set_ = await field.put(customer, json={"billingLocation": {"uuid": str(organisation.location_uuid)}})
    shown = (await field.get(customer)).json()["billingLocation"]["uuid"]
    billed = (await field.get("/location/?isBilling=true")).json()["items"]
    cleared = await field.put(customer, json={"billingLocation": None})

    assert (foreign.status_code, set_.status_code, cleared.status_code) == (404, 204, 204)
    assert shown == organisation.location_uuid.hex == billed[0]["uuid"]
    assert (await field.get(customer)).json()["billingLocation"] is None


async def test_locations_are_filtered(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    await make(
        field,
        "/location/",
        name="Depot",
        streetName="9 Dock Road",
        locality="Port",
        region="Kent",
        postcode="PO1 1AA",
        country="UK",
        type="warehouse",
        lat=51.5,
        lng=-0.1,
    )

    for query in (
        "name=Depot",
        "streetName=9+Dock+Road",
        "locality=Port",
        "region=Kent",
        "postcode=PO1+1AA",
        "country=UK",
        "type=warehouse",
    ):
        assert [item["name"] for item in (await field.get(f"/location/?{query}")).json()["items"]] == ["Depot"], query
    of_customer = (await field.get(f"/location/?customer={organisation.customer_uuid}")).json()
    assert [item["uuid"] for item in of_customer["items"]] == [organisation.location_uuid.hex]


async def test_an_asset_and_its_list(
    server: TestServer, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    site, contact = organisation.location_uuid.hex, organisation.contact_uuid.hex

    asset = await make(
        field,
        "/asset/",
        name="Boiler",
        serialNumber="S-1",
        manufacturer="Acme",
        make="A",
        model="B",
        arrivedOn="2020-02-03",
        location={"uuid": site},
        contact={"uuid": contact},
    )
    page = (await field.get("/asset/?serialNumber=S-1&page=0&pageSize=5")).json()

    url = f"{server.base_url}/asset/{asset['uuid']}"
    assert (asset["href"], asset["link"]["url"], asset["attachments"], asset["customFields"]) == (url, url, [], {})
    assert asset["arrivedOn"] == "2020-02-03T00:00:00+00:00"
    assert asset["location"]["href"] == asset["location"]["link"]["url"] == f"{server.base_url}/location/{site}"
    assert (page["items"], page["pageStartIndex"], page["count"]) == ([asset], 0, 1)
    assert (await field.delete(url)).status_code == 204
    assert (await field.get(url)).status_code == 404


async def test_agents_see_the_places_of_their_branches(server: TestServer, organisation: TestOrganisation) -> None:
    organisation.insert("locations", name="South", branch_id=organisation.ids["branches"]["South"])
    seen = {}
    for label in ("manager", "agent1", "agent2", "contractor1", "tenant1", "landlord1"):
        async with server.field(organisation[label].api_key) as client:
            replies = [await client.get(path) for path in ("/location/", "/customer/", "/contact/")]
            seen[label] = [r.json()["count"] if r.status_code == 200 else r.status_code for r in replies]

    assert seen == {
        "manager": [2, 1, 1],
        "agent1": [1, 1, 1],
        "agent2": [1, 0, 0],
        "contractor1": [403, 403, 403],
        "tenant1": [403, 403, 403],
        "landlord1": [403, 403, 403],
    }


async def test_changes_are_told_to_the_feed(field: httpx.AsyncClient) -> None:
    token = (await field.get("/changes/token")).json()["sinceToken"]
    contact = await make(field, "/contact/", firstName="Ada")
    await field.put(f"/contact/{contact['uuid']}", json={"lastName": "Lovelace"})
    await field.delete(f"/contact/{contact['uuid']}")

    items = (await field.get(f"/changes/{token}/")).json()["items"]

    assert [(item["entityClass"], item["status"], item["entity"]) for item in items] == [
        ("Contact", status, contact["uuid"]) for status in ("created", "updated", "deleted")
    ]
