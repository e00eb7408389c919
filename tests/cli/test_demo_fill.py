"""`demo.json`, and the commands that fill."""

import json
import stat
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from firstfix.adapters.bootstrap import DatabaseUrls
from firstfix.cli.demo_fill import FILE, describe, fill, publish
from firstfix.cli.faults import CommandFailed
from firstfix.domain.demo.errors import NotADemo
from firstfix.domain.invariants.checks import checks_of
from firstfix.kit.sealing import KeyRing
from tests.fakes.storage import MemoryStorage

LEFT_TO_A_WORKER = "No job waits for more than a minute to be warned of, or told of when it is breached"


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


def count_jobs(owner: Engine) -> int:
    with owner.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM jobs")) or 0


def read(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / FILE).read_text())
    return told


def test_the_file_tells_how_to_get_in(
    urls: DatabaseUrls, keys: KeyRing, storage: MemoryStorage, tmp_path: Path
) -> None:
    fill(urls.required_owner, keys, tmp_path / "new", 20, open_storage=lambda _: storage)
    publish(tmp_path / "new", "https://jobs.example.com")

    told = read(tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600
    assert list(told) == ["base_url", "organisations"]
    assert told["base_url"] == "https://jobs.example.com"
    assert [list(organisation) for organisation in told["organisations"]] == [
        ["name", "slug", "features", "accounts"]
    ] * 2
    assert told["organisations"][1]["features"] == {"enterprise": True, "true_crew": True}
    assert list(told["organisations"][0]["accounts"][0]) == [
        *("label", "account_type", "role", "email", "password", "field_api_key", "user_uuid", "user_id", "branch_ids"),
    ]


def test_tasks_and_assets_have_files_that_the_store_has(
    urls: DatabaseUrls, owner: Engine, keys: KeyRing, storage: MemoryStorage, tmp_path: Path
) -> None:
    fill(urls.required_owner, keys, tmp_path, 60, open_storage=lambda _: storage)

    with owner.connect() as connection:
        rows = connection.execute(text("SELECT * FROM files")).all()
        attached = connection.execute(
            text(
                "SELECT a.name, f.caption, f.uploaded_by_id, f.created_at >= j.created_at AS is_after,"
                " e.label, e.actor_id"
                " FROM asset_attachments l JOIN files f ON f.organisation_id = l.organisation_id AND f.id = l.file_id"
                " JOIN assets a ON a.organisation_id = l.organisation_id AND a.id = l.asset_id"
                " JOIN events e ON e.organisation_id = l.organisation_id AND e.entity = 'asset' AND e.entity_id = a.id"
                "  AND e.changes #>> '{attachments,1,0,uuid}' = f.uuid::text"
                " JOIN jobs j ON j.organisation_id = l.organisation_id AND j.asset_id = a.id"
                "  AND j.lead_id = f.uploaded_by_id AND j.completed_at = f.created_at + interval '1 minute'"
            )
        ).all()
        broken = {check.sentence for check in checks_of(connection, keys, every=False) if list(check.find_breaches())}
    contents = {key: content for key, (content, _) in storage.contents.items()}
    names = {row.file_name.partition("-")[0] for row in rows}
    assert {"before.png", "finished.png", "record", "as", "data"} <= names
    assert {row.caption for row in attached} == {"As found", ""}
    assert all(row.label == row.name and row.actor_id == row.uploaded_by_id and row.is_after for row in attached)
    assert {row.storage_key: (row.size_bytes, bytes(row.sha256)) for row in rows} == {
        key: (len(content), sha256(content).digest()) for key, content in contents.items()
    }
    assert all(row.may_inline for row in rows if row.purpose == "attachment")
    assert storage.drafts == []
    assert broken <= {LEFT_TO_A_WORKER}


def test_people_are_told_the_same(urls: DatabaseUrls, keys: KeyRing, storage: MemoryStorage, tmp_path: Path) -> None:
    fill(urls.required_owner, keys, tmp_path, 20, open_storage=lambda _: storage)

    text_for_people = describe(tmp_path)

    for organisation in read(tmp_path)["organisations"]:
        for account in organisation["accounts"]:
            for secret in ("email", "password", "field_api_key"):
                assert account[secret] in text_for_people


def test_a_second_start_changes_nothing_but_the_address(
    urls: DatabaseUrls, owner: Engine, keys: KeyRing, storage: MemoryStorage, tmp_path: Path
) -> None:
    fill(urls.required_owner, keys, tmp_path, 20, may_grow=False, open_storage=lambda _: storage)
    before = read(tmp_path)

    fill(urls.required_owner, keys, tmp_path, 40, may_grow=False, open_storage=lambda _: storage)
    publish(tmp_path, "http://127.0.0.1:4711")

    assert read(tmp_path) == before | {"base_url": "http://127.0.0.1:4711"}
    assert count_jobs(owner) == 80


def test_asked_for_more_it_grows_and_keeps_the_accounts(
    urls: DatabaseUrls, owner: Engine, keys: KeyRing, storage: MemoryStorage, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    fill(urls.required_owner, keys, tmp_path, 20, open_storage=lambda _: storage)
    before = read(tmp_path)

    fill(
        urls.required_owner,
        keys,
        tmp_path,
        50,
        lambda made, total: told.append((made, total)),
        open_storage=lambda _: storage,
    )

    assert count_jobs(owner) == 110
    assert told == [(30, 30)]
    assert read(tmp_path) == before


def test_a_lost_file_stays_lost_and_the_way_out_is_told(
    urls: DatabaseUrls, keys: KeyRing, storage: MemoryStorage, tmp_path: Path
) -> None:
    fill(urls.required_owner, keys, tmp_path, 20, open_storage=lambda _: storage)
    (tmp_path / FILE).unlink()

    fill(urls.required_owner, keys, tmp_path, 20, open_storage=lambda _: storage)
    publish(tmp_path, "http://127.0.0.1:4711")

    assert not (tmp_path / FILE).exists()
    assert "firstfix user reset admin@larkfield.example.com" in describe(tmp_path)


def test_a_broken_file_is_a_fault_of_its_own(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"base_url": 1}')

    with pytest.raises(CommandFailed, match=r"demo\.json cannot be read"):
        describe(tmp_path)


def test_organisations_of_somebodys_own_are_left_alone(
    urls: DatabaseUrls, owner: Engine, keys: KeyRing, storage: MemoryStorage, tmp_path: Path
) -> None:
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO organisations (name, slug) VALUES ('Ours', 'ours')"))

    with pytest.raises(NotADemo):
        fill(urls.required_owner, keys, tmp_path, 20, open_storage=lambda _: storage)

    assert not (tmp_path / FILE).exists()
    assert count_jobs(owner) == 0
