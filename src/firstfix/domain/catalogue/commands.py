"""Adding, changing and removing what an organisation chooses from. Every change records one event."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from firstfix.domain.catalogue.kinds import ITEM, JOB_TYPE, LABOR_RATE, SKILL, TASK
from firstfix.domain.catalogue.rules import check_minutes, check_percentage, priced
from firstfix.domain.choices import (
    clear_default,
    lock_rows,
    next_position,
    pick,
    refuse_needed,
    remove_unused,
    take_default,
)
from firstfix.domain.errors import ValueRefused
from firstfix.domain.people.kinds import PERSON, users
from firstfix.domain.places.kinds import TAX
from firstfix.domain.rows import (
    Row,
    add_row,
    archiving,
    change_row,
    find_ids,
    find_named,
    get_row,
    linked,
    remove_row,
    set_links,
)
from firstfix.domain.work import Work

Values = Mapping[str, Any]


async def add_task(work: Work, values: Values) -> UUID:
    """Add a task to the price book; its price follows its cost and markup.

    Raises:
        ValueRefused: It has no name, or a value that a task cannot have.
        ReferenceNotFound: One of its taxes is not there.
    """
    check_minutes(values.get("estimated_minutes"))
    given = priced(None, await _with_taxes(work, values), may_set=False)
    uuid: UUID = (await add_row(work, TASK, given))["uuid"]
    return uuid


async def change_task(work: Work, uuid: UUID, values: Values) -> None:
    """Change a task of the price book; its price follows.

    Raises:
        EntityNotFound: There is no such task.
        ValueRefused: A value that a task cannot have.
        ReferenceNotFound: One of its taxes is not there.
    """
    check_minutes(values.get("estimated_minutes"))
    row = await get_row(work, TASK, uuid)
    await change_row(work, TASK, row, priced(row, await _with_taxes(work, values), may_set=False))


async def remove_task(work: Work, uuid: UUID) -> None:
    """Remove a task from the price book.

    Raises:
        EntityNotFound: There is no such task.
        EntityInUse: Something refers to it.
    """
    await remove_row(work, TASK, uuid)


async def add_item(work: Work, values: Values) -> UUID:
    """Add an item to the price book; its price follows its cost and markup unless one is given.

    Raises:
        ValueRefused: It has no name, or a value that an item cannot have.
        ReferenceNotFound: One of its taxes is not there.
    """
    given = priced(None, await _with_taxes(work, archiving(work, None, values)), may_set=True)
    uuid: UUID = (await add_row(work, ITEM, given))["uuid"]
    return uuid


async def change_item(work: Work, uuid: UUID, values: Values) -> None:
    """Change an item of the price book.

    Raises:
        EntityNotFound: There is no such item.
        ValueRefused: A value that an item cannot have.
        ReferenceNotFound: One of its taxes is not there.
    """
    row = await get_row(work, ITEM, uuid)
    given = await _with_taxes(work, archiving(work, row, values))
    await change_row(work, ITEM, row, priced(row, given, may_set=True))


async def remove_item(work: Work, uuid: UUID) -> None:
    """Remove an item from the price book.

    Raises:
        EntityNotFound: There is no such item.
        EntityInUse: Something refers to it.
    """
    await remove_row(work, ITEM, uuid)


async def add_job_type(work: Work, values: Values) -> UUID:
    """Add a job type, after the others.

    Raises:
        ValueRefused: It has no name.
        ValueTaken: Another type has it.
        ReferenceNotFound: One of its skills is not there.
    """
    given = archiving(work, None, values)
    skills = await find_ids(work, SKILL, given.pop("skills", None) or (), field="skills")
    if given.get("is_default"):
        await clear_default(work, JOB_TYPE, await lock_rows(work, JOB_TYPE))
    given["position"] = await next_position(work, JOB_TYPE)
    row = await add_row(work, JOB_TYPE, given, links={"skill_ids": skills or None})
    await set_links(work, "job_type_skills", ("job_type_id", row["id"]), "skill_id", skills)
    uuid: UUID = row["uuid"]
    return uuid


async def change_job_type(work: Work, uuid: UUID, values: Values) -> None:
    """Change a job type; its skills are replaced where any are given.

    Raises:
        EntityNotFound: There is no such type.
        ValueRefused: It would be archived and the default.
        ValueTaken: Another type has the name.
        ReferenceNotFound: One of its skills is not there.
        LastOne: It would be archived, and there is no other one that jobs could have.
        DefaultNeeded: It would be archived or the default no more, and is what jobs get that name none.
    """
    rows = await lock_rows(work, JOB_TYPE)
    row = pick(JOB_TYPE, rows, uuid)
    given = archiving(work, row, values)
    if given.get("archived_at") is not None and row["archived_at"] is None:
        refuse_needed(JOB_TYPE, _usable(rows), row)
    await take_default(work, JOB_TYPE, rows, row, given)
    after = {**row, **given}
    if after["is_default"] and after["archived_at"] is not None:
        raise ValueRefused("What is archived cannot be the default.", field="is_default")
    links = {}
    if "skills" in given:
        skills = await find_ids(work, SKILL, given.pop("skills") or (), field="skills")
        links["skill_ids"] = await set_links(work, "job_type_skills", ("job_type_id", row["id"]), "skill_id", skills)
    await change_row(work, JOB_TYPE, row, given, links=links)


async def remove_job_type(work: Work, uuid: UUID) -> None:
    """Remove a job type that no job has.

    Raises:
        EntityNotFound: There is no such type.
        EntityInUse: A job has it.
        LastOne: There is no other that jobs could have.
        DefaultNeeded: It is what jobs get that name none.
    """
    rows = await lock_rows(work, JOB_TYPE)
    row = pick(JOB_TYPE, rows, uuid)
    if row["archived_at"] is None:
        refuse_needed(JOB_TYPE, _usable(rows), row)
    await remove_unused(work, JOB_TYPE, row)


async def add_skill(work: Work, values: Values) -> UUID:
    """Add a skill.

    Raises:
        ValueRefused: It has no name.
        ValueTaken: Another skill has it.
    """
    uuid: UUID = (await add_row(work, SKILL, values))["uuid"]
    return uuid


async def change_skill(work: Work, uuid: UUID, values: Values) -> None:
    """Rename a skill.

    Raises:
        EntityNotFound: There is no such skill.
        ValueTaken: Another skill has the name.
    """
    await change_row(work, SKILL, await get_row(work, SKILL, uuid), values)


async def remove_skill(work: Work, uuid: UUID) -> None:
    """Remove a skill that no job type asks for.

    Raises:
        EntityNotFound: There is no such skill.
        EntityInUse: A job type asks for it.
    """
    await remove_row(work, SKILL, uuid)


async def add_labor_rate(work: Work, values: Values) -> UUID:
    """Add a labor rate.

    Raises:
        ValueRefused: It has no name or no rate.
        ValueTaken: Another rate has the name.
        ReferenceNotFound: A tax or a user is not there.
    """
    given = dict(values)
    taxes = await _find_taxes(work, given.pop("taxes", None))
    people = await find_ids(work, PERSON, given.pop("users", None) or (), field="users", visible=users())
    row = await add_row(work, LABOR_RATE, given, links={"tax_ids": taxes or None, "person_ids": people or None})
    owner = ("labor_rate_id", row["id"])
    await set_links(work, "labor_rate_taxes", owner, "tax_id", taxes)
    await set_links(work, "labor_rate_people", owner, "person_id", people)
    uuid: UUID = row["uuid"]
    return uuid


async def change_labor_rate(work: Work, uuid: UUID, values: Values) -> None:
    """Change a labor rate; its taxes and users are replaced where any are given.

    Raises:
        EntityNotFound: There is no such rate.
        ValueTaken: Another rate has the name.
        ReferenceNotFound: A tax or a user is not there.
    """
    row = await get_row(work, LABOR_RATE, uuid)
    given, links, owner = dict(values), {}, ("labor_rate_id", row["id"])
    if "taxes" in given:
        taxes = await _find_taxes(work, given.pop("taxes"))
        links["tax_ids"] = await set_links(work, "labor_rate_taxes", owner, "tax_id", taxes)
    if "users" in given:
        known = await linked(work, "labor_rate_people", owner, "person_id")
        named = given.pop("users") or ()
        people = await find_ids(work, PERSON, named, field="users", known=known, visible=users())
        links["person_ids"] = await set_links(work, "labor_rate_people", owner, "person_id", people)
    await change_row(work, LABOR_RATE, row, given, links=links)


async def remove_labor_rate(work: Work, uuid: UUID) -> None:
    """Remove a labor rate.

    Raises:
        EntityNotFound: There is no such rate.
        EntityInUse: Something refers to it.
    """
    await remove_row(work, LABOR_RATE, uuid)


async def add_tax(work: Work, values: Values) -> UUID:
    """Add a tax.

    Raises:
        ValueRefused: It lacks a name, a group or a rate, or the rate is no percentage.
        ValueTaken: Another tax of the group has the name.
    """
    check_percentage(values.get("rate"))
    uuid: UUID = (await add_row(work, TAX, values))["uuid"]
    return uuid


async def change_tax(work: Work, uuid: UUID, values: Values) -> None:
    """Change a tax.

    Raises:
        EntityNotFound: There is no such tax.
        ValueRefused: The rate is no percentage.
        ValueTaken: Another tax of the group has the name.
    """
    check_percentage(values.get("rate"))
    await change_row(work, TAX, await get_row(work, TAX, uuid), values)


async def remove_tax(work: Work, uuid: UUID) -> None:
    """Remove a tax.

    Raises:
        EntityNotFound: There is no such tax.
        EntityInUse: Something is taxed by it.
    """
    await remove_row(work, TAX, uuid)


def _usable(types: Iterable[Row]) -> list[Row]:
    return [row for row in types if row["archived_at"] is None]


async def _with_taxes(work: Work, values: Values) -> dict[str, Any]:
    given = dict(values)
    named = {field: given.pop(field) for field in ("tax1", "tax2") if field in given}
    found = await find_named(work, TAX, [tax for tax in named.values() if tax is not None], field="taxes")
    return given | {f"{field}_id": found.get(tax) for field, tax in named.items()}


async def _find_taxes(work: Work, named: Iterable[tuple[str, str]] | None) -> list[int]:
    return list((await find_named(work, TAX, named or (), field="taxes")).values())
