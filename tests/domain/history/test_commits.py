"""Reading what happened to a thing."""

from collections.abc import Mapping

import pytest
from sqlalchemy import text

from firstfix.domain.history.commands import write_events
from firstfix.domain.history.queries import list_commits
from firstfix.domain.work import Event, Work
from firstfix.kit.sealing import SealingError
from tests.factories.organisations import TestOrganisation

SEALED = {"access_details": "jobs.access_details"}


async def write(work: Work, home: TestOrganisation, *changes: Mapping[str, tuple[object, object]]) -> int:
    """Write an event for each change of a new job and return its id."""
    job_id, uuid = home.insert_job()
    for change in changes:
        work.record(Event(entity="job", action="updated", entity_id=job_id, entity_uuid=uuid, changes=dict(change)))
        await write_events(work)
    return job_id


async def test_the_newest_comes_first_and_pages_hold_each_once(work: Work, home: TestOrganisation) -> None:
    job_id = await write(work, home, *({"invoice_no": (None, str(number))} for number in range(5)))

    async def page(**options: object) -> list[object]:
        commits, total = await list_commits(work, entity="job", entity_id=job_id, sealed={}, **options)  # type: ignore[arg-type]
        assert total == 5
        return [commit.changes[0].after for commit in commits]

    commits, _ = await list_commits(work, entity="job", entity_id=job_id, sealed={}, limit=2)
    assert await page(limit=9) == ["4", "3", "2", "1", "0"]
    assert await page(limit=2, offset=1) == ["3", "2"]
    assert await page(limit=2, before=commits[-1].id) == ["2", "1"]
    assert await page(limit=2, offset=9) == []
    assert {commit.by_name for commit in commits} == {"Admin Tester"}


async def test_names_are_those_of_today_and_nothing_for_what_is_gone(work: Work, home: TestOrganisation) -> None:
    job_id = await write(
        work,
        home,
        {
            "lead_id": (home["engineer1"].id, home["engineer2"].id),
            "crew_ids": ([home["engineer1"].id, 2**40], None),
            "asset_id": (2**40, None),
            "location_id": (None, home.location_id),
        },
    )
    await work.session.execute(
        text("UPDATE people SET last_name = 'Renamed' WHERE id = :id"), {"id": home["engineer2"].id}
    )

    (commit,), _ = await list_commits(work, entity="job", entity_id=job_id, sealed={}, limit=9)

    named = {change.field: (change.name_before, change.name_after) for change in commit.changes}
    assert named == {
        "lead_id": ("Engineer1 Tester", "Engineer2 Renamed"),
        "crew_ids": (["Engineer1 Tester", None], None),
        "asset_id": (None, None),
        "location_id": (None, "1 Example Street, Sample Town, EX1 1AA"),
    }


async def test_sealed_values_open_for_their_own_record_alone(work: Work, home: TestOrganisation) -> None:
    _, other = home.insert_job()
    job_id, uuid = home.insert_job()
    sealed = work.keys.seal("Key safe", record=uuid, field="jobs.access_details")
    for record in (uuid, other):
        work.record(
            Event(
                entity="job",
                action="updated",
                entity_id=job_id if record == uuid else -1,
                entity_uuid=record,
                changes={"access_details": (None, sealed)},
            )
        )
    await write_events(work)

    (commit,), _ = await list_commits(work, entity="job", entity_id=job_id, sealed=SEALED, limit=9)

    assert (commit.changes[0].before, commit.changes[0].after) == (None, "Key safe")
    with pytest.raises(SealingError):
        await list_commits(work, entity="job", entity_id=-1, sealed=SEALED, limit=9)


async def test_hidden_fields_are_left_out(work: Work, home: TestOrganisation) -> None:
    job_id = await write(work, home, {"client_budget": (None, "250.00"), "invoice_no": (None, "I-1")})

    (commit,), _ = await list_commits(
        work, entity="job", entity_id=job_id, sealed={}, limit=9, hidden_fields=frozenset({"client_budget"})
    )

    assert [change.field for change in commit.changes] == ["invoice_no"]


async def test_a_thing_without_a_past_has_no_commits(work: Work) -> None:
    assert await list_commits(work, entity="job", entity_id=-2, sealed={}, limit=9) == ([], 0)
