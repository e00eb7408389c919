"""Sealed content opens whole or in part, and only as it was sealed."""

from random import Random
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstfix.kit.sealed_content import (
    BOX_BYTES,
    CHUNK_BYTES,
    HEADER_BYTES,
    KEY_BYTES,
    ContentOpener,
    ContentSealer,
    content_key,
    is_sealed,
    new_key,
    part_of,
    sealed_size,
)
from firstfix.kit.sealing import SealingError

MUCH = Random(5).randbytes(4 * CHUNK_BYTES)
KEY = new_key()

sizes = st.one_of(
    st.integers(0, 4 * CHUNK_BYTES),
    st.builds(
        lambda chunks, more: min(max(chunks * CHUNK_BYTES + more, 0), len(MUCH)), st.integers(0, 4), st.integers(-2, 2)
    ),
)


def seal(content: bytes, key: bytes = KEY) -> bytes:
    sealer = ContentSealer(key)
    chunks = [content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES)] or [b""]
    boxes = [sealer.seal(chunk, is_last=number == len(chunks)) for number, chunk in enumerate(chunks, 1)]
    return sealer.header(len(content)) + b"".join(boxes)


def open_part(
    sealed: bytes, size_bytes: int, start: int = 0, stop: int | None = None, *, key: bytes = KEY, piece: int = 1 << 20
) -> bytes:
    stop = size_bytes if stop is None else stop
    opener = ContentOpener(key, sealed[:HEADER_BYTES], size_bytes=size_bytes, start=start, stop=stop)
    part = part_of(size_bytes, start, stop)
    boxes = sealed[part.start : part.stop]
    opened = b"".join(opener.open(boxes[at : at + piece]) for at in range(0, len(boxes), piece))
    opener.finish()
    return opened


@settings(max_examples=150, deadline=None)
@given(size_bytes=sizes, data=st.data())
def test_any_part_of_any_length_opens_as_it_was(size_bytes: int, data: st.DataObject) -> None:
    content = MUCH[:size_bytes]
    ends = st.one_of(sizes, st.integers(0, size_bytes)).map(lambda end: min(end, size_bytes))
    start, stop = sorted((data.draw(ends), data.draw(ends)))
    piece = data.draw(st.sampled_from([BOX_BYTES - 1, BOX_BYTES, 50_000, 1 << 20]))

    sealed = seal(content)

    assert len(sealed) == sealed_size(size_bytes)
    assert open_part(sealed, size_bytes, start, stop, piece=piece) == content[start:stop]


@settings(max_examples=200, deadline=None)
@given(size_bytes=sizes, at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_changed_bit_goes_unnoticed(size_bytes: int, at: int, bit: int) -> None:
    sealed = bytearray(seal(MUCH[:size_bytes]))
    # The box of an empty content is never read: the header tells already that there is nothing.
    sealed[at % (len(sealed) if size_bytes else HEADER_BYTES)] ^= 1 << bit

    with pytest.raises(SealingError):
        open_part(bytes(sealed), size_bytes)


@settings(max_examples=50, deadline=None)
@given(size_bytes=sizes, wanted=st.integers(0, 3))
def test_a_part_needs_no_other_boxes_than_its_own(size_bytes: int, wanted: int) -> None:
    start, stop = (min(end * CHUNK_BYTES, size_bytes) for end in (wanted, wanted + 1))
    sealed = bytearray(seal(MUCH[:size_bytes]))
    part = part_of(size_bytes, start, stop)

    sealed[HEADER_BYTES : part.start] = bytes(part.start - HEADER_BYTES)
    sealed[part.stop :] = bytes(len(sealed) - part.stop)

    assert part.stop - part.start <= BOX_BYTES
    assert open_part(bytes(sealed), size_bytes, start, stop) == MUCH[start:stop]


SIZE = 3 * CHUNK_BYTES + 1000


def boxes_of(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + BOX_BYTES] for at in range(HEADER_BYTES, len(sealed), BOX_BYTES)]


def test_boxes_in_another_order_are_noticed() -> None:
    sealed = seal(MUCH[:SIZE])
    first, second, *others = boxes_of(sealed)

    with pytest.raises(SealingError):
        open_part(b"".join([sealed[:HEADER_BYTES], second, first, *others]), SIZE)


def test_a_box_of_another_content_is_noticed_even_under_the_same_key() -> None:
    sealed, other = seal(MUCH[:SIZE]), seal(MUCH[:SIZE])
    _, *others = boxes_of(sealed)

    assert other != sealed
    with pytest.raises(SealingError):
        open_part(b"".join([sealed[:HEADER_BYTES], boxes_of(other)[0], *others]), SIZE)


def test_a_header_of_another_content_is_noticed_even_under_the_same_key() -> None:
    sealed, other = seal(MUCH[:SIZE]), seal(MUCH[:SIZE])

    with pytest.raises(SealingError):
        open_part(other[:HEADER_BYTES] + sealed[HEADER_BYTES:], SIZE)


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_what_was_cut_between_two_boxes_is_noticed_however_long_it_is_said_to_be(chunks: int) -> None:
    sealed = seal(MUCH[:SIZE])
    cut = sealed[: HEADER_BYTES + chunks * BOX_BYTES]

    for said in (SIZE, chunks * CHUNK_BYTES):
        with pytest.raises(SealingError):
            open_part(cut, said)


def test_a_last_chunk_does_not_open_in_the_middle_nor_one_of_the_middle_at_the_end() -> None:
    """Were the last one not marked, a forged length would be all that it takes to cut or to lengthen."""
    sealer = ContentSealer(KEY)
    middle = sealer.seal(MUCH[:CHUNK_BYTES])
    header = sealer.header(CHUNK_BYTES)
    with pytest.raises(SealingError):
        open_part(header + middle, CHUNK_BYTES)

    sealer = ContentSealer(KEY)
    last = sealer.seal(MUCH[:CHUNK_BYTES], is_last=True)
    header = sealer.header(2 * CHUNK_BYTES)
    with pytest.raises(SealingError):
        open_part(header + last + last, 2 * CHUNK_BYTES)


def test_only_its_own_key_opens_it() -> None:
    organisation, storage_key = new_key(), uuid4()
    sealed = seal(MUCH[:SIZE], content_key(organisation, storage_key))

    assert open_part(sealed, SIZE, key=content_key(organisation, storage_key)) == MUCH[:SIZE]
    for other in (content_key(organisation, uuid4()), content_key(new_key(), storage_key), organisation):
        assert len(other) == KEY_BYTES
        with pytest.raises(SealingError):
            open_part(sealed, SIZE, key=other)


def test_what_was_never_sealed_is_told_apart() -> None:
    assert is_sealed(seal(b"")[:HEADER_BYTES])
    for clear in (b"", MUCH[:HEADER_BYTES], seal(b"")[: HEADER_BYTES - 1]):
        assert not is_sealed(clear)
        with pytest.raises(SealingError, match="It is not sealed"):
            ContentOpener(KEY, clear, size_bytes=1, start=0, stop=1)


def test_nothing_of_the_content_is_readable() -> None:
    sealed = seal(b"The boiler's label. " * 10_000)

    assert b"boiler" not in sealed
    assert len(set(boxes_of(sealed))) == len(boxes_of(sealed))


def test_the_same_chunk_twice_is_sealed_differently() -> None:
    sealed = seal(bytes(2 * CHUNK_BYTES))

    first, second = boxes_of(sealed)
    assert first != second


def test_a_sealer_takes_whole_chunks_and_one_last() -> None:
    sealer = ContentSealer(KEY)
    for chunk in (b"short", bytes(CHUNK_BYTES + 1)):
        with pytest.raises(ValueError, match="Only the last"):
            sealer.seal(chunk)
    sealer.seal(b"last", is_last=True)
    with pytest.raises(ValueError, match="none comes after"):
        sealer.seal(bytes(CHUNK_BYTES))
