"""Custom fields over the wire: declaring them, and values on everything that holds some."""

from typing import Any

import httpx
import pytest

from tests.api.field.test_job_tasks import events_of, make_book, ref
from tests.api.field.test_jobs import error_of, make
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

Json = dict[str, Any]
COLOURS = ["Red", "Amber", "Green"]
EACH = (
    ("gate", "Text", "1234", "1234"),
    ("keys", "Number", "2.50", 2.5),
    ("alarm", "CheckBox", "true", True),
    ("tag", "Dropdown", "Amber", "Amber"),
    ("due", "Date", "2026-11-22", "2026-11-22"),
    ("from", "Time", "09:30:00", "09:30"),
)
"""A field of each type: its key, a value as it is sent, and as it comes back."""
PLAIN = {"name": "A", "entityClass": "Job", "type": "Text"}
SENT = {key: sent for key, _, sent, _ in EACH}
SHOWN = {key: shown for key, _, _, shown in EACH}


async def declare(field: httpx.AsyncClient, **body: Any) -> Json:  # noqa: ANN401 (whatever a body holds)
    reply = await field.post(
        "/settings/customfields/", json={"name": "Gate code", "entityClass": "Job", "type": "Text", **body}
    )
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


async def declare_each(field: httpx.AsyncClient, entity_class: str) -> None:
    for key, kind, _, _ in EACH:
        options = COLOURS if kind == "Dropdown" else []
        await declare(
            field,
            key=key,
            name=f"The {key}",
            entityClass=entity_class,
            type=kind,
            options=options,
            availableOnJob=True,
        )


# Declarations


async def test_a_declaration(field: httpx.AsyncClient, server: TestServer) -> None:
    reply = await field.post(
        "/settings/customfields/", json={"name": "Gate code", "entityClass": "Job", "type": "Text"}
    )

    made = reply.json()
    url = f"{server.base_url}/settings/customfields/{made['uuid']}"
    assert (reply.status_code, reply.headers["location"]) == (201, url)
    assert made == {
        "uuid": made["uuid"],
        "key": made["uuid"],
        "entityClass": "Job",
        "name": "Gate code",
        "type": "Text",
        "options": [],
        "defaultValue": None,
        "position": 0,
        "displayOnInvoice": False,
        "displayOnPdf": False,
        "readonlyOnDevice": False,
        "syncable": True,
        "barcodeScannable": False,
        "availableOnJob": False,
        "link": {"rel": "detail", "url": url},
    }
    assert (await field.get(url)).json() == made


async def test_a_default_has_the_fields_type(field: httpx.AsyncClient) -> None:
    number = await declare(field, type="Number", defaultValue="12.0")
    dropdown = await declare(field, type="Dropdown", options=COLOURS, defaultValue=["Red"])

    assert (number["defaultValue"], dropdown["defaultValue"]) == (12, "Red")
    for body in (
        {"defaultValue": True},
        {"defaultValue": ["Text"]},
        {"type": "Number", "defaultValue": "many"},
        {"type": "Number", "defaultValue": 0.00001},
        {"type": "Dropdown", "options": COLOURS, "defaultValue": "Blue"},
        {"type": "Dropdown", "options": COLOURS, "defaultValue": COLOURS},
    ):
        reply = await field.post("/settings/customfields/", json=PLAIN | body)
        assert reply.status_code == 422, body
        assert reply.json()["error"]["fields"][0]["path"] == "defaultValue"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": ""}, "name"),
        ({"entityClass": None}, "entityClass"),
        ({"entityClass": "User"}, "entityClass"),
        ({"type": None}, "type"),
        ({"type": "text"}, "type"),
        ({"type": "Dropdown"}, "options"),
        ({"options": ["Red"]}, "options"),
        ({"options": "Red"}, "options"),
        ({"key": ""}, "key"),
        ({"position": "first"}, "position"),
        ({"syncable": "perhaps"}, "syncable"),
    ],
)
async def test_a_wrong_declaration_is_refused_by_field(field: httpx.AsyncClient, body: Json, path: str) -> None:
    reply = await field.post("/settings/customfields/", json=PLAIN | body)

    assert reply.status_code == 422
    assert reply.json()["error"]["fields"][0]["path"] == path


async def test_the_type_is_fixed(field: httpx.AsyncClient) -> None:
    made = await declare(field, key="gate")

    same = await field.put(f"/settings/customfields/{made['uuid']}", json=made)
    other = await field.put(f"/settings/customfields/{made['uuid']}", json={"type": "Number"})
    elsewhere = await field.put(f"/settings/customfields/{made['uuid']}", json={"entityClass": "Item"})

    assert same.status_code == 204
    assert error_of(other)[:2] == error_of(elsewhere)[:2] == (409, "ConflictError")
    assert (await field.get(f"/settings/customfields/{made['uuid']}")).json() == made


async def test_a_key_is_had_once_in_a_class_and_can_change(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    made = await declare(field, key="gate")
    job = await make(field, organisation, customFields={"gate": "1234"})

    twice = await field.post(
        "/settings/customfields/", json={"name": "A", "entityClass": "Job", "type": "Text", "key": "gate"}
    )
    await field.put(f"/settings/customfields/{made['uuid']}", json={"key": "code"})
    renamed = (await field.get(f"/job/{job['uuid']}")).json()["customFields"]
    await field.put(f"/settings/customfields/{made['uuid']}", json={"key": None})
    unnamed = (await field.get(f"/job/{job['uuid']}")).json()["customFields"]

    assert error_of(twice)[:2] == (409, "ConflictError")
    assert (renamed, unnamed) == ({"code": "1234"}, {made["uuid"]: "1234"})


async def test_what_is_in_use_stays(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    made = await declare(field, key="tag", type="Dropdown", options=COLOURS)
    url = f"/settings/customfields/{made['uuid']}"
    job = await make(field, organisation, customFields={"tag": "Amber"})

    kept = await field.delete(url)
    option = await field.put(url, json={"options": ["Red"]})
    await field.put(url, json={"options": ["Amber", "Blue"]})
    await field.post(f"/job/{job['uuid']}", json={"customFields": {"tag": "Blue"}})
    unused = await field.put(url, json={"options": ["Blue"]})
    await field.post(f"/job/{job['uuid']}", json={"customFields": {"tag": None}})
    gone = await field.delete(url)

    assert error_of(kept)[:2] == error_of(option)[:2] == (409, "ConflictError")
    assert (unused.status_code, gone.status_code) == (204, 204)
    assert (await field.get(url)).status_code == 404


# Values


async def test_values_of_each_type_on_a_job(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    await declare_each(field, "Job")

    job = await make(field, organisation, customFields={**SENT, "unknown": "dropped", "gone": None})
    read = await field.get(f"/job/{job['jobId']}")
    back = await field.post(f"/job/{job['jobId']}", json=read.json())
    await field.post(f"/job/{job['jobId']}", json={"customFields": {"keys": 3, "alarm": None, "unknown": 1}})
    merged = (await field.get(f"/job/{job['jobId']}")).json()["customFields"]
    await field.post(f"/job/{job['jobId']}", json={"customFields": None})
    cleared = (await field.get(f"/job/{job['jobId']}")).json()["customFields"]

    assert job["customFields"] == read.json()["customFields"] == SHOWN
    assert list(job["customFields"]) == list(SHOWN)
    assert back.status_code == 204
    assert merged == {**{key: value for key, value in SHOWN.items() if key != "alarm"}, "keys": 3}
    assert cleared == {}
    assert [event.action for event in events_of(organisation, job)] == ["created", "updated", "updated"]


async def test_numbers_come_back_exactly(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    await declare(field, key="number", type="Number")
    for sent, written in (
        ('"999999999999.9999"', "999999999999.9999"),
        ("999999999999.9999", "999999999999.9999"),
        ("-0.5000", "-0.5"),
        ("1e3", "1000"),
    ):
        body = '{"scheduledOn": "2030-01-02", "location": {"uuid": "%s"}, "customFields": {"number": %s}}'
        reply = await field.post(
            "/job/", content=body % (organisation.location_uuid, sent), headers={"Content-Type": "application/json"}
        )
        assert f'"number" : {written} ' in reply.text


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("gate", 5),
        ("gate", ["1"]),
        ("keys", "many"),
        ("keys", True),
        ("keys", 10**12),
        ("alarm", 1),
        ("tag", "Blue"),
        ("tag", {"a": 1}),
        ("due", "22/11/2026"),
        ("due", "2026-11-22T10:00"),
        ("from", "half past nine"),
    ],
)
async def test_a_value_of_the_wrong_type_is_refused_by_field(
    field: httpx.AsyncClient, organisation: TestOrganisation, key: str, wrong: object
) -> None:
    await declare_each(field, "Job")
    await declare_each(field, "Task")
    book = make_book(organisation)
    job = await make(field, organisation, customFields=SENT)
    body = {"customFields": {key: wrong}}

    replies = {
        f"customFields.{key}": await field.post(f"/job/{job['uuid']}", json={"description": "Other", **body}),
        f"tasks[0].customFields.{key}": await field.post(
            f"/job/{job['uuid']}", json={"tasks": [{"task": ref(book.service), **body}]}
        ),
    }

    for path, reply in replies.items():
        assert error_of(reply)[:2] == (422, "APIValidationError")
        assert [refused["path"] for refused in reply.json()["error"]["fields"]] == [path]
    assert (await field.get(f"/job/{job['uuid']}")).json()["customFields"] == SHOWN


async def test_keys_are_not_translated_in_refusals(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    await declare(field, key="my_custom.reference_key", type="Number")

    reply = await field.post(
        "/job/",
        json={
            "scheduledOn": "2030-01-02",
            "location": {"uuid": organisation.location_uuid.hex},
            "customFields": {"my_custom.reference_key": "x"},
        },
    )

    assert reply.json()["error"]["fields"][0]["path"] == "customFields.my_custom.reference_key"


async def test_the_create_sample(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    """`customFields` of the job and of its task, by uuid and by a key of its own, as the contract's sample has them."""
    book = make_book(organisation)
    text = await declare(field, entityClass="Task", availableOnJob=True)
    flag = await declare(field, entityClass="Task", type="CheckBox", availableOnJob=True)
    on_job = await declare(field, type="CheckBox")
    await declare(field, key="my_custom_reference_key")
    task_values = {text["uuid"]: "my sample string task custom field value", flag["uuid"]: False}
    job_values = {on_job["uuid"]: True, "my_custom_reference_key": "my sample text"}

    job = await make(
        field,
        organisation,
        tasks=[{"task": ref(book.service), "customFields": task_values}],
        customFields=job_values,
    )

    assert job["customFields"] == job_values
    assert job["tasks"][0]["customFields"] == task_values
    url = f"/job/{job['uuid']}/task/{job['tasks'][0]['uuid']}"
    assert (await field.get(url)).json()["customFields"] == task_values


async def test_a_task_of_a_job_takes_what_is_declared_for_tasks_and_available_on_jobs(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    book = make_book(organisation)
    await declare(field, key="available", entityClass="Task", availableOnJob=True)
    await declare(field, key="not_available", entityClass="Task")
    await declare(field, key="of_a_job", availableOnJob=True)
    job = await make(field, organisation)
    sent = {"available": "1", "not_available": "2", "of_a_job": "3", "unknown": "4"}

    added = await field.post(f"/job/{job['uuid']}/task/", json={"task": ref(book.service), "customFields": sent})

    assert (added.status_code, added.json()["customFields"]) == (201, {"available": "1"})


async def test_a_tasks_mapping_is_replaced_whole(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    book = make_book(organisation)
    for key in ("first", "second"):
        await declare(field, key=key, entityClass="Task", availableOnJob=True)
    job = await make(
        field, organisation, tasks=[{"task": ref(book.service), "customFields": {"first": "1", "second": "2"}}]
    )
    task = job["tasks"][0]["uuid"]
    url = f"/job/{job['uuid']}/task/{task}"

    async def held() -> object:
        return (await field.get(url)).json()["customFields"]

    await field.put(url, json={"note": "Kept"})
    kept = await held()
    await field.put(url, json={"customFields": {"second": "5"}})
    replaced = await held()
    await field.post(f"/job/{job['uuid']}", json={"tasks": [{"uuid": task, "customFields": {"first": "6"}}]})
    by_list = await held()
    await field.put(url, json={"customFields": {}})

    assert (kept, replaced, by_list) == ({"first": "1", "second": "2"}, {"second": "5"}, {"first": "6"})
    assert await held() == {}


@pytest.mark.parametrize(
    ("entity_class", "path", "body"),
    [
        ("Customer", "/customer/", {"name": "Jones"}),
        ("Contact", "/contact/", {"firstName": "Ada"}),
        ("Location", "/location/", {"name": "Depot"}),
        ("Asset", "/asset/", {"name": "Boiler"}),
        ("Task", "/task/", {"name": "Service"}),
        ("Item", "/item/", {"name": "Valve"}),
    ],
)
async def test_values_on_what_jobs_refer_to(field: httpx.AsyncClient, entity_class: str, path: str, body: Json) -> None:
    await declare_each(field, entity_class)
    await declare(field, key="of_a_job")

    made = await field.post(path, json={**body, "customFields": {**SENT, "of_a_job": "dropped", "unknown": 1}})
    thing = made.json()
    url = f"{path}{thing['uuid']}"
    back = await field.put(url, json=thing)
    wrong = await field.put(url, json={"customFields": {"keys": "many"}})
    await field.put(url, json={"customFields": {"keys": 3, "alarm": None}})
    listed = (await field.get(path, params={"pageSize": 200})).json()["items"]

    assert (made.status_code, thing["customFields"], back.status_code) == (201, SHOWN, 204)
    assert error_of(wrong)[0] == 422
    assert wrong.json()["error"]["fields"][0]["path"] == "customFields.keys"
    after = {**{key: value for key, value in SHOWN.items() if key != "alarm"}, "keys": 3}
    assert (await field.get(url)).json()["customFields"] == after
    assert [item["customFields"] for item in listed if item["uuid"] == thing["uuid"]] == [after]
    assert (await field.delete(url)).status_code == 204


async def test_a_customers_first_location_takes_values_too(field: httpx.AsyncClient) -> None:
    await declare(field, key="gate", entityClass="Location")

    made = await field.post(
        "/customer/", json={"name": "Jones", "location": {"name": "A", "customFields": {"gate": "1"}}}
    )

    location = await field.get(f"/location/{made.json()['location']['uuid']}")
    assert location.json()["customFields"] == {"gate": "1"}


async def test_users_show_no_values(field: httpx.AsyncClient) -> None:
    items = (await field.get("/user/")).json()["items"]

    assert {str(item["customFields"]) for item in items} == {"{}"}


async def test_strangers_fields_are_unknown_keys(
    server: TestServer, field: httpx.AsyncClient, make_organisation: MakeOrganisation, organisation: TestOrganisation
) -> None:
    stranger = make_organisation()
    async with server.field(stranger["admin"].api_key) as other:
        theirs = await declare(other, key="gate", type="Number")
        ours = await make(field, organisation, customFields={"gate": "x", theirs["uuid"]: "y"})

        assert ours["customFields"] == {}
        assert (await other.delete(f"/settings/customfields/{theirs['uuid']}")).status_code == 204
