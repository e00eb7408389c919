"""Which values fields take, and how they are kept."""

import re
from datetime import date, time
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.domain.custom_fields import rules
from firstfix.domain.custom_fields.views import FieldKind
from firstfix.domain.errors import ValueRefused

OPTIONS = ("Red", "Amber", "Green")
KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)
numbers = st.decimals(-999_999_999_999, 999_999_999_999, places=4)
TAKEN: dict[FieldKind, st.SearchStrategy[Any]] = {
    "Text": texts,
    "Number": numbers | numbers.map(str) | st.integers(-(10**12) + 1, 10**12 - 1),
    "CheckBox": st.booleans() | st.sampled_from(["true", "False", "TRUE"]),
    "Dropdown": st.sampled_from(OPTIONS),
    "Date": st.dates().map(date.isoformat) | st.dates().map(lambda day: f"{day}T00:00:00+00:00"),
    "Time": st.times().map(lambda moment: moment.isoformat("seconds"))
    | st.times().map(lambda moment: moment.isoformat("minutes")),
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | texts,
    lambda parts: st.lists(parts, max_size=2) | st.dictionaries(texts, parts, max_size=2),
    max_leaves=4,
)


def read(kind: FieldKind, given_value: object) -> str | bool:
    return rules.read_value(kind, OPTIONS if kind == "Dropdown" else (), given_value, path="it")


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_what_is_kept_is_taken_again_and_stays_as_it_is(kind: FieldKind, data: st.DataObject) -> None:
    kept = read(kind, data.draw(TAKEN[kind]))

    assert read(kind, kept) == kept
    assert isinstance(kept, bool) == (kind == "CheckBox")


@pytest.mark.parametrize("kind", KINDS)
@given(anything)
def test_anything_else_is_refused_by_name(kind: FieldKind, given_value: object) -> None:
    try:
        kept = read(kind, given_value)
    except ValueRefused as refusal:
        assert refusal.field == "it"  # noqa: PT017 (both ways out are fine)
    else:
        assert isinstance(kept, str | bool)


@given(numbers)
def test_numbers_are_kept_exactly_and_in_one_form(number: Decimal) -> None:
    kept = read("Number", number)

    assert isinstance(kept, str)
    assert Decimal(kept) == number
    assert re.fullmatch(r"-?\d{1,12}(\.\d{0,3}[1-9])?", kept)
    assert {read("Number", f"{number:f}"), read("Number", number * 1)} == {kept}


@given(texts)
def test_texts_stay_as_they_are(text: str) -> None:
    assert read("Text", text) == text


@given(st.dates(), st.times())
def test_dates_and_times_are_kept_in_one_form(day: date, moment: time) -> None:
    moment = moment.replace(microsecond=0, tzinfo=None)

    assert date.fromisoformat(str(read("Date", f"{day} 00:00"))) == day
    assert time.fromisoformat(str(read("Time", moment.isoformat()))) == moment


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("Number", 12, "12"),
        ("Number", Decimal("12.50"), "12.5"),
        ("Number", "-0.0", "0"),
        ("Number", "0012", "12"),
        ("Number", Decimal("1E+3"), "1000"),
        ("Date", "2014-01-23", "2014-01-23"),
        ("Date", "2014-01-23T00:00:00Z", "2014-01-23"),
        ("Time", "09:30", "09:30"),
        ("Time", "09:30:00", "09:30"),
        ("Time", "09:30:15", "09:30:15"),
        ("CheckBox", "True", True),
    ],
)
def test_forms(kind: FieldKind, value: object, kept: object) -> None:
    assert read(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Text", 5),
        ("Text", True),
        ("Text", "A\0"),
        ("Text", "A" * 20_001),
        ("Text", ["A"]),
        ("Number", True),
        ("Number", "twelve"),
        ("Number", ""),
        ("Number", "NaN"),
        ("Number", Decimal("Infinity")),
        ("Number", "1e3"),
        ("Number", "١٢"),
        ("Number", 10**12),
        ("Number", Decimal("0.00001")),
        ("CheckBox", 1),
        ("CheckBox", "yes"),
        ("Dropdown", "Blue"),
        ("Dropdown", "red"),
        ("Dropdown", ["Red"]),
        ("Dropdown", True),
        ("Date", "2014-02-30"),
        ("Date", "0000-01-01"),
        ("Date", "23/01/2014"),
        ("Date", "2014-01-23T16:00"),
        ("Date", "2014-01-23T00:00:00+01:00"),
        ("Date", 20140123),
        ("Time", "24:00"),
        ("Time", "9:30"),
        ("Time", "09:60"),
        ("Time", "09:30:00+00:00"),
        ("Time", 930),
    ],
)
def test_wrong_values(kind: FieldKind, value: object) -> None:
    with pytest.raises(ValueRefused):
        read(kind, value)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("Dropdown", []),
        ("Text", ["Red"]),
        ("Dropdown", ["Red", "Red"]),
        ("Dropdown", ["Red", " "]),
        ("Dropdown", ["Red", "R" * 201]),
        ("Dropdown", ["Red\0"]),
        ("Dropdown", [str(number) for number in range(1001)]),
    ],
)
def test_wrong_options(kind: FieldKind, options: list[str]) -> None:
    with pytest.raises(ValueRefused) as refusal:
        rules.check_options(kind, options)
    assert refusal.value.field == "options"


def test_the_default_of_a_dropdown_may_stand_in_an_array() -> None:
    assert rules.read_default("Dropdown", OPTIONS, ["Red"]) == "Red"
    assert rules.read_default("Dropdown", OPTIONS, None) is None
    for wrong in ([], ["Red", "Amber"], ["Blue"]):
        with pytest.raises(ValueRefused):
            rules.read_default("Dropdown", OPTIONS, wrong)
    with pytest.raises(ValueRefused):
        rules.read_default("Text", (), ["Red"])


@pytest.mark.parametrize("key", ["", " ", "k" * 201, "k\0"])
def test_wrong_keys(key: str) -> None:
    with pytest.raises(ValueRefused) as refusal:
        rules.check_key(key)
    assert refusal.value.field == "own_key"
