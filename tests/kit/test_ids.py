"""Uuids as the wires write them."""

from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firstfix.kit.ids import find_uuid

NOT_UUIDS = [
    "",
    "{550e8400-e29b-41d4-a716-446655440000}",
    "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
    "550e8400e29b-41d4-a716-4466-55440000",  # dashes in other places
    "550e8400-e29b-41d4-a716-44665544000",
    "550e8400-e29b-41d4-a716-446655440000\n",
    " 550e8400e29b41d4a71644665544000",
    "0x0e8400e29b41d4a716446655440000",
    "550e8400_e29b_41d4_a716_446655440000",
    "\N{ARABIC-INDIC DIGIT FIVE}50e8400e29b41d4a716446655440000",  # which int() reads
]


@given(st.uuids())
def test_both_spellings_of_a_uuid_are_read_in_any_case(uuid: UUID) -> None:
    dashed = str(uuid)

    found = {find_uuid(text) for text in (dashed, uuid.hex, dashed.upper(), uuid.hex.upper())}

    assert found == {uuid}


@pytest.mark.parametrize("text", NOT_UUIDS)
def test_what_no_wire_writes_is_no_uuid(text: str) -> None:
    assert find_uuid(text) is None


@given(st.text() | st.text("0123456789abcdefABCDEF-x_{} ", min_size=30, max_size=40))
@example("0x" + "1" * 30)
def test_what_is_read_is_what_was_written(text: str) -> None:
    found = find_uuid(text)

    assert found is None or text.lower() in (str(found), found.hex)
