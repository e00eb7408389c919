"""Every sealed column. Not a list to keep: each column whose name ends in `_sealed` is one."""

from typing import Final

from msgspec import Struct

from firstfix.domain.tables import Base

_SUFFIX = "_sealed"


class SealedColumn(Struct, frozen=True):
    """A column of sealed values; each opens with its row's `uuid` and the column's `field`."""

    table: str
    column: str

    @property
    def field(self) -> str:
        """What its values are sealed for, `table.field`."""
        return f"{self.table}.{self.column.removesuffix(_SUFFIX)}"


SEALED_COLUMNS: Final = tuple(
    SealedColumn(table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if column.name.endswith(_SUFFIX)
)
EVENT_TABLES: Final = {"job": "jobs", "case_note": "case_notes", "person": "people"}
"""Whose values an event's `changes` hold, by the kind of thing that it tells of."""
