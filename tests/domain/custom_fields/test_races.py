"""Races between giving values to fields and changing those, on two real connections: the locks settle them."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from firstfix.domain.custom_fields.commands import add_field, change_field, remove_field
from firstfix.domain.custom_fields.errors import OptionInUse
from firstfix.domain.errors import EntityInUse, ValueRefused, ValueTaken
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.places.commands import change_location
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run, race

TAG = {"name": "Tag", "kind": "Dropdown", "options": ["Red", "Green"], "own_key": "tag"}


class Holder:
    """A job or a location, and how it is given values."""

    def __init__(self, organisation: TestOrganisation, entity_class: str) -> None:
        self.entity_class = entity_class
        self._organisation = organisation
        self._job_id = organisation.insert_job()[0]

    async def give(self, work: Work, values: dict[str, Any]) -> None:
        if self.entity_class == "Job":
            await update_job(work, self._job_id, JobChanges(custom_fields=values))
        else:
            await change_location(work, self._organisation.location_uuid, {"custom_fields": values})

    def held(self) -> list[object]:
        table, id_ = ("jobs", self._job_id)
        if self.entity_class != "Job":
            table, id_ = ("locations", self._organisation.location_id)
        (row,) = self._organisation.execute(f"SELECT field_values FROM {table} WHERE id = :id", id=id_)  # noqa: S608
        return list(row.field_values.values())


@pytest.fixture(params=["Job", "Location"])
def holder(request: pytest.FixtureRequest, organisation: TestOrganisation) -> Holder:
    return Holder(organisation, request.param)


@pytest.fixture
async def tag(run: Run, holder: Holder) -> UUID:
    uuid = await run(add_field, {**TAG, "entity_class": holder.entity_class})
    assert isinstance(uuid, UUID)
    return uuid


async def test_a_field_that_just_got_a_value_stays(run: Run, holder: Holder, tag: UUID) -> None:
    outcome = await race(run, (holder.give, {"tag": "Red"}), (remove_field, tag))

    assert isinstance(outcome, EntityInUse)
    assert holder.held() == ["Red"]


async def test_a_value_for_a_field_that_is_just_removed_is_dropped(run: Run, holder: Holder, tag: UUID) -> None:
    outcome = await race(run, (remove_field, tag), (holder.give, {"tag": "Red"}))

    assert outcome is None
    assert holder.held() == []


async def test_an_option_that_was_just_chosen_stays(run: Run, holder: Holder, tag: UUID) -> None:
    outcome = await race(run, (holder.give, {"tag": "Red"}), (change_field, tag, {"options": ["Green"]}))

    assert isinstance(outcome, OptionInUse)
    assert holder.held() == ["Red"]


async def test_an_option_that_just_went_cannot_be_chosen(run: Run, holder: Holder, tag: UUID) -> None:
    outcome = await race(run, (change_field, tag, {"options": ["Green"]}), (holder.give, {"tag": "Red"}))

    assert isinstance(outcome, ValueRefused)
    assert holder.held() == []


async def test_a_value_goes_by_the_key_that_a_field_just_got(run: Run, holder: Holder, tag: UUID) -> None:
    outcome = await race(run, (change_field, tag, {"own_key": "label"}), (holder.give, {"tag": "Red"}))

    assert outcome is None
    assert holder.held() == []


async def test_of_two_fields_with_a_key_one_is_refused(run: Run) -> None:
    outcome = await race(
        run, (add_field, {**TAG, "entity_class": "Item"}), (add_field, {**TAG, "entity_class": "Item"})
    )

    assert isinstance(outcome, ValueTaken)


async def test_givers_do_not_wait_for_each_other(run: Run, organisation: TestOrganisation) -> None:
    await run(add_field, {**TAG, "entity_class": "Job"})
    first, second = Holder(organisation, "Job"), Holder(organisation, "Job")
    has_given, may_go = asyncio.Event(), asyncio.Event()

    async def give_and_stay(work: Work) -> None:
        await first.give(work, {"tag": "Red"})
        has_given.set()
        await may_go.wait()

    staying = asyncio.ensure_future(run(give_and_stay))
    await has_given.wait()
    await run(second.give, {"tag": "Green"})
    may_go.set()
    await staying

    assert (first.held(), second.held()) == (["Red"], ["Green"])
