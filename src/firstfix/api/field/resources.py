"""What jobs refer to, all by the same rules: one declaration a resource, from which its operations are made.

A list is one statement for a page and its total; a single thing is one statement; a write calls one command of the
domain. The item that PostgreSQL writes is the same in lists, single reads and replies to creation.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct

from firstfix.api.exchange import Answer, Exchange, RawJson
from firstfix.api.field.operations import operation
from firstfix.api.field.paging import LARGEST_PAGE, NOBODY, link_header
from firstfix.api.field.wire import Ref, SchemaMismatch, TaxName, flag_of, hex_sql, link_sql, parse_time, path_sql
from firstfix.api.hot_reads import BodyOf, HotReads
from firstfix.api.work_reads import read_in
from firstfix.domain.errors import EntityNotFound, ReferenceNotFound
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import find_uuid
from firstfix.kit.tables import Base

Values = dict[str, Any]
Guard = Callable[[Work], Awaitable[None]]
Read = Callable[[BodyOf, Mapping[str, Any]], Awaitable[tuple[Any, ...] | None]]

_KINDS: dict[str, Any] = {"text": str, "uuid": str, "flag": bool, "time": str}
_ENTITIES = {"billing_location": "Location", "skills": "Skill", "users": "User"}
"""What fields name, where the field has another name."""


class PageQuery(Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The query string of a list."""

    entity: ClassVar[str]
    sorts: ClassVar[tuple[str, ...]]
    """What the list can be sorted by; the first is what it is sorted by where nothing is asked for."""

    page: Annotated[int, Meta(ge=0, le=LARGEST_PAGE)] = 0
    page_size: Annotated[int, Meta(ge=1, le=200)] = 20
    sorted_by: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no order, before anybody is asked.

        Raises:
            SchemaMismatch: A key to sort by is none, or is named twice.
        """
        names = [key.removeprefix("-") for key in self.order]
        unknown = next((name for name in names if name not in self.sorts), None)
        if unknown is not None:
            raise SchemaMismatch(f"{self.entity} lists cannot be sorted by '{unknown}'.", path="sortedBy")
        if len(set(names)) < len(names):
            raise SchemaMismatch("A key to sort by is named twice.", path="sortedBy")

    @property
    def order(self) -> tuple[str, ...]:
        """The keys to sort by; one that descends begins with a minus."""
        return self.sorts[:1] if self.sorted_by is None else tuple(self.sorted_by.split(","))


class Filter(Struct, frozen=True):
    """What a list can be filtered by.

    Args:
        operand: SQL of what is compared: most often a column.
        kind: What the value is. An unknown uuid finds nothing.
        condition: How they are compared.
    """

    operand: str
    kind: Literal["text", "flag", "uuid", "time"] = "text"
    condition: str = "{operand} = {value}"

    def sql(self, name: str) -> str:
        """Write the condition; the value is the parameter of this name."""
        return self.condition.format(operand=self.operand, value=f"%({name})s")


class Resource(Struct, frozen=True, eq=False, kw_only=True):
    """A collection.

    Args:
        entity: What one is called.
        plural: What all are called.
        path: Where it stands, with a slash before.
        table: Where its rows are.
        item: The SQL of its shape, from columns of `table`; `uuid` and `link` stand in each and are not told.
        shape: That shape, for the document.
        filters: By the name that the wire has.
        sorts: Columns by the name that the wire has, the default first.
        visible: Gives the predicate on `table` for an account type.
        read_keys: Permission keys of which one lets read.
        guard: Refuses before anything is read or written.
        link: SQL of the path that the link of one leads to, if not its own.
        also: What else a page says of itself.
    """

    entity: str
    plural: str
    path: str
    table: str
    item: str
    shape: type[Struct]
    filters: Mapping[str, Filter]
    sorts: Mapping[str, tuple[str, ...]]
    visible: Callable[[AccountType], str] = lambda _: "true"
    read_keys: str | tuple[str, ...]
    guard: Guard | None = None
    link: str | None = None
    also: Mapping[str, Callable[[PageQuery], int]] = msgspec.field(default_factory=dict)

    @property
    def columns(self) -> str:
        """The SQL of a whole item."""
        uuid = f"{self.table}.uuid"
        link = link_sql(path_sql(self.path, uuid) if self.link is None else self.link)
        return f"{hex_sql(uuid)} AS uuid, {self.item}, {link} AS link"


class Writes(Struct, frozen=True, eq=False, kw_only=True):
    """How the things of a collection are made, changed and removed.

    The commands get values by core name (what is referred to as a uuid, or the name of a tax), as `values_of` has it.

    Args:
        key: The permission key that all of it needs.
        body: Of a new thing and of a change.
        create: The command that makes one; `None` where the resource has an operation of its own for that.
        change: The command that changes one.
        remove: The command that removes one.
    """

    key: str
    body: type[Struct]
    create: Callable[[Work, Values], Awaitable[UUID]] | None
    change: Callable[[Work, UUID, Values], Awaitable[None]]
    remove: Callable[[Work, UUID], Awaitable[None]]


class Page(Struct, frozen=True, kw_only=True):
    """The statement of one kind of list: makes the SELECT for a read, with columns `total` and `items`.

    Args:
        resource: What is listed.
        order: The keys to sort by, as the wire writes them.
        filtered: The filters in use.
        parent: Where only what belongs to one thing is listed: that thing's resource, and the column that names it.
    """

    resource: Resource
    order: tuple[str, ...]
    filtered: tuple[str, ...] = ()
    parent: tuple[Resource, str] | None = None

    def __call__(self, _visible: str, account_type: AccountType) -> str:
        """Write it for one account type."""
        resource = self.resource
        conditions = [resource.visible(account_type), *(resource.filters[name].sql(name) for name in self.filtered)]
        there = ""
        if self.parent is not None:
            above, column = self.parent
            conditions.append(f"{column} = (SELECT id FROM {above.table} WHERE uuid = %(parent)s)")  # noqa: S608 (pieces of ours)
            there = (
                f"WHERE EXISTS (SELECT FROM {above.table} WHERE {above.table}.uuid = %(parent)s"
                f" AND ({above.visible(account_type)}))"
            )
        where = " AND ".join(f"({condition})" for condition in conditions)
        order = ", ".join(
            _ordered(column, descends=key.startswith("-"))
            for key in self.order
            for column in resource.sorts[key.removeprefix("-")]
        )
        return f"""
            SELECT (SELECT count(*) FROM {resource.table} WHERE {where}) AS total, (
                SELECT coalesce(json_agg(item), '[]')::text FROM (
                    SELECT {resource.columns} FROM {resource.table} WHERE {where}
                    ORDER BY {order}, {resource.table}.id LIMIT %(limit)s OFFSET %(offset)s
                ) AS item
            ) AS items {there}"""  # noqa: S608 (pieces of ours)


class One(Struct, frozen=True):
    """The statement of one thing by its uuid: makes the SELECT for a read, with the one column `body`."""

    resource: Resource

    def __call__(self, _visible: str, account_type: AccountType) -> str:
        """Write it for one account type."""
        resource = self.resource
        return f"""
            SELECT row_to_json(item)::text AS body FROM (
                SELECT {resource.columns} FROM {resource.table}
                WHERE {resource.table}.uuid = %(uuid)s AND ({resource.visible(account_type)})
            ) AS item"""  # noqa: S608 (pieces of ours)


def serve(resource: Resource, writes: Writes | None = None) -> None:
    """Register the operations of a resource: its list, reading one, and what can be written."""
    serve_list(resource)
    _serve_one(resource)
    if writes is not None:
        _serve_writes(resource, writes)


def serve_list(
    resource: Resource,
    *,
    operation_id: str | None = None,
    path: str | None = None,
    parent: tuple[Resource, str] | None = None,
) -> None:
    """Register a list.

    Args:
        resource: What is listed.
        operation_id: Its name, where the resource has several lists.
        path: Where it stands, if not at the resource's own place; with a `ref` where there is a parent.
        parent: As `Page` has it.
    """
    path = path or resource.path + "/"

    async def answer(read: Read, exchange: Exchange, query: PageQuery, ref: str) -> Answer:
        given = {
            name: _parameter(getattr(query, name), filter_, name)
            for name, filter_ in resource.filters.items()
            if getattr(query, name) is not None
        }
        body_of = Page(resource=resource, order=query.order, filtered=tuple(given), parent=parent)
        parameters = {
            **given,
            "limit": query.page_size,
            "offset": query.page * query.page_size,
            "base_url": exchange.base_url,
        }
        if parent is not None:
            parameters["parent"] = find_uuid(ref) or NOBODY
        total, items = await read(body_of, parameters) or (None, None)
        if (total is None or items is None) and parent is not None:
            raise EntityNotFound(parent[0].entity, ref)
        head = {"count": total, "page": query.page, "pageSize": query.page_size, "sortedBy": query.order}
        head |= {name: value(query) for name, value in resource.also.items()}
        body = msgspec.json.encode(head)[:-1] + b',"items":' + items.encode() + b"}"
        links = link_header(
            exchange, page=query.page, page_size=query.page_size, total=total, is_closed=path.endswith("/")
        )
        return Answer(status=200, body=body, headers={"Link": links})

    async def list_(reads: HotReads, exchange: Exchange, query: PageQuery) -> Answer:
        return await answer(reads.row, exchange, query, "")

    async def list_of(reads: HotReads, exchange: Exchange, query: PageQuery, ref: str) -> Answer:
        return await answer(reads.row, exchange, query, ref)

    async def list_guarded(work: Work, exchange: Exchange, query: PageQuery) -> Answer:
        return await answer(await _guarded(resource, work), exchange, query, "")

    _register(
        list_of if parent is not None else list_ if resource.guard is None else list_guarded,
        "GET",
        path,
        keys=resource.read_keys,
        operation_id=operation_id or f"list{_title(resource.plural)}",
        summary=f"List {resource.plural}" + ("." if parent is None else f" of one {parent[0].entity.lower()}."),
        hints={"query": _query_of(resource)},
        reply=_listing_of(resource),
    )


def _serve_one(resource: Resource) -> None:
    async def answer(read: Read, exchange: Exchange, ref: str) -> RawJson:
        row = await read(One(resource), {"uuid": find_uuid(ref) or NOBODY, "base_url": exchange.base_url})
        if row is None or row[0] is None:
            raise EntityNotFound(resource.entity, ref)
        return RawJson(row[0].encode())

    async def get(reads: HotReads, exchange: Exchange, ref: str) -> RawJson:
        return await answer(reads.row, exchange, ref)

    async def get_guarded(work: Work, exchange: Exchange, ref: str) -> RawJson:
        return await answer(await _guarded(resource, work), exchange, ref)

    _register(
        get if resource.guard is None else get_guarded,
        "GET",
        f"{resource.path}/{{ref:str}}",
        keys=resource.read_keys,
        operation_id=f"get{_title(resource.entity)}",
        summary=f"Fetch one {_words(resource.entity)}.",
        reply=resource.shape,
    )


def _serve_writes(resource: Resource, writes: Writes) -> None:
    async def change(work: Work, ref: str, data: Struct) -> None:
        await _guarded(resource, work)
        await writes.change(work, _known(resource, ref), values_of(data))

    async def remove(work: Work, ref: str) -> None:
        await _guarded(resource, work)
        await writes.remove(work, _known(resource, ref))

    title, one = _title(resource.entity), f"{resource.path}/{{ref:str}}"
    thing = f"{'an' if title[0] in 'AEIO' else 'a'} {_words(resource.entity)}"
    add = writes.create
    if add is not None:

        async def create(work: Work, exchange: Exchange, data: Struct) -> Answer:
            await _guarded(resource, work)
            return await created(work, exchange, resource, await add(work, values_of(data)))

        _register(
            create,
            "POST",
            resource.path + "/",
            keys=writes.key,
            operation_id=f"create{title}",
            summary=f"Make {thing}.",
            hints={"data": writes.body},
            reply=resource.shape,
            status=201,
        )
    _register(
        change,
        "PUT",
        one,
        keys=writes.key,
        operation_id=f"update{title}",
        summary=f"Change {thing}: absent leaves as it is, null clears.",
        hints={"data": writes.body},
        status=204,
    )
    _register(
        remove,
        "DELETE",
        one,
        keys=writes.key,
        operation_id=f"delete{title}",
        summary=f"Remove {thing}, unless it is in use.",
        status=204,
    )


async def created(
    work: Work, exchange: Exchange, resource: Resource, uuid: UUID, *, more: Mapping[str, object] | None = None
) -> Answer:
    """Answer with a new thing, read by the same statement as a GET.

    Raises:
        EntityNotFound: Whoever made it may not see it.
    """
    row = await read_in(work, One(resource), {"uuid": uuid, "base_url": exchange.base_url})
    if row is None:
        raise EntityNotFound(resource.entity, uuid)
    body: bytes = row[0].encode()
    if more:
        body = body[:-1] + b"," + msgspec.json.encode(more)[1:]
    return Answer(status=201, body=body, headers={"Location": f"{exchange.base_url}{resource.path}/{uuid.hex}"})


def values_of(data: Struct) -> Values:
    """Give what a body says, by core name.

    Times and flags that are texts are read; what is referred to becomes a uuid, the name of a tax a pair of group and
    name, and a part of a body values in turn.

    Raises:
        ReferenceNotFound: What is named is no uuid, so nothing has it.
        SchemaMismatch: A time or a flag is none.
    """
    values: Values = {}
    for name, written in zip(data.__struct_fields__, data.__struct_encode_fields__, strict=True):
        value = getattr(data, name)
        if value is UNSET:
            continue
        if isinstance(value, str) and name.endswith("_at"):
            values[name] = parse_time(value, path=written)
        elif isinstance(value, str) and name.startswith("is_"):
            values[name] = flag_of(value, path=written)
        else:
            values[name] = _value(name, value)
    return values


def _value(name: str, value: object) -> object:
    match value:
        case Ref():
            uuid = find_uuid(value.uuid)
            if uuid is None:
                raise ReferenceNotFound(_ENTITIES.get(name, name.capitalize()), value.uuid, field=name)
            return uuid
        case TaxName():
            return value.group, value.name
        case Struct():
            return values_of(value)
        case list():
            return [_value(name, member) for member in value]
        case _:
            return value


async def _guarded(resource: Resource, work: Work) -> Read:
    """Let the guard refuse; give the way to read in the work."""
    if resource.guard is not None:
        await resource.guard(work)
    return lambda body_of, parameters: read_in(work, body_of, parameters)


def _known(resource: Resource, ref: str) -> UUID:
    uuid = find_uuid(ref)
    if uuid is None:
        raise EntityNotFound(resource.entity, ref)
    return uuid


def _parameter(value: object, filter_: Filter, name: str) -> object:
    """Turn a filter's value into what the statement compares with; what nothing has is null."""
    if filter_.kind == "uuid":
        return find_uuid(str(value)) or NOBODY
    if filter_.kind == "time":
        return parse_time(str(value), path=name)
    return None if isinstance(value, str) and "\0" in value else value


def _ordered(column: str, *, descends: bool) -> str:
    """Write the order by a column, nulls last; told only where they could stand first, for it costs the index."""
    if not descends:
        return column
    table, _, name = column.partition(".")
    return f"{column} DESC" + (" NULLS LAST" if Base.metadata.tables[table].c[name].nullable else "")


@cache
def _query_of(resource: Resource) -> type[PageQuery]:
    """Make the type of a resource's query strings."""
    made: type[Any] = msgspec.defstruct(
        f"{_title(resource.plural)}Query",
        [(name, _KINDS[filter_.kind] | None, None) for name, filter_ in resource.filters.items()],
        bases=(PageQuery,),
        namespace={
            "entity": resource.entity,
            "sorts": tuple(resource.sorts),
            "__doc__": f"Which {resource.plural} to list.",
        },
        module=__name__,
        forbid_unknown_fields=True,
        rename="camel",
        kw_only=True,
    )
    return made


@cache
def _listing_of(resource: Resource) -> type[Struct]:
    """Make the type of a resource's pages."""
    return msgspec.defstruct(
        f"{_title(resource.entity)}List",
        [
            *((name, int) for name in ("count", "page", "pageSize", *resource.also)),
            ("sortedBy", list[str]),
            ("items", list[resource.shape]),  # type: ignore[name-defined] # made at run time
        ],
        namespace={"__doc__": f"A page of {resource.plural}. `count` is the total that match."},
        module=__name__,
    )


def _title(name: str) -> str:
    words = name.split()
    return "".join(word[:1].upper() + word[1:] for word in words)


def _words(entity: str) -> str:
    """Write the name of an entity as people do: `JobType` is a job type."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in entity).strip()


def _register(
    handler: Callable[..., Awaitable[Any]],
    method: Literal["GET", "POST", "PUT", "DELETE"],
    path: str,
    *,
    keys: str | tuple[str, ...],
    operation_id: str,
    summary: str,
    hints: Mapping[str, type[Struct]] | None = None,
    reply: object = None,
    status: int = 200,
) -> None:
    """Register a handler that was made for one resource, with the types of its query string or body."""
    handler.__doc__ = summary
    handler.__annotations__ = {**handler.__annotations__, **(hints or {})}
    operation(method, path, key=keys, operation_id=operation_id, reply=reply, status=status)(handler)
