"""The contract's replies, as a client gets them."""

import re

from tests.api.manage.conftest import JOBS, Enter, Office, new_job
from tests.factories.organisations import TestOrganisation


async def test_a_job_shows_all_that_was_given_when_it_was_made(office: Office, organisation: TestOrganisation) -> None:
    ids = organisation.ids
    made = await office.post(
        JOBS,
        new_job(
            organisation,
            agent_id=organisation["agent1"].id,
            contractor_id=organisation["contractor1"].id,
            branch_id=ids["branches"]["North"],
            tenants_ids=[organisation.contact_id],
            job_total_budget=250,
            contractor_budget=180.5,
            date_works_start_date="2024-06-01",
            date_works_end_date="2024-06-02",
            time_range_id=ids["time_ranges"]["Afternoon"],
            payment_status_id=ids["payment_statuses"]["Not due"],
            invoice_no="INV-1",
            quote_no="Q-1",
            works_order_ref="WO-1",
            access_details='Key safe 1234 "back door"\nünder the mat',
            private_contact_name="Ann Other",
            private_contact_email="ann@example.com",
        ),
    )

    assert made.status_code == 201
    names = made.json()["data"]
    assert made.json() == {
        "success": True,
        "message": "Job created successfully",
        "data": {"ID": names["ID"], "uuid": names["uuid"], "job_ref": names["job_ref"]},
        "job_id": names["ID"],
        "job_uuid": names["uuid"],
        "job_ref": names["job_ref"],
    }
    reply = await office.get(JOBS, action="get", uuid=names["uuid"])
    job = reply.json()["data"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", job["created_at"])
    assert reply.json() == {
        "success": True,
        "message": "Operation completed successfully",
        "data": {
            "ID": names["ID"],
            "uuid": names["uuid"],
            "job_ref": names["job_ref"],
            "job_title": "Boiler not firing",
            "job_description": "No hot water since Monday.",
            "status_id": ids["statuses"]["New"],
            "status_name": "New",
            "priority_id": ids["priorities"]["Medium"],
            "priority_name": "Medium",
            "job_type_id": ids["job_types"]["Gas & Heating"],
            "job_type_name": "Gas & Heating",
            "agent_id": organisation["agent1"].id,
            "agent_name": "Agent1 Tester",
            "contractor_id": organisation["contractor1"].id,
            "contractor_name": "Contractor1 Tester",
            "address_id": organisation.location_id,
            "full_address": "1 Example Street, Sample Town, EX1 1AA",
            "branch_id": ids["branches"]["North"],
            "branch_name": "North",
            "tenants_ids": [organisation.contact_id],
            "job_total_budget": 250,
            "contractor_budget": 180.5,
            "vat_percentage": 20,
            "total_amount": 216.6,
            "date_works_start_date": "2024-06-01",
            "date_works_end_date": "2024-06-02",
            "time_range_id": ids["time_ranges"]["Afternoon"],
            "invoice_no": "INV-1",
            "quote_no": "Q-1",
            "works_order_ref": "WO-1",
            "access_details": 'Key safe 1234 "back door"\nünder the mat',
            "private_contact_name": "Ann Other",
            "private_contact_email": "ann@example.com",
            "is_pinned": False,
            "is_recall": False,
            "sla_status": None,
            "gate_status": None,
            "payment_status_id": ids["payment_statuses"]["Not due"],
            "payment_status_name": "Not due",
            "photos_count": 0,
            "documents_count": 0,
            "created_by": organisation["admin"].id,
            "created_by_name": "Admin Tester",
            "created_at": job["created_at"],
            "updated_at": job["created_at"],
        },
    }
    listed = (await office.get(JOBS, action="list")).json()
    assert listed == {
        "success": True,
        "data": [job],
        "count": 1,
        "message": "Operation completed successfully",
    }


async def test_every_reply_tells_limits_times_and_its_own_id(office: Office) -> None:
    for reply in (
        await office.get(JOBS),
        await office.get(JOBS, action="get", uuid="no uuid"),
        await office.client.get("/api/nowhere"),
        await office.client.head(JOBS),
        await office.client.get(JOBS, headers={"Authorization": "Bearer nobody"}),
    ):
        assert int(reply.headers["X-RateLimit-Limit"]) == 1_000_000
        assert 0 < int(reply.headers["X-RateLimit-Remaining"]) <= 1_000_000
        assert int(reply.headers["X-RateLimit-Reset"]) % 60 == 0
        assert float(reply.headers["X-Response-Time-ms"]) > 0
        assert float(reply.headers["X-DB-Query-Time-ms"]) >= 0
        assert reply.headers["X-Request-ID"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in reply.headers


async def test_the_time_of_the_database_is_measured(office: Office) -> None:
    reply = await office.get(JOBS)

    assert 0 < float(reply.headers["X-DB-Query-Time-ms"]) < float(reply.headers["X-Response-Time-ms"])


async def test_permissions_name_each_key_that_is_held(enter: Enter, organisation: TestOrganisation) -> None:
    reply = await enter(organisation, "tenant1").get("/api/users/permissions")

    assert reply.json()["data"] == {
        "account_type": 4,
        "role": "Tenant",
        "permissions": {"api.jobs.manage.list": True, "api.jobs.photos.view": True, "api.jobs.toggle_pin.manage": True},
    }
