"""Random secrets and what is kept of them: SHA-256 of at least 128 random bits, found by index."""

import hashlib
import secrets

API_KEY_BYTES = 16  # 32 hex digits, the form that existing clients of the field API expect
TOKEN_BYTES = 32


def new_secret(size_bytes: int = TOKEN_BYTES) -> str:
    """Make a random secret, in lower-case hex."""
    return secrets.token_hex(size_bytes)


def hash_secret(secret: str) -> bytes:
    """Return what is stored of a secret, and what it is looked up by (32 bytes)."""
    return hashlib.sha256(secret.encode()).digest()
