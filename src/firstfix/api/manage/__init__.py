"""The manage API (`/api/…`), as published: see `docs/contracts/manage-api.md`."""
