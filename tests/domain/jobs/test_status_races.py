"""A change of status and a deletion that want the same job at once."""

from datetime import UTC, datetime

from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.errors import JobChangedMeanwhile, JobClosed, JobNotFound
from firstfix.domain.jobs.views import JobChanges, JobIds, JobUpdate
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, ROUNDS, Run, at_once

READ_AT = datetime(2024, 6, 1, tzinfo=UTC)


async def close(work: Work, job: int, status: int) -> JobUpdate:
    return await update_job(work, job, JobChanges(status=status), expected_updated_at=READ_AT)


async def test_a_job_is_closed_once_or_deleted_once(run: Run, organisation: TestOrganisation) -> None:
    statuses = organisation.ids["statuses"]
    for _ in range(ROUNDS):
        job, _ = organisation.insert_job(status_id=statuses["Complete"], updated_at=READ_AT)

        # An agent deletes what is open, and nothing that is closed.
        outcomes = await at_once(
            run(close, job, statuses["Invoiced"], who="agent1") if number % 2 else run(delete_job, job, who="agent1")
            for number in range(CONTENDERS)
        )

        half = CONTENDERS // 2
        assert outcomes in (
            {JobUpdate: 1, JobChangedMeanwhile: half - 1, JobClosed: half},
            {JobIds: 1, JobNotFound: CONTENDERS - 1},
        )
        told = organisation.execute("SELECT action FROM events WHERE entity = 'job' AND entity_id = :id", id=job)
        assert [event.action for event in told] == ["updated" if JobUpdate in outcomes else "deleted"]
