"""Values of custom fields: finding the fields that are named, and working out what comes of what is given."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text

from firstfix.domain.custom_fields.rules import read_value
from firstfix.domain.custom_fields.views import EntityClass, Field, Given, Value, Values
from firstfix.domain.work import Work

PATH = "custom_fields"
"""What values are called in refusals and events."""

# The lock lets a field be neither removed nor robbed of options before its new value can be seen to be there.
_FIND = text("""
SELECT id, entity_class, key, kind, options, is_available_on_job FROM custom_fields
WHERE (entity_class, key) IN (SELECT * FROM unnest(:classes, :keys)) OR id = ANY (:ids)
ORDER BY id FOR KEY SHARE
""").bindparams(
    bindparam("classes", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("ids", type_=ARRAY(BigInteger)),
)


class Fields:
    """Fields that a command needs, kept as they are until its work ends."""

    def __init__(self, found: Iterable[Field] = ()) -> None:
        self._by_key = {(field.entity_class, field.key): field for field in found}
        self._keys = {str(field.id): field.key for field in self._by_key.values()}

    def merge(self, entity_class: EntityClass, held: Values, given: Given) -> dict[str, Value]:
        """Work out what something holds after values are given to it: what is not named stays.

        Keys that name no field of the class are dropped.

        Raises:
            ValueRefused: A field does not take its value.
        """
        if given is None:
            return {}
        values = dict(held)
        for key, value in given.items():
            field = self._by_key.get((entity_class, key))
            if field is None:
                continue
            if value is None:
                values.pop(str(field.id), None)
            else:
                values[str(field.id)] = read_value(field.kind, field.options, value, path=f"{PATH}.{key}")
        return values

    def replace_on_task(self, given: Given, *, path: str = "") -> dict[str, Value]:
        """Work out what a task on a job holds after values are given to it: those, and no others.

        Keys that name no field of tasks that is available on jobs are dropped.

        Args:
            given: See above.
            path: What stands before the names of its fields in a refusal.

        Raises:
            ValueRefused: A field does not take its value.
        """
        values: dict[str, Value] = {}
        for key, value in (given or {}).items():
            field = self._by_key.get(("Task", key))
            if field is not None and field.is_available_on_job and value is not None:
                values[str(field.id)] = read_value(field.kind, field.options, value, path=f"{path}{PATH}.{key}")
        return values

    def told(self, before: Values, after: Values) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Tell by key which values differ: what they were and what they are. Where nothing is held: `None`."""
        changed = [id_ for id_ in {**before, **after} if before.get(id_) != after.get(id_)]
        old, new = ({self._keys[id_]: values.get(id_) for id_ in changed} for values in (before, after))
        return old if before else None, new if after else None


async def find_fields(work: Work, named: Mapping[EntityClass, Iterable[str]], *, ids: Iterable[str] = ()) -> Fields:
    """Find fields and keep them until the work ends. One statement, or none where nothing is named.

    Args:
        work: The open transaction.
        named: Keys by class; those that name nothing are not found.
        ids: Ids of more fields.
    """
    pairs = [(entity_class, key) for entity_class, keys in named.items() for key in keys if "\0" not in key]
    wanted = [int(id_) for id_ in ids]
    if not pairs and not wanted:
        return Fields()
    parameters = {"classes": [pair[0] for pair in pairs], "keys": [pair[1] for pair in pairs], "ids": wanted}
    rows = await work.session.execute(_FIND, parameters)
    return Fields(
        Field(
            id=row.id,
            entity_class=row.entity_class,
            key=row.key,
            kind=row.kind,
            options=tuple(row.options),
            is_available_on_job=row.is_available_on_job,
        )
        for row in rows
    )
