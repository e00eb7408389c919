"""Attachments of assets over the wire: as on tasks."""

from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.api.field.test_jobs import TIME, error_of
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


class Asset(Struct):
    """An asset that files are attached to."""

    client: httpx.AsyncClient
    uuid: str
    organisation: TestOrganisation

    @property
    def path(self) -> str:
        return f"/asset/{self.uuid}/attachment/"

    async def attach(self, *names: str) -> list[dict[str, Any]]:
        files = [("file", (name, f"This is {name}.".encode())) for name in names]
        reply = await self.client.post(self.path, files=files)
        assert reply.status_code == 201, reply.text
        told: list[dict[str, Any]] = reply.json()
        return told

    async def listed(self) -> list[dict[str, Any]]:
        files: list[dict[str, Any]] = (await self.client.get(self.path)).json()
        return files


@pytest.fixture
async def asset(field: httpx.AsyncClient, organisation: TestOrganisation) -> Asset:
    """An asset in a place of the North branch, as the administrator sees it."""
    body = {"name": "Boiler", "location": {"uuid": organisation.location_uuid.hex}}
    made = (await field.post("/asset/", json=body)).json()
    return Asset(field, made["uuid"], organisation)


async def test_files_come_are_listed_and_are_fetched(asset: Asset) -> None:
    told = await asset.attach("manual.pdf", "plate.png")

    assert [(file["name"], file["mimetype"], file["caption"]) for file in told] == [
        ("manual.pdf", "application/pdf", ""),
        ("plate.png", "image/png", ""),
    ]
    assert all(TIME.fullmatch(file["createdDate"]) for file in told)
    assert await asset.listed() == told
    assert (await asset.client.get(f"/asset/{asset.uuid}")).json()["attachments"] == told
    assert (await asset.client.get("/asset/")).json()["items"][0]["attachments"] == told
    fetched = await asset.client.get(asset.path + told[0]["uuid"])
    part = await asset.client.get(asset.path + told[0]["uuid"], headers={"Range": "bytes=0-3"})
    assert (fetched.content, part.status_code, part.content) == (b"This is manual.pdf.", 206, b"This")
    assert fetched.headers["content-disposition"] == 'attachment; filename="manual.pdf"'


async def test_a_caption_is_set_and_a_file_deleted(asset: Asset) -> None:
    file, other = await asset.attach("plate.png", "manual.pdf")
    address = asset.path + file["uuid"]

    assert (await asset.client.put(address, json={"caption": "The plate"})).status_code == 204
    assert await asset.listed() == [{**file, "caption": "The plate"}, other]
    assert (await asset.client.delete(address)).status_code == 204
    assert await asset.listed() == [other]
    gone = [await asset.client.get(address), await asset.client.delete(address)]
    assert [error_of(reply) for reply in gone] == [
        (404, "NotFoundError", f"No Attachment with id={file['uuid']} exists")
    ] * 2


async def test_what_is_not_there_takes_no_files(asset: Asset) -> None:
    (file,) = await asset.attach("plate.png")
    other = (await asset.client.post("/asset/", json={"name": "Boiler"})).json()["uuid"]

    for uuid in ("f" * 32, "boiler"):
        path = f"/asset/{uuid}/attachment/"
        replies = [
            await asset.client.post(path, files={"f": ("a.txt", b"x")}),
            await asset.client.get(path),
            await asset.client.get(path + file["uuid"]),
            await asset.client.put(path + file["uuid"], json={"caption": "x"}),
            await asset.client.delete(path + file["uuid"]),
        ]
        assert {error_of(reply) for reply in replies} == {(404, "NotFoundError", f"No Asset with id={uuid} exists")}
    elsewhere = f"/asset/{other}/attachment/{file['uuid']}"
    assert (await asset.client.get(elsewhere)).status_code == 404
    assert (await asset.client.delete(elsewhere)).status_code == 404
    assert (await asset.client.post(asset.path)).status_code == 422
    assert await asset.listed() == [file]


async def test_an_asset_takes_its_files_along(asset: Asset) -> None:
    await asset.attach("manual.pdf", "plate.png")

    assert (await asset.client.delete(f"/asset/{asset.uuid}")).status_code == 204

    mine = {"id": asset.organisation.id}
    assert asset.organisation.execute("SELECT 1 FROM files WHERE organisation_id = :id", **mine) == []
    assert len(asset.organisation.execute("SELECT 1 FROM file_removals WHERE organisation_id = :id", **mine)) == 2


async def test_whoever_follows_assets_hears_of_them(asset: Asset) -> None:
    token = (await asset.client.get("/changes/token")).json()["sinceToken"]

    (file,) = await asset.attach("plate.png")
    await asset.client.put(asset.path + file["uuid"], json={"caption": "The plate"})
    await asset.client.delete(asset.path + file["uuid"])

    page = (await asset.client.get(f"/changes/{token}/")).json()
    assert [(item["status"], item["entityClass"], item["entity"]) for item in page["items"]] == [
        ("updated", "Asset", asset.uuid)
    ] * 3


async def test_only_who_sees_the_asset_sees_its_files(server: TestServer, asset: Asset) -> None:
    (file,) = await asset.attach("plate.png")
    statuses = {}
    for label in ("engineer1", "agent1", "agent2", "contractor1", "tenant1"):
        async with server.field(asset.organisation[label].api_key) as client:
            replies = [await client.get(asset.path), await client.get(asset.path + file["uuid"])]
            statuses[label] = [reply.status_code for reply in replies]

    assert statuses == {
        "engineer1": [200, 200],
        "agent1": [200, 200],
        "agent2": [404, 404],
        "contractor1": [403, 403],
        "tenant1": [403, 403],
    }
