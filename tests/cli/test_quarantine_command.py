"""Letters that named no organisation, for whoever runs the server."""

from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from firstfix.kit.sealing import load_key_ring
from tests.cli.conftest import Firstfix


def stray(owner: Engine, folder: Path) -> UUID:
    keys, uuid = load_key_ring(folder / "keys.json"), uuid4()
    texts = {"sender": "a@b.c", "subject": "Hello\x1b[31m", "raw": "From: a@b.c\n\n\xff"}
    sealed = {
        f"{name}_sealed": keys.seal(value, record=uuid, field=f"quarantined_mails.{name}")
        for name, value in texts.items()
    }
    insert = text(
        "INSERT INTO quarantined_mails (uuid, reason, size_bytes, sender_sealed, subject_sealed, raw_sealed)"
        " VALUES (:uuid, 'unknown', 3, :sender_sealed, :subject_sealed, :raw_sealed)"
    )
    with owner.begin() as connection:
        connection.execute(insert, {"uuid": uuid, **sealed})
    return uuid


def test_they_are_listed_saved_and_dropped(firstfix: Firstfix, owner: Engine, tmp_path: Path) -> None:
    uuid = stray(owner, tmp_path)

    listed = firstfix("quarantine", "list")
    assert str(uuid) in listed.out
    assert "\x1b[31m" not in listed.out
    assert "1 letter in quarantine." in listed.out

    saved = tmp_path / "letter.eml"
    assert firstfix("quarantine", "save", str(uuid), str(saved)).code == 0
    assert saved.read_bytes() == b"From: a@b.c\n\n\xff"
    assert firstfix("quarantine", "save", str(uuid), str(saved)).code == 1

    assert firstfix("quarantine", "drop", str(uuid)).code == 0
    assert firstfix("quarantine", "drop", str(uuid)).code == 1
    assert "0 letters" in firstfix("quarantine", "list").out


def test_they_are_sealed_again_with_a_new_key(firstfix: Firstfix, owner: Engine, tmp_path: Path) -> None:
    stray(owner, tmp_path)

    assert firstfix("keys", "rotate").code == 0

    with owner.connect() as connection:
        assert connection.scalar(text("SELECT split_part(raw_sealed, '.', 2) FROM quarantined_mails")) == "k2"
