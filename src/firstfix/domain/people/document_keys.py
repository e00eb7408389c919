"""Permission keys of document types: every type has its own, which come and go with it."""

from sqlalchemy import ARRAY, Text, bindparam, text

from firstfix.domain.people.kinds import PERSON, ROLE
from firstfix.domain.people.permissions import ALL_KEYS, DOCUMENTS, document_keys
from firstfix.domain.rows import record_row
from firstfix.domain.work import Work

# The table is the catalogue's, which stands above people.
_TYPES = text("SELECT key FROM document_types ORDER BY position, id")

_KEYS = bindparam("keys", type_=ARRAY(Text))
_GIVE = text(
    "UPDATE roles SET permission_keys = permission_keys || :keys WHERE :holding = ANY (permission_keys) RETURNING *"
).bindparams(_KEYS)
_WITHOUT = "ARRAY(SELECT key FROM unnest({held}) AS key WHERE key <> ALL (:keys))"
_TAKE_FROM_ROLES = text(
    f"UPDATE roles SET permission_keys = {_WITHOUT.format(held='permission_keys')}"  # noqa: S608 (ours)
    " WHERE permission_keys && :keys RETURNING *, old.permission_keys AS keys_before"
).bindparams(_KEYS)
_TAKE_FROM_PEOPLE = text(
    f"UPDATE people SET granted_keys = {_WITHOUT.format(held='granted_keys')},"  # noqa: S608 (ours)
    f" denied_keys = {_WITHOUT.format(held='denied_keys')}"
    " WHERE granted_keys && :keys OR denied_keys && :keys"
    " RETURNING *, old.granted_keys AS granted_before, old.denied_keys AS denied_before"
).bindparams(_KEYS)


async def list_permission_keys(work: Work) -> tuple[str, ...]:
    """List every permission key of the organisation, in the order in which they are kept. One statement."""
    return (*ALL_KEYS, *document_keys(*(await work.session.scalars(_TYPES))))


async def add_document_keys(work: Work, type_key: str) -> None:
    """Give the keys of a new document type to every role that works with documents. One statement."""
    keys = document_keys(type_key)
    for row in (await work.session.execute(_GIVE, {"keys": list(keys), "holding": DOCUMENTS})).mappings():
        before = [key for key in row["permission_keys"] if key not in keys]
        record_row(work, ROLE, dict(row), "updated", {"permission_keys": (before, row["permission_keys"])})


async def drop_document_keys(work: Work, type_key: str) -> None:
    """Take the keys of a document type that is removed from all roles and people. Two statements."""
    keys = {"keys": list(document_keys(type_key))}
    for row in (await work.session.execute(_TAKE_FROM_ROLES, keys)).mappings():
        record_row(work, ROLE, dict(row), "updated", {"permission_keys": (row["keys_before"], row["permission_keys"])})
    for row in (await work.session.execute(_TAKE_FROM_PEOPLE, keys)).mappings():
        changes = {
            "granted_keys": (row["granted_before"], row["granted_keys"]),
            "denied_keys": (row["denied_before"], row["denied_keys"]),
        }
        record_row(work, PERSON, dict(row), "updated", changes)
