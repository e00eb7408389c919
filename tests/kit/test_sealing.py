"""Sealed fields and the key ring."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from firstfix.kit.sealing import (
    KEY_BYTES,
    KeyRing,
    SealingError,
    key_id_of,
    load_key_ring,
    save_key_ring,
    with_new_key,
)

RING = with_new_key(None)
RECORD = UUID("018f3a5e-7c1b-7000-8000-000000000001")
FIELD = "jobs.access_details"
FIELDS = st.sampled_from([FIELD, "jobs.private_contact_name", "idempotency_keys.answer", "jobs"])


@given(st.text(), st.uuids(), FIELDS)
def test_a_value_opens_with_its_own_record_and_field(value: str, record: UUID, field: str) -> None:
    sealed = RING.seal(value, record=record, field=field)

    assert RING.open(sealed, record=record, field=field) == value


@given(st.text(), st.tuples(st.uuids(), FIELDS), st.tuples(st.uuids(), FIELDS))
def test_a_value_opens_at_no_other_place(value: str, place: tuple[UUID, str], other: tuple[UUID, str]) -> None:
    assume(place != other)
    sealed = RING.seal(value, record=place[0], field=place[1])

    with pytest.raises(SealingError):
        RING.open(sealed, record=other[0], field=other[1])


@given(st.text(), st.data())
def test_any_change_of_a_sealed_value_is_noticed(value: str, data: st.DataObject) -> None:
    sealed = RING.seal(value, record=RECORD, field=FIELD)
    start = data.draw(st.integers(0, len(sealed)))
    end = data.draw(st.integers(start, min(len(sealed), start + 4)))
    changed = sealed[:start] + data.draw(st.text("AZaz09-_.=+/* \né", max_size=4)) + sealed[end:]
    assume(changed != sealed)

    with pytest.raises(SealingError):
        RING.open(changed, record=RECORD, field=FIELD)


@given(st.text() | st.text("v1.k2AZaz09-_=", max_size=80).map("v1.k1.".__add__))
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(SealingError):
        RING.open(text, record=RECORD, field=FIELD)


@given(st.text(min_size=1))
def test_the_same_value_is_never_sealed_the_same_way_and_does_not_show(value: str) -> None:
    first, second = (RING.seal(value, record=RECORD, field=FIELD) for _ in range(2))

    assert first != second
    assert len(first) == len(second)


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_what_older_keys_sealed_stays_readable(values: list[str]) -> None:
    ring = RING
    sealed: list[str] = []
    for value in values:
        sealed.append(ring.seal(value, record=RECORD, field=FIELD))
        ring = with_new_key(ring)

    assert [ring.open(text, record=RECORD, field=FIELD) for text in sealed] == values
    assert [key_id_of(text) for text in sealed] == [f"k{number}" for number in range(1, len(values) + 1)]


def test_a_new_key_never_takes_the_place_of_one_in_the_ring() -> None:
    ring = with_new_key(KeyRing(writer="k3", keys={"k3": bytes(KEY_BYTES), "old": bytes(KEY_BYTES)}))

    assert ring.writer == "k4"
    assert list(ring.keys) == ["k3", "old", "k4"]


def test_a_value_of_a_key_that_is_missing_does_not_open() -> None:
    sealed = with_new_key(RING).seal("4417#", record=RECORD, field=FIELD)

    with pytest.raises(SealingError, match="k2"):
        RING.open(sealed, record=RECORD, field=FIELD)


def test_absent_values_stay_absent() -> None:
    assert RING.find_seal(None, record=RECORD, field=FIELD) is None
    assert RING.find_open(None, record=RECORD, field=FIELD) is None


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "keys.json"

    made, read = load_key_ring(file), load_key_ring(file)

    assert made == read
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"

    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(load_key_ring, [file] * 32))

    assert rings == [load_key_ring(file)] * 32
    assert list(tmp_path.iterdir()) == [file]


def test_a_saved_ring_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    ring = with_new_key(load_key_ring(file))

    save_key_ring(file, ring)

    assert load_key_ring(file) == ring
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_ring_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    file = tmp_path / "keys.json"
    ring = load_key_ring(file)

    def fail(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, fail)
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            save_key_ring(file, with_new_key(ring))

    assert load_key_ring(file) == ring


KEY_FILES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["writer", "keys", "k1"]), inner),
    max_leaves=6,
)


@given(st.binary(max_size=64) | KEY_FILES.map(msgspec.json.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_holds_no_ring_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(content)

    with pytest.raises(SealingError, match=r"keys\.json"):
        load_key_ring(file)

    assert file.read_bytes() == content


def test_a_place_where_no_file_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(SealingError, match=r"keys\.json cannot be used: "):
        load_key_ring(tmp_path / "data" / "keys.json")


@pytest.mark.parametrize(
    "ring",
    [
        KeyRing(writer="k2", keys={"k1": bytes(KEY_BYTES)}),
        KeyRing(writer="k1", keys={"k1": bytes(KEY_BYTES - 1)}),
        KeyRing(writer="k.1", keys={"k.1": bytes(KEY_BYTES)}),
    ],
)
def test_a_ring_that_cannot_seal_or_whose_ids_cannot_be_told_apart_is_refused(tmp_path: Path, ring: KeyRing) -> None:
    file = tmp_path / "keys.json"
    save_key_ring(file, ring)

    with pytest.raises(SealingError, match="cannot be used"):
        load_key_ring(file)
