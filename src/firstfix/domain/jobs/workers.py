"""Removing people whom jobs may need."""

from uuid import UUID

from sqlalchemy import exists, or_, select

from firstfix.domain.access.commands.accounts import get_user, remove_user
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import EntityInUse
from firstfix.domain.jobs.models import Job, JobCrewMember
from firstfix.domain.people.kinds import PERSON
from firstfix.domain.work import Work


async def remove_worker(work: Work, uuid: UUID) -> None:
    """Remove a user who is needed by no open job. The lock on their row waits for those who just take them on.

    Raises:
        EntityNotFound: There is no such user.
        EntityInUse: They are lead, crew or contractor of a job that is not complete yet.
        LastAdministrator: Nobody would be left to administrate.
        OnlyAdministrators: They are one, and the actor is none.
    """
    row = await get_user(work, uuid, to_remove=True)
    is_crew = exists().where(JobCrewMember.job_id == Job.id, JobCrewMember.person_id == row["id"])
    needed = select(Job.id).where(
        Job.stage <= Stage.IN_PROGRESS, or_(Job.lead_id == row["id"], Job.contractor_id == row["id"], is_crew)
    )
    if await work.session.scalar(needed.limit(1)) is not None:
        raise EntityInUse(PERSON.entity)
    await remove_user(work, row)
