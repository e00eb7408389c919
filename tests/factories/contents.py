"""Sealed contents as somebody sees and makes them who has the key ring."""

from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Engine

from firstfix.adapters.local_storage import LocalStorage
from firstfix.adapters.storage_drafts import name_of
from firstfix.domain.files.content_keys import OwnersContentKeys, add_content_key
from firstfix.domain.founding.commands import work_for
from firstfix.kit.sealed_content import CHUNK_BYTES, ContentSealer, content_key
from firstfix.kit.sealing import load_key_ring


class KeysOf:
    """The keys of the organisations of a database, each made when it is first asked for."""

    def __init__(self, owner: Engine, data: Path) -> None:
        self._owner = owner
        self._data = data

    async def content_key(self, organisation_id: int) -> bytes:
        """Give an organisation's key."""
        return self.find(organisation_id)

    def find(self, organisation_id: int) -> bytes:
        """The same, at once."""
        ring = load_key_ring(self._data / "keys.json")
        with self._owner.begin() as connection:
            work_for(connection, organisation_id)
            add_content_key(connection, ring)
            return OwnersContentKeys(connection, ring).find(organisation_id)


class KnownKeys:
    """Keys without a database: each organisation's is its number, again and again."""

    async def content_key(self, organisation_id: int) -> bytes:
        """Give an organisation's key."""
        return bytes([organisation_id % 256]) * 32


def store_in(data: Path, owner: Engine) -> LocalStorage:
    """Give what a server with that data folder keeps files in."""
    return LocalStorage(data / "files", KeysOf(owner, data))


def seal(content: bytes, *, organisation_key: bytes, storage_key: UUID) -> bytes:
    """Seal content as a store does."""
    sealer = ContentSealer(content_key(organisation_key, storage_key))
    chunks = [content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES)] or [b""]
    boxes = [sealer.seal(chunk) for chunk in chunks[:-1]] + [sealer.seal(chunks[-1], is_last=True)]
    return b"".join([sealer.header(len(content)), *boxes])


def put_content(data: Path, owner: Engine, organisation_id: int, content: bytes) -> tuple[UUID, Path]:
    """Put content where a server with that data folder looks for it: its key, and the file."""
    storage_key = uuid4()
    path = data / "files" / name_of(storage_key)
    path.parent.mkdir(parents=True, exist_ok=True)
    organisation_key = KeysOf(owner, data).find(organisation_id)
    path.write_bytes(seal(content, organisation_key=organisation_key, storage_key=storage_key))
    return storage_key, path
