"""Races about amendments between real connections: the database settles them."""

from decimal import Decimal
from typing import Any

import pytest

from firstfix.domain.approvals.amendments import decide_amendment, request_amendment
from firstfix.domain.approvals.errors import AmendmentDecided, AmendmentNotFound, AmendmentPending, FieldMovedOn
from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, ROUNDS, Run, at_once, race, told_of


async def ask(work: Work, job: int, value: int = 5) -> int:
    return await request_amendment(work, job, field_name="client_budget", value=Decimal(value), reason="Because.")


async def decide(work: Work, amendment: int, decision: Any) -> int:  # noqa: ANN401
    return await decide_amendment(work, amendment, decision=decision)


async def change_budget(work: Work, job: int) -> None:
    await update_job(work, job, JobChanges(client_budget=Decimal(7)))


def decisions(organisation: TestOrganisation, amendment: int) -> list[str]:
    rows = organisation.execute(
        "SELECT action FROM events WHERE entity = 'amendment' AND entity_id = :id AND action <> 'requested'",
        id=amendment,
    )
    return [row.action for row in rows]


@pytest.mark.parametrize("decisions_made", [("approved", "approved"), ("approved", "rejected")])
async def test_a_request_is_decided_once_however_many_decide(
    run: Run, organisation: TestOrganisation, decisions_made: tuple[str, str]
) -> None:
    for _ in range(ROUNDS):
        job, _ = organisation.insert_job(client_budget=3)
        amendment = await run(ask, job, who="agent1")

        outcomes = await at_once(run(decide, amendment, decisions_made[n % 2]) for n in range(CONTENDERS))

        assert outcomes == {int: 1, AmendmentDecided: CONTENDERS - 1}
        (decided,) = decisions(organisation, amendment)
        written = [{"client_budget": ["3.00", "5.00"]}] if decided == "approved" else []
        assert told_of(organisation, job) == written


async def test_of_one_field_one_request_comes_to_wait(run: Run, organisation: TestOrganisation) -> None:
    for _ in range(ROUNDS):
        job, _ = organisation.insert_job()

        outcomes = await at_once(run(ask, job, n, who=("agent1", "manager")[n % 2]) for n in range(CONTENDERS))

        assert outcomes == {int: 1, AmendmentPending: CONTENDERS - 1}
        told = organisation.execute(
            "SELECT count(*) FROM events WHERE entity = 'amendment' AND entity_id IN"
            " (SELECT id FROM amendments WHERE job_id = :job)",
            job=job,
        )
        assert [row.count for row in told] == [1]


async def test_an_approval_that_waits_for_an_update_sees_that_the_field_has_moved_on(
    run: Run, organisation: TestOrganisation
) -> None:
    job, _ = organisation.insert_job(client_budget=3)
    amendment = await run(ask, job, who="agent1")

    assert isinstance(await race(run, (change_budget, job), (decide, amendment, "approved")), FieldMovedOn)
    assert decisions(organisation, amendment) == []


async def test_an_update_that_waits_for_an_approval_comes_second(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job(client_budget=3)
    amendment = await run(ask, job, who="agent1")

    assert await race(run, (decide, amendment, "approved"), (change_budget, job)) is None
    assert [told["client_budget"][1] for told in told_of(organisation, job)] == ["5.00", "7"]


async def test_a_decision_that_waits_for_a_deletion_finds_nothing(run: Run, organisation: TestOrganisation) -> None:
    job, _ = organisation.insert_job()
    amendment = await run(ask, job, who="agent1")

    assert isinstance(await race(run, (delete_job, job), (decide, amendment, "approved")), AmendmentNotFound)
    assert decisions(organisation, amendment) == []
