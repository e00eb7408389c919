"""Recalling jobs, and how recalls end."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from firstfix.domain.approvals.gates import decide_gate
from firstfix.domain.billing.commands import create_invoice, remove_invoice
from firstfix.domain.billing.views import BilledJob, InvoiceDraft
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.errors import ApprovalPending, JobNotFound, JobRecalled, NoLookup, ValueOutOfRange
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.recalls.commands import close_recall, raise_recall
from firstfix.domain.recalls.errors import (
    InvoicedJobRecalled,
    NoRecallStatus,
    NotRecalled,
    NotToBeRecalled,
    RecalledAlready,
    RecallNeedsReason,
)
from firstfix.domain.recalls.views import Outcome, RecallChange
from firstfix.domain.scheduling.commands import move_crew_member
from firstfix.domain.scheduling.views import Step
from firstfix.domain.work import Work
from tests.conftest import MakeOrganisation, actor_of
from tests.domain.jobs.conftest import acting
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run

Complete = Callable[..., Awaitable[JobIds]]


@pytest.fixture
def complete(work: Work, home: TestOrganisation) -> Complete:
    """Make a job that is complete since yesterday, or went on from there."""

    async def complete(*then: str, **draft: Any) -> JobIds:  # noqa: ANN401 (whatever a draft takes)
        ids = await create_job(work, JobDraft(**{"location": home.location_id, **draft}))
        for name in ("Complete", *then):
            await move(work, home, ids, name)
        await work.session.execute(
            text("UPDATE jobs SET completed_at = :at WHERE id = :id"),
            {"at": work.now - timedelta(days=1), "id": ids.id},
        )
        return ids

    return complete


async def move(work: Work, home: TestOrganisation, ids: JobIds, name: str) -> None:
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"][name]))


async def recall(work: Work, ids: JobIds, reason: str = "It leaks again.") -> RecallChange:
    return await raise_recall(work, ids.id, reason=reason)


async def read(work: Work, ids: JobIds) -> Job:
    return await get_visible_job(work, ids.id)


async def set_statuses(work: Work, sets: str, where: str = "true") -> None:
    await work.session.execute(text(f"UPDATE statuses SET {sets} WHERE {where}"))  # noqa: S608 (the test's own)


# Raising


async def test_a_complete_job_goes_back_to_the_status_of_recalls(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    ids, statuses = await complete(), home.ids["statuses"]

    change = await recall(work, ids, " It leaks again. ")

    job = await read(work, ids)
    assert (job.status_id, job.stage, job.is_recall) == (statuses["Recalled"], Stage.IN_PROGRESS, True)
    assert (job.completed_at, job.started_at) == (None, work.now)
    assert (change.job_uuid, change.is_open, change.is_approval_required) == (ids.uuid, True, False)
    assert (change.recall.reason, change.recall.raised_at) == ("It leaks again.", work.now)
    assert change.recall.raised_by_name == home["admin"].name
    assert (change.recall.closed_at, change.recall.outcome) == (None, None)
    changes = work.events[-1].changes
    assert changes["status_id"] == (statuses["Complete"], statuses["Recalled"])
    assert changes["is_recall"] == (False, True)
    assert changes["recall_reason"] == (None, "It leaks again.")


async def test_a_closed_job_is_recalled(work: Work, complete: Complete) -> None:
    ids = await complete("Invoiced")

    await recall(work, ids)

    assert (await read(work, ids)).stage == Stage.IN_PROGRESS


@pytest.mark.parametrize("status", ["New", "Assigned", "In progress", "Archived", "Cancelled"])
async def test_only_complete_and_closed_jobs_are_recalled(work: Work, home: TestOrganisation, status: str) -> None:
    ids = await create_job(work, JobDraft(location=home.location_id))
    await move(work, home, ids, status)

    with pytest.raises(NotToBeRecalled):
        await recall(work, ids)


async def test_a_job_has_one_open_recall(work: Work, home: TestOrganisation, complete: Complete) -> None:
    ids = await complete()
    await recall(work, ids)

    with pytest.raises(RecalledAlready):
        await recall(work, ids)
    await move(work, home, ids, "Complete")
    with pytest.raises(RecalledAlready):
        await recall(work, ids)


async def test_the_index_is_the_referee_even_without_a_lock(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    ids = await complete()
    await work.session.execute(
        text(
            "INSERT INTO recalls (job_id, reason, raised_at, status_before_id) SELECT id, 'x', now(), status_id"
            " FROM jobs WHERE id = :id"
        ),
        {"id": ids.id},
    )

    with pytest.raises(RecalledAlready):
        await recall(work, ids)
    assert (await read(work, ids)).status_id == home.ids["statuses"]["Complete"]


async def test_an_invoiced_job_is_recalled_once_its_invoice_is_removed(work: Work, complete: Complete) -> None:
    ids = await complete()
    invoice = await create_invoice(work, InvoiceDraft(jobs=(BilledJob(job=ids.uuid),)))

    with pytest.raises(InvoicedJobRecalled):
        await recall(work, ids)
    await remove_invoice(work, str(invoice))
    assert (await recall(work, ids)).is_open


async def test_what_waits_for_approval_is_decided_before_a_recall(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    ids = await complete()
    await move(acting(work, actor_of(home, "manager")), home, ids, "Ready to invoice")

    with pytest.raises(ApprovalPending):
        await recall(work, ids)
    await decide_gate(work, ids.id, is_approved=True)
    await recall(work, ids)
    assert (await read(work, ids)).gate_status is None


async def test_a_recall_needs_a_reason(work: Work, complete: Complete) -> None:
    ids = await complete()

    with pytest.raises(RecallNeedsReason):
        await recall(work, ids, " \n")
    with pytest.raises(ValueOutOfRange):
        await recall(work, ids, "a\0b")


async def test_without_a_status_for_it_a_recall_takes_the_first_of_the_latest_stage(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    await set_statuses(work, "is_recall = false")
    first = await complete()
    await recall(work, first)
    await set_statuses(work, "requires_approval = true", "stage = 2")
    second = await complete()
    await recall(work, second)
    await set_statuses(work, "requires_approval = true", "stage <= 2")
    third = await complete_at_once(work, home)

    assert (await read(work, first)).status_id == home.ids["statuses"]["In progress"]
    assert (await read(work, second)).status_id == home.ids["statuses"]["Assigned"]
    with pytest.raises(NoRecallStatus):
        await raise_recall(work, third, reason="It leaks again.")


async def complete_at_once(work: Work, home: TestOrganisation) -> int:
    """Make a job complete past the rules, which have no status for a new one here."""
    ids = await work.session.execute(
        text(
            "INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id,"
            " location_id, vat_percentage) SELECT 9000000, 'R1', 'Leak', branches.id, statuses.id, 3, priorities.id,"
            " job_types.id, :location, 20 FROM branches, statuses, priorities, job_types"
            " WHERE statuses.name = 'Complete' LIMIT 1 RETURNING id"
        ),
        {"location": home.location_id},
    )
    return int(ids.scalar_one())


@pytest.mark.parametrize("sets", ["requires_approval = true", "stage = 3", "stage = 6"])
async def test_the_status_of_recalls_is_one_that_work_can_begin_in(work: Work, sets: str) -> None:
    with pytest.raises(IntegrityError, match="ck_statuses_recall"):
        await set_statuses(work, sets, "is_recall")


async def test_who_does_not_see_a_job_does_not_recall_it(
    work: Work, home: TestOrganisation, complete: Complete, make_organisation: MakeOrganisation
) -> None:
    ids, stranger = await complete(branch=home.ids["branches"]["North"]), make_organisation()
    _, theirs = stranger.insert_job(status_id=stranger.ids["statuses"]["Complete"])
    agent = acting(work, actor_of(home, "agent2"))

    with pytest.raises(JobNotFound):
        await raise_recall(agent, ids.id, reason="It leaks again.")
    with pytest.raises(JobNotFound):
        await close_recall(agent, ids.id, outcome="standard")
    with pytest.raises(JobNotFound):
        await raise_recall(work, theirs, reason="It leaks again.")


# Closing


async def test_a_recall_that_is_done_completes_the_job_again(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    ids = await complete("Invoiced")
    await recall(work, ids)

    change = await close_recall(work, ids.id, outcome="standard")

    job = await read(work, ids)
    assert (job.status_id, job.is_recall) == (home.ids["statuses"]["Complete"], False)
    assert job.completed_at == work.now
    assert (change.is_open, change.recall.closed_at, change.recall.outcome) == (False, work.now, "standard")
    assert work.events[-1].changes["is_recall"] == (True, False)
    assert work.events[-1].changes["recall_outcome"] == (None, "standard")
    assert work.events[-1].changes["status_id"][1] == home.ids["statuses"]["Complete"]


async def test_a_job_comes_back_to_the_status_of_stage_complete_that_it_had(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    await set_statuses(work, "requires_approval = false")
    ids = await complete("Ready to invoice")
    await recall(work, ids)

    await close_recall(work, ids.id, outcome="standard")

    assert (await read(work, ids)).status_id == home.ids["statuses"]["Ready to invoice"]


async def test_what_was_approved_before_the_recall_is_approved_anew(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    ids = await complete()
    await move(acting(work, actor_of(home, "manager")), home, ids, "Ready to invoice")
    await decide_gate(work, ids.id, is_approved=True)
    await recall(work, ids)

    await close_recall(work, ids.id, outcome="standard")

    assert (await read(work, ids)).status_id == home.ids["statuses"]["Complete"]


async def test_where_completing_needs_approval_the_recall_waits_for_it(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    ids = await complete()
    await recall(work, ids)
    await set_statuses(work, "requires_approval = true", "stage = 3")
    manager = acting(work, actor_of(home, "manager"))

    change = await close_recall(manager, ids.id, outcome="standard")

    job = await read(work, ids)
    assert (change.is_approval_required, change.is_open) == (True, True)
    assert (job.stage, job.is_recall, job.gate_status) == (Stage.IN_PROGRESS, True, "pending")
    for outcome in ("standard", "cancel"):
        with pytest.raises(ApprovalPending):
            await close_recall(work, ids.id, outcome=outcome)
    await decide_gate(work, ids.id, is_approved=True)
    assert not (await close_recall(work, ids.id, outcome="standard")).is_open
    assert (await read(work, ids)).stage == Stage.COMPLETE


@pytest.mark.parametrize("status", ["Complete", "Ready to invoice", "Invoiced"])
async def test_a_recall_that_is_called_off_leaves_no_trace_on_the_job(
    work: Work, home: TestOrganisation, complete: Complete, status: str
) -> None:
    ids = await complete()
    if status != "Complete":
        await move(acting(work, actor_of(home, "manager")), home, ids, status)
    if status == "Ready to invoice":
        await decide_gate(work, ids.id, is_approved=True)
    completed_at = (await read(work, ids)).completed_at
    await recall(work, ids)

    change = await close_recall(work, ids.id, outcome="cancel")

    job = await read(work, ids)
    assert (job.status_id, job.is_recall) == (home.ids["statuses"][status], False)
    assert job.completed_at == completed_at == work.now - timedelta(days=1)
    assert (change.is_open, change.recall.outcome) == (False, "cancel")


@pytest.mark.parametrize("outcome", ["standard", "cancel"])
async def test_a_recall_ends_once(work: Work, complete: Complete, outcome: Outcome) -> None:
    ids = await complete()
    with pytest.raises(NotRecalled):
        await close_recall(work, ids.id, outcome=outcome)
    await recall(work, ids)
    await close_recall(work, ids.id, outcome=outcome)

    with pytest.raises(NotRecalled):
        await close_recall(work, ids.id, outcome=outcome)


async def test_a_job_is_recalled_again_and_each_recall_is_kept(work: Work, complete: Complete) -> None:
    ids = await complete()
    for reason, outcome in (("First", "standard"), ("Second", "cancel")):
        await recall(work, ids, reason)
        await close_recall(work, ids.id, outcome=outcome)  # type: ignore[arg-type] # one of the two

    kept = await work.session.execute(
        text("SELECT reason, outcome FROM recalls WHERE job_id = :id ORDER BY id"), {"id": ids.id}
    )
    assert [tuple(row) for row in kept] == [("First", "standard"), ("Second", "cancel")]
    await delete_job(work, ids.id)
    assert await work.session.scalar(text("SELECT count(*) FROM recalls WHERE job_id = :id"), {"id": ids.id}) == 0


async def test_an_organisation_that_completes_nothing_completes_no_recall(
    run: Run, organisation: TestOrganisation
) -> None:
    job, _ = organisation.insert_job(status_id=organisation.ids["statuses"]["Invoiced"])
    await run(raise_recall, job, reason="It leaks again.")
    organisation.execute("DELETE FROM statuses WHERE organisation_id = :id AND stage = 3", id=organisation.id)

    with pytest.raises(NoLookup):
        await run(close_recall, job, outcome="standard")


# While a job is in recall


async def test_a_crew_that_completes_its_job_leaves_the_recall_to_the_office(
    work: Work, home: TestOrganisation, complete: Complete
) -> None:
    lead = home["engineer1"].id
    ids = await complete(lead=lead)
    await recall(work, ids)

    for step in (Step.TRAVEL, Step.ARRIVE, Step.COMPLETE):
        await move_crew_member(work, ids.id, person=lead, step=step)
    done = await read(work, ids)
    assert (done.stage, done.is_recall) == (Stage.COMPLETE, True)
    completed_at = done.completed_at
    await close_recall(work, ids.id, outcome="standard")

    job = await read(work, ids)
    assert (job.status_id, job.is_recall) == (home.ids["statuses"]["Complete"], False)
    assert job.completed_at == completed_at


async def test_a_recall_begins_the_work_anew(work: Work, home: TestOrganisation) -> None:
    lead = home["engineer1"].id
    ids = await create_job(work, JobDraft(location=home.location_id, lead=lead))
    for step in (Step.ARRIVE, Step.COMPLETE):
        await move_crew_member(work, ids.id, person=lead, step=step)

    await recall(work, ids)

    states = await work.session.scalars(text("SELECT state FROM job_crew WHERE job_id = :id"), {"id": ids.id})
    assert states.all() == [0]


async def test_a_job_is_not_archived_in_recall(work: Work, home: TestOrganisation, complete: Complete) -> None:
    ids = await complete()
    await recall(work, ids)
    await move(work, home, ids, "Complete")

    with pytest.raises(JobRecalled):
        await move(work, home, ids, "Archived")
    await move(work, home, ids, "Invoiced")
    await close_recall(work, ids.id, outcome="standard")
    assert (await read(work, ids)).status_id == home.ids["statuses"]["Invoiced"]
    await move(work, home, ids, "Archived")


@pytest.mark.parametrize("outcome", ["standard", "cancel"])
async def test_a_job_that_was_cancelled_in_recall_is_complete_when_the_recall_ends(
    work: Work, home: TestOrganisation, complete: Complete, outcome: Outcome
) -> None:
    ids = await complete()
    await recall(work, ids)
    await move(work, home, ids, "Cancelled")

    await close_recall(work, ids.id, outcome=outcome)

    job = await read(work, ids)
    assert (job.status_id, job.is_recall) == (home.ids["statuses"]["Complete"], False)
    assert job.completed_at == (work.now if outcome == "standard" else work.now - timedelta(days=1))


async def test_a_job_in_recall_is_deleted_with_its_recall(work: Work, complete: Complete) -> None:
    ids = await complete()
    await recall(work, ids)

    await delete_job(work, ids.id)

    with pytest.raises(JobNotFound):
        await close_recall(work, ids.id, outcome="standard")
