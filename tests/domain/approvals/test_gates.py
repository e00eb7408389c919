"""Deciding gates."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.approvals.gate_errors import NoGatePending, OwnGate
from firstfix.domain.approvals.gates import decide_gate
from firstfix.domain.billing.commands import create_invoice
from firstfix.domain.billing.views import BilledJob, InvoiceDraft
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.errors import JobInvoiced, JobNotFound, MoveNotAllowed, ValueOutOfRange
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.people.permissions import MANAGE_JOBS, MANAGEMENT_AUTHORITY, REOPEN_JOBS
from firstfix.domain.scheduling.commands import move_crew_member
from firstfix.domain.scheduling.views import Step
from firstfix.domain.work import Work
from tests.conftest import MakeOrganisation, actor_of
from tests.domain.jobs.conftest import acting
from tests.factories.organisations import TestOrganisation

READY = "Ready to invoice"
Ask = Callable[..., Awaitable[JobIds]]


@pytest.fixture
def ask(work: Work, home: TestOrganisation) -> Ask:
    """Make a complete job that the manager has asked the gated status for."""

    async def ask(status: str = READY, **draft: Any) -> JobIds:  # noqa: ANN401 (whatever a draft takes)
        ids = await create_job(work, JobDraft(**{"location": home.location_id, **draft}))
        await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Complete"]))
        manager = acting(work, actor_of(home, "manager"))
        asked = await update_job(manager, ids.id, JobChanges(status=home.ids["statuses"][status]))
        assert asked.is_approval_required
        return ids

    return ask


async def gate(work: Work, status: str) -> None:
    await work.session.execute(
        text("UPDATE statuses SET requires_approval = true WHERE name = :name"), {"name": status}
    )


async def decisions_of(work: Work, ids: JobIds) -> list[Any]:
    rows = await work.session.execute(
        text("SELECT * FROM gate_decisions WHERE job_id = :job ORDER BY decided_at"), {"job": ids.id}
    )
    return list(rows)


async def test_an_approval_moves_the_job(work: Work, home: TestOrganisation, ask: Ask) -> None:
    ids, statuses = await ask(), home.ids["statuses"]
    asked_at = (await get_visible_job(work, ids.id)).gate_asked_at

    assert await decide_gate(work, ids.uuid, is_approved=True, notes=" Looks right. ") == ids

    job = await get_visible_job(work, ids.id)
    assert (job.status_id, job.stage, job.gate_status) == (statuses[READY], Stage.COMPLETE, "approved")
    (decision,) = await decisions_of(work, ids)
    assert (decision.status_id, decision.is_approved, decision.notes) == (statuses[READY], True, "Looks right.")
    assert (decision.asked_by_id, decision.asked_at) == (home["manager"].id, asked_at)
    assert (decision.decided_by_id, decision.decided_at) == (home["admin"].id, job.updated_at)
    assert work.events[-1].changes == {
        "status_id": (statuses["Complete"], statuses[READY]),
        "gate_status": ("pending", "approved"),
        "gate_notes": (None, "Looks right."),
    }


async def test_a_rejection_leaves_the_job_where_it_is(work: Work, home: TestOrganisation, ask: Ask) -> None:
    ids = await ask()
    before = (await get_visible_job(work, ids.id)).updated_at

    await decide_gate(work, ids.id, is_approved=False)

    job = await get_visible_job(work, ids.id)
    assert (job.status_id, job.gate_status) == (home.ids["statuses"]["Complete"], "rejected")
    assert job.updated_at >= before + timedelta(seconds=1)
    assert [(row.is_approved, row.notes) for row in await decisions_of(work, ids)] == [(False, "")]
    assert work.events[-1].changes == {"gate_status": ("pending", "rejected")}


@pytest.mark.parametrize("is_approved", [True, False])
async def test_a_gate_is_decided_once(work: Work, ask: Ask, *, is_approved: bool) -> None:
    ids = await ask()
    await decide_gate(work, ids.id, is_approved=is_approved)

    for again in (True, False):
        with pytest.raises(NoGatePending):
            await decide_gate(work, ids.id, is_approved=again)
    assert len(await decisions_of(work, ids)) == 1


async def test_where_nothing_was_asked_nothing_is_decided(work: Work, home: TestOrganisation) -> None:
    ids = await create_job(work, JobDraft(location=home.location_id))

    with pytest.raises(NoGatePending):
        await decide_gate(work, ids.id, is_approved=True)


async def test_what_was_rejected_may_be_asked_for_again(work: Work, home: TestOrganisation, ask: Ask) -> None:
    ids = await ask()
    await decide_gate(work, ids.id, is_approved=False)

    manager = acting(work, actor_of(home, "manager"))
    await update_job(manager, ids.id, JobChanges(status=home.ids["statuses"][READY]))
    await decide_gate(work, ids.id, is_approved=True)

    decisions = await decisions_of(work, ids)
    assert [row.is_approved for row in decisions] == [False, True]
    assert decisions[0].asked_at < decisions[1].asked_at
    assert (await get_visible_job(work, ids.id)).gate_status == "approved"


async def test_a_decision_shows_until_the_next_move(work: Work, home: TestOrganisation, ask: Ask) -> None:
    ids = await ask()
    await decide_gate(work, ids.id, is_approved=True)

    await update_job(work, ids.id, JobChanges(title="Title"))
    assert (await get_visible_job(work, ids.id)).gate_status == "approved"
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Invoiced"]))

    job = await get_visible_job(work, ids.id)
    assert (job.gate_status, job.gate_wanted_status_id, job.gate_asked_by_id, job.gate_asked_at) == (None,) * 4
    assert len(await decisions_of(work, ids)) == 1


# Who decides


@pytest.mark.parametrize("is_approved", [True, False])
async def test_nobody_decides_what_they_asked_for(
    work: Work, home: TestOrganisation, ask: Ask, *, is_approved: bool
) -> None:
    ids = await ask()

    with pytest.raises(OwnGate):
        await decide_gate(acting(work, actor_of(home, "manager")), ids.id, is_approved=is_approved)
    assert (await get_visible_job(work, ids.id)).gate_status == "pending"


@pytest.mark.parametrize("lacking", [MANAGEMENT_AUTHORITY, MANAGE_JOBS])
async def test_a_decision_needs_authority_besides_the_right_to_manage_jobs(
    work: Work, home: TestOrganisation, ask: Ask, lacking: str
) -> None:
    ids, admin = await ask(), actor_of(home, "admin")

    with pytest.raises(PermissionMissing):
        await decide_gate(
            acting(work, msgspec.structs.replace(admin, keys=admin.keys - {lacking})), ids.id, is_approved=True
        )
    with pytest.raises(PermissionMissing):
        await decide_gate(acting(work, actor_of(home, "agent1")), ids.id, is_approved=True)


async def test_authority_ends_with_ones_branches(work: Work, home: TestOrganisation, ask: Ask) -> None:
    ids = await ask(branch=home.ids["branches"]["North"])

    def with_authority(label: str) -> Work:
        agent = actor_of(home, label)
        return acting(work, msgspec.structs.replace(agent, keys=agent.keys | {MANAGEMENT_AUTHORITY}))

    with pytest.raises(JobNotFound):
        await decide_gate(with_authority("agent2"), ids.id, is_approved=True)
    await decide_gate(with_authority("agent1"), ids.id, is_approved=True)


async def test_strangers_decide_nothing(work: Work, make_organisation: MakeOrganisation) -> None:
    stranger = make_organisation()
    ready = stranger.ids["statuses"][READY]
    _, theirs = stranger.insert_job(gate_status="pending", gate_wanted_status_id=ready, gate_asked_at="2024-06-01")

    with pytest.raises(JobNotFound):
        await decide_gate(work, theirs, is_approved=True)


# What has become impossible


async def test_an_invoice_keeps_a_job_completed(work: Work, home: TestOrganisation, ask: Ask) -> None:
    await gate(work, "On hold")
    ids = await ask("On hold")
    await create_invoice(work, InvoiceDraft(jobs=(BilledJob(job=ids.uuid),)))

    with pytest.raises(JobInvoiced):
        await decide_gate(work, ids.id, is_approved=True)
    assert (await get_visible_job(work, ids.id)).gate_status == "pending"
    await decide_gate(work, ids.id, is_approved=False)
    assert await get_stage(work, ids) == (home.ids["statuses"]["Complete"], Stage.COMPLETE)


async def test_a_move_that_the_stages_no_longer_allow_is_refused(work: Work, home: TestOrganisation, ask: Ask) -> None:
    await gate(work, "Cancelled")
    ids = await ask("Cancelled")
    await work.session.execute(
        text("UPDATE jobs SET status_id = :status, stage = 4 WHERE id = :id"),
        {"status": home.ids["statuses"]["Invoiced"], "id": ids.id},
    )

    with pytest.raises(MoveNotAllowed):
        await decide_gate(work, ids.id, is_approved=True)


async def test_a_way_back_is_approved_by_who_could_not_reopen(work: Work, home: TestOrganisation, ask: Ask) -> None:
    await gate(work, "On hold")
    ids, admin = await ask("On hold"), actor_of(home, "admin")

    await decide_gate(
        acting(work, msgspec.structs.replace(admin, keys=admin.keys - {REOPEN_JOBS})), ids.id, is_approved=True
    )

    assert await get_stage(work, ids) == (home.ids["statuses"]["On hold"], Stage.IN_PROGRESS)


async def test_a_status_that_needs_no_approval_any_more_is_still_decided(work: Work, ask: Ask) -> None:
    ids = await ask()
    await work.session.execute(text("UPDATE statuses SET requires_approval = false"))

    await decide_gate(work, ids.id, is_approved=True)

    assert (await get_visible_job(work, ids.id)).gate_status == "approved"


async def test_a_deleted_job_takes_its_gates_along(work: Work, ask: Ask) -> None:
    ids = await ask()
    await decide_gate(work, ids.id, is_approved=False)

    await delete_job(work, ids.id)

    assert await decisions_of(work, ids) == []


async def test_notes_must_be_a_text(work: Work, ask: Ask) -> None:
    with pytest.raises(ValueOutOfRange):
        await decide_gate(work, (await ask()).id, is_approved=True, notes="a\0b")


async def get_stage(work: Work, ids: JobIds) -> tuple[int, int]:
    job = await get_visible_job(work, ids.id)
    return job.status_id, job.stage


# Gates that the crew opened


async def test_a_job_that_its_crew_has_done_is_completed_by_the_approval(work: Work, home: TestOrganisation) -> None:
    await gate(work, "Complete")
    lead, mate = home["engineer1"].id, home["engineer2"].id
    ids = await create_job(work, JobDraft(location=home.location_id, lead=lead, crew=(mate,)))
    crew = acting(work, actor_of(home, "engineer1"))
    for step in (Step.ARRIVE, Step.COMPLETE):
        await move_crew_member(crew, ids.id, person=lead, step=step)
    await move_crew_member(crew, ids.id, person=mate, step=Step.ARRIVE)

    with pytest.raises(OwnGate):
        await decide_gate(crew, ids.id, is_approved=True)
    await decide_gate(work, ids.id, is_approved=True)

    job = await get_visible_job(work, ids.id)
    assert (job.stage, job.completed_at, job.substate) == (Stage.COMPLETE, work.now, None)
    states = await work.session.scalars(text("SELECT state FROM job_crew WHERE job_id = :id"), {"id": ids.id})
    assert states.all() == [4, 4]
    running = await work.session.scalar(
        text("SELECT count(*) FROM worked_hours WHERE job_id = :id AND ends_at IS NULL"), {"id": ids.id}
    )
    assert running == 0


async def test_a_crew_sets_out_once_it_is_approved(work: Work, home: TestOrganisation) -> None:
    await gate(work, "In progress")
    lead = home["engineer1"].id
    ids = await create_job(work, JobDraft(location=home.location_id, lead=lead))
    crew = acting(work, actor_of(home, "engineer1"))
    assert (await move_crew_member(crew, ids.id, person=lead, step=Step.TRAVEL)).is_approval_required

    await decide_gate(work, ids.id, is_approved=True)

    assert (await get_visible_job(work, ids.id)).stage == Stage.IN_PROGRESS
    assert (await move_crew_member(crew, ids.id, person=lead, step=Step.TRAVEL)).is_changed
