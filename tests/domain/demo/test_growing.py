"""Letting the demonstration grow, and making the same one again."""

from typing import Any

import pytest
from sqlalchemy import Connection, text

from firstfix.domain.demo.commands import fill_demo, grow_demo
from firstfix.domain.demo.errors import DemoChanged, NotADemo
from firstfix.kit.sealing import KeyRing
from tests.domain.demo.conftest import JOBS, NOW

SHOWN = """
SELECT o.slug, j.reference, j.uuid, j.title, j.description, s.name AS status, j.created_at, j.scheduled_at,
       j.updated_at, j.contractor_budget, j.works_order_ref, l.full_address, p.last_name,
       (SELECT count(*) FROM case_notes n WHERE n.organisation_id = j.organisation_id AND n.job_id = j.id),
       (SELECT string_agg(e.id::text, ' ' ORDER BY e.id) FROM events e
           WHERE e.organisation_id = j.organisation_id AND e.entity = 'job' AND e.entity_id = j.id),
       j.invoice_uuid
FROM jobs j
JOIN organisations o ON o.id = j.organisation_id
JOIN statuses s ON s.organisation_id = j.organisation_id AND s.id = j.status_id
JOIN locations l ON l.organisation_id = j.organisation_id AND l.id = j.location_id
LEFT JOIN people p ON p.organisation_id = j.organisation_id AND p.id = j.lead_id
ORDER BY j.organisation_id, j.number
"""


def show(connection: Connection) -> list[Any]:
    return list(connection.execute(text(SHOWN)))


def count(connection: Connection, table: str) -> int:
    return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608 (a name of ours)


def test_the_same_moment_gives_the_same_demonstration(empty: Connection, keys: KeyRing) -> None:
    fillings = []
    for _ in range(2):
        with empty.begin() as transaction:
            told = fill_demo(empty, keys, 40, now=NOW)
            fillings.append((show(empty), [account.password for account in told[0].accounts]))
            transaction.rollback()

    (first, first_passwords), (second, second_passwords) = fillings
    assert first == second
    assert len(first) == 100
    assert first_passwords != second_passwords


def test_it_grows_to_so_many_jobs_and_can_grow_again(undone: Connection, keys: KeyRing) -> None:
    before = show(undone)
    told: list[tuple[int, int]] = []

    first = grow_demo(undone, keys, 460, now=NOW, progress=lambda made, total: told.append((made, total)))
    second = grow_demo(undone, keys, 3000, now=NOW)
    third = grow_demo(undone, keys, 3000, now=NOW)

    assert (first, second, third) == (60, 2540, 0)
    assert told == [(60, 60)]
    after = show(undone)
    assert len(after) == 3060
    assert len({row.reference for row in after}) == len({row.uuid for row in after}) == len(after)
    assert [row for row in after if row in set(before)] == before
    assert count(undone, "events") > count(undone, "jobs")
    assert undone.scalar(text("SELECT sum(jobs_count) FROM job_counts")) == 3060


def test_places_and_people_grow_with_the_jobs(
    undone: Connection, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstfix.domain.demo.filling._JOBS_OF_ONE_ENGINEER", 40)
    monkeypatch.setattr("firstfix.domain.demo.filling._JOBS_OF_ONE_LOCATION", 2)
    engineers = "SELECT count(*) FROM people WHERE account_type = 1 AND trades <> '{}' AND email LIKE '%larkfield%'"
    locations = "SELECT count(*) FROM locations WHERE organisation_id = (SELECT min(id) FROM organisations)"

    grow_demo(undone, keys, 800, now=NOW)

    assert undone.scalar(text(engineers)) == 20
    assert undone.scalar(text(locations)) == 400


def test_it_does_not_grow_where_it_has_enough(undone: Connection, keys: KeyRing) -> None:
    assert grow_demo(undone, keys, JOBS - 100, now=NOW) == 0
    assert count(undone, "jobs") == JOBS + 60


def test_nothing_else_grows(empty: Connection, keys: KeyRing) -> None:
    with pytest.raises(NotADemo):
        grow_demo(empty, keys, JOBS, now=NOW)


def test_it_says_what_it_misses(undone: Connection, keys: KeyRing) -> None:
    undone.execute(text("UPDATE statuses SET name = 'Done' WHERE name = 'Complete'"))

    with pytest.raises(DemoChanged, match="status 'Complete'"):
        grow_demo(undone, keys, JOBS + 1, now=NOW)


def test_the_history_of_one_job_is_read_by_index_where_the_demonstrations_past_is(undone: Connection) -> None:
    plan = "\n".join(
        undone.scalars(
            text(
                "EXPLAIN SELECT * FROM events WHERE organisation_id = 1 AND entity = 'job' AND entity_id = 7"
                " ORDER BY id DESC LIMIT 50"
            )
        )
    )

    assert "Seq Scan on events_default" not in plan
