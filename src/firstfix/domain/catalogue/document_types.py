"""Changing what documents are filed under. Each type has permission keys of its own, which come and go with it."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

from firstfix.domain.catalogue.kinds import DOCUMENT_TYPE
from firstfix.domain.choices import arrange, lock_rows, pick, remove_unused
from firstfix.domain.people.document_keys import add_document_keys, drop_document_keys
from firstfix.domain.rows import add_row, change_row, get_row
from firstfix.domain.work import Work

Values = Mapping[str, Any]

LONGEST_KEY = 40
_OTHERS = re.compile(r"[^a-z0-9]+")


async def add_document_type(work: Work, values: Values) -> UUID:
    """Add a document type, after the others. Every role that works with documents has its keys from now on.

    Raises:
        ValueRefused: It has no name.
        ValueTaken: Another type has it.
    """
    rows = await lock_rows(work, DOCUMENT_TYPE)
    key = key_of(str(values["name"]), {row["key"] for row in rows})
    position = max((row["position"] for row in rows), default=0) + 1
    row = await add_row(work, DOCUMENT_TYPE, {**values, "key": key, "position": position})
    await add_document_keys(work, key)
    uuid: UUID = row["uuid"]
    return uuid


async def change_document_type(work: Work, uuid: UUID, values: Values) -> None:
    """Rename a document type. Its keys stay what they are called.

    Raises:
        EntityNotFound: There is no such type.
        ValueRefused: It would have no name.
        ValueTaken: Another type has the name.
    """
    await change_row(work, DOCUMENT_TYPE, await get_row(work, DOCUMENT_TYPE, uuid), values)


async def remove_document_type(work: Work, uuid: UUID) -> None:
    """Remove a document type that no document has, not even one that can still be restored; its keys go with it.

    Raises:
        EntityNotFound: There is no such type.
        EntityInUse: Documents have it.
    """
    row = pick(DOCUMENT_TYPE, await lock_rows(work, DOCUMENT_TYPE), uuid)
    await remove_unused(work, DOCUMENT_TYPE, row)
    await drop_document_keys(work, row["key"])


async def arrange_document_types(work: Work, uuids: Sequence[UUID]) -> None:
    """Put the document types into an order.

    Raises:
        OrderOutOfDate: Those are not all of them, each once.
    """
    await arrange(work, DOCUMENT_TYPE, uuids)


def key_of(name: str, taken: Collection[str]) -> str:
    """Make the part of permission keys that stands for a type, of its name, unlike those that are taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = _OTHERS.sub("_", plain).strip("_")[:LONGEST_KEY].rstrip("_") or "type"
    if key not in taken:
        return key
    endings = (f"_{number}" for number in count(2))
    return next(longer for end in endings if (longer := key[: LONGEST_KEY - len(end)] + end) not in taken)
