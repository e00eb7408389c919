"""Schemas of the OpenAPI document, each under one name."""

import inspect
import json
import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import Struct

from firstfix.domain.work import Source

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_SECTIONS = re.compile(r"\n\s*(?:Args|Attributes|Returns|Raises):\n.*", re.DOTALL)


class Schemas:
    """The schemas of all types, each under one name; where APIs mean different things by a name, each gets its own."""

    def __init__(self, types_by_api: Mapping[Source, Iterable[object]], *, number_decimals: Container[Source]) -> None:
        """Describe types.

        Args:
            types_by_api: What the operations of each API take and give.
            number_decimals: APIs that write exact amounts as JSON numbers, not as texts.
        """
        found: dict[Source, dict[str, Schema]] = {}
        for api, types in types_by_api.items():
            _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
            found[api] = {
                name: _tidied(schema, has_number_decimals=api in number_decimals) for name, schema in schemas.items()
            }
        self._schemas: dict[str, Schema] = {}
        self._names: dict[Source, dict[str, str]] = {}
        clashing = _clashing_names(found.values())
        for api, schemas in found.items():
            self._names[api] = {name: f"{api.capitalize()}{name}" if name in clashing else name for name in schemas}
            for name, schema in schemas.items():
                self._schemas[self._names[api][name]] = self._renamed(api, schema)

    def schema_of(self, api: Source, type_: object) -> Schema:
        """Describe a type, by reference where it is a Struct."""
        (schema,), _ = msgspec.json.schema_components([type_], ref_template=_REF)
        return self._renamed(api, schema)

    def fields_of(self, api: Source, struct: type[Struct]) -> Schema:
        """Describe a Struct itself, to be changed."""
        return deepcopy(self._schemas[_name_in(self.schema_of(api, struct)["$ref"])])

    def add(self, name: str, schema: Schema) -> Schema:
        """Keep a schema under a name, and refer to it.

        Raises:
            ValueError: The name is another schema's.
        """
        if self._schemas.setdefault(name, schema) != schema:
            raise ValueError(f"Two schemas are called {name}.")
        return {"$ref": _REF.format(name=name)}

    def used_in(self, content: object) -> dict[str, Schema]:
        """Give those that something refers to, and what they refer to, by name."""
        used: set[str] = set()
        wanted = list(_names_in(content))
        while wanted:
            name = wanted.pop()
            if name not in used:
                used.add(name)
                wanted.extend(_names_in(self._schemas[name]))
        return {name: self._schemas[name] for name in sorted(used)}

    def _renamed(self, api: Source, schema: Schema) -> Schema:
        names = self._names[api]

        def rename(part: Any) -> Any:  # noqa: ANN401 (any JSON)
            if isinstance(part, dict):
                return {
                    key: _REF.format(name=names[_name_in(value)]) if key == "$ref" else rename(value)
                    for key, value in part.items()
                }
            return [rename(item) for item in part] if isinstance(part, list) else part

        renamed: Schema = rename(schema)
        return renamed


def without_sections(docstring: str | None) -> str:
    """Leave out of a docstring what only readers of the code need."""
    return _SECTIONS.sub("", inspect.cleandoc(docstring or "")).strip()


def _tidied(schema: Schema, *, has_number_decimals: bool) -> Schema:
    tidy: Schema = _with_decimals(schema) if has_number_decimals else schema
    if "description" in tidy:
        tidy["description"] = without_sections(tidy["description"])
    return tidy


def _with_decimals(part: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(part, dict):
        if part.get("format") == "decimal":
            return {"type": "number", **{key: part[key] for key in part if key not in {"type", "format"}}}
        return {key: _with_decimals(value) for key, value in part.items()}
    return [_with_decimals(item) for item in part] if isinstance(part, list) else part


def _clashing_names(found: Collection[Mapping[str, Schema]]) -> set[str]:
    """Find names that stand for different things, or for things that refer to such."""
    clashing: set[str] = set()
    shared = {name for schemas in found for name in schemas if sum(name in others for others in found) > 1}
    while True:
        more = {
            name
            for name in shared - clashing
            if len({json.dumps(schemas[name]) for schemas in found if name in schemas}) > 1
            or any(not clashing.isdisjoint(_names_in(schemas[name])) for schemas in found if name in schemas)
        }
        if not more:
            return clashing
        clashing |= more


def _name_in(reference: str) -> str:
    return reference.rpartition("/")[2]


def _names_in(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "$ref" and value.startswith(_REF.format(name="")):
                yield _name_in(value)
            else:
                yield from _names_in(value)
    elif isinstance(content, list):
        for item in content:
            yield from _names_in(item)
