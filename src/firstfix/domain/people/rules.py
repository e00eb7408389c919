"""What people can be reached by."""

import re

_ADDRESS = re.compile(r"[^@\s\0]+@[^@\s\0]+")
_LONGEST_ADDRESS = 320


def is_address(email: str) -> bool:
    """Tell whether a text has the form of an e-mail address."""
    return len(email) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(email) is not None
