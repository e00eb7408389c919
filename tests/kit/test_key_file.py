"""The key ring of a running process follows its file."""

from pathlib import Path

from firstfix.kit.key_file import KeyFile
from firstfix.kit.sealing import save_key_ring, with_new_key


def test_a_rotated_key_is_used_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key_file = KeyFile(file)

    rotated = with_new_key(key_file.ring)
    save_key_ring(file, rotated)

    assert key_file.ring == rotated


def test_a_file_that_is_gone_changes_nothing_and_is_not_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key_file = KeyFile(file)
    ring = key_file.ring

    file.unlink()

    assert key_file.ring == ring
    assert not file.exists()


def test_a_broken_file_changes_nothing_and_is_read_again_once_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key_file = KeyFile(file)
    ring = key_file.ring

    file.write_text("{")
    while_broken = key_file.ring
    save_key_ring(file, with_new_key(ring))

    assert while_broken == ring
    assert key_file.ring.writer == "k2"
