"""Whole samples of the contract over the wire, with our own data; those of one part of a job stand with its tests."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.api.field.test_custom_fields import declare
from tests.api.field.test_job_tasks import make_book, ref
from tests.api.field.test_jobs import make, new_job
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

SEVENTEEN = datetime(2012, 9, 19, 17, tzinfo=UTC)
GOT = {
    *(
        "tasks",
        "revenue",
        "scheduledDuration",
        "jobId",
        "invoice",
        "jobLead",
        "jobType",
        "scheduledOn",
        "labor",
        "uuid",
    ),
    *(
        "crew",
        "state",
        "scheduledState",
        "location",
        "completedOn",
        "customFields",
        "asset",
        "startedOn",
        "description",
    ),
    *("estDuration", "pre_signature", "customer", "createdOn", "contact", "signature", "timeSlots", "plannedEffort"),
}
"""The fields of the sample of getting a job."""


async def test_the_whole_get_sample(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    book = make_book(organisation)
    lead, other = organisation["engineer1"], organisation["engineer2"]
    customer_id, customer = organisation.insert("customers", name="Jimmy Smith")
    location_id, location = organisation.insert(
        "locations",
        customer_id=customer_id,
        line1="665544 Preston Road",
        city="Plano",
        region="TX",
        postcode="75098",
    )
    job_id, job = organisation.insert_job(
        reference="J598",
        status_id=organisation.ids["statuses"]["Complete"],
        location_id=location_id,
        lead_id=lead.id,
        description="Install new service",
        estimated_minutes=180,
        scheduled_state=2,
        scheduled_at=SEVENTEEN,
        started_at=SEVENTEEN.replace(hour=16, minute=57),
        completed_at=SEVENTEEN,
        created_at=SEVENTEEN.replace(hour=16, minute=57, second=4),
    )
    organisation.execute("INSERT INTO job_crew VALUES (DEFAULT, :job, :person, 0)", job=job_id, person=lead.id)
    slot_id, slot = organisation.insert("time_slots", job_id=job_id, starts_at=SEVENTEEN, minutes=20)
    for position, person in enumerate((lead, other)):
        organisation.execute(
            "INSERT INTO time_slot_people (time_slot_id, person_id, position) VALUES (:slot, :person, :position)",
            slot=slot_id,
            person=person.id,
            position=position,
        )
    items = [{"item": ref(book.labor), "quantity": 8}, {"item": ref(book.cooler), "quantity": 1}]
    task = {"task": ref(book.filter), "note": "Test", "done": True, "asset": ref(book.asset), "items": items}
    added = (await field.post("/job/J598/task/", json=task)).json()

    reply = await field.get(f"/job/{job.hex}")

    got = reply.json()
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert got == {
        "tasks": [added],
        "revenue": 5080.0,
        "scheduledDuration": 20,
        "jobId": "J598",
        "invoice": None,
        "jobLead": {
            "emailAddress": lead.email,
            "telno": None,
            "surname": "Tester",
            "uuid": lead.uuid.hex,
            "name": "Engineer1",
        },
        "jobType": {"uuid": got["jobType"]["uuid"], "name": "Gas & Heating"},
        "scheduledOn": "2012-09-19T17:00:00+00:00",
        "labor": [],
        "uuid": job.hex,
        "crew": got["crew"],
        "state": ["completed"],
        "scheduledState": "dispatched",
        "location": {
            "uuid": location.hex,
            "locality": "Plano",
            "country": None,
            "region": "TX",
            "postcode": "75098",
            "streetName": "665544 Preston Road",
            "name": None,
        },
        "completedOn": "2012-09-19T17:00:00+00:00",
        "customFields": {},
        "asset": None,
        "startedOn": "2012-09-19T16:57:00+00:00",
        "description": "Install new service",
        "estDuration": 180,
        "pre_signature": None,
        "customer": {"uuid": customer.hex, "name": "Jimmy Smith", "customerId": got["customer"]["customerId"]},
        "createdOn": "2012-09-19T16:57:04+00:00",
        "contact": None,
        "signature": None,
        "timeSlots": [
            {
                "duration": 20,
                "scheduledOn": "2012-09-19T17:00:00+00:00",
                "uuid": slot.hex,
                "crew": [lead.uuid.hex, other.uuid.hex],
            }
        ],
        "plannedEffort": 40,
    }
    assert set(got) == GOT
    assert [member["uuid"] for member in got["crew"]] == [lead.uuid.hex]
    assert set(got["crew"][0]) == {"workedHours", "pauseReason", "state", "uuid"}


async def test_the_whole_create_sample(server: TestServer, make_organisation: MakeOrganisation) -> None:
    organisation = make_organisation(is_true_crew=True)
    book = make_book(organisation)
    lead, member, worker = (organisation[who] for who in ("engineer1", "engineer2", "manager"))
    _, job_type = organisation.insert("job_types", name="Install", position=99)
    organisation.insert("taxes", name="Standard", group_name="Taxes", rate=20)
    async with server.field(organisation["admin"].api_key) as field:
        text = await declare(field, entityClass="Task", availableOnJob=True)
        flag = await declare(field, entityClass="Task", type="CheckBox", availableOnJob=True)
        on_job = await declare(field, type="CheckBox")
        await declare(field, key="my_custom_reference_key")
        sent: dict[str, Any] = {
            "scheduledOn": "2034-12-11T09:00:00",
            "notificationDelta": 2,
            "description": "collecting items",
            "estDuration": 180,
            "location": ref(organisation.location_uuid),
            "contact": ref(organisation.contact_uuid),
            "asset": ref(book.asset),
            "jobType": ref(job_type),
            "jobLead": ref(lead.uuid),
            "crew": [ref(member.uuid)],
            "tasks": [
                {
                    "task": ref(book.service),
                    "asset": ref(book.asset),
                    "assignee": {"uuid": member.uuid.hex, "emailAddress": member.email},
                    "note": "note for this task",
                    "unitCost": 10.23,
                    "unitPrice": 10.23,
                    "done": True,
                    "customFields": {text["uuid"]: "my sample string task custom field value", flag["uuid"]: False},
                    "items": [{"item": ref(book.labor), "quantity": 2.0, "unitCost": 23.30, "unitPrice": 34.12}],
                }
            ],
            "customFields": {on_job["uuid"]: True, "my_custom_reference_key": "my sample text"},
            "labor": [
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
        }
        reply = await field.post("/job/", json=sent)
        got = (await field.get(f"/job/{reply.json()['uuid']}")).json()
        (item,) = (await field.get("/job/?start=2034-12-11T09:00&end=2034-12-11T0900")).json()["items"]
        dispatched = await field.post(f"/job/{got['uuid']}/dispatch")
        redirected = await field.get(f"/job/{got['uuid']}")
        new = (await field.get(redirected.headers["location"])).json()

    assert (reply.status_code, reply.headers["location"]) == (201, f"{server.base_url}/job/{got['uuid']}")
    assert set(got) == GOT | {"notificationDelta"}
    assert {**got, "link": {"rel": "detail", "url": reply.headers["location"]}} == reply.json()
    for name in ("notificationDelta", "description", "estDuration", "customFields"):
        assert got[name] == sent[name]
    assert got["scheduledOn"] == "2034-12-11T09:00:00+00:00"
    for name in ("location", "contact", "asset", "jobType", "jobLead"):
        assert got[name]["uuid"] == sent[name]["uuid"]
    assert [person["uuid"] for person in got["crew"]] == [lead.uuid.hex, member.uuid.hex]
    (task,), (labor,) = got["tasks"], got["labor"]
    assert {name: task[name] for name in ("note", "unitCost", "unitPrice", "done", "customFields", "assignee")} == {
        name: sent["tasks"][0][name] for name in ("note", "unitCost", "unitPrice", "done", "customFields", "assignee")
    }
    assert (labor["user"], labor["quantity"], labor["rate"]) == tuple(
        sent["labor"][0][name] for name in ("user", "quantity", "rate")
    )
    assert item == {
        "startedOn": None,
        "state": ["scheduled"],
        "uuid": got["uuid"],
        "invoice": None,
        "completedOn": None,
        "jobLead": ref(lead.uuid),
        "scheduledOn": got["scheduledOn"],
        "createdOn": got["createdOn"],
        "location": ref(organisation.location_uuid),
        "jobId": got["jobId"],
        "link": reply.json()["link"],
        "notificationDelta": 2,
    }
    url = f"{server.base_url}/job/{new['uuid']}"
    assert (dispatched.status_code, dispatched.headers["location"], dispatched.content) == (303, url, b"")
    assert (redirected.status_code, redirected.headers["location"], redirected.content) == (307, url, b"")
    its_own = {name: new[name] for name in ("uuid", "jobId", "createdOn")}
    assert {**new, "notificationDelta": 2} == {**got, **its_own}
    assert set(its_own.values()).isdisjoint({got["uuid"], got["jobId"]})


@pytest.mark.parametrize("part", ["dependencies", "timeWindow"])
async def test_the_samples_of_order_and_time_windows(
    field: httpx.AsyncClient, organisation: TestOrganisation, part: str
) -> None:
    first, last = await make(field, organisation), await make(field, organisation)
    sent: dict[str, Any] = {
        "dependencies": {"predecessor": ref(first["uuid"]), "successor": ref(last["uuid"])},
        "timeWindow": {"startAfter": "2014-12-01T00:00:00", "deadline": "2014-12-05T00:00:00"},
    }
    shown: dict[str, Any] = {
        "dependencies": {
            "predecessor": {"uuid": first["uuid"], "link": first["link"]},
            "successor": {"uuid": last["uuid"], "link": last["link"]},
        },
        "timeWindow": {"startAfter": "2014-12-01T00:00:00+00:00", "deadline": "2014-12-05T00:00:00+00:00"},
    }

    reply = await field.post(
        "/job/", json=new_job(organisation, scheduledOn="2013-08-21T14:30:00", **{part: sent[part]})
    )
    got = (await field.get(f"/job/{reply.json()['uuid']}")).json()

    assert reply.status_code == 201
    assert set(got) == GOT | {part}
    assert got[part] == shown[part]
    assert {**got, "link": {"rel": "detail", "url": reply.headers["location"]}} == reply.json()


@pytest.mark.parametrize(
    ("invocation", "expected"),
    [
        ("start=2014-01-23&end=2014-01-31&jobLead={lead}", ["S1", "S2"]),
        ("start=2014-01-23&end=2014-01-31&state=Completed&sortedBy=-jobId", ["S3", "S2"]),
        ("start=2014-01-23&end=2014-01-31&jobLead={lead}&location={location}", ["S1"]),
        ("start=2014-01-23&end=2014-01-31&location={location}&pageSize=200&page=2", []),
        ("start=2014-01-24+10%3A00%3A00&end=2014-01-26+08%3A59%3A59", ["S2"]),
    ],
)
async def test_the_sample_invocations_of_the_list(
    field: httpx.AsyncClient, organisation: TestOrganisation, invocation: str, expected: list[str]
) -> None:
    lead = organisation["engineer1"]
    location_id, location = organisation.insert("locations", line1="2 Example Street")
    complete = {"status_id": organisation.ids["statuses"]["Complete"]}
    jobs: dict[datetime, dict[str, Any]] = {
        datetime(2014, 1, 24, 9, tzinfo=UTC): {"lead_id": lead.id, "location_id": location_id},
        datetime(2014, 1, 25, 9, tzinfo=UTC): {"lead_id": lead.id, **complete},
        datetime(2014, 1, 26, 9, tzinfo=UTC): complete,
        datetime(2014, 2, 1, 9, tzinfo=UTC): {"lead_id": lead.id, **complete},
    }
    for number, (scheduled_at, values) in enumerate(jobs.items(), start=1):
        organisation.insert_job(number=number, reference=f"S{number}", scheduled_at=scheduled_at, **values)

    reply = await field.get(f"/job/?{invocation.format(lead=lead.uuid.hex, location=location.hex)}")

    assert reply.status_code == 200
    found = [item["jobId"] for item in reply.json()["items"]]
    assert (found if "sortedBy" in invocation else sorted(found)) == expected


async def test_the_enterprise_samples(server: TestServer, make_organisation: MakeOrganisation) -> None:
    organisation = make_organisation(is_enterprise=True)
    (branch,) = organisation.execute(
        "SELECT uuid, name FROM branches WHERE id = :id", id=organisation.ids["branches"]["North"]
    )
    async with server.field(organisation["admin"].api_key) as field:
        reply = await field.post("/job/", json=new_job(organisation, group={"uuid": branch.uuid.hex}))
        got = (await field.get(f"/job/{reply.json()['uuid']}")).json()
        items = (await field.get("/job/?start=2000-01-01&end=2060-01-01")).json()["items"]

    assert reply.status_code == 201
    assert set(got) == GOT | {"group"}
    assert got["group"] == {"uuid": branch.uuid.hex, "name": "North"}
    assert {**got, "link": {"rel": "detail", "url": reply.headers["location"]}} == reply.json()
    assert "group" not in items[0]


async def test_a_new_task_comes_last(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    book = make_book(organisation)
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}, {"task": ref(book.filter)}])

    added = await field.post(f"/job/{job['uuid']}/task", json={"task": ref(book.service), "note": "last"})

    tasks: list[dict[str, Any]] = (await field.get(f"/job/{job['uuid']}")).json()["tasks"]
    assert added.status_code == 201
    assert tasks == [*job["tasks"], added.json()]
