"""Amendments as commands: who may ask for what, and what a decision comes to."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.approvals.amendable import FIELDS, list_amendable_fields
from firstfix.domain.approvals.amendments import decide_amendment, get_amendment_id, request_amendment
from firstfix.domain.approvals.errors import (
    AmendmentDecided,
    AmendmentImpossible,
    AmendmentNotFound,
    AmendmentPending,
    FieldMovedOn,
    FieldNotYours,
    JobNotAmendable,
    OwnAmendment,
)
from firstfix.domain.approvals.views import Value
from firstfix.domain.errors import Invalid
from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.errors import FieldFrozen, JobArchived, JobNotFound
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.people.permissions import AMEND_REQUESTS, MANAGE_JOBS, MANAGEMENT_AUTHORITY
from firstfix.domain.work import Actor, Work
from tests.conftest import actor_of
from tests.factories.organisations import TestOrganisation

START = datetime(2030, 1, 2, 9, 30, tzinfo=UTC)
AGENTS = ["client_budget", "works_start_on", "works_end_on", "priority"]
CONTRACTORS = ["contractor_budget", "works_start_on", "works_end_on", "time_range"]

Ask = Callable[..., Awaitable[int]]


def acting(work: Work, actor: Actor) -> Work:
    """Go on with the same transaction as somebody else."""
    return Work(work.session, actor=actor, now=work.now, keys=work.keys, source="manage")


@pytest.fixture
async def job(work: Work, home: TestOrganisation) -> JobIds:
    """A job of the agent's branch, assigned to the contractor."""
    draft = JobDraft(
        location=home.location_id,
        contractor=home["contractor1"].id,
        branch=home.ids["branches"]["North"],
        scheduled_at=START,
        estimated_minutes=90,
        client_budget=Decimal(300),
        contractor_budget=Decimal(180),
    )
    ids = await create_job(work, draft)
    work.events.clear()
    return ids


@pytest.fixture
def ask(work: Work, home: TestOrganisation, job: JobIds) -> Ask:
    """Ask for a change as one of the accounts."""

    async def ask_as(who: str, field_name: str, value: Value, *, of: JobIds | None = None) -> int:
        return await request_amendment(
            acting(work, actor_of(home, who)), (of or job).uuid, field_name=field_name, value=value, reason="Because."
        )

    return ask_as


async def decide(work: Work, amendment: int, decision: Any = "approved", **more: Any) -> Work:  # noqa: ANN401
    """Decide as the administrator, and give the work that did."""
    deciding = acting(work, work.actor)
    await decide_amendment(deciding, amendment, decision=decision, **more)
    return deciding


async def read(work: Work, job: JobIds) -> Job:
    return await get_visible_job(work, job.id)


async def status_of(work: Work, amendment: int) -> str | None:
    found: str | None = await work.session.scalar(
        text("SELECT status FROM amendments WHERE id = :id"), {"id": amendment}
    )
    return found


async def move(work: Work, home: TestOrganisation, job: JobIds, status: str) -> None:
    """Bring a job into a status, past the rules."""
    await work.session.execute(
        text(
            "UPDATE jobs SET status_id = s.id, stage = s.stage FROM statuses s WHERE s.id = :status AND jobs.id = :id"
        ),
        {"status": home.ids["statuses"][status], "id": job.id},
    )


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("admin", list(FIELDS)),
        ("engineer1", list(FIELDS)),
        ("agent1", AGENTS),
        ("contractor1", CONTRACTORS),
        ("landlord1", []),
    ],
)
async def test_everybody_has_a_list_of_their_own(
    work: Work, home: TestOrganisation, job: JobIds, who: str, expected: list[str]
) -> None:
    fields = await list_amendable_fields(acting(work, actor_of(home, who)), job.uuid)

    assert [field.name for field in fields] == expected


async def test_fields_show_what_the_job_shows(work: Work, home: TestOrganisation, job: JobIds) -> None:
    fields = {field.name: field for field in await list_amendable_fields(work, job.id)}

    assert {name: field.current for name, field in fields.items()} == {
        "client_budget": Decimal(300),
        "contractor_budget": Decimal(180),
        "vat_percentage": Decimal(20),
        "works_start_on": date(2030, 1, 2),
        "works_end_on": date(2030, 1, 2),
        "time_range": home.ids["time_ranges"]["Morning"],
        "priority": (await read(work, job)).priority_id,
        "job_type": (await read(work, job)).job_type_id,
        "contractor": home["contractor1"].id,
    }
    assert {name: field.kind for name, field in fields.items()} == {
        **dict.fromkeys(("client_budget", "contractor_budget"), "money"),
        "vat_percentage": "percent",
        **dict.fromkeys(("works_start_on", "works_end_on"), "date"),
        **dict.fromkeys(("time_range", "priority", "job_type", "contractor"), "choice"),
    }


async def test_choices_are_what_can_be_chosen(work: Work, home: TestOrganisation, job: JobIds) -> None:
    await work.session.execute(
        text("UPDATE people SET archived_at = now() WHERE id = :id"), {"id": home["contractor2"].id}
    )
    await work.session.execute(text("UPDATE job_types SET archived_at = now() WHERE name = 'Roofing'"))

    fields = await list_amendable_fields(work, job.id)
    options = {field.name: {one.name: one.id for one in field.options} for field in fields}

    assert options["contractor"][home["contractor1"].name] == home["contractor1"].id
    assert home["contractor2"].name not in options["contractor"]
    assert options["priority"] | home.ids["priorities"] == options["priority"]
    assert options["time_range"] | home.ids["time_ranges"] == options["time_range"]
    assert home.ids["job_types"].keys() - options["job_type"].keys() == {"Roofing"}
    assert options["client_budget"] == {}


@pytest.mark.parametrize("status", ["Archived", "Cancelled"])
async def test_nothing_of_an_archived_or_cancelled_job_is_amended(
    work: Work, home: TestOrganisation, job: JobIds, ask: Ask, status: str
) -> None:
    await move(work, home, job, status)

    assert await list_amendable_fields(work, job.id) == ()
    with pytest.raises(JobNotAmendable):
        await ask("agent1", "client_budget", Decimal(1))


@pytest.mark.parametrize(
    ("who", "field_name", "value"),
    [
        ("agent1", "contractor_budget", Decimal(1)),
        ("contractor1", "client_budget", Decimal(1)),
        ("tenant1", "priority", 1),
    ],
)
async def test_who_asks_for_what_is_not_on_their_list_is_refused(
    ask: Ask, who: str, field_name: str, value: Value
) -> None:
    with pytest.raises(FieldNotYours):
        await ask(who, field_name, value)


@pytest.mark.parametrize(
    ("field_name", "value"),
    [
        ("client_budget", Decimal("1.001")),
        ("client_budget", Decimal(-1)),
        ("contractor_budget", Decimal(10) ** 12),
        ("contractor_budget", Decimal("NaN")),
        ("client_budget", 5),
        ("vat_percentage", Decimal("100.01")),
        ("vat_percentage", date(2030, 1, 1)),
        ("works_start_on", date(1800, 1, 1)),
        ("works_end_on", Decimal(5)),
        ("priority", 2**62),
        ("priority", 0),
        ("priority", 2**64),
        ("job_type", Decimal(1)),
        ("contractor", 1),
    ],
)
async def test_values_are_checked_when_they_are_asked_for(ask: Ask, field_name: str, value: Value) -> None:
    with pytest.raises(Invalid) as refusal:
        await ask("admin", field_name, value)

    assert refusal.value.field == "requested_value"


async def test_of_a_field_one_request_waits(work: Work, ask: Ask) -> None:
    first = await ask("agent1", "client_budget", Decimal(1))
    with pytest.raises(AmendmentPending):
        await ask("admin", "client_budget", Decimal(2))
    await ask("agent1", "works_end_on", date(2030, 1, 3))

    await decide(work, first, "rejected")
    await ask("agent1", "client_budget", Decimal(3))


async def test_who_does_not_see_the_job_asks_for_nothing(ask: Ask) -> None:
    for who in ("agent2", "contractor2"):
        with pytest.raises(JobNotFound):
            await ask(who, "works_start_on", date(2030, 1, 1))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("client_budget", Decimal("250.5")), ("client_budget", Decimal("250.50"))),
        (("contractor_budget", Decimal(200)), ("total_amount", Decimal(240))),
        (("vat_percentage", Decimal(5)), ("total_amount", Decimal(189))),
        (("works_start_on", date(2030, 1, 1)), ("scheduled_at", START - timedelta(days=1))),
        (("works_end_on", date(2030, 1, 5)), ("works_end_on", date(2030, 1, 5))),
    ],
)
async def test_what_is_approved_is_written_with_what_follows_from_it(
    work: Work, job: JobIds, ask: Ask, asked: tuple[str, Value], expected: tuple[str, object]
) -> None:
    amendment = await ask("manager", *asked)

    deciding = await decide(work, amendment)

    assert getattr(await read(work, job), expected[0]) == expected[1]
    told = [(event.entity, event.action) for event in deciding.events]
    assert told == [("job", "updated"), ("amendment", "approved")]


async def test_choices_are_written_too(work: Work, home: TestOrganisation, job: JobIds, ask: Ask) -> None:
    chosen = {
        "time_range": home.ids["time_ranges"]["Afternoon"],
        "priority": home.ids["priorities"]["Low"],
        "job_type": home.ids["job_types"]["Roofing"],
    }
    for field_name, id_ in chosen.items():
        await decide(work, await ask("manager", field_name, id_))

    found = await read(work, job)
    assert {name: getattr(found, f"{name}_id") for name in chosen} == chosen


async def test_who_loses_the_job_by_it_sees_neither_any_more(
    work: Work, home: TestOrganisation, job: JobIds, ask: Ask
) -> None:
    own = await ask("contractor1", "contractor_budget", Decimal(1))
    amendment = await ask("manager", "contractor", home["contractor2"].id)

    await decide(work, amendment)

    for who in ("contractor1", "contractor2"):
        with pytest.raises(AmendmentNotFound):
            await decide_amendment(acting(work, holding(home, who, MANAGEMENT_AUTHORITY)), own, decision="rejected")
    assert (await read(work, job)).contractor_id == home["contractor2"].id


async def test_what_is_rejected_changes_nothing_but_the_request(work: Work, job: JobIds, ask: Ask) -> None:
    amendment = await ask("agent1", "client_budget", Decimal(1))

    deciding = await decide(work, amendment, "rejected", decision_note="Too little.")

    assert (await read(work, job)).client_budget == Decimal(300)
    (event,) = deciding.events
    assert event.label == job.reference
    assert (event.entity, event.action, event.changes["status"]) == ("amendment", "rejected", ("pending", "rejected"))
    assert event.changes["decision_note"] == (None, "Too little.")


async def test_the_history_tells_who_asked_and_who_decided(
    work: Work, home: TestOrganisation, job: JobIds, ask: Ask
) -> None:
    deciding = await decide(work, await ask("agent1", "client_budget", Decimal(1)))

    told = deciding.events[-1].changes
    assert told["requested_by_id"] == (None, home["agent1"].id)
    assert told["decided_by_id"] == (None, home["admin"].id)
    assert told["requested_value"] == ("300.00", "1.00")
    assert deciding.events[0].changes == {"client_budget": ("300.00", "1.00")}
    assert deciding.events[0].entity_id == job.id


@pytest.mark.parametrize("second", ["approved", "rejected"])
async def test_a_request_is_decided_once(work: Work, ask: Ask, second: str) -> None:
    amendment = await ask("agent1", "client_budget", Decimal(1))
    await decide(work, amendment)

    with pytest.raises(AmendmentDecided):
        await decide(work, amendment, second)
    assert await status_of(work, amendment) == "approved"


@pytest.mark.parametrize("decision", ["approved", "rejected"])
async def test_nobody_decides_their_own(work: Work, ask: Ask, decision: str) -> None:
    amendment = await ask("admin", "client_budget", Decimal(1))

    with pytest.raises(OwnAmendment):
        await decide(work, amendment, decision)
    assert await status_of(work, amendment) == "pending"


def holding(home: TestOrganisation, who: str, *more: str, without: str = "") -> Actor:
    actor = actor_of(home, who)
    return replace(actor, keys=actor.keys.union(more) - {without})


async def test_deciding_takes_authority_on_top_of_the_key(work: Work, home: TestOrganisation, ask: Ask) -> None:
    amendment = await ask("agent1", "works_end_on", date(2030, 1, 3))

    for actor in (
        actor_of(home, "contractor1"),
        holding(home, "manager", without=MANAGEMENT_AUTHORITY),
        holding(home, "manager", without=AMEND_REQUESTS),
    ):
        with pytest.raises(PermissionMissing):
            await decide_amendment(acting(work, actor), amendment, decision="rejected")
    assert await status_of(work, amendment) == "pending"


async def test_authority_ends_with_ones_branches(work: Work, home: TestOrganisation, ask: Ask) -> None:
    amendment = await ask("manager", "client_budget", Decimal(1))

    with pytest.raises(AmendmentNotFound):
        await decide_amendment(
            acting(work, holding(home, "agent2", MANAGEMENT_AUTHORITY)), amendment, decision="approved"
        )
    await decide_amendment(acting(work, holding(home, "agent1", MANAGEMENT_AUTHORITY)), amendment, decision="approved")


async def test_who_decides_needs_no_right_to_manage_jobs(
    work: Work, home: TestOrganisation, job: JobIds, ask: Ask
) -> None:
    amendment = await ask("agent1", "client_budget", Decimal(1))

    await decide_amendment(acting(work, holding(home, "manager", without=MANAGE_JOBS)), amendment, decision="approved")

    assert (await read(work, job)).client_budget == Decimal(1)


async def test_contractors_do_not_see_what_is_asked_of_hidden_fields_or_by_other_contractors(
    work: Work, home: TestOrganisation, ask: Ask
) -> None:
    seeing = acting(work, holding(home, "contractor1", MANAGEMENT_AUTHORITY))
    budget = await ask("agent1", "client_budget", Decimal(1))
    successor = await ask("manager", "contractor", home["contractor2"].id)
    others = await ask("contractor1", "contractor_budget", Decimal(1))
    await work.session.execute(
        text("UPDATE amendments SET requested_by_id = :id WHERE id = :others"),
        {"id": home["contractor2"].id, "others": others},
    )
    ours = await ask("agent1", "works_end_on", date(2030, 1, 3))

    for hidden in (budget, successor, others):
        with pytest.raises(AmendmentNotFound):
            await decide_amendment(seeing, hidden, decision="rejected")
    await decide_amendment(seeing, ours, decision="rejected")


async def test_a_field_that_has_moved_on_is_not_overwritten(work: Work, job: JobIds, ask: Ask) -> None:
    amendment = await ask("agent1", "client_budget", Decimal(1))
    other = await ask("agent1", "works_end_on", date(2030, 1, 3))
    await update_job(work, job.id, JobChanges(client_budget=Decimal(301)))

    with pytest.raises(FieldMovedOn):
        async with work.session.begin_nested():
            await decide(work, amendment)
    assert await status_of(work, amendment) == "pending"
    await decide(work, other)
    await decide(work, amendment, "rejected")


async def test_what_a_field_shows_counts_not_how_it_is_kept(work: Work, job: JobIds, ask: Ask) -> None:
    """The start moves by an hour within the day; the budget changes and changes back."""
    start = await ask("agent1", "works_start_on", date(2030, 1, 1))
    budget = await ask("agent1", "client_budget", Decimal(1))
    await update_job(work, job.id, JobChanges(scheduled_at=START + timedelta(hours=1), client_budget=Decimal(5)))
    await update_job(work, job.id, JobChanges(client_budget=Decimal("300.00")))

    await decide(work, start)
    await decide(work, budget)

    found = await read(work, job)
    assert (found.scheduled_at, found.client_budget) == (START + timedelta(hours=1, days=-1), Decimal(1))


@pytest.mark.parametrize("status", ["Invoiced", "Archived"])
async def test_approving_keeps_the_rules_of_updates(
    work: Work, home: TestOrganisation, job: JobIds, ask: Ask, status: str
) -> None:
    amendment = await ask("agent1", "client_budget", Decimal(1))
    await move(work, home, job, status)

    with pytest.raises(FieldFrozen if status == "Invoiced" else JobArchived):
        async with work.session.begin_nested():
            await decide(work, amendment)
    assert await status_of(work, amendment) == "pending"
    await decide(work, amendment, "rejected")


async def test_what_has_become_impossible_is_a_conflict(
    work: Work, home: TestOrganisation, job: JobIds, ask: Ask
) -> None:
    end = await ask("agent1", "works_end_on", date(2030, 1, 2))
    contractor = await ask("manager", "contractor", home["contractor2"].id)
    await update_job(work, job.id, JobChanges(works_end_on=date(2030, 2, 1)))
    await update_job(work, job.id, JobChanges(works_start_on=date(2030, 1, 20)))
    await work.session.execute(text("UPDATE amendments SET current_value = '2030-02-01' WHERE id = :id"), {"id": end})
    await work.session.execute(
        text("UPDATE people SET archived_at = now(), removed_at = now() WHERE id = :id"), {"id": home["contractor2"].id}
    )

    for amendment in (end, contractor):
        with pytest.raises(AmendmentImpossible):
            async with work.session.begin_nested():
                await decide(work, amendment)


async def test_requests_go_with_their_job(work: Work, job: JobIds, ask: Ask) -> None:
    amendment = await ask("agent1", "client_budget", Decimal(1))

    await work.session.execute(text("DELETE FROM jobs WHERE id = :id"), {"id": job.id})

    assert await status_of(work, amendment) is None
    with pytest.raises(AmendmentNotFound):
        await decide(work, amendment)


async def test_strangers_find_no_request(work: Work, ask: Ask, organisation: TestOrganisation) -> None:
    amendment = await ask("agent1", "client_budget", Decimal(1))
    uuid = await work.session.scalar(text("SELECT uuid FROM amendments WHERE id = :id"), {"id": amendment})
    assert await get_amendment_id(work, uuid) == amendment
    await work.session.execute(
        text("SELECT set_config('firstfix.organisation', :id, true)"), {"id": str(organisation.id)}
    )

    with pytest.raises(AmendmentNotFound):
        await get_amendment_id(acting(work, actor_of(organisation, "admin")), uuid)
