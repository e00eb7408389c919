"""Moving a job through its life."""

from datetime import UTC, datetime

import pytest

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.errors import ApprovalPending, JobNotFound, MoveNotAllowed
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.domain.jobs.conftest import MakeJob, acting, read
from tests.factories.organisations import TestOrganisation


async def test_a_move_stamps_what_it_means(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids, statuses = await make_job(), home.ids["statuses"]

    await update_job(work, ids.id, JobChanges(status=statuses["In progress"]))
    job = await read(work, ids)
    assert (job.status_id, job.stage, job.state) == (statuses["In progress"], 2, 1)
    assert (job.started_at, job.completed_at) == (work.now, None)

    await update_job(work, ids.id, JobChanges(status=statuses["Complete"]))
    job = await read(work, ids)
    assert (job.stage, job.state, job.completed_at) == (3, 2, work.now)
    assert work.events[-1].changes["status_id"] == (statuses["In progress"], statuses["Complete"])


async def test_the_crews_word_is_gone_with_its_state(work: Work, home: TestOrganisation) -> None:
    id_, _ = home.insert_job(status_id=home.ids["statuses"]["In progress"], substate=2)

    await update_job(work, id_, JobChanges(status=home.ids["statuses"]["On hold"]))
    assert (await get_visible_job(work, id_)).substate == 2
    await update_job(work, id_, JobChanges(status=home.ids["statuses"]["Complete"]))
    assert (await get_visible_job(work, id_)).substate is None


async def test_a_job_goes_back_by_who_may_reopen(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(status=home.ids["statuses"]["In progress"])
    back = JobChanges(status=home.ids["statuses"]["New"])

    with pytest.raises(MoveNotAllowed):
        await update_job(acting(work, actor_of(home, "agent1")), ids.id, back)
    assert (await update_job(work, ids.id, back)).is_changed


async def test_a_job_is_closed_only_when_complete(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job()

    with pytest.raises(MoveNotAllowed):
        await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Invoiced"]))


async def test_a_gated_status_waits_for_approval(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids, statuses = await make_job(), home.ids["statuses"]
    await update_job(work, ids.id, JobChanges(status=statuses["Complete"]))

    asked = await update_job(work, ids.id, JobChanges(status=statuses["Ready to invoice"], title="Title"))

    job = await read(work, ids)
    assert asked.is_approval_required
    assert (job.status_id, job.title) == (statuses["Complete"], "Title")
    assert (job.gate_status, job.gate_wanted_status_id) == ("pending", statuses["Ready to invoice"])
    assert (job.gate_asked_by_id, job.gate_asked_at) == (work.actor.person_id, job.updated_at)
    assert "gate_asked_at" not in work.events[-1].changes
    assert work.events[-1].changes["gate_status"] == (None, "pending")
    assert "status_id" not in work.events[-1].changes


async def test_nothing_else_moves_meanwhile(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids, statuses = await make_job(), home.ids["statuses"]
    await update_job(work, ids.id, JobChanges(status=statuses["Complete"]))
    await update_job(work, ids.id, JobChanges(status=statuses["Ready to invoice"]))

    for name in ("Ready to invoice", "Invoiced", "Cancelled"):
        with pytest.raises(ApprovalPending):
            await update_job(work, ids.id, JobChanges(status=statuses[name]))
    assert not (await update_job(work, ids.id, JobChanges(status=statuses["Complete"]))).is_changed
    assert (await update_job(work, ids.id, JobChanges(title="Title"))).is_changed


async def test_a_gate_opens_only_where_the_move_is_allowed(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids, statuses = await make_job(), home.ids["statuses"]
    await update_job(work, ids.id, JobChanges(status=statuses["Cancelled"]))

    with pytest.raises(MoveNotAllowed):
        await update_job(
            acting(work, actor_of(home, "agent1")), ids.id, JobChanges(status=statuses["Ready to invoice"])
        )


async def test_a_decided_gate_is_forgotten_with_the_next_move(work: Work, home: TestOrganisation) -> None:
    statuses = home.ids["statuses"]
    id_, uuid = home.insert_job(
        status_id=statuses["Complete"],
        gate_status="rejected",
        gate_wanted_status_id=statuses["Ready to invoice"],
        gate_asked_at=datetime(2024, 6, 1, tzinfo=UTC),
    )

    await update_job(work, id_, JobChanges(status=statuses["Invoiced"]))

    assert work.events[-1].changes["gate_status"] == ("rejected", None)
    assert work.events[-1].changes["gate_wanted_status_id"] == (statuses["Ready to invoice"], None)
    assert work.events[-1].entity_uuid == uuid


# Contractors


async def test_a_contractor_moves_the_status_of_what_is_theirs(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids = await make_job(contractor=home["contractor1"].id)
    theirs = acting(work, actor_of(home, "contractor1"))

    for name in ("Assigned", "In progress", "Complete"):
        assert (await update_job(theirs, ids.id, JobChanges(status=home.ids["statuses"][name]))).is_changed
    gated = await update_job(theirs, ids.id, JobChanges(status=home.ids["statuses"]["Ready to invoice"]))
    assert gated.is_approval_required


async def test_a_contractor_does_nothing_else(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(contractor=home["contractor1"].id)
    theirs = acting(work, actor_of(home, "contractor1"))
    progress = home.ids["statuses"]["In progress"]

    for changes in (
        JobChanges(title="Title"),
        JobChanges(status=progress, title="Title"),
        JobChanges(),
        JobChanges(status=home.ids["statuses"]["Cancelled"]),
        JobChanges(status=home.ids["statuses"]["Awaiting quote"]),
    ):
        with pytest.raises(PermissionMissing):
            await update_job(theirs, ids.id, changes)
    with pytest.raises(JobNotFound):
        await update_job(acting(work, actor_of(home, "contractor2")), ids.id, JobChanges(status=progress))


async def test_residents_change_nothing(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(contacts=(home.contact_id,))

    for who in ("landlord1", "tenant1"):
        theirs = acting(work, actor_of(home, who))
        with pytest.raises(PermissionMissing):
            await update_job(theirs, ids.id, JobChanges(status=home.ids["statuses"]["In progress"]))


async def test_an_unknown_status_is_not_there(work: Work, make_job: MakeJob) -> None:
    with pytest.raises(ReferenceNotFound, match="No Status with id="):
        await update_job(work, (await make_job()).id, JobChanges(status=2**62))
