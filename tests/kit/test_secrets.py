"""Random secrets and their hashes."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstfix.kit.secrets import API_KEY_BYTES, TOKEN_BYTES, hash_secret, new_secret


@pytest.mark.parametrize(("size_bytes", "digits"), [(API_KEY_BYTES, 32), (TOKEN_BYTES, 64)])
def test_a_secret_is_lower_case_hex_of_the_size_asked_for(size_bytes: int, digits: int) -> None:
    secret = new_secret(size_bytes)

    assert len(secret) == digits
    assert set(secret) <= set("0123456789abcdef")


def test_no_two_secrets_are_the_same() -> None:
    secrets = {new_secret(API_KEY_BYTES) for _ in range(1000)}

    assert len(secrets) == 1000


@given(st.text())
def test_what_is_stored_of_a_secret_is_its_sha_256(secret: str) -> None:
    assert hash_secret(secret) == hashlib.sha256(secret.encode()).digest()
