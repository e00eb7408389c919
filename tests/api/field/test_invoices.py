"""Invoices over the wire: templates, making, reading, changing and removing them, and what that does to their jobs."""

from typing import Any

import httpx
import pytest

from tests.factories.organisations import TestOrganisation

Json = dict[str, Any]


class Scene:
    """A price book with taxes, and jobs that took from it."""

    def __init__(self, organisation: TestOrganisation) -> None:
        self.organisation = organisation
        insert = organisation.insert
        vat, _ = insert("taxes", name="VAT", group_name="UK", rate=20)
        levy, _ = insert("taxes", name="Levy", group_name="Council", rate="0.125")
        self.task_id, self.task_uuid = insert(
            "catalogue_tasks",
            name="HEPA filter install",
            description="Install of HEPA filter",
            is_taxable=True,
            tax1_id=vat,
            tax2_id=levy,
            gl_account="4000",
        )
        self.item_id, self.item_uuid = insert("catalogue_items", name="Air Conditioner", gl_account="4100")
        self.rate_id, self.rate_uuid = insert("labor_rates", name="Overtime", rate=200)

    def job(self, *, status: str = "Complete", **values: object) -> str:
        """Insert a completed job with a task, an item and labor, and return its uuid."""
        insert = self.organisation.insert
        completed_at = None if status in ("New", "In progress", "Cancelled") else "2024-06-01T17:00:00Z"
        row: dict[str, Any] = {"completed_at": completed_at, "lead_id": self.organisation["engineer1"].id, **values}
        job_id, uuid = self.organisation.insert_job(status_id=self.organisation.ids["statuses"][status], **row)
        self.organisation.execute(
            "INSERT INTO job_crew (job_id, person_id, position) VALUES (:job, :person, 1)",
            job=job_id,
            person=self.organisation["engineer1"].id,
        )
        task_id, _ = insert(
            "job_tasks",
            job_id=job_id,
            position=0,
            catalogue_task_id=self.task_id,
            note="Test",
            unit_cost="10.23",
            unit_price="33.35",
        )
        insert(
            "job_task_items",
            job_task_id=task_id,
            position=0,
            catalogue_item_id=self.item_id,
            quantity="0.333",
            unit_cost="23.3",
            unit_price="34.1250",
        )
        insert(
            "job_labor",
            job_id=job_id,
            position=0,
            person_id=self.organisation["engineer1"].id,
            minutes=20,
            labor_rate_id=self.rate_id,
            name="Overtime",
            rate=100,
            cost=60,
            is_taxable=True,
            taxes='[{"name": "VAT", "group": "UK"}]',
            gl_account="GL-40130",
        )
        return uuid.hex


@pytest.fixture
def scene(organisation: TestOrganisation) -> Scene:
    return Scene(organisation)


async def templates_of(field: httpx.AsyncClient, *jobs: str) -> list[Json]:
    reply = await field.post("/invoice/template", json={"jobs": [{"uuid": job} for job in jobs]})
    assert reply.status_code == 200, reply.text
    templates: list[Json] = reply.json()
    return templates


async def invoice(field: httpx.AsyncClient, *jobs: str, **more: Any) -> Json:  # noqa: ANN401 (whatever a body holds)
    reply = await field.post("/invoice/", json={"jobs": [{"uuid": job} for job in jobs], **more})
    assert reply.status_code == 201, reply.text
    made: Json = reply.json()
    return made


async def test_a_template_holds_all_that_an_invoice_will(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation
) -> None:
    job = scene.job(reference="J598")

    reply = await field.post("/invoice/template", json={"jobs": [{"uuid": job}]})
    (template,) = reply.json()

    assert template == {
        "createdOn": template["createdOn"],
        "currency": "GBP",
        "comment": None,
        "internalComment": None,
        "customFields": {},
        "customer": {"uuid": organisation.customer_uuid.hex, "name": "Acme Lettings"},
        "location": {"uuid": organisation.location_uuid.hex},
        "jobUuids": [job],
        # 33.35 and 11.36 (0.333 x 34.125 = 11.363625); 20 minutes at 100 an hour; 6.67 + 0.04 (0.125 %) + 6.67.
        "totals": {"netAmount": 44.71, "netLaborAmount": 33.33, "totalTax": 13.38, "totalAmount": 91.42},
        "jobs": [
            {
                "uuid": job,
                "jobId": "J598",
                "jobLead": "Engineer1 Tester",
                "completedOn": "2024-06-01T17:00:00+00:00",
                "customFields": {},
                "location": {
                    "uuid": organisation.location_uuid.hex,
                    "locality": "Sample Town",
                    "country": None,
                    "region": None,
                    "postcode": "EX1 1AA",
                    "streetName": "1 Example Street",
                    "name": None,
                },
                "lineItems": [
                    {
                        "itemType": "Task",
                        "name": "HEPA filter install",
                        "description": "Install of HEPA filter",
                        "note": "Test",
                        "quantity": 1.0,
                        "cost": 10.23,
                        "price": 33.35,
                        "glAccount": "4000",
                        "taxes": [
                            {"name": "VAT", "agency": "UK", "rate": 20.0, "glAccount": None},
                            {"name": "Levy", "agency": "Council", "rate": 0.125, "glAccount": None},
                        ],
                        "entity": {"uuid": scene.task_uuid.hex},
                    },
                    {
                        "itemType": "Product",
                        "name": "Air Conditioner",
                        "description": "",
                        "note": "",
                        "quantity": 0.333,
                        "cost": 23.3,
                        "price": 34.125,
                        "glAccount": "4100",
                        "taxes": [],
                        "entity": {"uuid": scene.item_uuid.hex},
                    },
                    {
                        "itemType": "Labor",
                        "name": "Overtime",
                        "description": "Engineer1 Tester",
                        "note": "",
                        "quantity": 20,
                        "cost": 60.0,
                        "price": 100.0,
                        "glAccount": "GL-40130",
                        "taxes": [{"name": "VAT", "agency": "UK", "rate": 20.0, "glAccount": None}],
                        "entity": {"uuid": scene.rate_uuid.hex},
                    },
                ],
            }
        ],
    }
    assert '"quantity" : 1.0' in reply.text
    assert '"quantity" : 20,' in reply.text
    assert '"rate" : 20.0' in reply.text


async def test_an_amended_template_is_an_invoice(field: httpx.AsyncClient, scene: Scene) -> None:
    job = scene.job()
    (template,) = await templates_of(field, job)
    line = {"itemType": "Product", "name": "Call-out", "price": 0.5, "quantity": 3.0}
    template["jobs"][0]["lineItems"].append(line)
    template |= {"comment": "Thank you.", "internalComment": "Send by post.", "customFields": {"unknown": 1}}

    reply = await field.post("/invoice/", json=template)
    made = reply.json()

    assert reply.status_code == 201, reply.text
    expected = template | {
        "uuid": made["uuid"],
        "invoiceNumber": "00000001",
        "link": {"rel": "detail", "url": made["link"]["url"]},
        "createdOn": made["createdOn"],
        "customFields": {},
        "totals": {"netAmount": 46.21, "netLaborAmount": 33.33, "totalTax": 13.38, "totalAmount": 92.92},
    }
    added = expected["jobs"][0]["lineItems"][-1]
    added |= {"description": "", "note": "", "cost": 0.0, "glAccount": None, "taxes": [], "entity": None}
    assert made == expected
    assert reply.headers["location"] == made["link"]["url"]
    assert made["link"]["url"].endswith(f"/invoice/{made['uuid']}")
    for ref in (made["uuid"], made["invoiceNumber"]):
        assert (await field.get(f"/invoice/{ref}")).json() == made


async def test_the_least_that_an_invoice_needs_are_jobs(field: httpx.AsyncClient, scene: Scene) -> None:
    job = scene.job()
    (template,) = await templates_of(field, job)

    made = await invoice(field, job)

    assert {name: made[name] for name in template if name != "createdOn"} == {
        name: value for name, value in template.items() if name != "createdOn"
    }


async def test_a_job_tells_of_its_invoice(field: httpx.AsyncClient, scene: Scene) -> None:
    job = scene.job(scheduled_at="2024-06-01T09:00:00Z")
    before = (await field.get(f"/job/{job}")).json()
    window = {"start": "2024-06-01", "end": "2024-06-02"}
    assert before["invoice"] is None
    assert (await field.get("/job/", params=window)).json()["items"][0]["invoice"] is None

    made = await invoice(field, job)

    expected = {"uuid": made["uuid"], "link": made["link"]}
    assert (await field.get(f"/job/{job}")).json() == before | {"invoice": expected}
    assert (await field.get("/job/", params=window)).json()["items"][0]["invoice"] == {"uuid": made["uuid"]}


async def test_a_job_is_invoiced_once(field: httpx.AsyncClient, scene: Scene) -> None:
    first, second = scene.job(), scene.job()
    made = await invoice(field, first)

    for path, jobs in (("/invoice/", [first]), ("/invoice/", [second, first]), ("/invoice/template", [first])):
        reply = await field.post(path, json={"jobs": [{"uuid": job} for job in jobs]})
        assert (reply.status_code, reply.json()["error"]["name"]) == (409, "ConflictError"), path
    assert (await field.get(f"/job/{second}")).json()["invoice"] is None
    assert (await field.get(f"/job/{first}")).json()["invoice"]["uuid"] == made["uuid"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("New", 409), ("In progress", 409), ("Cancelled", 409), ("Complete", 201), ("Invoiced", 201), ("Archived", 201)],
)
async def test_a_job_is_invoiced_only_when_completed(
    field: httpx.AsyncClient, scene: Scene, status: str, expected: int
) -> None:
    job = scene.job(status=status)

    assert (await field.post("/invoice/", json={"jobs": [{"uuid": job}]})).status_code == expected


async def test_an_invoiced_job_is_not_deleted(field: httpx.AsyncClient, scene: Scene) -> None:
    job = scene.job()
    made = await invoice(field, job)

    assert (await field.delete(f"/job/{job}")).status_code == 409
    assert (await field.get(f"/job/{job}")).status_code == 200

    assert (await field.delete(f"/invoice/{made['invoiceNumber']}")).status_code == 204
    assert (await field.get(f"/job/{job}")).json()["invoice"] is None
    assert (await field.delete(f"/job/{job}")).status_code == 204


async def test_a_removed_invoice_is_gone_and_its_jobs_can_be_invoiced_again(
    field: httpx.AsyncClient, scene: Scene
) -> None:
    job = scene.job()
    first = await invoice(field, job)

    assert (await field.delete(f"/invoice/{first['uuid']}")).status_code == 204

    for method in ("GET", "DELETE"):
        reply = await field.request(method, f"/invoice/{first['uuid']}")
        assert reply.status_code == 404
        assert reply.json()["error"]["message"] == f"No Invoice with id={first['uuid']} exists"
    second = await invoice(field, job)
    assert second["invoiceNumber"] == "00000002"


async def test_there_is_a_template_for_each_location(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation
) -> None:
    customer, _ = organisation.insert("customers", name="Bold Lets")
    site, site_uuid = organisation.insert("locations", customer_id=customer, line1="2 Other Street")
    first, second, third = scene.job(), scene.job(location_id=site), scene.job()

    templates = await templates_of(field, second, first, third)

    assert [template["customer"]["name"] for template in templates] == ["Bold Lets", "Acme Lettings"]
    assert [template["location"]["uuid"] for template in templates] == [site_uuid.hex, organisation.location_uuid.hex]
    assert [template["jobUuids"] for template in templates] == [[second], [first, third]]
    assert [len(template["jobs"]) for template in templates] == [1, 2]
    assert templates[1]["totals"]["totalAmount"] == 182.84


async def test_an_invoice_is_for_one_customer(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation
) -> None:
    customer, _ = organisation.insert("customers", name="Bold Lets")
    other, other_uuid = organisation.insert("locations", customer_id=customer, line1="2 Other Street")
    same, same_uuid = organisation.insert("locations", customer_id=organisation.customer_id, line1="3 Same Street")
    nobodys, _ = organisation.insert("locations", line1="4 Nobody's Street")
    here, there = scene.job(), scene.job(location_id=other)
    second_here, at_nobodys = scene.job(location_id=same), scene.job(location_id=nobodys)

    for jobs in ([here, there], [here, at_nobodys], [at_nobodys, here]):
        reply = await field.post("/invoice/", json={"jobs": [{"uuid": job} for job in jobs]})
        assert reply.status_code == 409, jobs
    body = {"jobs": [{"uuid": here}], "location": {"uuid": other_uuid.hex}}
    assert (await field.post("/invoice/", json=body)).status_code == 409

    made = await invoice(field, second_here, here, location={"uuid": same_uuid.hex})
    assert made["location"] == {"uuid": same_uuid.hex}
    assert made["jobUuids"] == [here, second_here]
    assert (await invoice(field, at_nobodys))["customer"] is None


async def test_what_an_invoice_names_must_be_there(
    field: httpx.AsyncClient, scene: Scene, stranger: httpx.AsyncClient
) -> None:
    job = scene.job()
    unknown = "0" * 32
    for path in ("/invoice/", "/invoice/template"):
        for who, ref in ((field, unknown), (field, "J1"), (stranger, job)):
            reply = await who.post(path, json={"jobs": [{"uuid": ref}]})
            assert reply.status_code == 404
            assert reply.json()["error"]["message"] == f"No Job with id={ref} exists"
    body: Json = {"jobs": [{"uuid": job}], "location": {"uuid": unknown}}
    reply = await field.post("/invoice/", json=body)
    assert (reply.status_code, reply.json()["error"]["message"]) == (404, f"No Location with id={unknown} exists")
    for item_type, entity in (("Task", "Task"), ("Product", "Item"), ("Labor", "LaborRate")):
        line = {"itemType": item_type, "name": "x", "price": 1.0, "entity": {"uuid": unknown}}
        reply = await field.post("/invoice/", json={"jobs": [{"uuid": job, "lineItems": [line]}]})
        assert (reply.status_code, reply.json()["error"]["message"]) == (404, f"No {entity} with id={unknown} exists")
    assert (await field.get("/invoice/")).json()["count"] == 0


async def test_what_is_absent_is_told_of_before_what_the_state_forbids(field: httpx.AsyncClient, scene: Scene) -> None:
    invoiced, open_job = scene.job(), scene.job(status="In progress")
    made = await invoice(field, invoiced)
    line = {"itemType": "Task", "name": "x", "price": 1.0, "entity": {"uuid": "0" * 32}}

    for method, path in (("POST", "/invoice/"), ("PUT", f"/invoice/{made['uuid']}")):
        for body, absent in (
            ({"jobs": [{"uuid": open_job}], "location": {"uuid": "0" * 32}}, "Location"),
            ({"jobs": [{"uuid": open_job, "lineItems": [line]}]}, "Task"),
        ):
            reply = await field.request(method, path, json=body)
            assert reply.status_code == 404, (method, body)
            assert reply.json()["error"]["message"] == f"No {absent} with id={'0' * 32} exists"


@pytest.mark.parametrize(
    ("item_type", "table"), [("Task", "catalogue_tasks"), ("Product", "catalogue_items")], ids=["task", "item"]
)
async def test_a_line_is_newly_made_for_nothing_that_is_archived(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation, item_type: str, table: str
) -> None:
    _, listed = organisation.insert(table, name="Flue", archived_at="2024-05-01T00:00:00Z")
    line = {"itemType": item_type, "name": "Flue", "price": 1.0, "entity": {"uuid": listed.hex}}
    (template,) = await templates_of(field, scene.job())
    jobs = [{**template["jobs"][0], "lineItems": [*template["jobs"][0]["lineItems"], line]}]

    reply = await field.post("/invoice/", json={**template, "jobs": jobs})
    assert (reply.status_code, reply.json()["error"]["name"]) == (409, "ConflictError")
    assert (await field.get("/invoice/")).json()["count"] == 0

    made = await invoice(field, template["jobUuids"][0])
    assert (await field.put(f"/invoice/{made['uuid']}", json={"jobs": jobs})).status_code == 409
    assert (await field.get(f"/invoice/{made['uuid']}")).json() == made


async def test_what_the_work_or_the_invoice_has_may_be_archived(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation
) -> None:
    job = scene.job()
    (template,) = await templates_of(field, job)
    for table in ("catalogue_tasks", "catalogue_items"):
        organisation.execute(f"UPDATE {table} SET archived_at = now() WHERE organisation_id = :o", o=organisation.id)  # noqa: S608 (a name of ours)

    reply = await field.post("/invoice/", json=template)
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert made["jobs"] == template["jobs"]

    assert (await field.post(f"/job/{job}", json={"tasks": []})).status_code == 204
    made["jobs"][0]["lineItems"].reverse()
    assert (await field.put(f"/invoice/{made['uuid']}", json=made)).status_code == 204
    assert (await field.get(f"/invoice/{made['uuid']}")).json() == made


async def test_a_job_that_was_dispatched_is_invoiced_by_either_name(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation
) -> None:
    job, old = scene.job(), "4ce32c5a0d03407a8a572d0300ac0d69"
    organisation.execute(
        "INSERT INTO dispatches (deferred_uuid, deferred_reference, job_id, job_uuid)"
        " SELECT CAST(:old AS uuid), 'J7', id, uuid FROM jobs WHERE uuid = CAST(:job AS uuid)",
        old=old,
        job=job,
    )

    assert [template["jobUuids"] for template in await templates_of(field, old, job)] == [[job]]
    assert (await field.post("/invoice/", json={"jobs": [{"uuid": old}, {"uuid": job}]})).status_code == 422
    made = await invoice(field, old)

    assert made["jobUuids"] == [job]
    path = f"/invoice/{made['uuid']}"
    assert (await field.put(path, json={"jobs": [{"uuid": old, "lineItems": []}]})).status_code == 204
    assert (await field.get(path)).json()["jobs"][0]["lineItems"] == []


LINE = {"itemType": "Product", "name": "Part", "price": 1.0}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"itemType": "Gift"}, "itemType"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"price": "1.0"}, "price"),
        ({"price": None}, "price"),
        ({"price": 1.00001}, "price"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.0001}, "quantity"),
        ({"itemType": "Labor", "quantity": 1.5}, "quantity"),
        ({"itemType": "Labor", "quantity": -1}, "quantity"),
        ({"taxes": [{"name": "VAT", "rate": 101}]}, "taxes[0].rate"),
        ({"taxes": [{"name": "VAT", "rate": -1}]}, "taxes[0].rate"),
        ({"taxes": [{"name": "VAT"}]}, "taxes[0].rate"),
        ({"taxes": [{"name": " ", "rate": 20}]}, "taxes[0].name"),
        ({"note": "\0"}, "note"),
        ({"glAccount": "\0"}, "glAccount"),
    ],
)
async def test_a_line_that_cannot_be_is_refused(
    field: httpx.AsyncClient, scene: Scene, change: Json, path: str
) -> None:
    body = {"jobs": [{"uuid": scene.job(), "lineItems": [{**LINE, **change}]}]}

    reply = await field.post("/invoice/", json=body)

    assert reply.status_code == 422, reply.text
    assert [part["path"] for part in reply.json()["error"]["fields"]] == [f"jobs[0].lineItems[0].{path}"]


@pytest.mark.parametrize("jobs", [[], None, [{}], "J1", [{"uuid": 1}]])
async def test_an_invoice_is_for_jobs(field: httpx.AsyncClient, jobs: object) -> None:
    assert (await field.post("/invoice/", json={"jobs": jobs})).status_code == 422


async def test_an_invoice_names_a_job_once(field: httpx.AsyncClient, scene: Scene) -> None:
    job = scene.job()

    assert (await field.post("/invoice/", json={"jobs": [{"uuid": job}, {"uuid": job}]})).status_code == 422
    assert len(await templates_of(field, job, job)) == 1
    assert (await templates_of(field)) == []


async def test_what_was_read_can_be_posted_back(field: httpx.AsyncClient, scene: Scene) -> None:
    made = await invoice(field, scene.job(), scene.job(), comment="Thank you.")
    token = (await field.get("/changes/token")).json()["sinceToken"]

    assert (await field.put(f"/invoice/{made['uuid']}", json=made)).status_code == 204

    assert (await field.get(f"/invoice/{made['uuid']}")).json() == made
    assert (await field.get(f"/changes/{token}/")).json()["items"] == []


async def test_an_update_changes_what_it_says(field: httpx.AsyncClient, scene: Scene) -> None:
    made = await invoice(field, scene.job(), comment="Thank you.", internalComment="Call first.")
    path = f"/invoice/{made['invoiceNumber']}"

    body = {"comment": "Thanks.", "internalComment": None, "invoiceNumber": "7", "currency": "USD", "totals": None}
    assert (await field.put(path, json=body)).status_code == 204

    assert (await field.get(path)).json() == made | {"comment": "Thanks.", "internalComment": None}


async def test_an_update_replaces_jobs_and_lines(field: httpx.AsyncClient, scene: Scene) -> None:
    kept, freed, added = scene.job(), scene.job(), scene.job()
    made = await invoice(field, kept, freed)
    path = f"/invoice/{made['uuid']}"

    body = {"jobs": [{"uuid": added, "lineItems": [LINE]}, {"uuid": kept}]}
    assert (await field.put(path, json=body)).status_code == 204

    read = (await field.get(path)).json()
    assert read["jobUuids"] == [kept, added]
    assert read["jobs"][0] == made["jobs"][0]
    assert [line["name"] for line in read["jobs"][1]["lineItems"]] == ["Part"]
    assert (await field.get(f"/job/{freed}")).json()["invoice"] is None
    assert (await field.get(f"/job/{added}")).json()["invoice"]["uuid"] == made["uuid"]

    body = {"jobs": [{"uuid": kept, "lineItems": [LINE, {**LINE, "price": 2.5}]}, {"uuid": freed}]}
    assert (await field.put(path, json=body)).status_code == 204
    read = (await field.get(path)).json()
    assert [line["price"] for line in read["jobs"][0]["lineItems"]] == [1.0, 2.5]
    assert read["jobs"][1] == made["jobs"][1]
    assert read["totals"]["netAmount"] == 48.21


async def test_an_update_takes_no_job_that_cannot_be_invoiced(field: httpx.AsyncClient, scene: Scene) -> None:
    mine, theirs, open_job = scene.job(), scene.job(), scene.job(status="In progress")
    made = await invoice(field, mine)
    await invoice(field, theirs)
    path = f"/invoice/{made['uuid']}"

    for job, status in ((theirs, 409), (open_job, 409), ("0" * 32, 404)):
        assert (await field.put(path, json={"jobs": [{"uuid": mine}, {"uuid": job}]})).status_code == status
    assert (await field.put(path, json={"jobs": []})).status_code == 422
    assert (await field.put(path, json={"jobs": None})).status_code == 422
    assert (await field.get(path)).json() == made


async def test_invoices_are_listed(field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation) -> None:
    customer, customer_uuid = organisation.insert("customers", name="Bold Lets")
    site, site_uuid = organisation.insert("locations", customer_id=customer, line1="2 Other Street")
    first = await invoice(field, scene.job())
    second = await invoice(field, scene.job(location_id=site))
    organisation.execute(
        "UPDATE invoices SET created_at = created_at - interval '1 day' WHERE uuid = :uuid", uuid=first["uuid"]
    )

    page = (await field.get("/invoice/")).json()
    assert {name: page[name] for name in ("count", "page", "pageSize", "sortedBy")} == {
        "count": 2,
        "page": 0,
        "pageSize": 20,
        "sortedBy": ["createdOn"],
    }
    assert page["items"][1] == second | {"totalAmount": second["totals"]["totalAmount"]}
    for query, expected in (
        ({"sortedBy": "-createdOn"}, [second, first]),
        ({"customer": customer_uuid.hex}, [second]),
        ({"location": site_uuid.hex}, [second]),
        ({"location": organisation.location_uuid.hex}, [first]),
        ({"customer": "0" * 32}, []),
        ({"customer": customer_uuid.hex, "location": organisation.location_uuid.hex}, []),
        ({"page": 1, "pageSize": 1}, [second]),
    ):
        items = (await field.get("/invoice/", params=query)).json()["items"]
        assert [item["uuid"] for item in items] == [made["uuid"] for made in expected], query
    for query in ({"sortedBy": "invoiceNumber"}, {"jobLead": "x"}, {"pageSize": 201}):
        assert (await field.get("/invoice/", params=query)).status_code == 422, query


async def test_a_stranger_finds_no_invoice(field: httpx.AsyncClient, scene: Scene, stranger: httpx.AsyncClient) -> None:
    made = await invoice(field, scene.job())

    for ref in (made["uuid"], made["invoiceNumber"], "0000001", "invoice"):
        for method in ("GET", "PUT", "DELETE"):
            reply = await stranger.request(method, f"/invoice/{ref}", json={} if method == "PUT" else None)
            assert reply.status_code == 404, (method, ref)
    assert (await stranger.get("/invoice/")).json()["count"] == 0
    assert (await field.get(f"/invoice/{made['uuid']}")).status_code == 200


async def test_what_is_taxable_bears_its_own_taxes_or_its_locations(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation
) -> None:
    job = scene.job()

    def let(change: str) -> None:
        table = change.partition(" ")[0]
        organisation.execute(f"UPDATE {change} WHERE {table}.organisation_id = :o", o=organisation.id)

    async def taxes() -> list[list[str]]:
        (template,) = await templates_of(field, job)
        return [[tax["name"] for tax in line["taxes"]] for line in template["jobs"][0]["lineItems"]]

    assert await taxes() == [["VAT", "Levy"], [], ["VAT"]]
    local, _ = organisation.insert("taxes", name="Local", group_name="Town", rate=5)
    let(f"locations SET tax_id = {local}")
    assert await taxes() == [["VAT", "Levy"], [], ["VAT"]]
    let("catalogue_items SET is_taxable = true")
    let("catalogue_tasks SET tax1_id = NULL")
    let("job_labor SET taxes = '[]'")
    assert await taxes() == [["Levy"], ["Local"], ["Local"]]
    let("customers SET is_taxable = false")
    assert await taxes() == [[], [], []]


async def test_an_invoice_keeps_its_lines_whatever_its_job_becomes(
    field: httpx.AsyncClient, scene: Scene, organisation: TestOrganisation
) -> None:
    job = scene.job()
    made = await invoice(field, job)

    assert (await field.post(f"/job/{job}", json={"tasks": []})).status_code == 204
    organisation.execute("UPDATE taxes SET rate = 99 WHERE organisation_id = :o", o=organisation.id)

    assert (await field.get(f"/invoice/{made['uuid']}")).json() == made


async def test_an_invoice_holds_custom_fields_and_shows_those_of_its_jobs(
    field: httpx.AsyncClient, scene: Scene
) -> None:
    declared = []
    for entity_class, key in (("Invoice", "order_no"), ("Job", "gate_code")):
        body = {"entityClass": entity_class, "name": key, "key": key, "type": "Text"}
        reply = await field.post("/settings/customfields/", json=body)
        assert reply.status_code == 201, reply.text
        declared.append(reply.json()["uuid"])
    job = scene.job()
    assert (await field.post(f"/job/{job}", json={"customFields": {"gate_code": "4417"}})).status_code == 204

    (template,) = await templates_of(field, job)
    assert (template["customFields"], template["jobs"][0]["customFields"]) == ({}, {"gate_code": "4417"})
    made = await invoice(field, job, customFields={"order_no": "PO-7", "unknown": 1})
    assert (made["customFields"], made["jobs"][0]["customFields"]) == ({"order_no": "PO-7"}, {"gate_code": "4417"})
    path = f"/invoice/{made['uuid']}"
    assert (await field.put(path, json={"customFields": {"order_no": 7}})).status_code == 422
    assert (await field.delete(f"/settings/customfields/{declared[0]}")).status_code == 409
    assert (await field.put(path, json={"customFields": {"order_no": None}})).status_code == 204
    assert (await field.get(path)).json()["customFields"] == {}
    assert (await field.delete(f"/settings/customfields/{declared[0]}")).status_code == 204


async def test_the_feed_tells_of_invoices_and_their_jobs(field: httpx.AsyncClient, scene: Scene) -> None:
    token = (await field.get("/changes/token")).json()["sinceToken"]
    job = scene.job()
    made = await invoice(field, job)
    await field.put(f"/invoice/{made['uuid']}", json={"comment": "Paid."})
    await field.delete(f"/invoice/{made['uuid']}")

    items = (await field.get(f"/changes/{token}/")).json()["items"]

    assert [(item["entityClass"], item["entity"], item["status"]) for item in items] == [
        ("Invoice", made["uuid"], "created"),
        ("Job", job, "updated"),
        ("Invoice", made["uuid"], "updated"),
        ("Job", job, "updated"),
        ("Invoice", made["uuid"], "deleted"),
    ]
    assert items[0]["url"] == made["link"]["url"]


async def test_the_same_post_twice_makes_one_invoice(field: httpx.AsyncClient, scene: Scene) -> None:
    body = {"jobs": [{"uuid": scene.job()}]}
    headers = {"Idempotency-Key": "once"}

    first = await field.post("/invoice/", json=body, headers=headers)
    second = await field.post("/invoice/", json=body, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (await field.get("/invoice/")).json()["count"] == 1
