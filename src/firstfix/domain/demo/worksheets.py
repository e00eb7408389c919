"""What is done and used on a job, and who worked how long: tasks, items and labor at the price book's prices."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.fields import draw_reading
from firstfix.domain.demo.outlines import Outline
from firstfix.domain.demo.words.worksheets import NOTES, RATE_BY_JOB_TYPE, USUAL_RATE, WORK_BY_JOB_TYPE
from firstfix.domain.demo.world import Priced, World
from firstfix.domain.jobs.labor import LaborState
from firstfix.domain.jobs.task_rows import ItemState, TaskState

MOST_TASKS = 2
_SECOND_TASK_SHARE, _ITEM_SHARE, _MOST_OF_ONE_ITEM = 0.25, 0.6, 3


class Worksheet:
    """The work on one job. What the price book has no longer is left out.

    Args:
        draw: What decides.
        world: The organisation.
        outline: The job in outline.

    Attributes:
        tasks: As the job was raised with them: nothing is done yet.
    """

    def __init__(self, draw: Draw, world: World, outline: Outline) -> None:
        self._draw = draw
        self._world = world
        self._rate = world.rates.get(RATE_BY_JOB_TYPE.get(outline.job_type, USUAL_RATE))
        wanted = draw.shuffled(WORK_BY_JOB_TYPE[outline.job_type])[: 1 + draw.chance(_SECOND_TASK_SHARE)]
        known = [(world.tasks[name], items) for name, items in wanted if name in world.tasks]
        self.tasks = tuple(
            TaskState(
                uuid=draw.uuid_at(outline.created_at),
                position=position,
                task_id=task.id,
                task_uuid=task.uuid,
                name=task.name,
                asset_id=None,
                assignee_id=None,
                note="",
                unit_cost=task.cost,
                unit_price=task.price,
                is_done=False,
                items=self._items(world, outline, items),
            )
            for position, (task, items) in enumerate(known)
        )

    def finish(self, engineer_ids: Sequence[int], minutes: int) -> dict[str, Any]:
        """Give what completing the job changes: its tasks are done, and it has labor. A contractor tells no hours."""
        draw, world = self._draw, self._world
        done = tuple(
            replace(task, is_done=True, note=draw.one(NOTES), field_values=draw_reading(draw, world))
            for task in self.tasks
        )
        labor = () if self._rate is None else self._labor(self._rate, engineer_ids, minutes)
        return {"tasks": done or None, "labor": labor or None}

    def _labor(self, rate: Priced, engineer_ids: Sequence[int], minutes: int) -> tuple[LaborState, ...]:
        return tuple(
            LaborState(
                position=position,
                person_id=person_id,
                minutes=minutes,
                labor_rate_id=rate.id,
                name=rate.name,
                rate=rate.price,
                cost=rate.cost,
                is_taxable=True,
                taxes=(),
                gl_account=None,
            )
            for position, person_id in enumerate(engineer_ids)
        )

    def _items(self, world: World, outline: Outline, names: Sequence[str]) -> tuple[ItemState, ...]:
        draw = self._draw
        used = [world.items[name] for name in names if name in world.items and draw.chance(_ITEM_SHARE)]
        return tuple(
            ItemState(
                uuid=draw.uuid_at(outline.created_at),
                position=position,
                item_id=item.id,
                name=item.name,
                quantity=Decimal(draw.between(1, _MOST_OF_ONE_ITEM)),
                unit_cost=item.cost,
                unit_price=item.price,
            )
            for position, item in enumerate(used)
        )
