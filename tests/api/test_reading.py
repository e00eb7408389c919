"""Numbers, dates and times in text: as JSON writes them, and no other way."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType

from firstfix.api.reading import convert

MOMENT = datetime(2024, 6, 1, 14, tzinfo=UTC)
# As Python reads numbers: blanks, underscores, signs, digits of other scripts, names.
NO_NUMBERS = [
    "1_000",
    " 1",
    "1 ",
    "1\n",
    "+1",
    "\u0661",
    "\uff11",
    "\u00b2",
    "1e3",
    "0x1",
    "NaN",
    "Infinity",
    "null",
    "",
    ".",
]


class Line(Struct):
    price: Decimal


class Body(Struct, kw_only=True):
    count: int | None = None
    price: Decimal | UnsetType | None = UNSET
    flag: bool | None = None
    on: date | None = None
    at: datetime | None = None
    ids: list[int] | None = None
    lines: list[Line] | None = None
    word: str | int | None = None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "-12", -12),
        ("price", "180.50", Decimal("180.50")),
        ("price", "007", Decimal(7)),
        ("flag", "TRUE", True),
        ("flag", "0", False),
        ("on", "2024-06-01", date(2024, 6, 1)),
        ("at", "2024-06-01T14:00:00Z", MOMENT),
        ("at", "2024-06-01 15:00:00.000+01:00", MOMENT),
        ("ids", ["1", "2"], [1, 2]),
        ("lines", [{"price": "1.5"}], [Line(Decimal("1.5"))]),
        ("word", "1_000", "1_000"),
        ("word", "null", "null"),
    ],
)
def test_what_is_written_as_it_should_be_is_read(name: str, text: object, value: object) -> None:
    assert getattr(convert({name: text}, Body, strict=False), name) == value


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        *((name, text, name) for name in ("count", "price", "flag", "on", "at") for text in NO_NUMBERS),
        ("count", "01", "count"),
        ("count", "1.0", "count"),
        ("price", ".5", "price"),
        ("price", "1.", "price"),
        ("flag", "-0", "flag"),
        ("flag", "yes", "flag"),
        ("on", "\u0662\u0660\u0662\u0664-06-01", "on"),
        ("at", 0, "at"),
        ("at", Decimal("1.5"), "at"),
        ("at", "1717250400", "at"),
        ("at", "20240601", "at"),
        ("ids", ["1", "1_0"], "ids[1]"),
        ("lines", [{"price": "1"}, {"price": " 1"}], "lines[1].price"),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_what_is_not_is_refused_by_its_path(name: str, value: object, path: str, *, strict: bool) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        convert({name: value}, Body, strict=strict)

    assert str(refused.value).endswith(f" - at `$.{path}`")


@given(st.text(max_size=6) | st.from_regex(r"-?\d+(\.\d+)?"))
def test_every_text_that_is_read_as_a_number_is_one_to_every_reader(text: str) -> None:
    for name in ("count", "price"):
        try:
            read: Any = getattr(convert({name: text}, Body, strict=False), name)
        except msgspec.ValidationError:
            continue
        assert text.isascii()
        assert set(text) <= set("-.0123456789")
        assert read == Decimal(text)
