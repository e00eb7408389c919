"""Identifiers as the wires write them."""

import re
from uuid import UUID

LARGEST_ID = 2**63 - 1
"""What a column of numeric ids holds at most."""
_WRITTEN = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def can_be_id(number: int) -> bool:
    """Tell whether something can have that number: the others would not fit into the column."""
    return 0 < number <= LARGEST_ID


def find_uuid(text: str) -> UUID | None:
    """Read a uuid written with dashes or as 32 hex digits; `None` for anything else.

    `UUID()` alone also takes braces, `urn:` and `0x` prefixes, which no wire of ours has.
    """
    return UUID(hex=text) if _WRITTEN.fullmatch(text) else None
