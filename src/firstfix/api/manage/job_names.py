"""How requests name one job: by uuid under either name, by number, or both if they agree."""

from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.fields import Id
from firstfix.api.problems import BadRequest
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid


class JobName(Struct, kw_only=True):
    """Which job. `uuid` and `job_uuid` are the same; dashes may be left out."""

    UUIDS: ClassVar[tuple[str, ...]] = ("uuid", "job_uuid")

    uuid: str | None = None
    job_uuid: str | None = None
    job_id: Id | None = None

    def read(self, *, usual: str) -> tuple[UUID | None, int | None]:
        """Read what was given: at least one of uuid and number.

        Args:
            usual: The name that the operation's contract has.

        Raises:
            BadRequest: Nothing was given, no uuid, or two different ones.
        """
        given = {name: value for name in self.UUIDS if (value := getattr(self, name)) is not None}
        uuids = {read_uuid(name, value) for name, value in given.items()}
        if len(uuids) > 1:
            raise BadRequest(f"{' and '.join(given)} name different jobs.", field=self.UUIDS[-1])
        if not uuids and self.job_id is None:
            raise invalid_parameter(usual)
        return next(iter(uuids), None), self.job_id


def read_uuid(name: str, value: str) -> UUID:
    """Read the uuid of anything.

    Raises:
        BadRequest: It is none.
    """
    uuid = find_uuid(value)
    if uuid is None:
        raise invalid_parameter(name)
    return uuid


def read_id_or_uuid(id_: int | None, *, usual: str, **uuids: str | None) -> int | UUID:
    """Read which file of a job is meant: by the first uuid that is given, else by number.

    Args:
        id_: The number, where there is one.
        usual: The name that the operation's contract has.
        **uuids: The uuids, by the names that they come under.

    Raises:
        BadRequest: Neither was given, or no uuid.
    """
    for name, given in uuids.items():
        if given is not None:
            return read_uuid(name, given)
    if id_ is None:
        raise invalid_parameter(usual)
    return id_


def check_agreement(named_id: int | None, found_id: int) -> None:
    """Refuse a request whose number and uuid name different jobs.

    Raises:
        BadRequest: They do.
    """
    if named_id is not None and named_id != found_id:
        raise BadRequest("job_id and job_uuid name different jobs.", field="job_id")


async def find_reference(work: Work, name: JobName, *, usual: str) -> JobReference:
    """Read which job a request means; a command then finds it, or does not.

    Raises:
        BadRequest: See `JobName.read` and `check_agreement`.
        JobNotFound: Number and uuid were given, and the job is absent or hidden from the actor.
    """
    uuid, named_id = name.read(usual=usual)
    if uuid is None or named_id is None:
        return named_id or 0 if uuid is None else uuid
    return (await find_named(work, name, usual=usual)).id


class FoundJob(Struct, frozen=True):
    """A job that the actor sees."""

    id: int
    branch_id: int


async def find_named(work: Work, name: JobName, *, usual: str) -> FoundJob:
    """Find which job a request means.

    Raises:
        BadRequest: See `JobName.read` and `check_agreement`.
        JobNotFound: The job is absent, or hidden from the actor.
    """
    uuid, named_id = name.read(usual=usual)
    job = await get_visible_job(work, named_id or 0 if uuid is None else uuid)
    check_agreement(named_id, job.id)
    return FoundJob(job.id, job.branch_id)
