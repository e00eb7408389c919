"""Short-lived links to files: for one file, one person and a quarter of an hour, and for whoever holds the link.

Whether the person may still see the file is asked again at each use.
"""

import base64
import struct
from typing import Final
from uuid import UUID

from msgspec import Struct

from firstfix.kit.sealing import KeyRing

LINK_SECONDS: Final = 15 * 60
_FORM: Final = struct.Struct(">QQ16sQ")
_MAC_BYTES: Final = 32
_LONGEST: Final = 4 * -(-(_FORM.size + _MAC_BYTES) // 3)
_PURPOSE: Final = "file links"


class SignedLink(Struct, frozen=True, kw_only=True):
    """What a link says. `expires_at` is Unix time, in seconds."""

    organisation_id: int
    person_id: int
    file: UUID
    expires_at: int

    def write(self, ring: KeyRing) -> str:
        """Write it as the last part of an address."""
        message = _FORM.pack(self.organisation_id, self.person_id, self.file.bytes, self.expires_at)
        return base64.urlsafe_b64encode(message + ring.sign(message, purpose=_PURPOSE)).rstrip(b"=").decode()


def find_link(text: str, ring: KeyRing) -> SignedLink | None:
    """Read a link; `None` for one that we did not write."""
    if not text.isascii() or len(text) > _LONGEST:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    message, mac = raw[: _FORM.size], raw[_FORM.size :]
    if len(message) < _FORM.size or not ring.is_signed(message, mac, purpose=_PURPOSE):
        return None
    organisation_id, person_id, file, expires_at = _FORM.unpack(message)
    return SignedLink(
        organisation_id=organisation_id, person_id=person_id, file=UUID(bytes=file), expires_at=expires_at
    )
