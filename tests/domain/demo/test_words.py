"""The texts of jobs."""

from itertools import product

import pytest

from firstfix.domain.demo.cast import LARKFIELD, TIDEWATER
from firstfix.domain.demo.words.briefs import routine
from firstfix.domain.demo.words.notes import (
    ACCESS_DETAILS,
    NOTES_AFTER,
    NOTES_BEFORE,
    NOTES_DURING,
    REASONS_TO_CANCEL,
    REASONS_TO_RECALL,
)
from firstfix.domain.demo.words.places import ROOMS, SIDES, TOWNS, WET_ROOMS
from firstfix.domain.demo.words.price_book import ITEMS, RATES, TASKS
from firstfix.domain.demo.words.work import BRIEFS_BY_JOB_TYPE, SHARE_OF_JOBS
from firstfix.domain.demo.words.worksheets import RATE_BY_JOB_TYPE, USUAL_RATE, WORK_BY_JOB_TYPE
from firstfix.domain.founding.commands import JOB_TYPES


def test_every_job_type_has_its_share_and_its_texts() -> None:
    assert set(BRIEFS_BY_JOB_TYPE) == set(SHARE_OF_JOBS) == set(JOB_TYPES)
    assert sum(SHARE_OF_JOBS.values()) == 100


@pytest.mark.parametrize("job_type", JOB_TYPES)
def test_a_job_type_has_many_texts_for_homes(job_type: str) -> None:
    briefs = [brief for brief in BRIEFS_BY_JOB_TYPE[job_type] if brief.fits(is_home=True)]

    texts = {
        brief.fill(room=room, wet=wet, side=side, day="Monday", when="overnight")
        for brief, room, wet, side in product(briefs, ROOMS["home"], WET_ROOMS["home"], SIDES)
    }

    assert len(texts) >= 60


@pytest.mark.parametrize("job_type", JOB_TYPES)
@pytest.mark.parametrize("is_home", [True, False])
def test_every_urgency_is_there_wherever_it_is(job_type: str, is_home: bool) -> None:  # noqa: FBT001
    briefs = [brief for brief in BRIEFS_BY_JOB_TYPE[job_type] if brief.fits(is_home=is_home)]

    assert {brief.urgency for brief in briefs} == {"urgent", "routine", "planned"}


@pytest.mark.parametrize("job_type", JOB_TYPES)
def test_texts_are_filled_and_times_are_quarters(job_type: str) -> None:
    for brief in BRIEFS_BY_JOB_TYPE[job_type]:
        title, description = brief.fill(room="room 4", wet="laundry", side="car park", day="Monday", when="overnight")
        assert "{" not in title + description
        assert len(title) <= 200
        assert brief.minutes % 15 == 0
        assert 0 < brief.minutes <= 480


def test_a_description_names_a_room_as_a_sentence_does() -> None:
    brief = routine(15, 10, "Light in {room}", "The light in {room} is off.")

    assert brief.fill(room="hall", wet="", side="", day="", when="") == (
        "Light in hall",
        "The light in the hall is off.",
    )
    assert brief.fill(room="room 4", wet="", side="", day="", when="")[1] == "The light in room 4 is off."


def test_notes_and_ways_in_need_nothing_but_what_they_are_given() -> None:
    for note in (*NOTES_BEFORE, *NOTES_DURING, *NOTES_AFTER, *REASONS_TO_CANCEL, *REASONS_TO_RECALL):
        assert "{" not in note.format(name="Irene Foster")
    for access in ACCESS_DETAILS:
        assert "{" not in access.format(code="1234", flat="5")


def test_branches_have_towns_and_the_casts_share_nobody() -> None:
    assert {*LARKFIELD.branches, *TIDEWATER.branches} <= set(TOWNS)
    assert LARKFIELD.slug != TIDEWATER.slug
    assert LARKFIELD.domain != TIDEWATER.domain
    assert not {customer.name for customer in LARKFIELD.customers} & {c.name for c in TIDEWATER.customers}


def test_what_is_done_on_jobs_is_in_the_price_book() -> None:
    assert set(WORK_BY_JOB_TYPE) == set(JOB_TYPES)
    work = [task for tasks in WORK_BY_JOB_TYPE.values() for task in tasks]
    assert {name for name, _ in work} <= {task.name for task in TASKS}
    assert {item for _, items in work for item in items} <= {item.name for item in ITEMS}
    assert {USUAL_RATE, *RATE_BY_JOB_TYPE.values()} <= {rate.name for rate in RATES}
