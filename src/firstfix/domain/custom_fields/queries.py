"""Reading custom fields."""

from collections.abc import Iterable

from sqlalchemy import select

from firstfix.domain.custom_fields.models import CustomField
from firstfix.domain.custom_fields.views import EntityClass
from firstfix.domain.work import Work


async def find_names(work: Work, entity_class: EntityClass, keys: Iterable[str]) -> dict[str, str]:
    """Find what people call the fields of a class, by key; what is not declared any more is left out. One statement."""
    named = select(CustomField.key, CustomField.name).where(
        CustomField.entity_class == entity_class, CustomField.key.in_(list(keys))
    )
    return {row.key: row.name for row in await work.session.execute(named)}
