"""Recalls that many raise or end at once: the database settles who does."""

from firstfix.domain.jobs.commands import delete_job
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.recalls.commands import close_recall, raise_recall
from firstfix.domain.recalls.errors import NotRecalled, RecalledAlready
from firstfix.domain.recalls.views import RecallChange
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, ROUNDS, Run, at_once, race, told_of


def complete(organisation: TestOrganisation) -> int:
    status = organisation.ids["statuses"]["Invoiced"]
    return organisation.insert_job(status_id=status, completed_at="2024-06-01T14:00:00Z")[0]


async def recall(work: Work, job: int) -> RecallChange:
    return await raise_recall(work, job, reason="It leaks again.")


async def test_of_fifty_recalls_there_is_one(run: Run, organisation: TestOrganisation) -> None:
    for _ in range(ROUNDS):
        job = complete(organisation)

        outcomes = await at_once(run(recall, job) for _ in range(CONTENDERS))

        assert outcomes == {RecallChange: 1, RecalledAlready: CONTENDERS - 1}
        assert len(organisation.execute("SELECT FROM recalls WHERE job_id = :job", job=job)) == 1
        assert [told["is_recall"] for told in told_of(organisation, job)] == [[False, True]]


async def test_a_recall_is_completed_or_cancelled_once(run: Run, organisation: TestOrganisation) -> None:
    statuses = organisation.ids["statuses"]
    for _ in range(ROUNDS):
        job = complete(organisation)
        await run(recall, job)

        outcomes = await at_once(
            run(close_recall, job, outcome=("standard", "cancel")[number % 2]) for number in range(CONTENDERS)
        )

        assert outcomes == {RecallChange: 1, NotRecalled: CONTENDERS - 1}
        (kept,) = organisation.execute("SELECT outcome FROM recalls WHERE job_id = :job", job=job)
        (shown,) = organisation.execute("SELECT status_id, is_recall FROM jobs WHERE id = :job", job=job)
        ended_in = {"standard": statuses["Complete"], "cancel": statuses["Invoiced"]}
        assert (shown.status_id, shown.is_recall) == (ended_in[kept.outcome], False)
        raised, ended = told_of(organisation, job)
        assert raised["is_recall"] == [False, True]
        assert (ended["is_recall"], ended["recall_outcome"]) == ([True, False], [None, kept.outcome])


async def test_a_recall_that_waits_for_a_deletion_finds_nothing(run: Run, organisation: TestOrganisation) -> None:
    job = complete(organisation)

    outcome = await race(run, (delete_job, job), (recall, job))

    assert isinstance(outcome, JobNotFound)
    assert organisation.execute("SELECT FROM recalls WHERE job_id = :job", job=job) == []
