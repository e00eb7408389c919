"""The worker brings mail to a real mail server: once, to whom may read it, and again where it has to."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import trustme
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from firstfix.adapters.database import Database
from firstfix.adapters.smtp import SmtpPost
from firstfix.domain.access.queries import Claim
from firstfix.domain.files.note_files import write_note
from firstfix.domain.files.views import GivenFile
from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.messaging import letters, sending
from firstfix.domain.messaging.commands import send_again
from firstfix.domain.messaging.letters import Letter, Sender, compose
from firstfix.domain.messaging.ports import Delivered, Delivery, Unreachable
from firstfix.domain.messaging.reminding import remind
from firstfix.domain.messaging.replies import find_reply_address
from firstfix.domain.messaging.sending import Claimed, claim_mail, settle, write_letter
from firstfix.domain.notes.commands import delete_note
from firstfix.domain.notes.views import NoteDraft, NoteIds
from firstfix.domain.work import Work
from firstfix.kit.failures import advise
from firstfix.kit.key_file import KeyFile
from firstfix.worker import mailing
from firstfix.worker.mailing import MOST_OF_ONE, Breaker, Outlet, Round, remind_next, send_for_ever, send_next
from firstfix.worker.run import SESSION_SETTINGS
from firstfix.worker.steps import HeldBack
from tests.factories.certificates import tls_of, trusting
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.mail_servers import MailServer, serve_mail
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.waiting import Hold, until
from tests.fakes.storage import MemoryStorage

DATABASE = "worker_mailing"
SENDER = Sender(address="jobs@example.com", reply_domain="reply.example.com", app_url="https://jobs.example.com")


@pytest.fixture(scope="module")
def owner(databases: TestDatabases) -> Iterator[Engine]:
    """A database of these tests' own, for the worker looks at all organisations."""
    databases.create(DATABASE)
    engine = create_engine(databases.sqlalchemy_url(OWNER, DATABASE))
    yield engine
    engine.dispose()
    databases.drop(DATABASE)


@pytest.fixture
async def database(databases: TestDatabases, owner: Engine, tmp_path: Path) -> AsyncIterator[Database]:
    """The worker's connections to it; nothing waits from another test."""
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE outbox"))
    keys = KeyFile(tmp_path / "keys.json")
    database = Database(databases.url(APP, DATABASE), keys=keys, session_settings=SESSION_SETTINGS)
    yield database
    await database.close()


@pytest.fixture
def organisation(owner: Engine) -> TestOrganisation:
    return make_committed_organisation(owner, OrganisationOptions())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with serve_mail() as server:
        yield server


@pytest.fixture
def outlet(mail_server: MailServer) -> Outlet:
    return Outlet(post=SmtpPost(mail_server.url), sender=SENDER, storage=MemoryStorage())


async def as_somebody(database: Database, organisation: TestOrganisation, who: str, command: Any, *given: Any) -> Any:  # noqa: ANN401
    claim = Claim("api_key", organisation[who].api_key)
    async with database.work(claim, operation_keys=(), source="manage") as work:
        return await command(work, *given)


async def make_job(database: Database, organisation: TestOrganisation, **values: Any) -> JobIds:  # noqa: ANN401
    """Make a job that one person is told of: its contractor."""
    draft: dict[str, Any] = {
        "title": "Boiler",
        "description": "No hot water.",
        "location": organisation.location_id,
        "contractor": organisation["contractor1"].id,
    }
    ids: JobIds = await as_somebody(database, organisation, "admin", create_job, JobDraft(**draft | values))
    return ids


async def send_all(database: Database, outlet: Outlet) -> None:
    """Send until nothing is due."""
    breaker, round_ = Breaker(), Round()
    while await send_next(database, outlet, breaker, round_):
        pass


def rows(organisation: TestOrganisation) -> list[Any]:
    return organisation.execute("SELECT *, next_at - now() AS pause FROM outbox ORDER BY event_id, recipient_id")


def make_due(organisation: TestOrganisation) -> None:
    organisation.execute("UPDATE outbox SET next_at = now() WHERE next_at IS NOT NULL")


async def test_a_mail_is_written_and_sent(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    job = await make_job(database, organisation)

    await send_all(database, outlet)

    (row,) = rows(organisation)
    (mail,) = mail_server.mails
    assert (row.state, row.attempts, row.answer) == ("sent", 1, "2.0.0 taken")
    assert row.email == mail.to == organisation["contractor1"].email
    assert mail.return_path == f"bounce+{row.uuid.hex}@reply.example.com"
    message = mail.message
    assert message["Message-ID"] == row.message_id
    assert message["From"] == f"{organisation.name} <jobs@example.com>"
    assert message["To"] == f"Contractor1 Tester <{organisation['contractor1'].email}>"
    assert message["Subject"] == f"Job {job.reference} is assigned to you: Boiler"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] == f"<job.{job.uuid}@reply.example.com>"
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    for part in (plain.get_content(), html.get_content()):
        assert "No hot water." in part
        assert "1 Example Street" in part
        assert f"https://jobs.example.com/app/jobs/{job.uuid}" in part


@pytest.mark.parametrize(
    "ends_line", ["\r\nBcc: all@example.com\r\n", " =?utf-8?q?a=0D=0ABcc:_all@example.com=0D=0Ab?= "]
)
async def test_what_people_write_is_no_header_and_no_html(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer, ends_line: str
) -> None:
    organisation.execute(
        "UPDATE people SET first_name = :name WHERE id = :id",
        name=f'Eve"{ends_line}',
        id=organisation["contractor1"].id,
    )
    organisation.execute(
        "UPDATE organisations SET name = :name WHERE id = :id",
        name=f'A{ends_line}, "B" <c@example.com>',
        id=organisation.id,
    )
    title = f"Leak{ends_line}\r\n<script>{{reference}}" + "x" * 300
    await make_job(database, organisation, title=title, description="<img src=x onerror=alert(1)> {author.__class__}")

    await send_all(database, outlet)

    (mail,) = mail_server.mails
    message = mail.message
    assert message["Bcc"] is None
    assert message.defects == []
    assert [len(message.get_all(name) or ()) for name in ("From", "To", "Subject")] == [1, 1, 1]
    assert [len(message[name].addresses) for name in ("From", "To")] == [1, 1]
    assert len(message["Subject"]) == 200
    html = message.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    assert "<img" not in html.get_content()
    assert "&lt;img src=x onerror=alert(1)&gt; {author.__class__}" in html.get_content()


async def test_a_letter_that_cannot_be_written_holds_up_no_other(
    database: Database, organisation: TestOrganisation, outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        "\ud800".encode()

    await make_job(database, organisation)
    await make_job(database, organisation)
    monkeypatch.setattr(mailing, "compose", fail)

    await send_all(database, outlet)

    assert [(row.state, row.answer) for row in rows(organisation)] == [
        ("retry", "The letter could not be written: UnicodeEncodeError.")
    ] * 2


async def test_nothing_sealed_is_in_the_outbox_or_in_a_mail(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    job = await make_job(database, organisation, access_details="Key safe 4711")
    await as_somebody(database, organisation, "admin", update_job, job.id, JobChanges(access_details="Key safe 0815"))

    await send_all(database, outlet)

    kept = organisation.execute("SELECT string_agg(outbox::text, '') AS kept FROM outbox")[0].kept
    sent = "".join(mail.message.as_string() for mail in mail_server.mails)
    assert len(mail_server.mails) == 2
    assert "access details" in sent
    assert "Key safe" not in sent + kept


@pytest.mark.parametrize(
    ("lose", "reason"),
    [
        ("UPDATE jobs SET contractor_id = :other WHERE organisation_id = :organisation", "no_access"),
        ("UPDATE people SET archived_at = now() WHERE id = :id", "no_access"),
        ("UPDATE people SET denied_keys = '{api.jobs.manage.list}' WHERE id = :id", "no_access"),
        ("DELETE FROM jobs WHERE organisation_id = :organisation", "no_access"),
        ("UPDATE people SET mails_off = '{job_assigned}' WHERE id = :id", "switched_off"),
        ("UPDATE organisations SET mails_off = '{job_assigned}' WHERE id = :organisation", "switched_off"),
    ],
)
async def test_who_may_or_will_not_read_it_any_more_gets_no_mail(
    *,
    database: Database,
    organisation: TestOrganisation,
    outlet: Outlet,
    mail_server: MailServer,
    lose: str,
    reason: str,
) -> None:
    await make_job(database, organisation)
    ids = {
        "id": organisation["contractor1"].id,
        "other": organisation["contractor2"].id,
        "organisation": organisation.id,
    }
    organisation.execute(lose, **{name: id_ for name, id_ in ids.items() if f":{name}" in lose})

    await send_all(database, outlet)

    (row,) = rows(organisation)
    assert (row.state, row.reason, row.next_at) == ("withheld", reason, None)
    assert mail_server.mails == []


async def test_contacts_get_mail_while_they_are_on_the_job(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    values = {"contractor": None, "contacts": (organisation.contact_id,)}
    await make_job(database, organisation, **values)
    await send_all(database, outlet)
    off = await make_job(database, organisation, **values)
    organisation.execute("DELETE FROM job_contacts WHERE job_id = :id", id=off.id)
    await send_all(database, outlet)

    assert [mail.to for mail in mail_server.mails] == ["tina@example.com"]
    assert "https://" not in mail_server.mails[0].message.as_string()
    assert [row.reason for row in rows(organisation)] == [None, "no_access"]


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [("550 5.1.1 unknown", "dead", "refused"), ("451 4.7.1 greylisted", "retry", None)],
)
@pytest.mark.parametrize("where", ["recipient", "data"])
async def test_final_refusals_are_dead_letters_and_others_are_tried_again(
    *,
    database: Database,
    organisation: TestOrganisation,
    outlet: Outlet,
    mail_server: MailServer,
    where: str,
    code: str,
    state: str,
    reason: str | None,
) -> None:
    setattr(mail_server, f"on_{where}", lambda _: code)
    await make_job(database, organisation)

    await send_all(database, outlet)

    (row,) = rows(organisation)
    assert (row.state, row.reason, row.answer) == (state, reason, code)
    if state == "retry":
        assert timedelta(seconds=40) < row.pause < timedelta(seconds=75)
        mail_server.on_recipient, mail_server.on_data = lambda _: "250 ok", lambda _: "250 ok"
        make_due(organisation)
        await send_all(database, outlet)
        (row,) = rows(organisation)
        assert (row.state, row.attempts) == ("sent", 2)


async def test_what_was_dropped_after_its_data_comes_again_by_the_same_name(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    mail_server.on_data = lambda _: None
    await make_job(database, organisation)
    await send_all(database, outlet)
    (lost,) = rows(organisation)
    mail_server.on_data = lambda _: "250 ok"
    make_due(organisation)
    await send_all(database, outlet)

    (row,) = rows(organisation)
    assert (lost.state, row.state) == ("retry", "sent")
    assert [mail.message["Message-ID"] for mail in mail_server.mails] == [row.message_id] * 2


async def test_nobody_is_waited_for_for_ever(
    database: Database,
    organisation: TestOrganisation,
    outlet: Outlet,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mailing, "SEND_SECONDS", 0.5)
    mail_server.halt()
    await make_job(database, organisation)

    await send_all(database, outlet)

    (row,) = rows(organisation)
    assert (row.state, row.answer) == ("retry", "No answer within 0 seconds.")
    mail_server.go_on()


async def test_a_server_that_is_gone_is_left_alone(database: Database, organisation: TestOrganisation) -> None:
    with serve_mail() as gone:
        url = gone.url
    outlet = Outlet(post=SmtpPost(url), sender=SENDER, storage=MemoryStorage())
    clock = [0.0]
    breaker, round_ = Breaker(lambda: clock[0]), Round()
    for _ in range(5):
        await make_job(database, organisation)

    tried = [await send_next(database, outlet, breaker, round_) for _ in range(5)]
    clock[0] = 11
    again = [await send_next(database, outlet, breaker, round_) for _ in range(2)]

    assert tried == [True, True, True, False, False]
    assert again == [True, False]
    assert [row.state for row in rows(organisation)] == ["retry"] * 4 + ["waiting"]


def test_an_answer_ends_the_rest() -> None:
    clock = [0.0]
    breaker = Breaker(lambda: clock[0])
    for _ in range(50):
        breaker.note(Unreachable("gone"))
    were_open = []
    for now in (599, 600):
        clock[0] = now
        were_open.append(breaker.is_open)
    breaker.note(Delivered("taken"))
    breaker.note(Unreachable("gone"))
    assert [*were_open, breaker.is_open] == [True, False, False]


async def test_after_a_day_it_gives_up(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    mail_server.on_data = lambda _: "451 later"
    await make_job(database, organisation)
    await send_all(database, outlet)
    organisation.execute("UPDATE outbox SET first_attempt_at = now() - interval '23.5 hours', attempts = 20")
    make_due(organisation)
    await send_all(database, outlet)

    (row,) = rows(organisation)
    assert (row.state, row.reason, row.answer) == ("dead", "gave_up", "451 later")


def test_pauses_grow_to_an_hour_and_are_spread() -> None:
    minutes = [sending.next_pause(attempts, chance=0.5) / timedelta(minutes=1) for attempts in range(1, 7)]
    assert minutes == [1, 5, 15, 60, 60, 60]
    assert sending.next_pause(1, chance=0) == timedelta(seconds=48)
    assert sending.next_pause(1, chance=1) == timedelta(seconds=72)


@pytest.mark.parametrize(
    ("made_so", "outcome"),
    [
        ("created_at = now() - interval '8 days'", ("withheld", "too_old")),
        ("state = 'sending', lease = 40, attempts = 40, first_attempt_at = now()", ("dead", "gave_up")),
    ],
    ids=["nobody wants to know any more", "it ends whoever sends it"],
)
async def test_what_is_not_sent_any_more(
    database: Database,
    organisation: TestOrganisation,
    outlet: Outlet,
    mail_server: MailServer,
    *,
    made_so: str,
    outcome: tuple[str, str],
) -> None:
    await make_job(database, organisation)
    organisation.execute(f"UPDATE outbox SET {made_so}")  # noqa: S608 (written above)

    await send_all(database, outlet)

    assert [(row.state, row.reason) for row in rows(organisation)] == [outcome]
    assert mail_server.mails == []


async def test_an_address_that_is_none_is_dead_at_once(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    several = ("tina@example.com, eve@example.com", "=?utf-8?q?eve=40example.com=2C?=@example.com")
    none = ("tina@", "tina", "<tina@example.com>", "tina@exa mple.com", "tina@example..com", "tína@example.com")
    unreadable = (";tina@example.com", "tina(@example.com", "tina@(", "tina@[", "tina@[\\", '"%@,"@')
    for address in (*several, *none, *unreadable):
        organisation.execute("UPDATE contacts SET email = :address", address=address)
        await make_job(database, organisation, contractor=None, contacts=(organisation.contact_id,))
        await send_all(database, outlet)

    assert [(row.state, row.reason) for row in rows(organisation)] == [("dead", "bad_address")] * 14
    assert mail_server.mails == []


async def test_who_lost_the_lease_notes_nothing(database: Database, organisation: TestOrganisation) -> None:
    await make_job(database, organisation)
    claims = []
    for _ in range(2):
        async with database.session() as session:
            claims.append(await claim_mail(session))
        make_due(organisation)  # as when the lease has run out
    first, second = claims
    assert first is not None
    assert second is not None
    assert (first.lease, second.lease) == (1, 2)

    outcomes = []
    for mail, answer in ((first, "first"), (second, "second"), (second, "again")):
        async with database.system_work(organisation.id, source="worker") as work:
            outcomes.append(await settle(work, mail, Delivered(answer)))

    assert outcomes == [False, True, False]
    assert [(row.state, row.answer) for row in rows(organisation)] == [("sent", "second")]


async def test_many_at_once_send_each_mail_once(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    for _ in range(12):
        await make_job(database, organisation)

    await asyncio.gather(*(send_all(database, outlet) for _ in range(6)))

    assert {row.state for row in rows(organisation)} == {"sent"}
    assert len(mail_server.mails) == len({mail.message["Message-ID"] for mail in mail_server.mails}) == 12


async def test_organisations_take_turns(
    database: Database, owner: Engine, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    other = make_committed_organisation(owner, OrganisationOptions())
    for waits_for, count in ((organisation, 4), (other, 2)):
        for _ in range(count):
            await make_job(database, waits_for)

    await send_all(database, outlet)

    of_one, of_other = (who["contractor1"].email for who in (organisation, other))
    assert [mail.to for mail in mail_server.mails] == [of_one, of_other, of_one, of_other, of_one, of_one]


async def test_whose_mails_are_slow_holds_nobody_else_up(
    database: Database, owner: Engine, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    other = make_committed_organisation(owner, OrganisationOptions())
    for _ in range(MOST_OF_ONE + 2):
        await make_job(database, organisation)
    mail_server.halt()
    working = asyncio.create_task(send_for_ever(database, outlet))
    await until(lambda: len(mail_server.mails) == MOST_OF_ONE)

    await make_job(database, other)
    await until(lambda: len(mail_server.mails) > MOST_OF_ONE)

    assert mail_server.mails[-1].to == other["contractor1"].email
    mail_server.go_on()
    await until(lambda: {row.state for row in rows(organisation)} == {"sent"})
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


_PUT = text("""
    INSERT INTO outbox (organisation_id, event_id, recipient_kind, recipient_id, kind, job_id, message_id, next_at)
    SELECT :organisation, uuidv7(), 1, 1, 'job_created', 1, '<x@y>', now() + make_interval(hours => :hours)
    FROM generate_series(1, :count)
""")
_EXPLAIN_CLAIM = text("""
    EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
    SELECT * FROM claim_due_mail(interval '1 minute', :after, ARRAY[:full]::bigint[])
""")


def cost_of_claim(connection: Connection, one: TestOrganisation) -> int:
    """Tell how many blocks it takes to pass one organisation over and serve the next, once the plans are there."""
    given = {"after": one.id - 1, "full": one.id}
    plan = [connection.scalar(_EXPLAIN_CLAIM, given)[0]["Plan"] for _ in range(3)][-1]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.parametrize("hours", [0, 1])
def test_it_costs_the_same_however_much_waits(owner: Engine, organisation: TestOrganisation, hours: int) -> None:
    other = make_committed_organisation(owner, OrganisationOptions())
    with owner.connect() as connection:
        connection.execute(_PUT, {"organisation": organisation.id, "hours": hours, "count": 10})
        connection.execute(_PUT, {"organisation": other.id, "hours": 0, "count": 10})
        before = cost_of_claim(connection, organisation)
        connection.execute(_PUT, {"organisation": organisation.id, "hours": hours, "count": 10_000})
        connection.execute(text("ANALYZE outbox"))
        after = cost_of_claim(connection, organisation)
        connection.rollback()

    assert after < 2 * before


async def test_of_several_workers_each_hears_of_mail(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    workers = [asyncio.create_task(send_for_ever(database, outlet)) for _ in range(2)]
    await make_job(database, organisation)
    await until(lambda: [row.state for row in rows(organisation)] == ["sent"])
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)

    assert len(mail_server.mails) == 1


async def test_a_mail_under_way_is_finished_when_the_worker_stops(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    mail_server.halt()
    working = asyncio.create_task(send_for_ever(database, outlet))
    await make_job(database, organisation)
    await until(mail_server.halted)
    working.cancel()
    mail_server.go_on()
    await asyncio.gather(working, return_exceptions=True)

    assert [row.state for row in rows(organisation)] == ["sent"]


async def test_without_a_server_mail_waits(database: Database, organisation: TestOrganisation) -> None:
    await make_job(database, organisation)
    async with database.session() as session:
        assert await claim_mail(session) is not None
    make_due(organisation)
    working = asyncio.create_task(send_for_ever(database, None))
    await until(lambda: [row.state for row in rows(organisation)] == ["waiting"])
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_a_reminder_comes_once_while_the_job_still_stands_there(
    database: Database, organisation: TestOrganisation
) -> None:
    organisation.execute("UPDATE statuses SET reminder_hours = 48 WHERE name IN ('New', 'Assigned')")
    statuses = organisation.ids["statuses"]
    stays, moves = [await make_job(database, organisation, status=statuses["New"]) for _ in range(2)]
    await as_somebody(database, organisation, "admin", update_job, moves.id, JobChanges(status=statuses["Booked"]))
    (row,) = organisation.execute("SELECT due_at - now() AS left FROM status_reminders WHERE job_id = :id", id=stays.id)
    assert timedelta(hours=47) < row.left <= timedelta(hours=48)
    held_back = HeldBack()
    assert not await remind_next(database, held_back)

    organisation.execute("UPDATE status_reminders SET due_at = now()")
    reminded = [await remind_next(database, held_back) for _ in range(3)]

    assert reminded == [True, True, False]
    told = organisation.execute("SELECT job_id, recipient_id FROM outbox WHERE kind = 'status_reminder'")
    assert {(row.job_id, row.recipient_id) for row in told} == {
        (stays.id, organisation["contractor1"].id),
        (stays.id, organisation["admin"].id),
    }
    assert organisation.execute("SELECT FROM status_reminders") == []


async def test_a_reminder_that_fails_holds_up_no_other(
    database: Database, organisation: TestOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail_for_one(work: Work, job_id: int) -> bool:
        if job_id == broken.id:
            await work.session.execute(text("SELECT 1 / 0"))
        return await remind(work, job_id)

    organisation.execute("UPDATE statuses SET reminder_hours = 48 WHERE name = 'New'")
    new = organisation.ids["statuses"]["New"]
    broken, sound = [await make_job(database, organisation, status=new) for _ in range(2)]
    for minutes, job in enumerate((sound, broken)):
        organisation.execute(
            "UPDATE status_reminders SET due_at = now() - make_interval(mins => :m) WHERE job_id = :id",
            m=minutes,
            id=job.id,
        )
    monkeypatch.setattr(mailing, "remind", fail_for_one)
    held_back = HeldBack()

    with capture_logs() as logs:
        reminded = [await remind_next(database, held_back) for _ in range(3)]

    assert reminded == [True, True, False]
    assert [row.job_id for row in organisation.execute("SELECT job_id FROM status_reminders")] == [broken.id]
    [told] = [entry for entry in logs if entry["event"] == "messaging.reminder_failed"]
    assert told["job_id"] == broken.id
    organisation.execute("DELETE FROM status_reminders")


async def test_a_mail_whose_outcome_cannot_be_noted_at_once_is_not_sent_again(
    database: Database,
    organisation: TestOrganisation,
    outlet: Outlet,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures: list[Exception] = [PoolTimeout("busy"), OperationalError("UPDATE", {}, psycopg.Error("locked"))]

    async def settle_later(*given: Any, **named: Any) -> bool:  # noqa: ANN401
        if failures:
            raise failures.pop()
        return await settle(*given, **named)

    monkeypatch.setattr(mailing, "settle", settle_later)
    monkeypatch.setattr(mailing, "_SETTLE_RESTS", (0.0, 0.0))
    await make_job(database, organisation)

    await send_all(database, outlet)

    assert [row.state for row in rows(organisation)] == ["sent"]
    assert len(mail_server.mails) == 1


async def write(database: Database, organisation: TestOrganisation, job: JobIds, *files: GivenFile) -> NoteIds:
    """Write a note to all parties, as the administrator."""
    draft = NoteDraft(text="<p>Key is <b>next door</b></p><p>Ring <i>twice</i></p>", form="html", sends_mail=True)
    note: NoteIds = await as_somebody(database, organisation, "admin", write_note, job.id, draft, files)
    return note


async def give(storage: MemoryStorage, organisation: TestOrganisation, name: str, content: bytes) -> GivenFile:
    draft = await storage.draft(organisation.id)
    await draft.write(content)
    await draft.finish()
    return GivenFile(part_name="file", given_name=name, content=await storage.keep(draft))


async def test_a_note_goes_to_each_party_with_an_address_of_its_own_to_reply_to(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    job = await make_job(database, organisation, agent=organisation["agent1"].id, contacts=(organisation.contact_id,))
    await send_all(database, outlet)
    del mail_server.mails[:]
    note = await write(database, organisation, job)

    await send_all(database, outlet)

    mails = {mail.to: mail.message for mail in mail_server.mails}
    assert mails.keys() == {organisation["contractor1"].email, organisation["agent1"].email, "tina@example.com"}
    tokens = set()
    for to, message in mails.items():
        assert message["Subject"] == f"Note on job {job.reference}: Boiler"
        plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
        assert plain is not None
        assert html is not None
        assert "Admin Tester wrote:\n\nKey is next door\nRing twice\n" in plain.get_content().replace("\r\n", "\n")
        assert "<blockquote><p>Key is <b>next door</b></p>" in html.get_content()
        match = re.fullmatch(r"reply\+([0-9a-f]{32})@reply\.example\.com", message["Reply-To"])
        assert match is not None
        tokens.add(match[1])
        async with database.session() as session:
            found = await find_reply_address(session, match[1])
        assert found is not None
        assert (found.case_note_id, found.email) == (note.id, to)
    assert len(tokens) == 3


async def test_a_note_that_is_sent_again_names_the_same_address(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    job = await make_job(database, organisation)
    await send_all(database, outlet)
    mail_server.on_data = lambda _: "451 later"
    await write(database, organisation, job)
    await send_all(database, outlet)
    mail_server.on_data = lambda _: "250 ok"
    make_due(organisation)
    await send_all(database, outlet)

    first, second = (mail.message for mail in mail_server.mails[1:])
    assert first["Reply-To"] == second["Reply-To"]
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("reopens", [False, True])
async def test_nobody_replies_to_notes_of_a_closed_job(
    *, database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer, reopens: bool
) -> None:
    job = await make_job(database, organisation)
    await write(database, organisation, job)
    await send_all(database, outlet)
    reply_to = mail_server.mails[-1].message["Reply-To"]
    statuses = organisation.ids["statuses"]
    for status in ("Complete", "Invoiced", "Complete")[: 2 + reopens]:
        await as_somebody(database, organisation, "admin", update_job, job.id, JobChanges(status=statuses[status]))

    async with database.session() as session:
        assert await find_reply_address(session, reply_to[6:38]) is None
    await write(database, organisation, job)
    await send_all(database, outlet)
    assert (mail_server.mails[-1].message["Reply-To"] is None) == (not reopens)


async def test_files_of_a_note_go_along_until_they_are_too_large(
    database: Database, organisation: TestOrganisation, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "MOST_BYTES_ALONG", 4_000)
    storage = MemoryStorage()
    job = await make_job(database, organisation)
    files = [
        await give(storage, organisation, name, content)
        for name, content in (("tap.jpg", b"j" * 3_000), ("plan\r\n.pdf", b"p" * 1_000), ("film.mp4", b"m"))
    ]
    await write(database, organisation, job, *files)

    await send_all(database, Outlet(post=SmtpPost(mail_server.url), sender=SENDER, storage=storage))

    message = mail_server.mails[-1].message
    assert [(part.get_filename(), len(part.get_content())) for part in message.iter_attachments()] == [
        ("tap.jpg", 3_000),
        ("plan.pdf", 1_000),
    ]
    plain = message.get_body(("plain",))
    assert plain is not None
    assert "Files that are too large to send: film.mp4" in plain.get_content()


async def test_a_file_that_cannot_be_read_now_is_waited_for(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    storage = MemoryStorage()
    job = await make_job(database, organisation)
    await send_all(database, outlet)
    await write(database, organisation, job, await give(storage, organisation, "tap.jpg", b"j"))

    with capture_logs() as logs:
        await send_all(database, outlet)  # whose store does not have it

    assert [entry["advice"] for entry in logs if entry["event"] == "messaging.file_unreadable"] == [advise(OSError())]
    assert [row.state for row in rows(organisation)] == ["sent", "retry"]
    assert len(mail_server.mails) == 1


async def test_a_note_that_is_gone_is_not_sent(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    job = await make_job(database, organisation)
    await send_all(database, outlet)
    note = await write(database, organisation, job)
    await as_somebody(database, organisation, "admin", delete_note, note.uuid)

    await send_all(database, outlet)

    assert [(row.state, row.reason) for row in rows(organisation)] == [("sent", None), ("withheld", "gone")]
    assert len(mail_server.mails) == 1


async def test_a_mail_that_comes_back_is_a_dead_letter(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    await make_job(database, organisation)
    await send_all(database, outlet)
    uuid = UUID(mail_server.mails[0].return_path.partition("@")[0].removeprefix(sending.BOUNCE_PREFIX))

    async with database.session() as session:
        assert await sending.note_bounce(session, uuid)
        assert not await sending.note_bounce(session, uuid4())

    (row,) = rows(organisation)
    assert (row.state, row.reason) == ("dead", "bounced")


async def claim_one(database: Database, organisation: TestOrganisation) -> Claimed:
    """Claim the mail that tells of a new job."""
    await make_job(database, organisation)
    async with database.session() as session:
        mail = await claim_mail(session)
    assert mail is not None
    return mail


async def settle_it(database: Database, mail: Claimed, outcome: Delivery, *, hold: Hold | None = None) -> None:
    async with database.system_work(mail.organisation_id, source="worker") as work:
        assert await settle(work, mail, outcome, to="new@example.com")
        if hold is not None:
            await hold(work)


async def return_it(database: Database, mail: Claimed, *, hold: Hold | None = None) -> None:
    async with database.system_work(mail.organisation_id, source="mail") as work:
        assert await sending.note_bounce(work.session, mail.uuid)
        if hold is not None:
            await hold(work)


@pytest.mark.parametrize("outcome", [Delivered("250 taken"), Unreachable("gone after the data")])
async def test_a_mail_may_come_back_before_it_is_noted_as_sent(
    database: Database, organisation: TestOrganisation, outcome: Delivery
) -> None:
    mail = await claim_one(database, organisation)

    await return_it(database, mail)
    await settle_it(database, mail, outcome)

    (row,) = rows(organisation)
    assert (row.state, row.reason, row.next_at) == ("dead", "bounced", None)
    assert (row.email, row.answer) == ("new@example.com", outcome.answer)


@pytest.mark.parametrize("is_back_first", [False, True])
async def test_a_mail_may_come_back_while_it_is_noted_as_sent(
    *, database: Database, organisation: TestOrganisation, is_back_first: bool
) -> None:
    mail = await claim_one(database, organisation)
    hold = Hold()
    first, second = (settle_it, return_it)[:: -1 if is_back_first else 1]
    given: dict[Any, tuple[Any, ...]] = {settle_it: (mail, Delivered("250 taken")), return_it: (mail,)}

    begun = asyncio.ensure_future(first(database, *given[first], hold=hold))
    await hold.begun()
    await second(database, *given[second])
    await begun

    (row,) = rows(organisation)
    assert (row.state, row.reason, row.answer) == ("dead", "bounced", "250 taken")
    assert row.sent_at is not None


async def test_what_is_asked_for_again_goes_out_although_the_last_one_comes_back(
    database: Database, organisation: TestOrganisation, outlet: Outlet, mail_server: MailServer
) -> None:
    await settle_it(database, mail := await claim_one(database, organisation), Delivered("250 taken"))
    await as_somebody(database, organisation, "admin", send_again, mail.uuid)

    await return_it(database, mail)
    await send_all(database, outlet)

    assert [row.state for row in rows(organisation)] == ["sent"]
    assert len(mail_server.mails) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


async def test_encrypted_servers_are_verified(
    database: Database, organisation: TestOrganisation, authority: trustme.CA
) -> None:
    await make_job(database, organisation)
    async with database.session() as session:
        mail = await claim_mail(session)
    assert mail is not None
    async with database.system_work(organisation.id, source="worker") as work:
        written = await write_letter(work, mail, SENDER)
    assert isinstance(written, Letter)
    letter = written
    message = compose(letter, SENDER)

    async def bring(url: str, context: ssl.SSLContext | None) -> type:
        post = SmtpPost(url, tls_context=context)
        return type(await post.send(message, return_path=letter.return_path, to=letter.recipient.email))

    cases: tuple[tuple[str, Callable[[int], str], bool, type], ...] = (
        ("127.0.0.1", lambda port: f"smtps://127.0.0.1:{port}", False, Delivered),
        ("other.example.com", lambda port: f"smtps://127.0.0.1:{port}", False, Unreachable),
        ("127.0.0.1", lambda port: f"smtp://127.0.0.1:{port}", True, Delivered),
        ("other.example.com", lambda port: f"smtp://127.0.0.1:{port}", True, Unreachable),
    )
    for host, url, is_tls_offered, outcome in cases:
        with serve_mail(tls=tls_of(authority, host), is_tls_offered=is_tls_offered) as server:
            assert await bring(url(server.port), trusting(authority)) is outcome, host
            if outcome is Delivered:
                assert await bring(url(server.port), None) is Unreachable


async def test_a_password_is_shown_and_a_wrong_one_is_no_dead_letter(
    database: Database, organisation: TestOrganisation
) -> None:
    await make_job(database, organisation)
    with serve_mail(password="pass/word") as server:
        outcomes = []
        for password in ("wrong", "pass%2Fword"):
            post = SmtpPost(f"smtp://jobs%40example.com:{password}@127.0.0.1:{server.port}")
            await send_all(database, Outlet(post=post, sender=SENDER, storage=MemoryStorage()))
            outcomes += [(row.state, row.answer[:3]) for row in rows(organisation)]
            make_due(organisation)
    assert outcomes == [("retry", "535"), ("sent", "2.0")]
