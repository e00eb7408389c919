"""`Idempotency-Key`: a retry gets the first answer, and the effect happens once."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from firstfix.kit.secrets import hash_secret
from tests.api.manage.conftest import JOBS, Enter, Office, new_job
from tests.conftest import MakeOrganisation
from tests.factories.databases import OWNER, TestDatabases
from tests.factories.organisations import TestOrganisation

KEY = "Idempotency-Key"


async def send(office: Office, content: dict[str, Any], key: str, path: str = JOBS) -> httpx.Response:
    return await office.post(path, content, **{KEY: key})


async def count_of(office: Office) -> int:
    return int((await office.get(JOBS)).json()["count"])


async def test_a_retry_with_a_fresh_token_is_answered_like_the_first(
    office: Office, organisation: TestOrganisation
) -> None:
    first = await send(office, new_job(organisation), "one")
    again = await send(office, new_job(organisation), "one")

    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)
    assert first.headers["X-Request-ID"] != again.headers["X-Request-ID"]
    assert await count_of(office) == 1


async def test_twins_at_once_make_one_job(office: Office, organisation: TestOrganisation) -> None:
    tokens = [await office.csrf_token() for _ in range(12)]

    replies = await asyncio.gather(
        *(
            office.client.post(JOBS, json=new_job(organisation, csrf_token=token), headers={KEY: "twins"})
            for token in tokens
        )
    )

    assert {reply.status_code for reply in replies} <= {201, 409, 503}
    made = {reply.json()["job_uuid"] for reply in replies if reply.status_code == 201}
    assert len(made) == 1
    assert await count_of(office) == 1


async def test_a_twin_that_still_runs_is_waited_for_at_most_two_seconds(
    office: Office, organisation: TestOrganisation, databases: TestDatabases
) -> None:
    key = uuid4().hex
    with psycopg.connect(databases.url(OWNER, "firstfix")) as running:
        running.execute("SELECT set_config('firstfix.organisation', %s, true)", (str(organisation.id),))
        running.execute(
            "INSERT INTO idempotency_keys (person_id, key, request_hash) VALUES (%s, %s, %s)",
            (organisation["admin"].id, key, hash_secret("other")),
        )
        waited = await send(office, new_job(organisation), key)
        running.rollback()
    afterwards = await send(office, new_job(organisation), key)

    assert waited.status_code == 409
    assert waited.json()["code"] == "idempotency.running"
    assert int(waited.headers["Retry-After"]) >= 1
    assert 1900 < float(waited.headers["X-Response-Time-ms"]) < 4000
    assert afterwards.status_code == 201
    assert await count_of(office) == 1


async def test_a_key_does_not_serve_for_another_request(office: Office, organisation: TestOrganisation) -> None:
    await send(office, new_job(organisation), "mine")

    other_body = await send(office, new_job(organisation, job_title="Another one"), "mine")
    other_path = await send(office, {}, "mine", "/api/auth/logout")

    for reply in (other_body, other_path):
        assert reply.status_code == 422
        assert reply.json()["code"] == "idempotency.mismatch"
    assert await count_of(office) == 1


async def test_a_body_is_compared_by_what_it_means(office: Office, organisation: TestOrganisation) -> None:
    content = new_job(organisation, job_total_budget=250, tenants_ids=[])
    first = await send(office, content, "meaning")
    content["job_total_budget"] = 250.0
    reordered = dict(reversed(content.items())) | {"csrf_token": await office.csrf_token()}
    written = json.dumps(reordered, indent=3).replace("250.0", "2.50e2").encode()

    again = await office.client.post(
        JOBS, content=written, headers={KEY: "meaning", "Content-Type": "application/json"}
    )
    as_text = await send(office, content | {"job_total_budget": "250"}, "meaning")

    assert again.content == first.content
    assert as_text.status_code == 422


async def test_an_action_means_the_same_in_the_query(office: Office, organisation: TestOrganisation) -> None:
    content = new_job(organisation)
    first = await send(office, content, "moved")
    del content["action"]

    again = await send(office, content, "moved", f"{JOBS}?action=create")

    assert again.content == first.content


async def test_a_form_is_compared_by_its_fields(office: Office, organisation: TestOrganisation) -> None:
    content = {name: str(value) for name, value in new_job(organisation).items()}

    async def post(way: str, **more: str) -> httpx.Response:
        fields = content | {"csrf_token": await office.csrf_token()} | more
        body = {name: (None, value) for name, value in fields.items()} if way == "files" else fields
        return await office.client.request("POST", JOBS, headers={KEY: "form"}, **{way: body})  # type: ignore[arg-type]

    first = await post("data")
    again = await post("data")
    multipart = await post("files")
    other = await post("data", job_title="Another one")

    assert first.status_code == 201
    assert again.content == multipart.content == first.content
    assert other.status_code == 422


async def test_a_refusal_frees_its_key(office: Office, organisation: TestOrganisation) -> None:
    conflict = await send(office, new_job(organisation, status_id=organisation.ids["statuses"]["Complete"]), "again")
    missing = await send(office, new_job(organisation, priority_id=2**62), "again")
    made = await send(office, new_job(organisation), "again")

    assert (conflict.status_code, missing.status_code, made.status_code) == (409, 404, 201)


async def test_keys_of_two_people_do_not_meet(
    office: Office, enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    stranger = make_organisation()
    first = await send(office, new_job(organisation), "shared")
    second = await send(enter(organisation, "manager"), new_job(organisation), "shared")
    third = await send(enter(stranger, "admin"), new_job(stranger), "shared")

    assert len({reply.json()["job_uuid"] for reply in (first, second, third)}) == 3


async def test_a_key_is_free_after_a_day(office: Office, organisation: TestOrganisation) -> None:
    first = await send(office, new_job(organisation), "daily")
    organisation.execute(
        "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE person_id = :id",
        id=organisation["admin"].id,
    )

    second = await send(office, new_job(organisation, job_title="Another one"), "daily")
    again = await send(office, new_job(organisation, job_title="Another one"), "daily")

    assert second.status_code == 201
    assert second.json()["job_uuid"] != first.json()["job_uuid"]
    assert again.content == second.content


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "caf\xe9"])
async def test_a_key_is_1_to_255_printable_characters(office: Office, organisation: TestOrganisation, key: str) -> None:
    token = await office.csrf_token()
    headers = [(KEY.encode(), key.encode("latin-1"))]
    reply = await office.client.post(JOBS, json=new_job(organisation, csrf_token=token), headers=headers)

    assert reply.status_code == 400
    assert reply.json()["field"] == KEY
    assert (await send(office, new_job(organisation), "x" * 255)).status_code == 201


async def test_what_was_answered_is_sealed(office: Office, organisation: TestOrganisation) -> None:
    reply = await send(office, new_job(organisation), "sealed")

    (row,) = organisation.execute(
        "SELECT answer_sealed FROM idempotency_keys WHERE person_id = :id", id=organisation["admin"].id
    )
    assert row.answer_sealed.startswith("v1.")
    assert reply.json()["job_uuid"] not in row.answer_sealed


async def test_a_retried_toggle_does_not_flip_twice(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()
    for _ in range(3):
        reply = await send(office, {"job_uuid": str(uuid)}, "flip", "/api/jobs/toggle-pin")
        assert reply.json()["is_pinned"] is True
