"""Who does a job: an engineer of the branch with the trade who is free, or a contractor."""

from datetime import date, timedelta

from msgspec import Struct

from firstfix.domain.demo.diary import DAY_ENDS, DAY_STARTS, QUARTER_MINUTES, Diary, working_day
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.outlines import WHOLE_DAY_MINUTES, Outline
from firstfix.domain.demo.scenarios import CANCELLED, IN_PROGRESS
from firstfix.domain.demo.world import Worker, World

_CONTRACTORS_SHARES = {"Roofing": 0.75, "Glazing": 0.75, "Grounds": 0.7, "Electrical": 0.25, "Fire safety": 0.3}
_CONTRACTORS_SHARE = 0.15
_PAIRS_SHARE, _PAIRS_SHARE_OF_LONG_JOBS = 0.12, 0.6
_LATER_QUARTERS = 2


class Crew(Struct, frozen=True):
    """Who does a job. Either there are engineers, the lead first, or there is a contractor.

    Attributes:
        quarter: When it begins: later on the same day than wished, where that is when the engineer is free.
    """

    engineer_ids: tuple[int, ...]
    contractor_id: int | None
    quarter: int


def choose_crew(draw: Draw, world: World, diary: Diary, outline: Outline) -> Crew:
    """Choose who does a job, and book them."""
    is_contracted = draw.chance(_CONTRACTORS_SHARES.get(outline.job_type, _CONTRACTORS_SHARE))
    if not is_contracted and outline.day is not None:
        crew = _find_engineers(draw, world, diary, outline, outline.day)
        if crew is not None:
            return crew
    skilled = [contractor for contractor in world.contractors if outline.job_type in contractor.trades]
    return Crew((), draw.early(skilled or world.contractors).id, outline.quarter)


def minutes_of_first_day(outline: Outline) -> int:
    """Give the length of the first time slot."""
    return WHOLE_DAY_MINUTES if outline.is_two_days else outline.brief.minutes


def second_day(day: date) -> date:
    """Give the day on which a job of two days goes on."""
    return working_day(day + timedelta(days=1), step=1)


def _find_engineers(draw: Draw, world: World, diary: Diary, outline: Outline, day: date) -> Crew | None:
    team = world.engineers.get(outline.place.branch_id, [])
    skilled = [engineer for engineer in team if outline.job_type in engineer.trades]
    if not skilled:
        return None
    turn = draw.below(len(skilled))
    wished = [draw.early(skilled), *skilled[turn:], *skilled[:turn]]
    is_flexible = outline.scenario.path[-1] != IN_PROGRESS
    last = DAY_ENDS - outline.brief.minutes // QUARTER_MINUTES if is_flexible else outline.quarter
    for quarter in range(outline.quarter, max(last, outline.quarter) + 1, _LATER_QUARTERS):
        for lead in wished:
            if _book(diary, lead, outline, day, quarter):
                share = _PAIRS_SHARE_OF_LONG_JOBS if outline.is_two_days else _PAIRS_SHARE
                mates = [mate for mate in team if mate is not lead] if draw.chance(share) else []
                mate = next((mate for mate in mates if _book(diary, mate, outline, day, quarter)), None)
                return Crew((lead.id,) if mate is None else (lead.id, mate.id), None, quarter)
    return None


def _book(diary: Diary, engineer: Worker, outline: Outline, day: date, quarter: int) -> bool:
    if outline.scenario.path[-1] == CANCELLED:
        return True  # who was to come does something else now
    if not diary.book(engineer.id, day, quarter, minutes_of_first_day(outline)):
        return False
    return not outline.is_two_days or diary.book(engineer.id, second_day(day), DAY_STARTS, WHOLE_DAY_MINUTES)
