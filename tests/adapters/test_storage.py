"""Every store keeps what the port promises; the folder's survives a power cut, the bucket's is never overwritten."""

import hashlib
import os
import resource
import stat
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import Struct

from firstfix.adapters import s3_storage
from firstfix.adapters.s3_storage import PART_BYTES, S3Storage
from firstfix.adapters.storage import make_storage
from firstfix.adapters.storage_drafts import FileDraft, name_of, own
from firstfix.domain.files.ports import (
    ContentDamaged,
    ContentMissing,
    KeysFound,
    Storage,
    StorageUnavailable,
    StoredContent,
)
from firstfix.kit.sealed_content import BOX_BYTES, CHUNK_BYTES, HEADER_BYTES, sealed_size
from firstfix.settings import Settings, load_settings
from tests.factories.contents import KnownKeys
from tests.factories.s3 import Bucket
from tests.fakes.storage import MemoryStorage

NO_AGE = timedelta(seconds=-5)
"""Older than a moment that is still to come: everything is."""
AN_HOUR = timedelta(hours=1)
OWN = 1
"""Whose content it is."""
A_BIT = b"The boiler's label.\n"


def in_bucket(bucket: Bucket, folder: Path, **changes: str) -> Settings:
    return load_settings({}, data=folder, **{**bucket.settings(), **changes})


@pytest.fixture(params=["memory", "folder", "bucket"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    match request.param:
        case "memory":
            return MemoryStorage()
        case "folder":
            return make_storage(Settings(data=tmp_path), KnownKeys())
        case _:
            return make_storage(in_bucket(request.getfixturevalue("bucket"), tmp_path), KnownKeys())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def local(tmp_path: Path) -> Storage:
    return make_storage(Settings(data=tmp_path), KnownKeys())


async def keep(storage: Storage, content: bytes, *, chunk_bytes: int = 1 << 16) -> StoredContent:
    draft = await storage.draft(OWN)
    try:
        for start in range(0, len(content), chunk_bytes):
            await draft.write(content[start : start + chunk_bytes])
        await draft.finish()
        return await storage.keep(draft)
    finally:
        await draft.drop()


async def read(storage: Storage, stored: StoredContent, start: int = 0, stop: int | None = None) -> bytes:
    stop = stored.size_bytes if stop is None else stop
    content = await storage.open(
        stored.storage_key, organisation_id=OWN, size_bytes=stored.size_bytes, start=start, stop=stop
    )
    try:
        return b"".join([chunk async for chunk in content])
    finally:
        await content.close()


async def look(found: AsyncIterator[KeysFound]) -> tuple[int, set[UUID]]:
    contents_count, keys = 0, set[UUID]()
    async for part in found:
        contents_count += part.contents_count
        keys.update(part.old_keys)
    return contents_count, keys


def contents_below(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in names_below(folder)]


def names_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("content", [b"", b"x", A_BIT, os.urandom((5 << 20) + 7)], ids=["none", "one", "bit", "5 MiB"])
async def test_what_was_kept_is_read_as_it_came(storage: Storage, content: bytes) -> None:
    stored = await keep(storage, content)

    assert await read(storage, stored) == content
    assert stored.size_bytes == len(content)
    assert stored.sha256 == hashlib.sha256(content).digest()
    assert stored.head == content[:64]


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (7, 12), (19, 20), (0, 20), (20, 20), (5, 5)])
async def test_a_part_is_read_alone(storage: Storage, start: int, stop: int) -> None:
    stored = await keep(storage, A_BIT)

    assert await read(storage, stored, start, stop) == A_BIT[start:stop]


async def test_the_same_content_twice_has_two_keys(storage: Storage) -> None:
    assert (await keep(storage, A_BIT)).storage_key != (await keep(storage, A_BIT)).storage_key


async def test_a_draft_is_no_content_yet(storage: Storage) -> None:
    draft = await storage.draft(OWN)
    await draft.write(A_BIT)
    await draft.finish()

    assert await look(storage.list_keys(older_than=NO_AGE)) == (0, set())
    await draft.drop()


@pytest.mark.parametrize("content", [b"", A_BIT, os.urandom((2 << 20) + 1)], ids=["nothing", "a bit", "much"])
async def test_a_finished_draft_is_read_back_as_it_came(storage: Storage, content: bytes) -> None:
    draft = await storage.draft(OWN)
    await draft.write(content)
    await draft.finish()

    for _ in "twice":
        written = await draft.open()
        assert b"".join([chunk async for chunk in written]) == content
        await written.close()
    assert draft.size_bytes == len(content)
    stored = await storage.keep(draft)
    await draft.drop()
    assert await read(storage, stored) == content


async def test_a_dropped_draft_can_be_dropped_again_and_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    draft = await storage.draft(OWN)
    await draft.write(A_BIT)
    await draft.drop()
    await draft.drop()

    assert await storage.drop_stale_drafts(older_than=NO_AGE) == 0
    assert names_below(tmp_path) == []


async def test_a_kept_draft_leaves_nothing_among_the_drafts(storage: Storage) -> None:
    await keep(storage, A_BIT)

    assert await storage.drop_stale_drafts(older_than=NO_AGE) == 0


async def test_drafts_of_the_dead_are_dropped_when_they_are_old(storage: Storage) -> None:
    draft = await storage.draft(OWN)
    await draft.write(A_BIT)
    await draft.finish()

    assert await storage.drop_stale_drafts(older_than=AN_HOUR) == 0
    assert await storage.drop_stale_drafts(older_than=NO_AGE) == 1
    await draft.drop()


async def test_what_is_not_there_is_missing(storage: Storage) -> None:
    with pytest.raises(ContentMissing):
        await storage.open(uuid4(), organisation_id=OWN, size_bytes=1, start=0, stop=1)
    with pytest.raises(ContentMissing):
        await storage.open(uuid4(), organisation_id=OWN, size_bytes=0, start=0, stop=0)


@pytest.mark.parametrize("size_bytes", [len(A_BIT) - 1, len(A_BIT) + 1])
async def test_content_of_another_length_is_missing(storage: Storage, size_bytes: int) -> None:
    stored = await keep(storage, A_BIT)

    with pytest.raises(ContentMissing):
        await storage.open(stored.storage_key, organisation_id=OWN, size_bytes=size_bytes, start=0, stop=size_bytes)


async def test_what_was_removed_is_gone_and_can_be_removed_again(storage: Storage) -> None:
    stored, other = await keep(storage, A_BIT), await keep(storage, b"other")

    for _ in range(2):
        await storage.remove(stored.storage_key)

    with pytest.raises(ContentMissing):
        await read(storage, stored)
    assert await read(storage, other) == b"other"


async def test_the_trash_hides_content_until_it_is_emptied(storage: Storage) -> None:
    stored = await keep(storage, A_BIT)

    for _ in range(2):
        await storage.move_to_trash(stored.storage_key)

    with pytest.raises(ContentMissing):
        await read(storage, stored)
    assert await look(storage.list_keys(older_than=NO_AGE)) == (0, set())
    assert await storage.empty_trash(older_than=AN_HOUR) == 0
    assert await storage.empty_trash(older_than=NO_AGE) == 1
    assert await storage.empty_trash(older_than=NO_AGE) == 0


async def test_all_contents_are_counted_and_the_old_ones_are_named(storage: Storage) -> None:
    keys = {(await keep(storage, content)).storage_key for content in (b"", b"a", b"a")}

    assert await look(storage.list_keys(older_than=AN_HOUR)) == (3, set())
    assert await look(storage.list_keys(older_than=NO_AGE)) == (3, keys)


async def test_a_store_never_used_is_empty(storage: Storage) -> None:
    assert await look(storage.list_keys(older_than=NO_AGE)) == (0, set())
    assert await storage.empty_trash(older_than=NO_AGE) == 0
    assert await storage.drop_stale_drafts(older_than=NO_AGE) == 0
    await storage.remove(uuid4())
    await storage.move_to_trash(uuid4())


# What lies there


class Lying(Struct, frozen=True):
    """What lies in a store, as somebody sees and changes it who has no key."""

    storage: Storage
    read: Callable[[UUID], bytes]
    write: Callable[[UUID, bytes], object]


@pytest.fixture(params=["folder", "bucket"])
async def lying(request: pytest.FixtureRequest, tmp_path: Path) -> Lying:
    if request.param == "folder":
        files = tmp_path / "files"
        return Lying(
            make_storage(Settings(data=tmp_path), KnownKeys()),
            lambda key: (files / name_of(key)).read_bytes(),
            lambda key, content: (files / name_of(key)).write_bytes(content),
        )
    settings = in_bucket(request.getfixturevalue("bucket"), tmp_path)
    storage = make_storage(settings, KnownKeys())
    assert isinstance(storage, S3Storage)
    store = storage._store  # noqa: SLF001 (past the port)
    return Lying(
        storage,
        lambda key: bytes(store.get(name_of(key)).bytes()),
        lambda key, content: store.put(name_of(key), content),
    )


SEVERAL = b"".join(bytes([number]) * CHUNK_BYTES for number in range(1, 12)) + A_BIT


async def test_nothing_that_lies_there_is_readable(lying: Lying, tmp_path: Path) -> None:
    content = A_BIT * 100_000
    draft = await lying.storage.draft(OWN)
    await draft.write(content)
    half_way = contents_below(tmp_path)
    await draft.finish()
    complete = contents_below(tmp_path)
    stored = await lying.storage.keep(draft)
    await draft.drop()

    seen = [*half_way, *complete, lying.read(stored.storage_key)]
    assert [len(lain) > 1_000_000 for lain in seen] == [True] * 3
    assert not any(b"boiler" in lain for lain in seen)
    assert (stored.size_bytes, stored.sha256) == (len(content), hashlib.sha256(content).digest())


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda sealed: _flip(sealed, 0), id="the mark"),
        pytest.param(lambda sealed: _flip(sealed, HEADER_BYTES - 1), id="the header"),
        pytest.param(lambda sealed: _flip(sealed, HEADER_BYTES + 3000), id="the first chunk"),
        pytest.param(lambda sealed: sealed[:-1], id="cut"),
        pytest.param(lambda sealed: sealed[: HEADER_BYTES + 5 * BOX_BYTES], id="cut between chunks"),
        pytest.param(lambda sealed: sealed[:20], id="cut in the header"),
        pytest.param(lambda sealed: sealed + bytes(BOX_BYTES), id="lengthened"),
        pytest.param(lambda _: SEVERAL, id="never sealed"),
        pytest.param(lambda sealed: bytes(len(sealed)), id="wiped"),
    ],
)
async def test_damage_is_told_before_anything_is_read(lying: Lying, damage: Callable[[bytes], bytes]) -> None:
    stored = await keep(lying.storage, SEVERAL)
    lying.write(stored.storage_key, damage(lying.read(stored.storage_key)))

    with pytest.raises((ContentDamaged, ContentMissing)):
        await lying.storage.open(
            stored.storage_key, organisation_id=OWN, size_bytes=len(SEVERAL), start=0, stop=len(SEVERAL)
        )


@pytest.mark.parametrize("late", ["changed", "exchanged"])
async def test_damage_further_on_is_told_when_it_comes_and_hurts_no_other_part(lying: Lying, late: str) -> None:
    stored = await keep(lying.storage, SEVERAL)
    sealed = lying.read(stored.storage_key)
    seventh, eighth, ninth = (HEADER_BYTES + number * BOX_BYTES for number in (7, 8, 9))
    if late == "changed":
        damaged = _flip(sealed, seventh + 10)
    else:
        damaged = sealed[:seventh] + sealed[eighth:ninth] + sealed[seventh:eighth] + sealed[ninth:]
    lying.write(stored.storage_key, damaged)

    with pytest.raises(ContentDamaged):
        await read(lying.storage, stored)
    with pytest.raises(ContentDamaged):
        await read(lying.storage, stored, 8 * CHUNK_BYTES - 1, 8 * CHUNK_BYTES + 1)
    assert await read(lying.storage, stored, 100, 7 * CHUNK_BYTES) == SEVERAL[100 : 7 * CHUNK_BYTES]
    assert await read(lying.storage, stored, 9 * CHUNK_BYTES) == SEVERAL[9 * CHUNK_BYTES :]


async def test_two_contents_cannot_be_exchanged(lying: Lying) -> None:
    one, other = await keep(lying.storage, SEVERAL), await keep(lying.storage, bytes(len(SEVERAL)))
    lying.write(one.storage_key, lying.read(other.storage_key))

    with pytest.raises(ContentDamaged):
        await read(lying.storage, one)


async def test_another_organisations_key_opens_nothing(lying: Lying) -> None:
    stored = await keep(lying.storage, A_BIT)

    with pytest.raises(ContentDamaged):
        await lying.storage.open(
            stored.storage_key, organisation_id=OWN + 1, size_bytes=len(A_BIT), start=0, stop=len(A_BIT)
        )


async def test_a_part_beyond_what_was_cut_is_missing(lying: Lying) -> None:
    stored = await keep(lying.storage, SEVERAL)
    lying.write(stored.storage_key, lying.read(stored.storage_key)[: HEADER_BYTES + BOX_BYTES])

    with pytest.raises(ContentMissing):
        await read(lying.storage, stored, 9 * CHUNK_BYTES)


async def test_what_earlier_versions_kept_is_told_apart(lying: Lying) -> None:
    stored = await keep(lying.storage, A_BIT)
    lying.write(stored.storage_key, A_BIT)

    with pytest.raises(ContentDamaged, match="It is not sealed: what earlier development versions kept"):
        await read(lying.storage, stored)


def _flip(sealed: bytes, at: int) -> bytes:
    return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


# A folder


async def test_a_part_is_read_without_the_rest(local: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = await keep(local, SEVERAL)
    reads: list[int] = []
    pread = os.pread

    def noting_pread(descriptor: int, length: int, at: int) -> bytes:
        content = pread(descriptor, length, at)
        reads.append(len(content))
        return content

    monkeypatch.setattr(os, "pread", noting_pread)
    await read(local, stored, 5 * CHUNK_BYTES - 1, 5 * CHUNK_BYTES + 1)

    assert sum(reads) == HEADER_BYTES + 2 * BOX_BYTES


async def test_an_unfinished_draft_opens_nowhere(local: Storage) -> None:
    draft = await local.draft(OWN)
    await draft.write(SEVERAL)

    with pytest.raises((ContentMissing, ContentDamaged)):
        await draft.open()
    await draft.drop()


async def test_content_lies_under_its_key_readable_for_the_group_and_not_executable(
    local: Storage, folder: Path
) -> None:
    earlier = os.umask(0o077)
    try:
        stored = await keep(local, A_BIT)
    finally:
        os.umask(earlier)

    key = stored.storage_key.hex
    assert names_below(folder) == [f"{key[:2]}/{key[2:4]}/{key}"]
    assert stat.S_IMODE((folder / key[:2] / key[2:4] / key).stat().st_mode) == 0o640


async def test_content_stays_readable_while_it_is_open(local: Storage) -> None:
    stored = await keep(local, A_BIT)
    content = await local.open(stored.storage_key, organisation_id=OWN, size_bytes=len(A_BIT), start=0, stop=len(A_BIT))

    await local.remove(stored.storage_key)

    assert b"".join([chunk async for chunk in content]) == A_BIT
    await content.close()


async def test_other_names_are_left_alone(local: Storage, folder: Path) -> None:
    key = uuid4().hex
    strangers = ["README", "aa/README", f"{key[:2]}/00x/{key}", f"zz/{key[2:4]}/{key}", f"{key[:2]}/{key[2:4]}/.{key}"]
    for name in strangers:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()

    assert await look(local.list_keys(older_than=NO_AGE)) == (0, set())
    assert names_below(folder) == sorted(strangers)


Step = tuple[str, str]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Step]:
    """What the disk is told to do, in order: `sync` and `rename`, each with what kind of path."""
    steps: list[Step] = []
    sync, rename = os.fsync, os.rename

    def kind(path: str) -> str:
        place = Path(path).relative_to(folder.parent).parts
        return "/".join(
            "draft" if len(part) == 32 and "tmp" in place else "*" if part != "files" else part for part in place
        )

    def noting_sync(descriptor: int) -> None:
        steps.append(("sync", kind(str(Path(f"/proc/self/fd/{descriptor}").readlink()))))
        sync(descriptor)

    def noting_rename(source: str, target: str) -> None:
        steps.append(("rename", kind(target)))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noting_sync)
    monkeypatch.setattr(os, "rename", noting_rename)
    return steps


async def test_the_disk_has_the_content_before_its_name_and_the_name_before_we_say_so(
    local: Storage, disk: list[Step]
) -> None:
    await keep(local, A_BIT)

    assert disk == [
        ("sync", "files/*/draft"),
        ("sync", "files/*"),
        ("sync", "files"),
        ("sync", ""),  # the data folder itself
        ("rename", "files/*/*/*"),
        ("sync", "files/*/*"),
    ]


@pytest.mark.parametrize("failing", range(5))
async def test_a_disk_that_fails_to_sync_is_not_asked_twice_and_keeps_nothing(
    local: Storage, folder: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    asked: list[int] = []

    def fail_once(descriptor: int) -> None:
        asked.append(descriptor)
        if len(asked) == failing + 1:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail_once)
    draft = await local.draft(OWN)
    await draft.write(A_BIT)
    await draft.finish()

    with pytest.raises(StorageUnavailable):
        await local.keep(draft)
    await draft.drop()

    assert len(asked) == failing + 1
    assert names_below(folder) == []


async def test_a_disk_that_takes_no_more_is_told(local: Storage, folder: Path) -> None:
    draft = await local.draft(OWN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(StorageUnavailable):
            await draft.write(bytes(2 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await draft.drop()

    assert names_below(folder) == []


# A bucket


async def test_a_part_of_an_object_is_asked_for_without_the_rest(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = make_storage(in_bucket(bucket, tmp_path), KnownKeys())
    stored = await keep(storage, SEVERAL)
    pieces: list[int] = []
    in_turn = s3_storage._in_turn  # noqa: SLF001 (what goes over the network)

    async def noting(results: Sequence[Any]) -> AsyncIterator[tuple[int, bytes]]:
        async for size_bytes, piece in in_turn(results):
            pieces.append(len(piece))
            yield size_bytes, piece

    monkeypatch.setattr(s3_storage, "_in_turn", noting)
    await read(storage, stored, 5 * CHUNK_BYTES - 1, 5 * CHUNK_BYTES + 1)

    assert sum(pieces) == HEADER_BYTES + 2 * BOX_BYTES


async def test_a_draft_that_the_disk_has_changed_is_not_put(bucket: Bucket, tmp_path: Path) -> None:
    storage = make_storage(in_bucket(bucket, tmp_path), KnownKeys())
    draft = await storage.draft(OWN)
    await draft.write(SEVERAL)
    await draft.finish()
    path = tmp_path / names_below(tmp_path)[0]
    path.write_bytes(_flip(path.read_bytes(), 5 * BOX_BYTES))

    with pytest.raises(StorageUnavailable):
        await storage.keep(draft)
    await draft.drop()

    assert await look(storage.list_keys(older_than=NO_AGE)) == (0, set())


async def test_of_what_is_put_only_some_parts_are_in_memory(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = make_storage(in_bucket(bucket, tmp_path), KnownKeys())
    content = os.urandom(1 << 20) * 40
    parts: list[int] = []
    read_parts = s3_storage._read_parts  # noqa: SLF001 (what is given to the library)

    async def noting(draft: FileDraft) -> AsyncIterator[bytes]:
        async for part in read_parts(draft):
            parts.append(len(part))
            yield part

    monkeypatch.setattr(s3_storage, "_read_parts", noting)
    draft = await storage.draft(OWN)
    await draft.write(content)
    await draft.finish()
    tracemalloc.start()
    try:
        stored = await storage.keep(draft)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    await draft.drop()

    assert (max(parts), sum(parts)) == (PART_BYTES, sealed_size(len(content)))
    assert most_bytes < 5 * PART_BYTES
    assert await read(storage, stored) == content


@pytest.mark.parametrize("part_bytes", [HEADER_BYTES, 1000, BOX_BYTES, HEADER_BYTES + BOX_BYTES, 1 << 20, 1 << 30])
async def test_a_draft_is_read_in_parts_of_any_length(local: Storage, part_bytes: int) -> None:
    for content in (b"", A_BIT, SEVERAL):
        draft = own(await local.draft(OWN))
        await draft.write(content)
        await draft.finish()

        parts = list(draft.sealed_parts(part_bytes))

        assert b"".join(parts) == draft.path.read_bytes()
        assert {len(part) for part in parts[:-1]} <= {part_bytes}
        await draft.drop()


async def test_a_part_that_the_disk_has_changed_makes_no_object(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_storage, "PART_BYTES", 5 << 20)  # a bucket takes none that are smaller
    storage = make_storage(in_bucket(bucket, tmp_path), KnownKeys())
    draft = await storage.draft(OWN)
    await draft.write(bytes(11 << 20))
    await draft.finish()
    path = own(draft).path
    path.write_bytes(_flip(path.read_bytes(), -5))

    with pytest.raises(StorageUnavailable):
        await storage.keep(draft)
    await draft.drop()

    assert await look(storage.list_keys(older_than=NO_AGE)) == (0, set())


@pytest.mark.parametrize("content", [b"something else", bytes(9 << 20)], ids=["at once", "in parts"])
async def test_nothing_in_a_bucket_is_overwritten(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    storage = make_storage(in_bucket(bucket, tmp_path), KnownKeys())
    first = await keep(storage, A_BIT)
    monkeypatch.setattr("firstfix.adapters.storage_drafts.uuid4", lambda: first.storage_key)
    draft = await storage.draft(OWN)
    await draft.write(content)
    await draft.finish()

    with pytest.raises(StorageUnavailable):
        await storage.keep(draft)
    await draft.drop()

    assert await read(storage, first) == A_BIT


@pytest.mark.parametrize(
    "ask",
    [
        lambda storage: storage.remove(uuid4()),
        lambda storage: storage.move_to_trash(uuid4()),
        lambda storage: storage.open(uuid4(), organisation_id=OWN, size_bytes=1, start=0, stop=1),
        lambda storage: keep(storage, A_BIT),
        lambda storage: look(storage.list_keys(older_than=NO_AGE)),
        lambda storage: storage.empty_trash(older_than=NO_AGE),
    ],
    ids=["remove", "move_to_trash", "open", "keep", "list_keys", "empty_trash"],
)
async def test_a_bucket_that_lets_nobody_in_is_unavailable(
    bucket: Bucket, tmp_path: Path, ask: Callable[[Storage], Awaitable[object]]
) -> None:
    refused = in_bucket(bucket, tmp_path, storage_secret_key="not the secret")

    with pytest.raises(StorageUnavailable):
        await ask(make_storage(refused, KnownKeys()))
