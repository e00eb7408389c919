"""How far films are, in the web API, and having one made again that failed."""

from typing import Any

import httpx
import pytest

from tests.api.web.conftest import Browse
from tests.factories.cinemas import Cinema
from tests.factories.organisations import TestOrganisation

MISSING = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def browser(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browse(organisation, "admin")


async def films_of(browser: httpx.AsyncClient, job: object) -> list[dict[str, Any]]:
    reply = await browser.get(f"/web/jobs/{job}/films")
    assert reply.status_code == 200, reply.text
    films: list[dict[str, Any]] = reply.json()
    return films


async def test_it_tells_how_far_each_film_is(
    browser: httpx.AsyncClient, organisation: TestOrganisation, cinema: Cinema
) -> None:
    job_id, job = organisation.insert_job()
    film = await cinema.add(job_id)
    seen = await films_of(browser, job)
    next_at = seen[0].pop("next_at")
    assert next_at is not None

    cinema.lease()
    organisation.execute("UPDATE film_tasks SET percent = 42 WHERE organisation_id = :id", id=organisation.id)
    seen += await films_of(browser, job)
    organisation.execute("UPDATE film_tasks SET state = 'waiting' WHERE organisation_id = :id", id=organisation.id)
    await cinema.make()
    seen += await films_of(browser, job)

    named = {"uuid": str(film), "file_name": "walk.mp4"}
    assert [{**one, "next_at": None} for one in seen] == [
        {**named, **one, "reason": None, "next_at": None}
        for one in (
            {"status": "waiting", "percent": 0, "attempts": 0, "variants": []},
            {"status": "processing", "percent": 42, "attempts": 0, "variants": []},
            {"status": "ready", "percent": 100, "attempts": None, "variants": ["720p", "480p", "360p"]},
        )
    ]


async def test_one_that_failed_says_why_and_is_made_again_by_hand(
    browser: httpx.AsyncClient, organisation: TestOrganisation, cinema: Cinema
) -> None:
    job_id, job = organisation.insert_job()
    film = await cinema.add(job_id)
    retry = f"/web/photos/{film}/retry"
    await cinema.fail(attempts=1)
    assert (await browser.post(retry)).status_code == 409
    await cinema.fail(attempts=2)
    [failed] = await films_of(browser, job)

    replies = [await browser.post(retry) for _ in range(2)]

    assert (failed["status"], failed["attempts"], failed["reason"], failed["next_at"]) == (
        "failed",
        3,
        "unreadable",
        None,
    )
    assert [reply.status_code for reply in replies] == [204, 409]
    assert replies[1].json()["code"] == "files.film_not_failed"
    [again] = await films_of(browser, job)
    assert (again["status"], again["attempts"], again["reason"]) == ("waiting", 0, None)
    await cinema.make()
    assert [one["status"] for one in await films_of(browser, job)] == ["ready"]


async def test_whoever_does_not_see_the_job_sees_no_film(
    browse: Browse, organisation: TestOrganisation, cinema: Cinema
) -> None:
    job_id, job = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    film = await cinema.add(job_id)
    await cinema.fail()
    stranger = await browse(organisation, "contractor2")

    assert (await stranger.get(f"/web/jobs/{job}/films")).status_code == 404
    assert (await stranger.post(f"/web/photos/{film}/retry")).status_code == 404
    assert (await stranger.post(f"/web/photos/{MISSING}/retry")).status_code == 404
    theirs = await browse(organisation, "contractor1")
    assert len(await films_of(theirs, job)) == 1
    assert (await theirs.post(f"/web/photos/{film}/retry")).status_code == 204
