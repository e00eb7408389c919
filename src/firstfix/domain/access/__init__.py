"""Getting in: credentials, sign-in, single-use CSRF tokens, idempotency keys, limits."""
