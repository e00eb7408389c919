"""Reading what a request holds into an operation's Struct, with numbers in text as strict as in JSON.

Left alone, msgspec takes text for a number as Python does, with blanks, underscores and the digits of any script, takes
`null` in text for nothing, and a number for a time. None of that is in a contract, and who sends it means something
else.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, inspect

AnyStruct = TypeVar("AnyStruct", bound=Struct)

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_GRAMMARS: Final[Mapping[type[inspect.Type], tuple[str, re.Pattern[str]]]] = {
    inspect.IntType: ("int", re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)),
    inspect.DecimalType: ("decimal", _NUMBER),
    inspect.FloatType: ("float", _NUMBER),
    inspect.BoolType: ("bool", re.compile(r"true|false|1|0", re.ASCII | re.IGNORECASE)),
    inspect.DateType: ("date", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)),
    inspect.DateTimeType: (
        "datetime",
        re.compile(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?",
            re.ASCII | re.IGNORECASE,
        ),
    ),
}
"""How each type is written in text. Whatever else takes text looks at it itself."""
_NUMBERS = (inspect.IntType, inspect.DecimalType, inspect.FloatType)


def convert(content: Mapping[str, Any], shape: type[AnyStruct], *, strict: bool) -> AnyStruct:
    """Make an operation's Struct of what was parsed.

    Args:
        content: By name.
        shape: What the operation takes.
        strict: Whether values have their types already, as in JSON; else they may be text, as in forms and queries.

    Raises:
        msgspec.ValidationError: A value of the wrong form, with its path as msgspec writes it.
    """
    _check(content, _type_of(shape), "$")
    return msgspec.convert(content, shape, strict=strict)


def _check(value: object, kind: inspect.Type, path: str) -> None:
    kinds = _kinds_of(kind)
    if isinstance(value, str):
        _check_text(value, kinds, path)
    elif _is_number(value) and _may_be((inspect.DateTimeType,), kinds) and not _may_be(_NUMBERS, kinds):
        raise msgspec.ValidationError(f"Expected `datetime`, got `int` - at `{path}`")
    for part, kind_of_part, path_of_part in _parts_of(value, kinds, path):
        _check(part, kind_of_part, path_of_part)


def _parts_of(value: object, kinds: tuple[inspect.Type, ...], path: str) -> Iterator[tuple[object, inspect.Type, str]]:
    for kind in kinds:
        if isinstance(value, list) and isinstance(kind, inspect.ListType):
            for place, item in enumerate(value):
                yield item, kind.item_type, f"{path}[{place}]"
        elif isinstance(value, dict) and isinstance(kind, inspect.StructType):
            for field in kind.fields:
                if field.encode_name in value:
                    yield value[field.encode_name], field.type, f"{path}.{field.encode_name}"


def _check_text(text: str, kinds: tuple[inspect.Type, ...], path: str) -> None:
    if any(type(one) not in _GRAMMARS and not isinstance(one, inspect.NoneType) for one in kinds):
        return
    grammars = [_GRAMMARS[type(one)] for one in kinds if type(one) in _GRAMMARS]
    if grammars and not any(grammar.fullmatch(text) for _, grammar in grammars):
        raise msgspec.ValidationError(f"Expected `{grammars[0][0]}`, got `str` - at `{path}`")


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _may_be(wanted: tuple[type[inspect.Type], ...], kinds: tuple[inspect.Type, ...]) -> bool:
    return any(isinstance(one, wanted) for one in kinds)


def _kinds_of(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    match kind:
        case inspect.Metadata():
            return _kinds_of(kind.type)
        case inspect.UnionType():
            return tuple(one for part in kind.types for one in _kinds_of(part))
        case _:
            return (kind,)


@lru_cache(maxsize=1024)
def _type_of(shape: type[Struct]) -> inspect.Type:
    return inspect.type_info(shape)
