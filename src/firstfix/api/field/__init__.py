"""The field API (`/job/…` and what jobs refer to), as published: see `docs/contracts/field-api.md`."""
