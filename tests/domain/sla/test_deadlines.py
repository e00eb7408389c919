"""What is promised about a job follows the job, whoever writes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from firstfix.domain.sla.standing import SLA_STATUS
from tests.factories.organisations import TestOrganisation
from tests.factories.promises import promise

RAISED_AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Jobs:
    """Jobs in a transaction whose time stands still."""

    def __init__(self, connection: Connection, office: TestOrganisation) -> None:
        self.connection = connection
        self.office = office
        self.now: datetime = connection.scalar(text("SELECT date_trunc('second', now())"))
        self._number = 0

    def add(self, status: str = "New", **values: Any) -> int:  # noqa: ANN401 (whatever a job has)
        """Insert a job, raised long ago unless said otherwise."""
        self._number += 1
        ids = self.office.ids
        row = {
            "number": self._number,
            "reference": f"S{self._number}",
            "title": "Boiler",
            "branch_id": ids["branches"]["North"],
            **self.status(status),
            "priority_id": ids["priorities"]["Medium"],
            "job_type_id": ids["job_types"]["Plumbing"],
            "location_id": self.office.location_id,
            "vat_percentage": 20,
            "created_at": RAISED_AT,
        } | values
        names = ", ".join(row)
        statement = f"INSERT INTO jobs ({names}) VALUES (:{', :'.join(row)}) RETURNING id"  # noqa: S608 (ours)
        return int(self.connection.execute(text(statement), row).scalar_one())

    def change(self, job: int, **values: Any) -> None:  # noqa: ANN401 (as above)
        changes = ", ".join(f"{name} = :{name}" for name in values)
        self.connection.execute(text(f"UPDATE jobs SET {changes} WHERE id = :job"), values | {"job": job})  # noqa: S608

    def move(self, job: int, status: str, **values: Any) -> None:  # noqa: ANN401 (as above)
        self.change(job, **self.status(status), **values)

    def status(self, name: str) -> dict[str, int]:
        status_id = self.office.ids["statuses"][name]
        stage = self.connection.scalar(text("SELECT stage FROM statuses WHERE id = :id"), {"id": status_id})
        return {"status_id": status_id, "stage": stage or 0}

    def read(self, job: int) -> Any:  # noqa: ANN401 (a row)
        columns = (
            "response_due_at, responded_at, resolution_due_at, warning_due_at, works_due_at, clock_stopped_at,"
            f" paused_seconds, alarms_raised, alarm_at, {SLA_STATUS} AS sla_status, is_out_of_step(jobs) AS is_off"
        )
        return self.connection.execute(text(f"SELECT {columns} FROM jobs WHERE id = :job"), {"job": job}).one()  # noqa: S608


@pytest.fixture
def jobs(connection: Connection, office: TestOrganisation) -> Jobs:
    return Jobs(connection, office)


def test_deadlines_are_so_many_working_minutes_from_when_a_job_is_raised(jobs: Jobs) -> None:
    job = jobs.read(jobs.add())

    assert job.response_due_at == RAISED_AT + HOUR
    assert job.resolution_due_at == RAISED_AT + 4 * HOUR
    assert (job.responded_at, job.clock_stopped_at, job.paused_seconds) == (None, None, 0)
    assert job.sla_status == "breached"


def test_without_a_policy_nothing_is_promised(jobs: Jobs, office: TestOrganisation) -> None:
    job = jobs.read(jobs.add(priority_id=office.ids["priorities"]["Low"]))

    assert (job.response_due_at, job.resolution_due_at, job.alarm_at, job.sla_status) == (None, None, None, None)


def test_the_branchs_own_policy_comes_first_and_then_that_of_the_type(jobs: Jobs, office: TestOrganisation) -> None:
    branches, types = office.ids["branches"], office.ids["job_types"]
    promise(office, resolution=100, job_type_id=types["Roofing"])
    promise(office, resolution=200, branch_id=branches["South"])
    promise(office, resolution=300, branch_id=branches["South"], job_type_id=types["Glazing"])

    def minutes(branch: str, job_type: str) -> float:
        job = jobs.read(jobs.add(branch_id=branches[branch], job_type_id=types[job_type]))
        return (job.resolution_due_at - RAISED_AT).total_seconds() / 60  # type: ignore[no-any-return]

    assert minutes("North", "Plumbing") == 240
    assert minutes("North", "Roofing") == 100
    assert minutes("South", "Plumbing") == minutes("South", "Roofing") == 200
    assert minutes("South", "Glazing") == 300


def test_the_deadline_moves_with_priority_type_and_branch(jobs: Jobs, office: TestOrganisation) -> None:
    promise(office, resolution=60, priority_id=office.ids["priorities"]["High"])
    promise(office, resolution=120, job_type_id=office.ids["job_types"]["Roofing"])
    promise(office, resolution=180, branch_id=office.ids["branches"]["South"])
    job = jobs.add()

    found = []
    for change in (
        {"priority_id": office.ids["priorities"]["High"]},
        {"priority_id": office.ids["priorities"]["Medium"]},
        {"job_type_id": office.ids["job_types"]["Roofing"]},
        {"branch_id": office.ids["branches"]["South"]},
        {"priority_id": office.ids["priorities"]["Low"]},
    ):
        jobs.change(job, **change)
        due = jobs.read(job).resolution_due_at
        found.append(due and due - RAISED_AT)

    assert found == [HOUR, 4 * HOUR, 2 * HOUR, 3 * HOUR, None]


@pytest.mark.parametrize("status", ["Assigned", "In progress", "Complete"])
def test_a_job_is_answered_by_its_first_move(jobs: Jobs, status: str) -> None:
    job = jobs.add(created_at=jobs.now - HOUR / 2)

    jobs.move(job, status)

    assert jobs.read(job).responded_at == jobs.now
    assert jobs.read(job).sla_status == "within"
    jobs.move(job, "New")
    assert jobs.read(job).responded_at == jobs.now


def test_cancelling_answers_nothing_and_ends_what_is_promised(jobs: Jobs) -> None:
    job = jobs.add()

    jobs.move(job, "Cancelled")

    assert (jobs.read(job).responded_at, jobs.read(job).sla_status) == (None, None)


def test_work_that_is_told_of_late_was_answered_when_it_began(jobs: Jobs) -> None:
    job = jobs.add(created_at=jobs.now - 3 * HOUR)

    jobs.move(job, "In progress", started_at=jobs.now - 2.5 * HOUR)

    assert jobs.read(job).responded_at == jobs.now - 2.5 * HOUR
    assert jobs.read(job).sla_status == "within"


def test_a_first_note_answers_and_only_the_first(jobs: Jobs) -> None:
    job = jobs.add(created_at=jobs.now - 2 * HOUR)
    assert jobs.read(job).sla_status == "overdue"

    jobs.change(job, responded_at=jobs.now - 1.5 * HOUR)

    assert jobs.read(job).sla_status == "within"
    assert jobs.read(job).response_due_at == jobs.now - HOUR


def test_a_late_answer_stays_late(jobs: Jobs) -> None:
    job = jobs.add(created_at=jobs.now - 2 * HOUR)

    jobs.move(job, "Assigned")
    assert jobs.read(job).sla_status == "overdue"
    jobs.move(job, "Complete", completed_at=jobs.now)

    assert jobs.read(job).sla_status == "overdue"


def test_what_was_answered_is_judged_by_what_was_promised_then(jobs: Jobs, office: TestOrganisation) -> None:
    promise(office, response=1, resolution=100, priority_id=office.ids["priorities"]["High"])
    job = jobs.add(created_at=jobs.now - HOUR / 2)
    jobs.move(job, "Assigned")

    jobs.change(job, priority_id=office.ids["priorities"]["High"])

    assert jobs.read(job).response_due_at == jobs.now + HOUR / 2
    assert jobs.read(job).sla_status == "within"


@pytest.mark.parametrize(("late", "status"), [(-1, "within"), (0, "within"), (1, "breached")])
def test_a_job_is_breached_that_was_done_after_its_deadline(jobs: Jobs, late: int, status: str) -> None:
    job = jobs.add("In progress", responded_at=RAISED_AT)
    done_at = RAISED_AT + 4 * HOUR + timedelta(seconds=late)

    jobs.move(job, "Complete", completed_at=done_at)

    assert (jobs.read(job).clock_stopped_at, jobs.read(job).sla_status) == (done_at, status)


def test_a_job_is_overdue_once_its_last_day_is_over(jobs: Jobs) -> None:
    job = jobs.add("Assigned", created_at=jobs.now - HOUR / 2, works_end_on=(jobs.now - DAY).date())
    assert jobs.read(job).sla_status == "overdue"

    jobs.change(job, works_end_on=jobs.now.date())
    assert jobs.read(job).sla_status == "within"
    jobs.change(job, works_end_on=(jobs.now - DAY).date())
    jobs.move(job, "Complete", completed_at=jobs.now)

    assert jobs.read(job).sla_status == "within"


def test_the_last_day_is_that_of_the_last_slot(jobs: Jobs) -> None:
    job = jobs.add("Assigned", scheduled_at=RAISED_AT, estimated_minutes=60)
    assert jobs.read(job).works_due_at == datetime(2026, 6, 2, tzinfo=UTC)

    def slots(statement: str, **values: object) -> object:
        jobs.connection.execute(text(statement), values | {"job": job})
        return jobs.read(job).works_due_at

    add = "INSERT INTO time_slots (job_id, starts_at, minutes) VALUES (:job, :at, :minutes)"
    assert slots(add, at=RAISED_AT, minutes=60) == datetime(2026, 6, 2, tzinfo=UTC)
    assert slots(add, at=RAISED_AT + 2 * DAY, minutes=24 * 60) == datetime(2026, 6, 5, tzinfo=UTC)
    shorten = "UPDATE time_slots SET minutes = 30 WHERE job_id = :job"
    assert slots(shorten) == datetime(2026, 6, 4, tzinfo=UTC)
    jobs.change(job, works_end_on=RAISED_AT.date())
    assert slots("DELETE FROM time_slots WHERE job_id = :job") == datetime(2026, 6, 2, tzinfo=UTC)
    jobs.change(job, works_end_on=None)
    assert jobs.read(job).works_due_at is None


def test_a_day_ends_where_the_branch_is(jobs: Jobs, office: TestOrganisation) -> None:
    jobs.connection.execute(text("UPDATE branches SET time_zone = 'Europe/Berlin' WHERE name = 'South'"))

    job = jobs.add(branch_id=office.ids["branches"]["South"], works_end_on=RAISED_AT.date())

    assert jobs.read(job).works_due_at == datetime(2026, 6, 1, 22, tzinfo=UTC)


def test_the_clock_stands_while_a_status_pauses_it(jobs: Jobs) -> None:
    job = jobs.add("In progress", created_at=jobs.now - 3 * HOUR, responded_at=jobs.now - 3 * HOUR)
    jobs.move(job, "On hold")
    assert (jobs.read(job).clock_stopped_at, jobs.read(job).alarm_at) == (jobs.now, None)
    jobs.change(job, clock_stopped_at=jobs.now - 2 * HOUR)

    jobs.move(job, "In progress")

    told = jobs.read(job)
    assert (told.clock_stopped_at, told.paused_seconds) == (None, 2 * 3600)
    assert told.resolution_due_at == jobs.now + 3 * HOUR
    assert told.sla_status == "within"


def test_a_pause_that_goes_on_breaches_nothing_and_ends_no_breach(jobs: Jobs) -> None:
    asked = jobs.add("Awaiting quote", created_at=jobs.now - 9 * HOUR, clock_stopped_at=jobs.now - 8.5 * HOUR)
    missed = jobs.add("Awaiting quote", created_at=jobs.now - 9 * HOUR, clock_stopped_at=jobs.now - HOUR)

    assert (jobs.read(asked).sla_status, jobs.read(missed).sla_status) == ("within", "breached")
    for job in (asked, missed):
        jobs.move(job, "New")
    assert (jobs.read(asked).sla_status, jobs.read(missed).sla_status) == ("within", "breached")


def test_an_answer_in_a_pause_is_in_time(jobs: Jobs) -> None:
    job = jobs.add("Awaiting quote", created_at=jobs.now - 9 * HOUR, clock_stopped_at=jobs.now - 8.5 * HOUR)

    jobs.change(job, responded_at=jobs.now)

    assert jobs.read(job).response_due_at == jobs.now + HOUR / 2
    assert jobs.read(job).sla_status == "within"


def test_from_one_pausing_status_to_another_the_pause_goes_on(jobs: Jobs) -> None:
    job = jobs.add("Awaiting quote", created_at=jobs.now - 9 * HOUR, clock_stopped_at=jobs.now - 8 * HOUR)

    jobs.move(job, "On hold")

    assert (jobs.read(job).clock_stopped_at, jobs.read(job).paused_seconds) == (jobs.now - 8 * HOUR, 0)


def test_what_is_done_from_a_pause_was_paused_until_then(jobs: Jobs) -> None:
    job = jobs.add("Awaiting quote", created_at=jobs.now - 9 * HOUR, clock_stopped_at=jobs.now - 8 * HOUR)

    jobs.move(job, "Complete", completed_at=jobs.now - 2 * HOUR)

    told = jobs.read(job)
    assert (told.paused_seconds, told.clock_stopped_at) == (6 * 3600, jobs.now - 2 * HOUR)
    assert told.resolution_due_at == jobs.now + HOUR


def test_a_job_that_comes_back_goes_on_where_it_stopped(jobs: Jobs) -> None:
    job = jobs.add("In progress", created_at=jobs.now - 9 * HOUR, responded_at=jobs.now - 9 * HOUR)
    jobs.move(job, "Complete", completed_at=jobs.now - 8 * HOUR)
    jobs.move(job, "Invoiced")
    assert jobs.read(job).clock_stopped_at == jobs.now - 8 * HOUR

    jobs.move(job, "Recalled", completed_at=None)

    assert jobs.read(job).resolution_due_at == jobs.now + 3 * HOUR


def test_what_is_done_no_longer_moves(jobs: Jobs, office: TestOrganisation) -> None:
    promise(office, resolution=1, priority_id=office.ids["priorities"]["High"])
    job = jobs.add("Complete", completed_at=RAISED_AT + HOUR, responded_at=RAISED_AT)
    before = jobs.read(job)

    jobs.change(job, priority_id=office.ids["priorities"]["High"])
    jobs.move(job, "Invoiced")

    assert jobs.read(job) == before


def test_a_deferred_job_waits_to_be_promised_anything(jobs: Jobs) -> None:
    job = jobs.add("Assigned", notification_delta=1, notification_minutes=60)
    assert (jobs.read(job).resolution_due_at, jobs.read(job).sla_status) == (None, None)

    jobs.change(job, notification_delta=None, notification_minutes=None, created_at=jobs.now)

    told = jobs.read(job)
    assert (told.responded_at, told.resolution_due_at) == (jobs.now, jobs.now + 4 * HOUR)
    assert (told.paused_seconds, told.clock_stopped_at) == (0, None)


def test_one_that_waits_no_longer_begins_now(jobs: Jobs) -> None:
    job = jobs.add(notification_delta=1, notification_minutes=60, clock_stopped_at=RAISED_AT)

    jobs.change(job, notification_delta=None, notification_minutes=None)

    assert jobs.read(job).resolution_due_at == jobs.now + 4 * HOUR


def test_alarms_come_anew_where_their_time_is_still_to_come(jobs: Jobs, office: TestOrganisation) -> None:
    promise(office, resolution=600, warning_minutes=60, priority_id=office.ids["priorities"]["High"])
    promise(office, resolution=200, warning_minutes=60, priority_id=office.ids["priorities"]["Low"])
    job = jobs.add(created_at=jobs.now - 3 * HOUR, priority_id=office.ids["priorities"]["Low"])
    assert jobs.read(job).alarm_at == jobs.now - HOUR / 1.5

    def alarms(raised: int, priority: str) -> int:
        jobs.change(job, alarms_raised=raised)
        jobs.change(job, priority_id=office.ids["priorities"][priority])
        return int(jobs.read(job).alarms_raised)

    assert alarms(1, "Low") == 1
    assert alarms(2, "Low") == 1, "the deadline is still to come"
    assert alarms(2, "High") == 0, "the warning is too"
    assert jobs.read(job).alarm_at == jobs.now + 6 * HOUR
    jobs.change(job, created_at=RAISED_AT)
    assert alarms(2, "Low") == 2, "both are long past"


def test_nothing_that_follows_from_a_change_is_left_behind(jobs: Jobs) -> None:
    job = jobs.add(scheduled_at=RAISED_AT, created_at=jobs.now)
    jobs.connection.execute(
        text("INSERT INTO time_slots (job_id, starts_at, minutes) VALUES (:job, :at, 0)"), {"job": job, "at": RAISED_AT}
    )

    for status in ("Awaiting quote", "Assigned", "On hold", "In progress"):
        assert not jobs.read(job).is_off, status
        jobs.move(job, status)
    assert not jobs.read(job).is_off
    jobs.change(job, warning_due_at=jobs.now)
    assert jobs.read(job).is_off
