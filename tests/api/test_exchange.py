"""Bodies: whatever is sent, they are read exactly or refused."""

import json
import time
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firstfix.api.exchange import BODY_LIMIT_BYTES, DEPTH_LIMIT, parse_form, parse_json_object
from firstfix.api.problems import MalformedBody

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT | st.sampled_from(["[{", "]}", '"[', "\\[{"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
NUMBERS = st.builds(
    "{}{}.{}{}".format,
    st.sampled_from(["", "-"]),
    st.integers(0, 10**40),
    st.text("0123456789", min_size=1, max_size=40),
    st.sampled_from(["", "e5", "E-7", "e+300"]),
)
SECONDS = 20  # for a whole 1 MiB, on a busy machine; a scan that goes back over what it has read would take hours


@given(st.dictionaries(TEXT, JSON_VALUES, max_size=5))
def test_an_object_is_read_as_it_was_written(content: dict[str, object]) -> None:
    assert parse_json_object(json.dumps(content).encode()) == content


@given(NUMBERS)
def test_a_number_with_a_point_is_exact_and_never_a_float(number: str) -> None:
    read = parse_json_object(f'{{"amount": {number}, "more": [{number}]}}'.encode())

    assert read == {"amount": Decimal(number), "more": [Decimal(number)]}
    assert isinstance(read["amount"], Decimal)


@given(st.integers(1, 2 * DEPTH_LIMIT), st.sampled_from(["", "[[[[{{{{", '\\"[', "]]}}", "\\\\"]), st.booleans())
def test_nesting_is_limited_whatever_brackets_strings_hold(depth: int, text: str, is_list: bool) -> None:  # noqa: FBT001
    opening, closing = ("[", "]") if is_list else ('{"a":', "}")
    inside = depth - 1
    body = f'{{"t": "{text}", "deep": {opening * inside}1{closing * inside}, "u": "{text}"}}'.encode()

    refused = False
    try:
        parse_json_object(body)
    except MalformedBody:
        refused = True

    assert refused == (depth > DEPTH_LIMIT)


@given(st.binary() | st.text('[]{}",:\\ue1-.0 ').map(str.encode) | TEXT.map(str.encode))
@example(b'{"a": 1e99999999999999999999999}')
@example(b'{"a": "\\ud800"}')
@example(b'{"a": NaN}')
@example(b'{"a": ' + b"9" * 5000 + b"}")
@example(b"[" * 100_000)
@example(b"[]")
@example(b"")
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    content: object = {}
    try:
        content = parse_json_object(body)
    except MalformedBody as refusal:
        assert refusal.status == 400  # noqa: PT017 (either outcome is right)

    assert isinstance(content, dict)


@pytest.mark.parametrize(
    "body",
    [
        b"[]" * 33 + b'"' + b'\\"' * 500_000,
        b"[]" * 33 + b'"' * 1_000_000,
        b"[]" * 33 + b'"' + b"\\" * 1_000_001,
        b"[" + b"[]," * 340_000,
        b'{"a":' * 200_000,
    ],
)
def test_the_largest_hostile_body_is_refused_at_once(body: bytes) -> None:
    assert len(body) <= BODY_LIMIT_BYTES
    start = time.perf_counter()

    with pytest.raises(MalformedBody):
        parse_json_object(body)

    assert time.perf_counter() - start < SECONDS


FORM_NAMES = TEXT.map(lambda name: name.replace("]", ""))


@given(st.dictionaries(FORM_NAMES, TEXT, max_size=10))
def test_a_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    assert parse_form(urlencode(fields).encode()) == fields


@given(FORM_NAMES, st.lists(st.tuples(st.booleans(), TEXT), min_size=2, max_size=5))
@example("a", [(False, "1"), (True, "2")])
def test_a_repeated_name_gives_all_values_in_order(name: str, written: list[tuple[bool, str]]) -> None:
    pairs = [(f"{name}[]" if has_brackets else name, value) for has_brackets, value in written]

    assert parse_form(urlencode(pairs).encode()) == {name: [value for _, value in pairs]}


@given(FORM_NAMES, TEXT)
def test_a_name_in_brackets_gives_a_list_of_one(name: str, value: str) -> None:
    assert parse_form(urlencode({f"{name}[]": value}).encode()) == {name: [value]}
    assert parse_form(urlencode({f"{name}[0]": value, f"{name}[1]": "b"}).encode()) == {name: [value, "b"]}


@given(st.binary() | st.text("ab=&%[]0fF+;").map(str.encode))
@example(b"a=%ff")
@example(b"\xff=1")
@example(b"a=1&" * 1001)
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    fields: object = {}
    try:
        fields = parse_form(body)
    except MalformedBody as refusal:
        assert refusal.status == 400  # noqa: PT017 (either outcome is right)

    assert isinstance(fields, dict)
