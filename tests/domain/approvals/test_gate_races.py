"""Gates that many decide at once: the database settles who does."""

from firstfix.domain.approvals.gate_errors import NoGatePending
from firstfix.domain.approvals.gates import decide_gate
from firstfix.domain.jobs.commands import delete_job
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.views import JobIds
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, ROUNDS, Run, at_once, race, told_of


def waiting(organisation: TestOrganisation) -> int:
    """Make a job that waits for approval, asked for by an engineer."""
    statuses = organisation.ids["statuses"]
    return organisation.insert_job(
        status_id=statuses["Complete"],
        completed_at="2024-06-01T14:00:00Z",
        gate_status="pending",
        gate_wanted_status_id=statuses["Ready to invoice"],
        gate_asked_by_id=organisation["engineer1"].id,
        gate_asked_at="2024-06-01T15:00:00Z",
    )[0]


async def approve(work: Work, job: int) -> JobIds:
    return await decide_gate(work, job, is_approved=True)


def decided(organisation: TestOrganisation, job: int) -> list[str]:
    """Read how its gates were decided, and hold the job to it."""
    rows = organisation.execute("SELECT is_approved FROM gate_decisions WHERE job_id = :job", job=job)
    decisions = ["approved" if row.is_approved else "rejected" for row in rows]
    statuses = organisation.ids["statuses"]
    (shown,) = organisation.execute("SELECT gate_status, status_id FROM jobs WHERE id = :job", job=job)
    stands_in = statuses["Ready to invoice" if decisions == ["approved"] else "Complete"]
    assert (shown.gate_status, shown.status_id) == (decisions[0], stands_in)
    (told,) = told_of(organisation, job)
    assert told["gate_status"] == ["pending", decisions[0]]
    return decisions


async def test_of_fifty_approvals_one_counts(run: Run, organisation: TestOrganisation) -> None:
    for _ in range(ROUNDS):
        job = waiting(organisation)

        outcomes = await at_once(run(decide_gate, job, is_approved=True) for _ in range(CONTENDERS))

        assert outcomes == {JobIds: 1, NoGatePending: CONTENDERS - 1}
        assert decided(organisation, job) == ["approved"]


async def test_of_approvals_and_rejections_one_counts(run: Run, organisation: TestOrganisation) -> None:
    for _ in range(ROUNDS):
        job = waiting(organisation)

        outcomes = await at_once(
            run(decide_gate, job, is_approved=number % 2 == 0, who=("admin", "manager")[number % 2])
            for number in range(CONTENDERS)
        )

        assert outcomes == {JobIds: 1, NoGatePending: CONTENDERS - 1}
        assert decided(organisation, job) in (["approved"], ["rejected"])


async def test_a_decision_that_waits_for_a_deletion_finds_nothing(run: Run, organisation: TestOrganisation) -> None:
    job = waiting(organisation)

    outcome = await race(run, (delete_job, job), (approve, job))

    assert isinstance(outcome, JobNotFound)
    assert organisation.execute("SELECT FROM gate_decisions WHERE job_id = :job", job=job) == []


async def test_a_deletion_that_waits_for_a_decision_takes_it_along(run: Run, organisation: TestOrganisation) -> None:
    job = waiting(organisation)

    await race(run, (approve, job), (delete_job, job))

    assert organisation.execute("SELECT FROM gate_decisions WHERE job_id = :job", job=job) == []
