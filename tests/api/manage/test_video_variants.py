"""Films of jobs at other sizes over HTTP, and how far they are."""

from typing import Any

import pytest

from tests.api.manage.conftest import Enter, Office
from tests.api.manage.test_photos import photos_of, uploaded
from tests.conftest import MakeOrganisation
from tests.factories.cinemas import FILM, Cinema
from tests.factories.organisations import TestOrganisation
from tests.factories.pictures import picture

PATH = "/api/jobs/video-variants"
MISSING = "01900000-0000-7000-8000-000000000000"


async def test_a_film_is_told_of_at_every_size(office: Office, organisation: TestOrganisation, cinema: Cinema) -> None:
    job_id, _ = organisation.insert_job()
    [photo] = await uploaded(office, job_id, ("walk.mp4", FILM))
    await cinema.make()

    told = (await office.get(PATH, uuid=photo["uuid"])).json()

    assert (told["success"], told["data"]["uuid"], told["variants"]) == (True, photo["uuid"], told["data"]["variants"])
    original = told["data"]["original"]
    assert {name: original[name] for name in original.keys() - {"url"}} == {
        "label": "original",
        "width": 1280,
        "height": 720,
        "bitrate_kbps": round(len(FILM) * 8 / 2000),
        "size_bytes": len(FILM),
        "mime_type": "video/mp4",
    }
    assert [{name: one[name] for name in one.keys() - {"url"}} for one in told["variants"]] == [
        variant("720p", 1280, 720),
        variant("480p", 853, 480),
        variant("360p", 640, 360),
    ]
    assert (await office.client.get(original["url"])).content == FILM
    for one in told["variants"]:
        shown = await office.client.get(one["url"], headers={"Authorization": "", "Range": "bytes=0-2"})
        assert (shown.status_code, shown.content) == (206, one["label"][:3].encode())
        by_label = await office.get("/api/jobs/photos", action="download", uuid=photo["uuid"], variant=one["label"])
        assert by_label.content == f"{one['label'][:3]} pixels high".encode()
        assert by_label.headers["content-type"] == "video/mp4"
    [listed] = (await photos_of(office, job_id))["other"]
    assert (listed["status"], listed["thumbnail_url"] is None) == ("ready", False)


def variant(label: str, width: int, height: int) -> dict[str, Any]:
    """What is told of a film of two seconds that holds its height in words."""
    size = len(f"{height} pixels high")
    kbps = round(size * 8 / 2000)
    told = {"label": label, "width": width, "height": height, "bitrate_kbps": kbps}
    return told | {"size_bytes": size, "mime_type": "video/mp4"}


async def test_until_they_are_made_and_of_a_still_there_are_none(
    office: Office, organisation: TestOrganisation, cinema: Cinema
) -> None:
    job_id, _ = organisation.insert_job()
    [photo, still] = await uploaded(office, job_id, ("walk.mp4", FILM), ("a.jpg", picture()))
    seen = []
    for uuid in (photo["uuid"], still["uuid"]):
        told = (await office.get(PATH, uuid=uuid)).json()
        seen.append((told["data"]["original"]["label"], told["data"]["variants"], told["variants"]))
    assert seen == [("original", [], [])] * 2

    await cinema.fail()

    assert (await office.get(PATH, uuid=photo["uuid"])).json()["variants"] == []
    assert [listed["status"] for listed in (await photos_of(office, job_id))["other"]] == ["failed", "ready"]


@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"uuid": "walk"}, 400), ({"uuid": MISSING}, 404)])
async def test_what_names_no_film_is_refused(office: Office, query: dict[str, str], status: int) -> None:
    reply = await office.get(PATH, **query)

    assert reply.status_code == status
    assert (reply.json()["error"] == "Photo not found") == (status == 404)


async def test_whoever_sees_the_job_sees_the_film(
    enter: Enter, office: Office, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    job_id, _ = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    [photo] = await uploaded(office, job_id, ("walk.mp4", FILM))
    stranger = make_organisation()
    seen = {}
    for home, label in ((organisation, "contractor1"), (organisation, "contractor2"), (stranger, "admin")):
        reply = await enter(home, label).get(PATH, uuid=photo["uuid"])
        seen[label] = reply.status_code
    assert seen == {"contractor1": 200, "contractor2": 404, "admin": 404}

    await office.post("/api/jobs/photos", {"action": "delete", "photo_uuid": photo["uuid"]})
    assert (await office.get(PATH, uuid=photo["uuid"])).status_code == 404
