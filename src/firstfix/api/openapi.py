"""The OpenAPI 3.1 document of all APIs, made from their tables of operations. The same code gives the same bytes."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from firstfix.api.downloads import FileAnswer
from firstfix.api.exchange import JSON, MULTIPART, Answer, RawJson
from firstfix.api.openapi_schemas import Schema, Schemas, without_sections
from firstfix.api.openapi_wires import REFUSALS, SECURITY_SCHEMES, WIRES, Wire
from firstfix.api.operations import Operation, OperationTable
from firstfix.domain.work import Source

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PATH_PARAMETER = re.compile(r"\{(?P<name>\w+):\w+\}")
_DEFAULT_ACTION = "list"
_SUCCESS = {200: "Done", 201: "Made", 204: "Done; there is nothing to say", 303: "Done; `Location` says where"}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same request within 24 hours gives the same answer, and its effect once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}

_FILE: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}
_FILES: Schema = {
    "type": "object",
    "description": "Files, one in each part; the names of the parts do not matter.",
    "minProperties": 1,
    "additionalProperties": _FILE,
}
_FILE_REPLY: Schema = {"*/*": {"schema": _FILE}}
_PARTS_OF_A_FILE = {
    206: "The range that was asked for",
    304: "The caller has it already",
    416: "There is no such range; `Content-Range` says how long the file is",
}


def openapi_document(tables: Iterable[OperationTable]) -> bytes:
    """Write the document of some APIs, as JSON that ends in a line break."""
    by_api = {table.api: _by_address(table) for table in tables}
    groups = {api: by_api[api] for api in WIRES if api in by_api}
    schemas = Schemas(
        {api: list(_types_of(api, group.values())) for api, group in groups.items()},
        number_decimals=[api for api in groups if WIRES[api].has_number_decimals],
    )
    paths: Schema = {}
    responses: Schema = {}
    for api, group in groups.items():
        writer = _Writer(WIRES[api], api, schemas)
        for (path, method), operations in sorted(group.items(), key=_place):
            plain_path = _PATH_PARAMETER.sub(r"{\g<name>}", path)
            paths.setdefault(plain_path, {})[method.lower()] = writer.operation(method, path, operations)
        responses |= writer.refusals()
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Firstfix",
            "version": version("firstfix"),
            "description": "Job management for property maintenance and field service: one set of jobs, three APIs.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": WIRES[api].tag, "description": WIRES[api].description} for api in groups],
        "paths": paths,
        "components": {
            "schemas": schemas.used_in([paths, responses]),
            "responses": dict(sorted(responses.items())),
            "parameters": {"IdempotencyKey": _IDEMPOTENCY_KEY},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


class _Writer:
    """Writes the operations of one API."""

    def __init__(self, wire: Wire, api: Source, schemas: Schemas) -> None:
        self._wire = wire
        self._api = api
        self._schemas = schemas
        self._refused: set[int] = set()

    def operation(self, method: str, path: str, operations: Sequence[Operation]) -> Schema:
        """Write what one method of one path does: one operation, or those that `action` picks from."""
        first = operations[0]
        is_one = len(operations) == 1
        written: Schema = {
            "tags": [self._wire.tag],
            "operationId": self._id_of(first.operation_id) if is_one else _name_of_address(method, path),
            "summary": first.summary if is_one else f"One of several, by `action`: {_listed(operations)}.",
            "description": _said_of(first) if is_one else "\n".join(self._said_in_list(each) for each in operations),
            "parameters": self._parameters(method, path, operations),
            "requestBody": self._body(method, operations),
            "responses": self._replies(method, path, operations),
            "security": self._security(method, operations),
        }
        return {key: value for key, value in written.items() if value is not None}

    def refusals(self) -> Schema:
        """Describe the refusals that the operations written so far refer to."""
        schema = self._schemas.schema_of(self._api, self._wire.refusal)
        return {
            self._refusal_name(status): {
                "description": REFUSALS[status][1],
                "content": {self._wire.refusal_type: {"schema": schema}},
            }
            for status in self._refused
        }

    def _parameters(self, method: str, path: str, operations: Sequence[Operation]) -> list[Schema] | None:
        parameters: list[Schema] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in _PATH_PARAMETER.findall(path)
        ]
        actions = [operation.action for operation in operations if operation.action is not None]
        if actions and method == "GET":
            schema: Schema = {"enum": actions}
            has_default = _DEFAULT_ACTION in actions
            if has_default:
                schema["default"] = _DEFAULT_ACTION
            parameters.append({"name": "action", "in": "query", "required": not has_default, "schema": schema})
        parameters += self._query(operations)
        if _takes_key(method, operations):
            parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
        return parameters or None

    def _query(self, operations: Sequence[Operation]) -> list[Schema]:
        """Write the query parameters of all operations; one is required where each requires it."""
        takers: dict[str, list[Operation]] = defaultdict(list)
        shapes: dict[str, list[Schema]] = defaultdict(list)
        times_required: dict[str, int] = defaultdict(int)
        for operation in operations:
            if operation.query is None:
                continue
            struct = self._schemas.fields_of(self._api, operation.query)
            for name, nullable in struct["properties"].items():
                shape = _without_null(nullable)
                takers[name].append(operation)
                times_required[name] += name in struct.get("required", ())
                if shape not in shapes[name]:
                    shapes[name].append(shape)
        parameters: list[Schema] = []
        for name, several in shapes.items():
            said = [several[0].pop("description", "")] if len(several) == 1 else []
            if len(takers[name]) < len(operations):
                said.append(f"For {_listed(takers[name])}.")
            parameter: Schema = {"name": name, "in": "query", "required": times_required[name] == len(operations)}
            if any(said):
                parameter["description"] = " ".join(filter(None, said))
            parameter["schema"] = several[0] if len(several) == 1 else {"anyOf": several}
            parameters.append(parameter)
        return parameters

    def _body(self, method: str, operations: Sequence[Operation]) -> Schema | None:
        first = operations[0]
        content: Schema = {}
        if method == "GET":
            return None
        if len(operations) == 1 and first.action is None:
            if first.data is not None:
                schema = self._schemas.schema_of(self._api, first.data)
                content = {media_type: {"schema": schema} for media_type in self._wire.body_types}
        else:
            choices = {operation.action or "": self._action_body(operation) for operation in operations}
            if "" in choices:
                # A body with an action may fit the one without as well.
                schema = {"anyOf": list(choices.values())}
            else:
                mapping = {action: choice["$ref"] for action, choice in choices.items()}
                discriminator = {"propertyName": "action", "mapping": mapping}
                schema = {"oneOf": list(choices.values()), "discriminator": discriminator}
            content = {media_type: {"schema": schema} for media_type in self._wire.body_types}
        forms = [self._form_with_files(operation) for operation in operations if operation.takes_files]
        if forms:
            content[MULTIPART] = {"schema": forms[0] if len(forms) == 1 else {"oneOf": forms}}
        return {"required": True, "content": content} if content else None

    def _form_with_files(self, operation: Operation) -> Schema:
        """Describe a form that brings files, in parts of any name but those of its fields."""
        if operation.data is None and operation.action is None:
            return _FILES
        return self._fields_with_action(operation) | {"additionalProperties": _FILE}

    def _action_body(self, operation: Operation) -> Schema:
        shape = self._fields_with_action(operation)
        shape["title"] = f"{operation.operation_id[0].upper()}{operation.operation_id[1:]}Body"
        return self._schemas.add(shape["title"], shape)

    def _fields_with_action(self, operation: Operation) -> Schema:
        shape: Schema = {"type": "object", "properties": {}}
        if operation.data is not None:
            shape = self._schemas.fields_of(self._api, operation.data)
        if operation.action is not None:
            shape["properties"] = {"action": {"const": operation.action}, **shape["properties"]}
            shape["required"] = ["action", *shape.get("required", ())]
        return shape

    def _replies(self, method: str, path: str, operations: Sequence[Operation]) -> Schema:
        bodies: dict[int, list[Schema]] = defaultdict(list)
        for operation in operations:
            several = bodies[operation.status]
            for type_ in _bodies_of(operation.reply):
                schema = self._schemas.schema_of(self._api, type_)
                if schema not in several:
                    several.append(schema)
        written: Schema = {}
        for status, several in sorted(bodies.items()):
            written[str(status)] = {"description": _SUCCESS[status]}
            if several:
                schema = several[0] if len(several) == 1 else {"anyOf": several}
                written[str(status)]["content"] = {JSON: {"schema": schema}}
        if any(operation.reply is FileAnswer for operation in operations):
            written |= {str(status): {"description": sentence} for status, sentence in _PARTS_OF_A_FILE.items()}
            # Beside it there may be operations that answer with JSON.
            written["200"]["content"] = written["200"].get("content", {}) | _FILE_REPLY
            written["206"]["content"] = _FILE_REPLY
        refused = self._refused_by(method, path, operations)
        self._refused |= refused
        for status in sorted(refused):
            written[str(status)] = {"$ref": f"#/components/responses/{self._refusal_name(status)}"}
        return written

    def _refused_by(self, method: str, path: str, operations: Sequence[Operation]) -> set[int]:
        """Tell which refusals a caller must reckon with."""
        statuses = {429, 500, 503}
        if any(not operation.is_public for operation in operations):
            statuses |= {401, 403}
        if any(operation.data is not None or operation.takes_files for operation in operations):
            statuses.update(self._wire.body_refusals, (401,))
        if any(operation.query is not None or operation.action is not None for operation in operations):
            statuses.update(self._wire.query_refusals)
        if "{" in path:
            statuses.update(self._wire.path_refusals)
        if method != "GET":
            statuses |= {403, 409}
        if _takes_key(method, operations):
            statuses |= {400, 422}
        return statuses

    def _security(self, method: str, operations: Sequence[Operation]) -> list[Schema]:
        if all(operation.is_public for operation in operations):
            shown = self._wire.entering if method != "GET" else ()
        else:
            shown = self._wire.reading if method == "GET" else self._wire.writing
        return [{scheme: [] for scheme in together} for together in shown]

    def _id_of(self, operation_id: str) -> str:
        prefix = self._wire.id_prefix
        return f"{prefix}{operation_id[0].upper()}{operation_id[1:]}" if prefix else operation_id

    def _said_in_list(self, operation: Operation) -> str:
        picked_by = f"`{operation.action}`" if operation.action is not None else "Without `action`"
        return f"- {picked_by} (`{self._id_of(operation.operation_id)}`): {operation.summary} {_needs(operation)}"

    def _refusal_name(self, status: int) -> str:
        return f"{self._api.capitalize()}{REFUSALS[status][0]}"


def _takes_key(method: str, operations: Iterable[Operation]) -> bool:
    """Tell whether an Idempotency-Key counts: it belongs to a person, so somebody has to be signed in."""
    return method == "POST" and any(not operation.is_public for operation in operations)


def _without_null(schema: Schema) -> Schema:
    """Describe a query parameter: it is there or not, and never null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    shape = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    return shape | choices[0] if len(choices) == 1 else shape | ({"anyOf": choices} if choices else {})


def _by_address(table: OperationTable) -> dict[tuple[str, str], list[Operation]]:
    groups: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in table:
        groups[operation.path, operation.method].append(operation)
    for operations in groups.values():
        operations.sort(key=lambda operation: operation.action or "")
    return groups


def _place(item: tuple[tuple[str, str], object]) -> tuple[str, int]:
    (path, method), _ = item
    return path, _METHODS.index(method)


def _types_of(api: Source, groups: Iterable[Sequence[Operation]]) -> Iterable[object]:
    yield WIRES[api].refusal
    for operations in groups:
        for operation in operations:
            yield from (struct for struct in (operation.query, operation.data) if struct is not None)
            yield from _bodies_of(operation.reply)


def _bodies_of(reply: Any) -> list[object]:  # noqa: ANN401 (any annotation)
    """Give the types of a reply that have a JSON body to describe."""
    choices = get_args(reply) if get_origin(reply) in (Union, UnionType) else (reply,)
    return [choice for choice in choices if choice not in (None, NoneType, Answer, FileAnswer, RawJson)]


def _name_of_address(method: str, path: str) -> str:
    """Name several operations of one address: those of `POST /api/jobs/manage` are `postApiJobsManage`."""
    named = _PATH_PARAMETER.sub("", path).replace("_", " underscored ")  # one address is spelled with it and without
    words = re.findall(r"[A-Za-z0-9]+", named)
    return method.lower() + "".join(word.capitalize() for word in words)


def _said_of(operation: Operation) -> str:
    _, _, rest = without_sections(operation.handler.__doc__).partition("\n")
    return "\n\n".join(filter(None, (rest.strip(), _needs(operation))))


def _needs(operation: Operation) -> str:
    if operation.is_public:
        return "For everybody."
    if not operation.permission_keys:
        return "For whoever has signed in."
    one_of = " or ".join(f"`{key}`" for key in operation.permission_keys)
    return f"Needs {' and '.join([one_of, *(f'`{key}`' for key in operation.also)])}."


def _listed(operations: Iterable[Operation]) -> str:
    return ", ".join(f"`{operation.action}`" for operation in operations if operation.action is not None)
