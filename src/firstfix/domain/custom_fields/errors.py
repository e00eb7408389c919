"""Refusals about custom fields."""

from firstfix.domain.errors import Conflict


class FieldFixed(Conflict):
    code = "custom_fields.fixed"

    def __init__(self, *, field: str) -> None:
        super().__init__("A custom field keeps its type and its entity class.", field=field)


class OptionInUse(Conflict):
    code = "custom_fields.option_in_use"

    def __init__(self) -> None:
        super().__init__("An option that would go is in use.", field="options")
