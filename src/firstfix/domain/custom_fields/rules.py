"""Which values custom fields take, and how they are kept. No I/O."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from decimal import Decimal

from firstfix.domain.custom_fields.views import FieldKind, Value
from firstfix.domain.errors import ValueRefused
from firstfix.kit.money import fits, plain_digits

LONGEST_TEXT = 20_000
LONGEST_NAME = 200
MOST_OPTIONS = 1_000
DIGITS_BEFORE, DIGITS_AFTER = 12, 4

_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
# A time is a date where it is the first instant of one.
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]00:?00(?::?00(?:\.0+)?)?(?:Z|[+-]00(?::?00)?)?)?", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?", re.ASCII)
_FLAGS = {"true": True, "false": False}


def read_value(kind: FieldKind, options: Sequence[str], given: object, *, path: str) -> Value:
    """Read a value for a field.

    Args:
        kind: What the field is.
        options: Of a Dropdown: what there is to choose from.
        given: The value as it came: JSON, its numbers with a point as `Decimal`.
        path: What the value is called in a refusal.

    Raises:
        ValueRefused: The field takes no such value.
    """
    value = (given if given in options else None) if kind == "Dropdown" else _READERS[kind](given)
    if value is None:
        sentence = "one of the options" if kind == "Dropdown" else f"a value of type {kind}"
        raise ValueRefused(f"Expected {sentence}.", field=path)
    return value  # type: ignore[return-value] # an option is a text


def check_options(kind: FieldKind, options: Sequence[str]) -> None:
    """Refuse options that nobody can choose from.

    Raises:
        ValueRefused: A Dropdown has none, another field has some, or one is blank, too long, or there twice.
    """
    if bool(options) != (kind == "Dropdown"):
        raise ValueRefused("A Dropdown has options, and no other field does.", field="options")
    if len(options) > MOST_OPTIONS or len(set(options)) < len(options) or not all(map(_is_name, options)):
        raise ValueRefused(
            f"At most {MOST_OPTIONS} options of at most {LONGEST_NAME} characters, each once.", field="options"
        )


def read_default(kind: FieldKind, options: Sequence[str], given: object) -> Value | None:
    """Read what forms begin with; a Dropdown's may stand alone in an array.

    Raises:
        ValueRefused: The field takes no such value.
    """
    if kind == "Dropdown" and isinstance(given, list) and len(given) == 1:
        given = given[0]
    return None if given is None else read_value(kind, options, given, path="default_value")


def check_key(key: str | None) -> None:
    """Refuse a key that nothing can be named by.

    Raises:
        ValueRefused: It is blank or too long.
    """
    if key is not None and not _is_name(key):
        raise ValueRefused(f"A key has between 1 and {LONGEST_NAME} characters.", field="own_key")


def gone_options(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Tell which options go."""
    kept = set(after)
    return [option for option in before if option not in kept]


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= LONGEST_NAME and "\0" not in name


def _read_text(given: object) -> str | None:
    return given if isinstance(given, str) and len(given) <= LONGEST_TEXT and "\0" not in given else None


def _read_flag(given: object) -> bool | None:
    return _FLAGS.get(given.lower()) if isinstance(given, str) else given if isinstance(given, bool) else None


def _read_number(given: object) -> str | None:
    if isinstance(given, str) and _NUMBER.fullmatch(given):
        given = Decimal(given)
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        return None
    number = Decimal(given)
    return plain_digits(number) if fits(number, digits_before=DIGITS_BEFORE, digits_after=DIGITS_AFTER) else None


def _read_date(given: object) -> str | None:
    match = _DATE.fullmatch(given) if isinstance(given, str) else None
    return match[1] if match is not None and _is_there(date.fromisoformat, match[1]) else None


def _read_time(given: object) -> str | None:
    if not isinstance(given, str) or not _TIME.fullmatch(given) or not _is_there(time.fromisoformat, given):
        return None
    return given.removesuffix(":00") if given.count(":") > 1 else given


def _is_there(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


_READERS: dict[FieldKind, Callable[[object], Value | None]] = {
    "Text": _read_text,
    "Number": _read_number,
    "CheckBox": _read_flag,
    "Date": _read_date,
    "Time": _read_time,
}
