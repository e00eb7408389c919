"""What is done and used on a job, and who worked how long: tasks, items and labor at the price book's prices."""

from decimal import Decimal

from msgspec import Struct

from firstfix.domain.catalogue.stages import STATE_OF_STAGE, MainState, Stage
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.lives import Life
from firstfix.domain.demo.words.worksheets import NOTES, RATE_BY_JOB_TYPE, USUAL_RATE, WORK_BY_JOB_TYPE
from firstfix.domain.demo.world import Priced, World

MOST_TASKS = 2
_SECOND_TASK_SHARE, _ITEM_SHARE, _MOST_OF_ONE_ITEM = 0.25, 0.6, 3


class Worksheet(Struct, frozen=True):
    """The work on one job.

    Attributes:
        tasks: In order, each with its items and how many of each.
        rate: What the crew's hours are charged at; `None` until the work is done.
        is_done: Whether the tasks are.
    """

    tasks: list[tuple[Priced, str, list[tuple[Priced, Decimal]]]]
    rate: Priced | None
    is_done: bool


def draw_worksheet(draw: Draw, world: World, life: Life) -> Worksheet:
    """Draw the work on a job. What the price book has no longer is left out."""
    job_type = life.outline.job_type
    is_done = STATE_OF_STAGE[Stage(life.columns["stage"])] is MainState.COMPLETED
    wanted = draw.shuffled(WORK_BY_JOB_TYPE[job_type])[: 1 + draw.chance(_SECOND_TASK_SHARE)]
    tasks = [
        (
            world.tasks[name],
            draw.one(NOTES) if is_done else "",
            [
                (world.items[item], Decimal(draw.between(1, _MOST_OF_ONE_ITEM)))
                for item in items
                if item in world.items and draw.chance(_ITEM_SHARE)
            ],
        )
        for name, items in wanted
        if name in world.tasks
    ]
    rate = world.rates.get(RATE_BY_JOB_TYPE.get(job_type, USUAL_RATE)) if is_done else None
    return Worksheet(tasks, rate, is_done)
