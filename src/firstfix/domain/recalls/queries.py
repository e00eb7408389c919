"""Reading recalls, and the statuses that they lead to."""

from uuid import UUID

from msgspec import convert
from sqlalchemy import Select, func, select

from firstfix.domain.catalogue.models import Status
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.errors import NoLookup
from firstfix.domain.jobs.references import STATUS, Found
from firstfix.domain.people.models import Person
from firstfix.domain.recalls.errors import NoRecallStatus
from firstfix.domain.recalls.models import Recall
from firstfix.domain.recalls.views import RecallView
from firstfix.domain.work import Work

_STATUSES = select(Status.id, Status.uuid, Status.stage, Status.requires_approval)
_FULL_NAME = func.btrim(Person.first_name + " " + Person.last_name)


async def find_open_recall(work: Work, job_id: int) -> Recall | None:
    """Find the open recall of a job, whose row is locked. One statement."""
    return await work.session.scalar(select(Recall).where(Recall.job_id == job_id, Recall.closed_at.is_(None)))


async def get_recall(work: Work, recall_id: int) -> RecallView:
    """Read a recall with its names. One statement."""
    row = await work.session.execute(
        select(
            Recall.uuid,
            Recall.reason,
            _FULL_NAME.label("raised_by_name"),
            Recall.raised_at,
            Recall.closed_at,
            Recall.outcome,
        )
        .outerjoin(Person, Person.id == Recall.raised_by_id)
        .where(Recall.id == recall_id)
    )
    return convert(row.mappings().one(), RecallView)


async def get_recall_status(work: Work) -> Found:
    """Find the status that recalled jobs come to: the one meant for them, else the first of the latest stage.

    Raises:
        NoRecallStatus: There is none of stage new, assigned or in progress that needs no approval.
    """
    possible = _STATUSES.where(Status.stage <= int(Stage.IN_PROGRESS), Status.requires_approval.is_(False))
    found = await _find_first(
        work, possible.order_by(Status.is_recall.desc(), Status.stage.desc(), Status.position, Status.id)
    )
    if found is None:
        raise NoRecallStatus
    return found


async def get_completed_status(work: Work, *, before: int) -> Found:
    """Find the status that completes a recall: of stage complete, and if there is such a one without approval.

    What was approved before the recall was not the work that is done now. Of several it is the status that the job had
    before, else the first by position.

    Raises:
        NoLookup: There is none of stage complete.
    """
    found = await _find_first(
        work,
        _STATUSES.where(Status.stage == int(Stage.COMPLETE)).order_by(
            Status.requires_approval, (Status.id == before).desc(), Status.position, Status.id
        ),
    )
    if found is None:
        raise NoLookup(STATUS.entity, field=STATUS.field)
    return found


async def _find_first(work: Work, statuses: Select[int, UUID, int, bool]) -> Found | None:
    row = (await work.session.execute(statuses.limit(1))).one_or_none()
    if row is None:
        return None
    return Found(
        id=row.id, uuid=row.uuid, is_usable=True, stage=Stage(row.stage), requires_approval=row.requires_approval
    )
