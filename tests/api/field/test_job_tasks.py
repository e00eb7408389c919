"""Tasks, items and labor of a job over the wire: the contract's samples, with our own data."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct

from tests.api.field.test_jobs import error_of, make, new_job
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

HEX = re.compile(r"[0-9a-f]{32}")


class PriceBook(Struct):
    """Uuids of things of the catalogue, as the wire writes them."""

    filter: str
    service: str
    labor: str
    cooler: str
    asset: str
    archived: str


@pytest.fixture
def book(organisation: TestOrganisation) -> PriceBook:
    return make_book(organisation)


def make_book(organisation: TestOrganisation) -> PriceBook:
    def add(table: str, **values: object) -> str:
        return organisation.insert(table, **values)[1].hex

    return PriceBook(
        filter=add("catalogue_tasks", name="HEPA filter install", description="Install of HEPA filter"),
        service=add("catalogue_tasks", name="Service", unit_cost=Decimal("32.5"), unit_price=Decimal(90)),
        labor=add("catalogue_items", name="Labor", description="Labor description", unit_cost=10, unit_price=10),
        cooler=add("catalogue_items", name="Air Conditioner", description="Install & supply A/C unit", unit_price=5000),
        asset=add("assets", name="Boiler"),
        archived=add("catalogue_tasks", name="Chimney sweep", archived_at="2026-01-01"),
    )


def ref(uuid: str | UUID) -> dict[str, str]:
    return {"uuid": uuid.hex if isinstance(uuid, UUID) else uuid}


async def get(field: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    reply = await field.get(f"/job/{job['uuid']}")
    assert reply.status_code == 200
    body: dict[str, Any] = reply.json()
    return body


def events_of(organisation: TestOrganisation, job: dict[str, Any]) -> list[Any]:
    return organisation.execute(
        "SELECT action, changes FROM events WHERE entity_uuid = :uuid ORDER BY position, id", uuid=job["uuid"]
    )


# The samples


async def test_the_get_sample(field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook) -> None:
    job = await make(
        field,
        organisation,
        tasks=[
            {
                "task": ref(book.filter),
                "note": "Test",
                "done": True,
                "asset": ref(book.asset),
                "items": [{"item": ref(book.labor), "quantity": 8}, {"item": ref(book.cooler), "quantity": 1}],
            }
        ],
    )

    reply = await field.get(f"/job/{job['jobId']}")

    (task,) = reply.json()["tasks"]
    uuids = [task["uuid"], *(item["uuid"] for item in task["items"])]
    assert all(HEX.fullmatch(uuid) for uuid in uuids)
    assert len(set(uuids)) == 3
    assert task == {
        "note": "Test",
        "task": {"uuid": book.filter, "name": "HEPA filter install", "description": "Install of HEPA filter"},
        "done": True,
        "uuid": uuids[0],
        "asset": {"uuid": book.asset},
        "items": [
            {
                "item": {"uuid": book.labor, "name": "Labor", "description": "Labor description"},
                "unitCost": 10.0,
                "unitPrice": 10.0,
                "uuid": uuids[1],
                "quantity": 8.0,
            },
            {
                "item": {"uuid": book.cooler, "name": "Air Conditioner", "description": "Install & supply A/C unit"},
                "unitCost": 0.0,
                "unitPrice": 5000.0,
                "uuid": uuids[2],
                "quantity": 1.0,
            },
        ],
        "unitPrice": 0.0,
        "unitCost": 0.0,
        "customFields": {},
        "attachments": [],
    }
    assert reply.json()["revenue"] == 5080.0
    for written in ('"revenue":5080.0', '"unitPrice" : 5000.0', '"quantity" : 8.0'):
        assert written in reply.text


async def test_the_big_create_sample(server: TestServer, make_organisation: MakeOrganisation) -> None:
    organisation = make_organisation(is_true_crew=True)
    book = make_book(organisation)
    lead, member, worker = (organisation[who] for who in ("engineer1", "engineer2", "manager"))
    organisation.insert("taxes", name="Standard", group_name="Taxes", rate=20)
    async with server.field(organisation["admin"].api_key) as field:
        job = await make(
            field,
            organisation,
            description="collecting items",
            estDuration=180,
            contact=ref(organisation.contact_uuid),
            asset=ref(book.asset),
            jobLead=ref(lead.uuid),
            crew=[ref(member.uuid)],
            tasks=[
                {
                    "task": ref(book.service),
                    "asset": ref(book.asset),
                    "assignee": {"uuid": member.uuid.hex, "emailAddress": member.email},
                    "note": "note for this task",
                    "unitCost": 10.23,
                    "unitPrice": 10.23,
                    "done": True,
                    "customFields": {
                        "f713aba8bd2b11e6b6b7f45c89b2e1d5": "my sample string task custom field value",
                        "23daaec2bd2c11e6bdc3f45c89b2e1d5": False,
                    },
                    "items": [{"item": ref(book.labor), "quantity": 2.0, "unitCost": 23.30, "unitPrice": 34.12}],
                }
            ],
            labor=[
                {
                    "user": ref(worker.uuid),
                    "quantity": 3,
                    "rate": {
                        "name": "Overtime",
                        "rate": 200.00,
                        "cost": 120.00,
                        "taxable": True,
                        "taxes": [{"name": "Standard", "group": "Taxes"}],
                        "glAccount": "GL-40130",
                    },
                }
            ],
        )

    (task,), (labor,) = job["tasks"], job["labor"]
    (item,) = task["items"]
    assert task["assignee"] == {"uuid": member.uuid.hex, "emailAddress": member.email}
    assert (task["note"], task["done"], task["asset"]) == ("note for this task", True, {"uuid": book.asset})
    assert (task["unitCost"], task["unitPrice"], task["customFields"]) == (10.23, 10.23, {})
    assert (item["quantity"], item["unitCost"], item["unitPrice"]) == (2.0, 23.3, 34.12)
    assert labor == {
        "uuid": labor["uuid"],
        "user": {"uuid": worker.uuid.hex},
        "quantity": 3,
        "rate": {
            "name": "Overtime",
            "rate": 200.0,
            "cost": 120.0,
            "taxable": True,
            "taxes": [{"name": "Standard", "group": "Taxes"}],
            "glAccount": "GL-40130",
        },
        "unitPrice": 200.0,
        "unitCost": 120.0,
    }
    assert HEX.fullmatch(labor["uuid"])
    assert job["revenue"] == 88.47  # 2 x 34.12, 10.23, and 3 minutes at 200


async def test_the_single_task_samples(server: TestServer, make_organisation: MakeOrganisation) -> None:
    organisation = make_organisation(is_true_crew=True)
    book = make_book(organisation)
    member = organisation["engineer1"]
    async with server.field(organisation["admin"].api_key) as field:
        job = await make(field, organisation, crew=[ref(member.uuid)])
        added = await field.post(
            f"/job/{job['jobId']}/task/",
            json={
                "task": ref(book.service),
                "asset": ref(book.asset),
                "assignee": ref(member.uuid),
                "note": "note for this task",
                "unitCost": 10.23,
                "unitPrice": 10.23,
                "done": True,
                "items": [{"item": ref(book.labor), "quantity": 2.0, "unitCost": 23.30, "unitPrice": 34.12}],
            },
        )
        task = added.json()
        got = await field.get(f"/job/{job['uuid']}/task/{task['uuid']}")
        by_catalogue = await field.get(f"/job/{job['uuid']}/task/{book.service}")
        in_job = (await get(field, job))["tasks"]
        changed = await field.put(f"/job/{job['uuid']}/task/{task['uuid']}", json={"note": "else", "done": "false"})
        after = (await field.get(f"/job/{job['uuid']}/task/{task['uuid']}")).json()
        deleted = await field.delete(f"/job/{job['uuid']}/task/{task['uuid']}")
        gone = await field.get(f"/job/{job['uuid']}/task/{task['uuid']}")

    assert added.status_code == 201
    assert added.headers["location"] == f"{server.base_url}/job/{job['uuid']}/task/{task['uuid']}"
    assert task == {
        "note": "note for this task",
        "task": {"uuid": book.service, "name": "Service", "description": ""},
        "done": True,
        "uuid": task["uuid"],
        "asset": {"uuid": book.asset},
        "items": [
            {
                "item": {"uuid": book.labor, "name": "Labor", "description": "Labor description"},
                "unitCost": 23.3,
                "unitPrice": 34.12,
                "uuid": task["items"][0]["uuid"],
                "quantity": 2.0,
            }
        ],
        "unitPrice": 10.23,
        "unitCost": 10.23,
        "customFields": {},
        "attachments": [],
        "assignee": {"uuid": member.uuid.hex, "emailAddress": member.email},
    }
    assert [task] == [got.json()] == [by_catalogue.json()] == in_job
    assert [(reply.status_code, reply.content) for reply in (changed, deleted)] == [(204, b"")] * 2
    assert after == {**task, "note": "else", "done": False}
    assert error_of(gone) == (404, "NotFoundError", f"No Task with id={task['uuid']} exists")
    assert [event.action for event in events_of(organisation, job)] == ["created", "updated", "updated", "updated"]


# Tasks


async def test_a_task_takes_the_catalogues_prices(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service), "items": [{"item": ref(book.cooler)}]}])

    (task,) = job["tasks"]
    assert (task["unitCost"], task["unitPrice"], task["note"], task["done"]) == (32.5, 90.0, "", False)
    assert (task["items"][0]["quantity"], task["items"][0]["unitPrice"]) == (1.0, 5000.0)
    assert "assignee" not in task
    assert job["revenue"] == 5090.0


async def test_a_list_replaces_the_list(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(
        field,
        organisation,
        tasks=[
            {"task": ref(book.filter), "note": "first", "items": [{"item": ref(book.labor), "quantity": 3}]},
            {"task": ref(book.service), "note": "second"},
        ],
    )
    first, second = job["tasks"]
    kept_item = first["items"][0]["uuid"]

    reply = await field.post(
        f"/job/{job['uuid']}",
        json={
            "tasks": [
                {"task": ref(book.service), "note": "new"},
                {
                    "uuid": first["uuid"],
                    "unitPrice": 5,
                    "items": [{"item": ref(book.cooler)}, {"uuid": kept_item, "quantity": 0.125}],
                },
            ]
        },
    )

    assert reply.status_code == 204
    new, kept = (await get(field, job))["tasks"]
    assert new["uuid"] not in (first["uuid"], second["uuid"])
    assert (new["note"], new["unitPrice"]) == ("new", 90.0)
    assert (kept["uuid"], kept["note"], kept["unitPrice"]) == (first["uuid"], "first", 5.0)
    assert [(item["item"]["uuid"], item["quantity"]) for item in kept["items"]] == [
        (book.cooler, 1.0),
        (book.labor, 0.125),
    ]
    assert kept["items"][1]["uuid"] == kept_item

    assert (await field.post(f"/job/{job['uuid']}", json={"tasks": []})).status_code == 204
    after = await get(field, job)
    assert (after["tasks"], after["revenue"]) == ([], 0.0)
    assert organisation.execute("SELECT 1 FROM job_task_items WHERE organisation_id = :id", id=organisation.id) == []


async def test_tasks_that_were_read_may_be_posted_back(server: TestServer, make_organisation: MakeOrganisation) -> None:
    organisation = make_organisation(is_true_crew=True)
    book = make_book(organisation)
    async with server.field(organisation["admin"].api_key) as field:
        job = await make(
            field,
            organisation,
            crew=[ref(organisation["engineer1"].uuid)],
            tasks=[
                {"task": ref(book.filter), "items": [{"item": ref(book.labor), "quantity": 1.5}]},
                {"task": ref(book.service), "assignee": ref(organisation["engineer1"].uuid), "asset": ref(book.asset)},
                {"task": ref(book.service), "unitPrice": 0.0001},
            ],
            labor=[{"user": ref(organisation["engineer1"].uuid), "quantity": 30, "rate": {"name": "Hour", "rate": 40}}],
        )
        # Once more with a hole in the positions.
        await field.delete(f"/job/{job['uuid']}/task/{job['tasks'][0]['uuid']}")
        read = await get(field, job)
        before = events_of(organisation, job)
        whole = await field.post(f"/job/{job['uuid']}", json=read)
        single = await field.put(f"/job/{job['uuid']}/task/{read['tasks'][0]['uuid']}", json=read["tasks"][0])
        after = await get(field, job)

    assert (whole.status_code, single.status_code) == (204, 204)
    assert after == read
    assert events_of(organisation, job) == before


async def test_a_body_that_was_read_makes_another_job(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service), "items": [{"item": ref(book.labor)}]}])

    other = await make(field, organisation, tasks=job["tasks"])

    assert other["tasks"][0]["uuid"] != job["tasks"][0]["uuid"]
    assert other["tasks"][0]["items"][0]["uuid"] != job["tasks"][0]["items"][0]["uuid"]
    assert other["revenue"] == job["revenue"] == 100.0


async def test_null_clears_a_tasks_fields(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(
        field,
        organisation,
        tasks=[
            {
                "task": ref(book.service),
                "note": "n",
                "done": "True",
                "asset": ref(book.asset),
                "unitCost": 1,
                "unitPrice": 2,
                "items": [{"item": ref(book.labor), "quantity": 5}],
            }
        ],
    )
    (task,) = job["tasks"]
    assert task["done"] is True
    names = ("note", "done", "asset", "unitCost", "unitPrice", "items", "assignee", "customFields")

    reply = await field.put(f"/job/{job['uuid']}/task/{book.service}", json=dict.fromkeys(names))

    (after,) = (await get(field, job))["tasks"]
    assert reply.status_code == 204
    assert (after["note"], after["done"], after["asset"], after["items"]) == ("", False, None, [])
    assert (after["unitCost"], after["unitPrice"]) == (32.5, 90.0)


async def test_another_task_of_the_catalogue_brings_its_prices(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.filter), "note": "n", "unitPrice": 7}])

    await field.put(f"/job/{job['uuid']}/task/{book.filter}", json={"task": ref(book.service)})

    (after,) = (await get(field, job))["tasks"]
    assert (after["uuid"], after["task"]["name"], after["note"]) == (job["tasks"][0]["uuid"], "Service", "n")
    assert (after["unitCost"], after["unitPrice"]) == (32.5, 90.0)


async def test_a_task_of_the_catalogue_that_stands_twice_names_none(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}, {"task": ref(book.service)}])
    address = f"/job/{job['uuid']}/task/{book.service}"

    replies = [await field.get(address), await field.put(address, json={"note": "x"}), await field.delete(address)]

    assert [error_of(reply)[:2] for reply in replies] == [(409, "ConflictError")] * 3
    own = await field.get(f"/job/{job['uuid']}/task/{job['tasks'][1]['uuid']}")
    assert own.json() == job["tasks"][1]


@pytest.mark.parametrize("task", ["0" * 32, "0", "nothing", "%00", "x" * 300])
async def test_an_unknown_task_is_not_found(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook, task: str
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}])
    address = f"/job/{job['uuid']}/task/{task}"

    replies = [await field.get(address), await field.put(address, json={"note": "x"}), await field.delete(address)]

    assert [error_of(reply)[:2] for reply in replies] == [(404, "NotFoundError")] * 3
    if task.isalnum():
        assert error_of(replies[0])[2] == f"No Task with id={task} exists"


async def test_an_unknown_job_has_no_tasks(server: TestServer, organisation: TestOrganisation, book: PriceBook) -> None:
    async with server.field(organisation["admin"].api_key) as field:
        job = await make(field, organisation, tasks=[{"task": ref(book.service)}])
    expected = (404, "NotFoundError", f"No Job with id={job['uuid']} exists")

    async with server.field(organisation["agent2"].api_key) as stranger:
        address = f"/job/{job['uuid']}/task/"
        replies = [
            await stranger.get(f"{address}{book.service}"),
            await stranger.post(address, json={"task": ref(book.service)}),
            await stranger.put(f"{address}{book.service}", json={"note": "x"}),
            await stranger.delete(f"{address}{book.service}"),
        ]

    assert [error_of(reply) for reply in replies] == [expected] * 4


# Refusals

NOTHING = "0" * 32


@pytest.mark.parametrize(
    ("task", "path"),
    [
        ({"task": None}, "task"),
        ({"task": {}}, "task.uuid"),
        ({"task": "text"}, "task"),
        ({"note": 5}, "note"),
        ({"note": "a\0b"}, "note"),
        ({"done": 5}, "done"),
        ({"done": "perhaps"}, "done"),
        ({"unitPrice": "10.23"}, "unitPrice"),
        ({"unitPrice": True}, "unitPrice"),
        ({"unitPrice": 1.00001}, "unitPrice"),
        ({"unitPrice": 10**12}, "unitPrice"),
        ({"unitCost": -(10**12)}, "unitCost"),
        ({"unitCost": 1e300}, "unitCost"),
        ({"items": {}}, "items"),
        ({"items": [{}]}, "items[0].item"),
        ({"items": [{"item": {"uuid": NOTHING}, "quantity": 0.0001}]}, "items[0].quantity"),
        ({"items": [{"item": {"uuid": NOTHING}, "quantity": -1}]}, "items[0].quantity"),
        ({"items": [{"item": {"uuid": NOTHING}, "quantity": "2"}]}, "items[0].quantity"),
        ({"items": [{"item": {"uuid": NOTHING}, "unitCost": 0.12345}]}, "items[0].unitCost"),
        ({"customFields": []}, "customFields"),
        ({"asset": 5}, "asset"),
    ],
)
async def test_a_task_of_a_wrong_form_is_refused(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook, task: dict[str, Any], path: str
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}])
    whole = {"task": ref(book.service), **task}
    listed = {"tasks": [{"task": ref(book.filter)}, whole]}

    for reply, wanted in (
        (await field.post("/job/", json=new_job(organisation, **listed)), f"tasks[1].{path}"),
        (await field.post(f"/job/{job['uuid']}", json=listed), f"tasks[1].{path}"),
        (await field.post(f"/job/{job['uuid']}/task/", json=whole), path),
        (await field.put(f"/job/{job['uuid']}/task/{book.service}", json=task), path),
    ):
        assert (reply.status_code, reply.json()["error"]["name"]) == (422, "APIValidationError")
        assert [entry["path"] for entry in reply.json()["error"]["fields"]] == [wanted]
    assert (await get(field, job))["tasks"] == job["tasks"]


async def test_a_new_task_names_one_of_the_catalogue(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job = await make(field, organisation)

    for reply, path in (
        (await field.post("/job/", json=new_job(organisation, tasks=[{"note": "x"}])), "tasks[0].task"),
        (await field.post(f"/job/{job['uuid']}", json={"tasks": [{"note": "x"}]}), "tasks[0].task"),
        (await field.post(f"/job/{job['uuid']}/task/", json={"note": "x"}), "task"),
    ):
        assert (reply.status_code, reply.json()["error"]["fields"][0]["path"]) == (422, path)


async def test_a_list_names_no_task_twice(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service), "items": [{"item": ref(book.labor)}]}])
    (task,) = job["tasks"]

    twice = await field.post(f"/job/{job['uuid']}", json={"tasks": [task, task]})
    items = await field.put(f"/job/{job['uuid']}/task/{book.service}", json={"items": task["items"] * 2})

    assert (twice.status_code, twice.json()["error"]["fields"][0]["path"]) == (422, "tasks[1].uuid")
    assert (items.status_code, items.json()["error"]["fields"][0]["path"]) == (422, "items[1].uuid")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"tasks": [{"uuid": NOTHING}]}, f"No Task with id={NOTHING} exists"),
        ({"tasks": [{"uuid": "zzz"}]}, "No Task with id=zzz exists"),
        ({"tasks": [{"task": {"uuid": NOTHING}}]}, f"No Task with id={NOTHING} exists"),
        (
            {"tasks": [{"task": {"uuid": "bg56890b7194412189c5019b85790293"}}]},
            "No Task with id=bg56890b7194412189c5019b85790293 exists",
        ),
        ({"tasks": [{"task": {"uuid": "$"}, "asset": {"uuid": NOTHING}}]}, f"No Asset with id={NOTHING} exists"),
        (
            {"tasks": [{"task": {"uuid": "$"}, "items": [{"item": {"uuid": NOTHING}}]}]},
            f"No Item with id={NOTHING} exists",
        ),
        ({"tasks": [{"uuid": "#", "items": [{"uuid": NOTHING}]}]}, f"No Item with id={NOTHING} exists"),
    ],
)
async def test_what_a_task_names_must_be_there(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook, body: dict[str, Any], message: str
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}])
    (task,) = body["tasks"]
    if task.get("uuid") == "#":
        task = {**task, "uuid": job["tasks"][0]["uuid"]}
    if task.get("task") == {"uuid": "$"}:
        task = {**task, "task": ref(book.filter)}

    reply = await field.post(f"/job/{job['uuid']}", json={"tasks": [task]})

    assert error_of(reply) == (404, "NotFoundError", message)
    assert (await get(field, job))["tasks"] == job["tasks"]


async def test_a_task_that_was_archived_stays_and_is_not_added(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}])
    organisation.execute("UPDATE catalogue_tasks SET archived_at = now() WHERE uuid = :uuid", uuid=book.service)

    kept = await field.post(f"/job/{job['uuid']}", json={"tasks": [{**job["tasks"][0], "note": "kept"}]})
    added = await field.post(f"/job/{job['uuid']}/task/", json={"task": ref(book.archived)})

    assert kept.status_code == 204
    assert error_of(added) == (409, "ConflictError", f"Task with id={book.archived} is archived")


@pytest.mark.parametrize(
    ("status", "expected"),
    [("New", 204), ("In progress", 409), ("On hold", 409), ("Complete", 204), ("Invoiced", 204), ("Archived", 409)],
)
async def test_the_stage_decides_whether_tasks_change(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook, status: str, expected: int
) -> None:
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}])
    organisation.execute(
        "UPDATE jobs SET status_id = statuses.id, stage = statuses.stage FROM statuses"
        " WHERE statuses.id = :status AND jobs.uuid = :uuid",
        status=organisation.ids["statuses"][status],
        uuid=job["uuid"],
    )
    address = f"/job/{job['uuid']}/task/"

    replies = [
        await field.put(f"{address}{book.service}", json={"note": "x"}),
        await field.put(f"{address}{book.service}", json={}),
        await field.post(f"/job/{job['uuid']}", json={"tasks": job["tasks"]}),
        await field.delete(f"{address}{book.service}"),
    ]
    added = await field.post(address, json={"task": ref(book.filter)})

    assert [reply.status_code for reply in replies] == [expected] * 4
    assert added.status_code == (201 if expected == 204 else 409)
    assert (await field.get(f"/job/{job['uuid']}")).status_code == 200


# Assignees


async def test_without_true_crew_nobody_is_assigned(
    field: httpx.AsyncClient, organisation: TestOrganisation, book: PriceBook
) -> None:
    person = organisation["engineer1"].uuid
    job = await make(field, organisation, crew=[ref(person)], tasks=[{"task": ref(book.service), "assignee": None}])
    task = {"task": ref(book.service), "assignee": ref(person)}

    for reply, path in (
        (await field.post("/job/", json=new_job(organisation, tasks=[task])), "tasks[0].assignee"),
        (await field.post(f"/job/{job['uuid']}", json={"tasks": [task]}), "tasks[0].assignee"),
        (await field.post(f"/job/{job['uuid']}/task/", json=task), "assignee"),
        (await field.put(f"/job/{job['uuid']}/task/{book.service}", json=task), "assignee"),
    ):
        assert (reply.status_code, reply.json()["error"]["fields"][0]["path"]) == (422, path)
    assert "assignee" not in job["tasks"][0]


async def test_a_task_is_assigned_to_a_member_of_the_crew(
    server: TestServer, make_organisation: MakeOrganisation
) -> None:
    organisation = make_organisation(is_true_crew=True)
    book = make_book(organisation)
    lead, member, other = (organisation[who].uuid for who in ("engineer1", "engineer2", "manager"))
    async with server.field(organisation["admin"].api_key) as field:
        job = await make(field, organisation, jobLead=ref(lead), tasks=[{"task": ref(book.service)}])
        address = f"/job/{job['uuid']}/task/{book.service}"
        nobody = await field.put(address, json={"assignee": {"uuid": NOTHING}})
        outsider = await field.put(address, json={"assignee": ref(other)})
        joining = await field.post(
            f"/job/{job['uuid']}",
            json={
                "crew": [ref(lead), ref(member)],
                "tasks": [{"uuid": job["tasks"][0]["uuid"], "assignee": ref(member)}],
            },
        )
        assigned = await get(field, job)
        leaving = await field.post(f"/job/{job['uuid']}", json={"crew": [ref(lead)]})
        after = await get(field, job)

    assert job["tasks"][0]["assignee"] is None
    assert error_of(nobody) == (404, "NotFoundError", f"No User with id={NOTHING} exists")
    assert error_of(outsider)[:2] == (409, "ConflictError")
    assert (joining.status_code, leaving.status_code) == (204, 204)
    assert assigned["tasks"][0]["assignee"]["uuid"] == member.hex
    assert after["tasks"][0]["assignee"] is None
    ((had,), (has,)) = events_of(organisation, job)[-1].changes["tasks"]
    assert (had["assignee_id"], has["assignee_id"]) == (organisation["engineer2"].id, None)


async def test_who_leaves_the_crew_with_the_same_update_is_no_longer_assigned(
    server: TestServer, make_organisation: MakeOrganisation
) -> None:
    organisation = make_organisation(is_true_crew=True)
    book = make_book(organisation)
    member = organisation["engineer1"].uuid
    async with server.field(organisation["admin"].api_key) as field:
        job = await make(
            field,
            organisation,
            crew=[ref(member)],
            tasks=[{"task": ref(book.service), "assignee": ref(member)}],
        )
        reply = await field.post(
            f"/job/{job['uuid']}", json={"crew": [], "tasks": [{"uuid": job["tasks"][0]["uuid"], "note": "x"}]}
        )
        after = await get(field, job)

    assert reply.status_code == 204
    assert (after["tasks"][0]["note"], after["tasks"][0]["assignee"]) == ("x", None)


# Labor


async def test_labor_at_a_rate_of_the_organisation(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    worker = organisation["engineer1"]
    rate_id, rate = organisation.insert(
        "labor_rates", name="Standard hour", rate=48, cost=22, is_taxable=True, gl_account="GL-1"
    )
    tax_id, _ = organisation.insert("taxes", name="Standard", group_name="VAT", rate=20)
    organisation.execute(
        "INSERT INTO labor_rate_taxes (labor_rate_id, tax_id) VALUES (:rate, :tax)", rate=rate_id, tax=tax_id
    )

    job = await make(
        field, organisation, labor=[{"user": ref(worker.uuid), "quantity": 50, "rate": {"uuid": str(rate)}}]
    )

    (labor,) = job["labor"]
    assert labor["rate"] == {
        "uuid": rate.hex,
        "name": "Standard hour",
        "rate": 48.0,
        "cost": 22.0,
        "taxable": True,
        "taxes": [{"name": "Standard", "group": "VAT"}],
        "glAccount": "GL-1",
    }
    assert (labor["user"], labor["quantity"], labor["unitPrice"], labor["unitCost"]) == (
        {"uuid": worker.uuid.hex},
        50,
        48.0,
        22.0,
    )
    assert job["revenue"] == 40.0
    organisation.execute("UPDATE labor_rates SET rate = 100 WHERE id = :id", id=rate_id)
    assert (await get(field, job))["labor"] == job["labor"]
    organisation.execute("DELETE FROM labor_rates WHERE id = :id", id=rate_id)
    del labor["rate"]["uuid"]
    assert (await get(field, job))["labor"] == [labor]


async def test_a_rate_applies_to_its_people_alone(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    theirs, other = organisation["engineer1"], organisation["engineer2"]
    rate_id, rate = organisation.insert("labor_rates", name="Gas engineer", rate=58)
    organisation.execute(
        "INSERT INTO labor_rate_people (labor_rate_id, person_id) VALUES (:rate, :person)",
        rate=rate_id,
        person=theirs.id,
    )

    replies = [
        await field.post(
            "/job/",
            json=new_job(organisation, labor=[{"user": ref(person.uuid), "quantity": 60, "rate": ref(rate)}]),
        )
        for person in (theirs, other)
    ]

    assert replies[0].status_code == 201
    assert error_of(replies[1]) == (404, "NotFoundError", f"No LaborRate with id={rate.hex} exists")


async def test_values_of_its_own_win_over_a_uuid(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    _, rate = organisation.insert("labor_rates", name="Standard hour", rate=48)
    worker = organisation["engineer1"].uuid

    job = await make(
        field,
        organisation,
        labor=[{"user": ref(worker), "quantity": 30, "rate": {**ref(rate), "name": "Overtime", "rate": 200}}],
    )

    assert job["labor"][0]["rate"] == {
        "name": "Overtime",
        "rate": 200.0,
        "cost": 0.0,
        "taxable": False,
        "taxes": [],
        "glAccount": None,
    }
    assert job["revenue"] == 100.0


@pytest.mark.parametrize(
    ("labor", "path"),
    [
        ({"user": None}, "user"),
        ({"user": {}}, "user.uuid"),
        ({"rate": None}, "rate"),
        ({"rate": {}}, "rate.name"),
        ({"rate": {"name": "Overtime"}}, "rate.rate"),
        ({"rate": {"rate": 5}}, "rate.name"),
        ({"rate": {"name": "", "rate": 5}}, "rate.name"),
        ({"rate": {"name": "Overtime", "rate": "200"}}, "rate.rate"),
        ({"rate": {"name": "Overtime", "rate": 0.00001}}, "rate.rate"),
        ({"rate": {"name": "Overtime", "rate": -1}}, "rate.rate"),
        ({"rate": {"name": "Overtime", "rate": 1, "cost": 10**12}}, "rate.cost"),
        ({"rate": {"name": "a\0b", "rate": 1}}, "rate.name"),
        ({"rate": {"name": "Overtime", "rate": 1, "glAccount": "a\0b"}}, "rate.glAccount"),
        ({"rate": {"name": "Overtime", "rate": 1, "taxable": "perhaps"}}, "rate.taxable"),
        ({"rate": {"name": "Overtime", "rate": 1, "taxes": [{"name": "Standard"}]}}, "rate.taxes[0].group"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 10**12}, "quantity"),
        ({"quantity": "3"}, "quantity"),
    ],
)
async def test_labor_of_a_wrong_form_is_refused(
    field: httpx.AsyncClient, organisation: TestOrganisation, labor: dict[str, Any], path: str
) -> None:
    right = {"user": ref(organisation["engineer1"].uuid), "quantity": 3, "rate": {"name": "Overtime", "rate": 200}}

    reply = await field.post("/job/", json=new_job(organisation, labor=[right, {**right, **labor}]))

    assert (reply.status_code, reply.json()["error"]["name"]) == (422, "APIValidationError")
    assert reply.json()["error"]["fields"][0]["path"] == f"labor[1].{path}"
    assert (await field.get("/job/J1")).status_code == 404


@pytest.mark.parametrize(
    ("labor", "message"),
    [
        ({"user": {"uuid": NOTHING}}, f"No User with id={NOTHING} exists"),
        ({"rate": {"uuid": NOTHING}}, f"No LaborRate with id={NOTHING} exists"),
        (
            {"rate": {"name": "O", "rate": 1, "taxes": [{"name": "None", "group": "VAT"}]}},
            "No Tax with id=VAT None exists",
        ),
    ],
)
async def test_what_labor_names_must_be_there(
    field: httpx.AsyncClient, organisation: TestOrganisation, labor: dict[str, Any], message: str
) -> None:
    right = {"user": ref(organisation["engineer1"].uuid), "rate": {"name": "Overtime", "rate": 200}}

    reply = await field.post("/job/", json=new_job(organisation, labor=[{**right, **labor}]))

    assert error_of(reply) == (404, "NotFoundError", message)


async def test_an_update_ignores_labor(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job = await make(
        field,
        organisation,
        labor=[{"user": ref(organisation["engineer1"].uuid), "quantity": 3, "rate": {"name": "Overtime", "rate": 200}}],
    )

    for labor in ([], None, [{"quantity": 5}], "none"):
        assert (await field.post(f"/job/{job['uuid']}", json={"labor": labor})).status_code == 204
    after = await get(field, job)
    assert (after["labor"], after["revenue"]) == (job["labor"], 10.0)
