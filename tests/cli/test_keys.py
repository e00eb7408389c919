"""Keys are rotated while people work, and everything sealed goes on opening."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from firstfix.domain.sealing.columns import SEALED_COLUMNS
from firstfix.kit.key_file import KeyFile
from firstfix.kit.sealing import key_id_of, load_key_ring
from tests.cli.conftest import Firstfix
from tests.factories.contents import put_content

FIELD = "people.second_factor"


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ring's file; nobody else has to notice a new key, so nobody waits."""
    monkeypatch.setattr("firstfix.cli.keys._SETTLE_SECONDS", 0)
    return tmp_path / "keys.json"


@pytest.fixture
def person(firstfix: Firstfix, owner: Engine, key_file: Path) -> UUID:
    """Somebody with a sealed value."""
    firstfix("user", "create", "admin@example.com", "--generate-password", "--organisation-name", "Acme")
    with owner.begin() as connection:
        uuid: UUID = connection.execute(text("SELECT uuid FROM people")).scalar_one()
        sealed = load_key_ring(key_file).seal("otp", record=uuid, field=FIELD)
        connection.execute(text("UPDATE people SET second_factor_sealed = :sealed"), {"sealed": sealed})
    return uuid


def sealed_value(owner: Engine) -> str:
    with owner.connect() as connection:
        return str(connection.execute(text("SELECT second_factor_sealed FROM people")).scalar_one())


def test_every_column_of_sealed_values_is_known_by_its_name() -> None:
    assert {"jobs.access_details", "case_notes.text", "idempotency_keys.answer", FIELD} <= {
        column.field for column in SEALED_COLUMNS
    }


def test_a_rotation_seals_everything_again_and_keeps_the_old_key(
    firstfix: Firstfix, owner: Engine, person: UUID, key_file: Path
) -> None:
    running = KeyFile(key_file)
    assert running.ring.writer == "k1"

    rotated = firstfix("keys", "rotate")

    assert "1 value sealed again" in rotated.out
    assert key_id_of(sealed_value(owner)) == "k2"
    assert running.ring.open(sealed_value(owner), record=person, field=FIELD) == "otp"
    assert running.ring.writer == "k2"
    assert set(running.ring.keys) == {"k1", "k2"}
    assert re.search(r"k2 +│ people.second_factor │ 1", firstfix("keys", "check").out)


def test_an_interrupted_rotation_is_finished_without_another_key(
    firstfix: Firstfix, owner: Engine, person: UUID, key_file: Path
) -> None:
    firstfix("keys", "rotate")
    with owner.begin() as connection:
        ring = load_key_ring(key_file)
        late = type(ring)(writer="k1", keys=ring.keys).seal("otp", record=person, field=FIELD)
        connection.execute(text("UPDATE people SET second_factor_sealed = :late"), {"late": late})

    firstfix("keys", "rotate", "--no-new-key")

    assert key_id_of(sealed_value(owner)) == "k2"
    assert set(load_key_ring(key_file).keys) == {"k1", "k2"}


@pytest.mark.usefixtures("person")
def test_files_outlive_a_rotation(firstfix: Firstfix, owner: Engine, tmp_path: Path) -> None:
    content = b"It drips."
    with owner.begin() as connection:
        organisation_id = connection.execute(text("SELECT id FROM organisations")).scalar_one()
        key, path = put_content(tmp_path, owner, organisation_id, content)
        connection.execute(
            text(
                "INSERT INTO files (organisation_id, storage_key, purpose, file_name, mime_type, size_bytes, sha256)"
                " VALUES (:organisation, :key, 'photo', 'a.txt', 'text/plain', :size, sha256(:content))"
            ),
            {"organisation": organisation_id, "key": key, "size": len(content), "content": content},
        )
    sealed = path.read_bytes()
    before = firstfix("check", "--all")

    firstfix("keys", "rotate")

    assert re.search(r"k2 +│ content_keys.key +│ 1", firstfix("keys", "check").out)
    assert "I8" not in before.out
    assert "I8" not in firstfix("check", "--all").out
    assert path.read_bytes() == sealed


def test_a_key_added_for_other_machines_is_the_one_that_is_rotated_to(firstfix: Firstfix, key_file: Path) -> None:
    firstfix("keys", "add")
    assert load_key_ring(key_file).writer == "k1"
    assert "Rotate to it" in firstfix("keys", "add").err

    firstfix("keys", "rotate")

    assert load_key_ring(key_file).writer == "k2"
    assert set(load_key_ring(key_file).keys) == {"k1", "k2"}


@pytest.mark.usefixtures("person")
def test_a_ring_without_a_key_in_use_is_refused(firstfix: Firstfix, key_file: Path) -> None:
    firstfix("keys", "check")
    key_file.unlink()

    refused = firstfix("keys", "check")

    assert refused.code == 1
    assert "k1 of the ring is another one than this database uses" in refused.err
