"""Types of fields that several operations take."""

from typing import Annotated

from msgspec import Meta, Struct

from firstfix.kit.ids import LARGEST_ID

Id = Annotated[int, Meta(ge=-LARGEST_ID, le=LARGEST_ID)]
"""A number of ours, or one that nothing has: what the database can compare."""

Limit = Annotated[int, Meta(ge=1, le=200)]
Offset = Annotated[int, Meta(ge=0, le=10**12)]

Search = Annotated[str, Meta(max_length=1000)]
"""Words to search for: each costs the database some work, together with each other."""


class Page(Struct, kw_only=True):
    """Which part of a list."""

    limit: Limit = 50
    offset: Offset = 0


class Named(Struct):
    """Something to choose from a menu."""

    id: int
    name: str
