"""Operations: what a caller can ask for, with the permission key each needs.

An API's modules register their handlers here; the edge serves what is registered and nothing else. One without a
key, or the word public, does not start.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, get_type_hints

from msgspec import Struct

from firstfix.domain.files.gate import Accepted
from firstfix.domain.work import Source, Work

Handler = Callable[..., Awaitable[Any]]
Check = Callable[..., Awaitable[None]]
OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
Ahead = Callable[..., AbstractAsyncContextManager[object]]

PUBLIC = "public"
"""The key of an operation for callers who have not signed in."""
SIGNED_IN = "signed-in"
"""The key of an operation for whoever has signed in."""


class Operation(Struct, frozen=True, kw_only=True):
    """One thing that a caller can ask for.

    Args:
        api: Whose contract it belongs to.
        path: As the router writes it: `/job/{job_ref:str}`.
        action: Which of several operations of one method and path, where the wire picks by `action`.
        keys: Permission keys of which one must be held; `PUBLIC` or `SIGNED_IN` alone for none.
        also: Permission keys that must all be held besides.
        handler: Its parameters are filled by name: path parameters, and those of `inputs`. One that takes `files`
            gets those of a multipart body, their content already in the store.
        inputs: Struct of the query string (`query`) and of the body (`data`), where the handler takes them.
        reply: What the documented reply looks like: a Struct, or `None` for one without a JSON body.
        status: The status of success.
        check: For one that takes files: refuses before they come. It takes the work and the path's parameters.
        accepts: For one that takes files: what they come in as, which says what the gate lets in; `None` for files of
            any type, kept as they come, which only the field API's wire has.
        ahead: What has to be done before the work opens, for no transaction may be open so long. It takes the services,
            what opens works of the caller, and the path's parameters; what it gives the handler takes as `ahead`. It is
            not done for a request that was answered before.
    """

    api: Source
    method: str
    path: str
    action: str | None
    keys: tuple[str, ...]
    also: tuple[str, ...]
    operation_id: str
    handler: Handler
    query: type[Struct] | None
    data: type[Struct] | None
    reply: Any
    status: int
    takes: frozenset[str]
    check: Check | None = None
    accepts: Accepted | None = None
    ahead: Ahead | None = None

    @property
    def name(self) -> str:
        """Its name among the operations of all APIs, like `field getJob`."""
        return f"{self.api} {self.operation_id}"

    @property
    def is_public(self) -> bool:
        """Whether callers need not sign in."""
        return self.keys == (PUBLIC,)

    @property
    def permission_keys(self) -> tuple[str, ...]:
        """The keys of which the caller must hold one; none where signing in is enough."""
        return () if self.keys in ((PUBLIC,), (SIGNED_IN,)) else self.keys

    @property
    def takes_files(self) -> bool:
        """Whether a multipart body may bring files."""
        return "files" in self.takes

    @property
    def summary(self) -> str:
        """The first sentence of the handler's docstring."""
        return inspect.cleandoc(self.handler.__doc__ or "").partition("\n")[0]


class OperationTable:
    """The operations of one API."""

    def __init__(self, api: Source) -> None:
        self.api = api
        self._operations: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations)

    def operation(
        self,
        method: str,
        path: str,
        *,
        key: str | tuple[str, ...],
        also: tuple[str, ...] = (),
        operation_id: str,
        action: str | None = None,
        status: int = 200,
        reply: object = None,
        check: Check | None = None,
        accepts: Accepted | None = None,
        ahead: Ahead | None = None,
    ) -> Callable[[Handler], Handler]:
        """Register the handler of one operation.

        Args:
            method: The HTTP method.
            path: As the router writes it.
            key: The permission key, or several of which one must be held; `PUBLIC` or `SIGNED_IN`.
            also: Keys that must be held besides, all of them.
            operation_id: Its name in the OpenAPI document.
            action: The value of `action` that picks it, where the wire has one.
            status: The status of success.
            reply: The type that documents the reply, where the handler returns JSON that PostgreSQL wrote.
            check: Refuses an upload before its body comes, in a transaction of its own; see `Operation`.
            accepts: What files come in as; see `Operation`.
            ahead: What is done before the work opens; see `Operation`.

        Raises:
            ValueError: Without a key, with an id or an address that another operation has, with files that no work
                takes, or that pass no gate, or with something ahead of its work that it does not take.
        """

        def register(handler: Handler) -> Handler:
            keys = (key,) if isinstance(key, str) else key
            if not keys or not all(keys):
                raise ValueError(f"{operation_id} has no permission key.")
            for other in self._operations:
                if other.operation_id == operation_id or (other.method, other.path, other.action) == (
                    method,
                    path,
                    action,
                ):
                    raise ValueError(f"{operation_id} is registered twice, or in the place of {other.operation_id}.")
            hints = get_type_hints(handler, include_extras=True)
            returned = hints.pop("return", None)
            if ("files" in hints and "work" not in hints) or (check is not None and "files" not in hints):
                raise ValueError(f"{operation_id} must take files in a work, or check none.")
            if self.api != "field" and ("files" in hints) != (accepts is not None):
                raise ValueError(f"{operation_id} must say what its files come in as.")
            if ("ahead" in hints) != (ahead is not None) or (ahead is not None and "work" not in hints):
                raise ValueError(f"{operation_id} must take what is done ahead of its work.")
            self._operations.append(
                Operation(
                    api=self.api,
                    method=method,
                    path=path,
                    action=action,
                    keys=keys,
                    also=also,
                    operation_id=operation_id,
                    handler=handler,
                    query=hints.get("query"),
                    data=hints.get("data"),
                    reply=returned if reply is None else reply,
                    status=status,
                    takes=frozenset(hints),
                    check=check,
                    accepts=accepts,
                    ahead=ahead,
                )
            )
            return handler

        return register
