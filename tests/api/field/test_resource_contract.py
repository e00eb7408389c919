"""The table of resources as the contract has it: fields, filters, sorts, and what all lists and writes share."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct

from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

Json = dict[str, Any]


class Row(Struct, frozen=True, kw_only=True):
    """A row of the table.

    Args:
        fields: What each item shows, beside `uuid` and `link`.
        filters: With a value that finds the one that `body` makes.
        sorts: The default first.
        body: Of a new one; `None` where nothing is written.
        also: What a page has beside what all pages have.
    """

    path: str
    fields: str
    filters: dict[str, str]
    sorts: tuple[str, ...] = ("name",)
    body: Json | None = None
    also: tuple[str, ...] = ()


AREA = {"shape": "RECTANGLE", "geometry": {"ne": {"lat": 51.6, "lng": 0.1}, "sw": {"lat": 51.4, "lng": -0.2}}}
ADDRESS = {
    "name": "Depot",
    "streetName": "9 Dock Road",
    "locality": "Port",
    "region": "Kent",
    "postcode": "PO1 1AA",
    "country": "UK",
    "type": "warehouse",
}
TABLE = (
    Row(
        path="/customer/",
        fields="name customerId email phone fax website discount notes account glAccount taxable onHold customFields"
        " billingLocation",
        filters={"name": "Jones", "email": "j@example.com", "glAccount": "4000", "taxable": "false"},
        sorts=("name", "customerId"),
        body={"name": "Jones", "email": "j@example.com", "glAccount": "4000", "taxable": "False"},
    ),
    Row(
        path="/contact/",
        fields="firstName lastName email phone customer customFields",
        filters={"firstName": "Ada", "lastName": "Jones", "email": "a@example.com", "phone": "1"},
        sorts=("lastName",),
        body={"firstName": "Ada", "lastName": "Jones", "email": "a@example.com", "phone": "1"},
    ),
    Row(
        path="/location/",
        fields="name streetName locality region postcode country type customer isBilling lat lng tax customFields",
        filters={**ADDRESS, "isBilling": "true"},
        body={**ADDRESS, "isBilling": "true"},
    ),
    Row(
        path="/asset/",
        fields="name description serialNumber manufacturer make model manufacturerNotes maintenanceNotes area arrivedOn"
        " contact location customFields attachments href",
        filters={"name": "Boiler", "serialNumber": "S1", "manufacturer": "Acme", "make": "A", "model": "B"},
        body={"name": "Boiler", "serialNumber": "S1", "manufacturer": "Acme", "make": "A", "model": "B"},
        also=("pageStartIndex",),
    ),
    Row(
        path="/user/",
        fields="email firstName lastName phone locale timezone platform role archived customFields",
        filters={"firstName": "Ada", "lastName": "Jones", "email": "ada@contract.example", "archived": "true"},
        sorts=("email",),
        body={"firstName": "Ada", "lastName": "Jones", "email": "ada@contract.example", "archived": "true"},
    ),
    Row(
        path="/task/",
        fields="name description mandatory estDuration unitPrice unitCost markupType markupValue taxable glAccount tax1"
        " tax2 customFields",
        filters={"name": "Service", "taxable": "true", "glAccount": "4000"},
        body={"name": "Service", "taxable": True, "glAccount": "4000", "mandatory": "true"},
    ),
    Row(
        path="/item/",
        fields="name description partNumber unitPrice unitCost markupType markupValue taxable glAccount tax1 tax2"
        " trackOnVan archived customFields",
        filters={"name": "Valve", "partNumber": "V1", "taxable": "true", "glAccount": "4000", "archived": "false"},
        sorts=("name", "partNumber"),
        body={"name": "Valve", "partNumber": "V1", "taxable": True, "glAccount": "4000", "trackOnVan": "false"},
    ),
    Row(path="/jobtype/", fields="name archived skills", filters={"name": "Flues"}, body={"name": "Flues"}),
    Row(path="/skill/", fields="name", filters={"name": "Gas Safe"}, body={"name": "Gas Safe"}),
    Row(
        path="/service_area/",
        fields="name description colour area",
        filters={"name": "City"},
        body={"name": "City", "area": AREA},
    ),
    Row(
        path="/group/",
        fields="name archived",
        filters={"name": "East", "archived": "true"},
        body={"name": "East", "archived": "True"},
    ),
    Row(
        path="/settings/laborrates/",
        fields="name rate cost taxable taxes glAccount users",
        filters={"name": "Standard"},
        body={"name": "Standard", "rate": 40, "taxable": "true"},
    ),
    Row(
        path="/settings/taxes/",
        fields="name group rate",
        filters={"name": "VAT"},
        body={"name": "VAT", "group": "UK", "rate": 20},
    ),
    Row(
        path="/settings/customfields/",
        fields="key entityClass name type options defaultValue position displayOnInvoice displayOnPdf readonlyOnDevice"
        " syncable barcodeScannable availableOnJob",
        filters={"name": "Gate code", "key": "gate", "type": "Text", "entityClass": "Location"},
        sorts=("name", "key", "type", "entityClass"),
        body={
            "name": "Gate code",
            "key": "gate",
            "type": "Text",
            "entityClass": "Location",
            "options": [],
            "defaultValue": "none",
            "position": 3,
            "displayOnInvoice": "true",
            "displayOnPdf": True,
            "readonlyOnDevice": True,
            "syncable": False,
            "barcodeScannable": "True",
            "availableOnJob": True,
        },
    ),
    Row(
        path="/unavailability/types",
        fields="name description archived paid",
        filters={"archived": "false", "name": "leav"},
    ),
)
EACH = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.path.strip("/"))
WRITTEN = pytest.mark.parametrize("row", [row for row in TABLE if row.body], ids=lambda row: row.path.strip("/"))


@pytest.fixture
def organisation(make_organisation: MakeOrganisation) -> TestOrganisation:
    """One that works with groups, and has what can only be read."""
    organisation = make_organisation(is_enterprise=True)
    organisation.insert("unavailability_types", name="Annual leave")
    return organisation


async def make(field: httpx.AsyncClient, row: Row, organisation: TestOrganisation) -> Json:
    """Make what a row's body says; where nothing is written, read the one that is there."""
    if row.body is None:
        (found,) = (await field.get(row.path)).json()["items"]
        return dict(found)
    body = dict(row.body)
    if "email" in body and row.path == "/user/":  # an address signs in one account of all organisations
        body["email"] = f"ada@{organisation.uuid.hex}.example"
    reply = await field.post(row.path, json=body)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


@EACH
async def test_the_fields(
    field: httpx.AsyncClient, organisation: TestOrganisation, row: Row, server: TestServer
) -> None:
    made = await make(field, row, organisation)

    assert set(made) == {"uuid", "link", *row.fields.split()}
    assert re.fullmatch("[0-9a-f]{32}", made["uuid"])
    where = row.path if row.body is None else f"{row.path}{made['uuid']}"
    assert made["link"] == {"rel": "detail", "url": f"{server.base_url}{where}"}
    if row.body is not None:
        assert (await field.get(where)).json() == made
        dashed = f"{row.path}{str(UUID(made['uuid'])).upper()}"
        assert (await field.get(dashed)).json() == made
    shown = {name: made[name] for name in row.body or ()}
    for name, given in (row.body or {}).items():
        said = {"true": True, "false": False}.get(str(given).lower(), given)
        assert shown[name] == said or name == "email", name


@EACH
async def test_the_filters(field: httpx.AsyncClient, organisation: TestOrganisation, row: Row) -> None:
    made = await make(field, row, organisation)
    filters = row.filters | ({"email": made["email"]} if row.path == "/user/" else {})

    together = (await field.get(row.path, params=filters)).json()
    assert [item["uuid"] for item in together["items"]] == [made["uuid"]]
    for name, value in filters.items():
        found = (await field.get(row.path, params={name: value, "pageSize": 200})).json()
        assert made["uuid"] in [item["uuid"] for item in found["items"]], name
        is_flag = value in ("true", "false")
        other = {"true": "false", "false": "true"}[value] if is_flag else value + "?"
        missed = (await field.get(row.path, params={name: other, "pageSize": 200})).json()
        assert made["uuid"] not in [item["uuid"] for item in missed["items"]], name
        if is_flag:
            assert (await field.get(row.path, params={name: "perhaps"})).status_code == 422


@EACH
async def test_the_sorts(field: httpx.AsyncClient, organisation: TestOrganisation, row: Row) -> None:
    await make(field, row, organisation)

    plain = (await field.get(row.path)).json()
    assert plain["sortedBy"] == [row.sorts[0]]
    for sort in row.sorts:
        up, down = [(await field.get(row.path, params={"sortedBy": key})).json() for key in (sort, f"-{sort}")]
        assert (up["sortedBy"], down["sortedBy"]) == ([sort], [f"-{sort}"])
        for page, is_reversed in ((up, False), (down, True)):
            keys = [item[sort] for item in page["items"] if item[sort] is not None]
            assert keys == sorted(keys, reverse=is_reversed)
            assert [item[sort] for item in page["items"]] == keys + [None] * (len(page["items"]) - len(keys))
    every = ",".join(row.sorts)
    assert (await field.get(row.path, params={"sortedBy": every})).json()["sortedBy"] == list(row.sorts)
    for wrong in ("nonsense", "", f"{every},{row.sorts[0]}", "uuid,", "customFields"):
        assert (await field.get(row.path, params={"sortedBy": wrong})).status_code == 422, wrong


@EACH
async def test_the_pages(
    field: httpx.AsyncClient, organisation: TestOrganisation, row: Row, server: TestServer
) -> None:
    await make(field, row, organisation)
    total = (await field.get(row.path)).json()["count"]
    query = {"name": "x y"} if "name" in row.filters else {"email": "x y"} if row.path == "/user/" else {"phone": "x y"}

    first = await field.get(row.path, params={"pageSize": 1})
    past = await field.get(row.path, params={"pageSize": 1, "page": total + 1})
    found = await field.get(row.path, params=query)

    page = first.json()
    assert set(page) == {"count", "page", "pageSize", "sortedBy", "items", *row.also}
    assert (page["count"], page["page"], page["pageSize"], len(page["items"])) == (total, 0, 1, 1)
    rels = re.findall(r"rel=(\w+)", first.headers["link"])
    assert rels == ["first", "last", "next"] if total > 1 else ["first", "last"]
    assert (past.status_code, past.json()["count"], past.json()["items"]) == (200, total, [])
    (name,) = query
    assert f"<{server.base_url}{row.path}?{name}=x+y&page=0&pageSize=20>; rel=first" in found.headers["link"]
    both = row.path.rstrip("/") if row.path.endswith("/") else row.path + "/"
    assert (await field.get(both)).json()["count"] == total
    for wrong in ("page=-1", "page=one", "pageSize=0", "pageSize=201", "colour=red"):
        assert (await field.get(f"{row.path}?{wrong}")).status_code == 422, wrong


@WRITTEN
async def test_the_writes(field: httpx.AsyncClient, organisation: TestOrganisation, row: Row) -> None:
    made = await make(field, row, organisation)
    one = f"{row.path}{made['uuid']}"

    back = await field.put(one, json=made)
    silent = await field.put(one, json={"nonsense": 1, "uuid": "0", "link": None})
    untyped = await field.put(one, content=b"{}")
    wrong = await field.put(one, json={"name": 7, "firstName": 7})
    after = (await field.get(one)).json()
    gone = await field.delete(one)
    missing = [await field.get(one), await field.put(one, json={}), await field.delete(one)]

    assert [back.status_code, silent.status_code, untyped.status_code, wrong.status_code] == [204, 204, 400, 422]
    assert (back.content, after) == (b"", made)
    assert (gone.status_code, gone.content) == (204, b"")
    entity = re.sub(r"\W.*", "", missing[0].json()["error"]["message"].removeprefix("No "))
    assert [reply.status_code for reply in missing] == [404, 404, 404]
    for reply in missing:
        assert reply.json()["error"] == {
            "name": "NotFoundError",
            "message": f"No {entity} with id={made['uuid']} exists",
        }
    assert (await field.get(f"{row.path}nonsense")).status_code == 404


@WRITTEN
async def test_strangers_find_nothing(
    server: TestServer,
    field: httpx.AsyncClient,
    organisation: TestOrganisation,
    make_organisation: MakeOrganisation,
    row: Row,
) -> None:
    one = f"{row.path}{(await make(field, row, organisation))['uuid']}"

    async with server.field(make_organisation(is_enterprise=True)["admin"].api_key) as stranger:
        replies = [await stranger.get(one), await stranger.put(one, json={}), await stranger.delete(one)]

    assert [reply.status_code for reply in replies] == [404, 404, 404]
    assert (await field.get(one)).status_code == 200
