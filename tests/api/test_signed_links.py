"""Links that are signed."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.api.signed_links import SignedLink, find_link
from firstfix.kit.sealing import KeyRing, with_new_key

RING = with_new_key(None)
LINKS = st.builds(
    SignedLink,
    organisation_id=st.integers(1, 2**63 - 1),
    person_id=st.integers(1, 2**63 - 1),
    file=st.uuids(),
    expires_at=st.integers(0, 2**40),
)


@given(LINKS)
def test_what_is_written_is_read(link: SignedLink) -> None:
    assert find_link(link.write(RING), RING) == link


@given(LINKS, st.integers(0, 95), st.sampled_from("AZaz09-_"))
def test_what_was_changed_is_not(link: SignedLink, place: int, letter: str) -> None:
    written = link.write(RING)
    changed = written[:place] + letter + written[place + 1 :]

    assert (find_link(changed, RING) is None) == (changed != written)


@given(st.text(max_size=120))
def test_what_nobody_wrote_is_not(text: str) -> None:
    assert find_link(text, RING) is None


@pytest.mark.parametrize("text", ["", "A" * 96, "A" * 95, "A" * 10_000, "é" * 96, "=" * 96])
def test_what_is_no_link_is_not(text: str) -> None:
    assert find_link(text, RING) is None


def test_a_link_outlives_a_new_key_and_not_the_loss_of_its_own() -> None:
    link = SignedLink(organisation_id=1, person_id=2, file=UUID(int=3), expires_at=4)
    grown = with_new_key(RING)
    alone = KeyRing(writer=grown.writer, keys={grown.writer: grown.keys[grown.writer]})

    assert find_link(link.write(RING), grown) == link
    assert find_link(link.write(RING), alone) is None
