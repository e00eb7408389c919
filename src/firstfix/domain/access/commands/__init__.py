"""Changes to what lets a caller in: signing in and out, single-use tokens, idempotency keys."""
