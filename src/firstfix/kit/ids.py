"""Identifiers as the wires write them."""

from uuid import UUID

_HEX_DIGITS = 32
_DASHED_LENGTH = 36


def find_uuid(text: str) -> UUID | None:
    """Read a uuid written with dashes or as 32 hex digits; `None` for anything else.

    `UUID()` alone also takes braces and `urn:` prefixes, which no wire of ours has.
    """
    if len(text) not in (_HEX_DIGITS, _DASHED_LENGTH):
        return None
    if len(text) == _DASHED_LENGTH and (text[8], text[13], text[18], text[23]) != ("-",) * 4:
        return None
    digits = text.replace("-", "")
    if len(digits) != _HEX_DIGITS or not digits.isascii() or not digits.isalnum():
        return None
    try:
        return UUID(hex=digits)
    except ValueError:
        return None
