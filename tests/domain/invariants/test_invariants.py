"""Each invariant finds what breaks it, and nothing where all is well."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from firstfix.domain.invariants.checks import checks_of
from firstfix.kit.sealing import KeyRing
from tests.factories.databases import OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, make_committed_organisation

DATABASE = "invariants"
JOB = """
INSERT INTO jobs (organisation_id, number, reference, title, branch_id, status_id, stage, priority_id, job_type_id,
    location_id, vat_percentage, lead_id)
SELECT o.id, 7, 'J7', 'Leak', b.id, s.id, s.stage, p.id, t.id, l.id, 20, :lead
FROM organisations o, branches b, statuses s, priorities p, job_types t, locations l WHERE s.name = 'New' LIMIT 1
RETURNING organisation_id, id, uuid
"""
SECOND_JOB = """
INSERT INTO jobs (organisation_id, number, reference, title, branch_id, status_id, stage, priority_id, job_type_id,
    location_id, vat_percentage)
SELECT organisation_id, 6, 'J6', title, branch_id, status_id, stage, priority_id, job_type_id, location_id, 20 FROM jobs
"""
CIRCLE = SECOND_JOB + "; UPDATE jobs j SET predecessor_id = o.id FROM jobs o WHERE o.id <> j.id"  # noqa: S608 (ours)
WINDOW_BESIDE_DEPENDENCY = f"{CIRCLE} AND o.id < j.id; UPDATE jobs SET window_ends_at = now()"  # noqa: S608 (ours)
CREW = "INSERT INTO job_crew (organisation_id, job_id, person_id, position) VALUES (:o, :job, :lead, 1)"
EVENT = """
INSERT INTO events (organisation_id, source, entity, entity_id, entity_uuid, action)
VALUES (:o, 'cli', 'job', :job, :uuid, 'created')
"""
HOURS = (
    "INSERT INTO worked_hours (organisation_id, job_id, person_id, is_travel, starts_at)"
    " SELECT organisation_id, id, lead_id, true, now() FROM jobs"
)
INVOICE = (
    "INSERT INTO invoices (organisation_id, number, location_id, currency)"
    " SELECT organisation_id, '00000007', location_id, 'GBP' FROM jobs LIMIT 1"
)
COMPLETE = "FROM statuses s WHERE s.organisation_id = j.organisation_id AND s.name = 'Complete'"
INVOICED = "UPDATE jobs j SET status_id = s.id, stage = s.stage, invoice_uuid = (SELECT uuid FROM invoices)"
LINE = (
    "INSERT INTO invoice_lines (organisation_id, invoice_id, job_id, position, kind, name, quantity, cost, price)"
    " SELECT j.organisation_id, i.id, j.id, 0, 1, 'Part', 1, 0, 1 FROM jobs j, invoices i"
)
ELSEWHERE = (
    "UPDATE jobs j SET status_id = s.id, stage = s.stage, completed_at = now(),"  # noqa: S608 (ours)
    f" invoice_uuid = CASE WHEN number = 6 THEN (SELECT uuid FROM invoices) END {COMPLETE}"
)
BEGUN = (
    "UPDATE jobs j SET status_id = s.id, stage = s.stage FROM statuses s"
    " WHERE s.organisation_id = j.organisation_id AND s.name = 'In progress'"
)
EACH_OTHER = (
    "INSERT INTO remedial_links (organisation_id, parent_id, remedial_id)"
    " SELECT parent.organisation_id, parent.id, remedial.id FROM jobs parent, jobs remedial"
    " WHERE parent.id <> remedial.id"
)
NOTE = "INSERT INTO case_notes (organisation_id, job_id, text_sealed) SELECT organisation_id, id, 'x' FROM jobs"
FILED = (
    "INSERT INTO job_documents SELECT f.organisation_id, f.id, j.id, t.id"
    " FROM files f, jobs j, document_types t WHERE t.key = 'other'"
)
NOTES_FILE = "INSERT INTO case_note_attachments SELECT n.organisation_id, f.id, n.id FROM case_notes n, files f"
ASTRAY = (
    "INSERT INTO case_notes (organisation_id, job_id, text_sealed, in_reply_to_id)"
    " SELECT j.organisation_id, j.id, 'x', n.id FROM jobs j JOIN case_notes n ON n.job_id <> j.id"
)
APPROVED = (
    "INSERT INTO amendments (organisation_id, job_id, field_name, requested_value, reason, status, decided_at)"
    " SELECT organisation_id, id, 'client_budget', '5.00', 'So.', 'approved', now() FROM jobs"
)
DECIDED = (
    "INSERT INTO events (organisation_id, source, entity, entity_id, entity_uuid, action)"
    " SELECT organisation_id, 'cli', 'amendment', id, uuid, '{action}' FROM amendments"
)
MAIL = (
    "INSERT INTO outbox (organisation_id, event_id, recipient_kind, recipient_id, kind, job_id, message_id)"
    " SELECT organisation_id, uuid, 1, lead_id, 'job_assigned', id, '<' || uuid || '.1.' || lead_id || '@a.b>'"
    " FROM jobs"
)
"""A mail that tells of nothing."""
SAME_MAIL = (
    "INSERT INTO outbox (organisation_id, event_id, recipient_kind, recipient_id, kind, job_id, message_id)"
    " SELECT organisation_id, event_id, 2, recipient_id, kind, job_id, message_id FROM outbox"
)
SENDING = f"{MAIL}; UPDATE outbox SET state = 'sending', next_at = now() - interval '3 minutes'"  # noqa: S608 (ours)
ASKED_FOR = (
    "INSERT INTO events (organisation_id, source, entity, entity_id, entity_uuid, action, changes)"
    " SELECT organisation_id, 'cli', 'job', id, uuid, 'assignment_notified',"
    " jsonb_build_object('notified_id', jsonb_build_array(NULL, lead_id)) FROM jobs"
)
APART = "ALTER TABLE worked_hours DROP CONSTRAINT ex_worked_hours_person"
BACKWARDS = "UPDATE worked_hours SET ends_at = starts_at - interval '1 second'"
SLOT = (
    "INSERT INTO time_slots (organisation_id, job_id, starts_at, minutes)"
    " SELECT organisation_id, id, now(), 5 FROM jobs"
)
TODAY = "UPDATE jobs SET scheduled_at = now()"
STRANGER = (
    "INSERT INTO time_slot_people (organisation_id, time_slot_id, person_id, position)"
    " SELECT organisation_id, (SELECT max(id) FROM time_slots), (SELECT max(id) FROM people), 1 FROM jobs"
)
DECISION = (
    "INSERT INTO gate_decisions (organisation_id, job_id, status_id, asked_at, decided_at, is_approved)"
    " SELECT organisation_id, id, status_id, '2024-06-01', now(), true FROM jobs"
)
DECIDED = "UPDATE jobs SET gate_status = 'rejected', gate_wanted_status_id = status_id, gate_asked_at = '2024-06-01'"
DECIDED_ONCE = "ALTER TABLE gate_decisions DROP CONSTRAINT uq_gate_decisions_organisation_id_job_id_asked_at"
IS_RECALL = "UPDATE jobs SET is_recall = true"
RECALL = (
    "INSERT INTO recalls (organisation_id, job_id, reason, raised_at, status_before_id)"
    " SELECT organisation_id, id, 'Leaks', now(), status_id FROM jobs"
)
ATTACHMENT = """
WITH file AS (
    INSERT INTO files (organisation_id, storage_key, purpose, file_name, mime_type, size_bytes, sha256)
    VALUES (:o, uuidv7(), 'attachment', 'a.txt', 'text/plain', 5, '') RETURNING id
), listed AS (
    INSERT INTO catalogue_tasks (organisation_id, name) VALUES (:o, 'Service') RETURNING id
), task AS (
    INSERT INTO job_tasks (organisation_id, job_id, position, catalogue_task_id, unit_cost, unit_price)
    SELECT :o, :job, 0, listed.id, 0, 0 FROM listed RETURNING id
)
INSERT INTO job_task_attachments (organisation_id, file_id, job_task_id) SELECT :o, file.id, task.id FROM file, task
"""

FILM = (
    "UPDATE files SET mime_type = 'video/mp4';"
    " INSERT INTO job_photos (organisation_id, file_id, job_id, moment, height)"
    " SELECT f.organisation_id, f.id, j.id, 'other', 360 FROM files f, jobs j"
)
FILM_TASK = "INSERT INTO film_tasks (organisation_id, photo_id) SELECT organisation_id, file_id FROM job_photos"
LOWER = "UPDATE job_photos SET height = 359"
VARIANT = (
    "INSERT INTO photo_variants (organisation_id, file_id, photo_id, label, width, height)"
    " SELECT organisation_id, id, id, '360p', 640, 360 FROM files"
)


@pytest.fixture(scope="module")
def superuser(databases: TestDatabases) -> Iterator[Engine]:
    """A database with one job that has an attachment, all in good order, as somebody whom nothing binds."""
    databases.create(DATABASE)
    owner = create_engine(databases.sqlalchemy_url(OWNER, DATABASE))
    organisation = make_committed_organisation(owner, OrganisationOptions())
    lead = organisation["engineer1"].id
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO locations (organisation_id) SELECT id FROM organisations"))
        connection.execute(text(f"SELECT setval('job_numbers_{organisation.id}', 7)"))
        job = connection.execute(text(JOB), {"lead": lead}).one()
        ids = {"o": job.organisation_id, "job": job.id, "lead": lead, "uuid": job.uuid}
        connection.execute(text(CREW), ids)
        connection.execute(text(EVENT), ids)
        connection.execute(text(ATTACHMENT), ids)
    owner.dispose()
    superuser = create_engine(databases.sqlalchemy_url("postgres", DATABASE))
    yield superuser
    superuser.dispose()
    databases.drop(DATABASE)


@pytest.fixture
def connection(superuser: Engine) -> Iterator[Connection]:
    """That database, in a transaction that is rolled back."""
    with superuser.connect() as connection:
        yield connection
        connection.rollback()


def broken(connection: Connection, keys: KeyRing) -> set[str]:
    return {check.sentence for check in checks_of(connection, keys, every=True) if list(check.find_breaches())}


def test_nothing_is_found_where_all_is_well(connection: Connection, keys: KeyRing) -> None:
    assert broken(connection, keys) == set()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("TRUNCATE events", "Every job has its creation in the history"),
        (
            "UPDATE jobs SET updated_at = created_at + interval '1 hour'",
            "Every job's last change is in the history",
        ),
        (
            "UPDATE events SET actor_id = (SELECT min(id) FROM people), organisation_id = 99",
            "No event tells of another organisation's person",
        ),
        (
            "UPDATE jobs SET access_details_sealed = 'v1.k1.AAAA'",
            "Every sealed value opens with its own record and field, and with no other",
        ),
        ("UPDATE jobs SET access_details_sealed = 'v1.k9.AAAA'", "Every key in use is in the ring"),
        (
            """UPDATE events SET changes = '{"access_details": [null, "v1.k9.AAAA"]}'""",
            "Every key in use is in the ring",
        ),
        ("ALTER TABLE pins DISABLE ROW LEVEL SECURITY", "Row-level security guards every table of organisations"),
        (
            "GRANT SELECT ON events_default TO firstfix_app",
            "Row-level security guards every table of organisations",
        ),
        (
            "ALTER TABLE pins ADD FOREIGN KEY (job_id) REFERENCES jobs (id)",
            "Every key between organisations' tables holds the organisation on both sides, and is in force",
        ),
        (
            "SET LOCAL session_replication_role = replica; DELETE FROM branches",
            "What fk_jobs_organisation_id_branch_id points to is there",
        ),
        (
            """INSERT INTO csrf_tokens (organisation_id, secret_hash, credential_id, expires_at)
            SELECT organisation_id, n::text::bytea, id, now() + interval '1 hour'
            FROM generate_series(1, 65) AS n, (SELECT * FROM credentials LIMIT 1) AS c""",
            "At most 64 single-use tokens live in a session, and expired ones go",
        ),
        (
            "UPDATE credentials SET kind = 'session'; UPDATE people SET archived_at = now()",
            "Nobody who was archived has a session or a token",
        ),
        ("UPDATE jobs SET number = 8", "Job numbers yet to come are free"),
        (INVOICE, "Invoice numbers yet to come are free"),
        (INVOICE, "Every invoice is for completed jobs, and all its lines are theirs"),
        (f"{INVOICE}; {INVOICED} {COMPLETE}", "Every invoice is for completed jobs, and all its lines are theirs"),
        (
            f"{INVOICE}; {INVOICED}, completed_at = now() {COMPLETE}; {LINE}; {SECOND_JOB}; {ELSEWHERE}",
            "Every invoice is for completed jobs, and all its lines are theirs",
        ),
        ("DELETE FROM job_counts", "The kept counters of jobs are what there is"),
        (
            "UPDATE jobs SET warning_due_at = now(); DELETE FROM sla_refreshes",
            "What is promised about open jobs is what policies, calendars, statuses and slots say",
        ),
        ("UPDATE job_words SET words = ''", "Every job is found by the words that it has"),
        ("DELETE FROM job_words", "Every job is found by the words that it has"),
        (
            "SET LOCAL session_replication_role = replica; UPDATE jobs SET stage = 3",
            "The clock of a job that is done stands, and an answered one was answered",
        ),
        (
            """CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz RETURN now() - interval '1 day';
            SET LOCAL search_path = public, pg_catalog;
            UPDATE jobs SET resolution_due_at = now() - interval '1 hour'""",
            "No job waits for more than a minute to be warned of, or told of when it is breached",
        ),
        (
            "INSERT INTO working_spans SELECT organisation_id, id, now(), now() + interval '1 hour', 9 FROM branches",
            "Working time is counted without a gap, and never twice",
        ),
        (
            """CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz RETURN now() - interval '1 day';
            SET LOCAL search_path = public, pg_catalog;
            UPDATE jobs SET notification_delta = 1, notification_minutes = 60, scheduled_at = now()""",
            "No deferred job waits for more than a minute after it is due",
        ),
        (
            """INSERT INTO dispatches (organisation_id, deferred_uuid, deferred_reference, job_id, job_uuid)
            SELECT organisation_id, uuid, reference, id, uuid FROM jobs""",
            "Every dispatch has made one job, under new names, and is in the history once",
        ),
        (
            "UPDATE events SET entity = 'deferred_job', action = 'dispatched'",
            "Every dispatch has made one job, under new names, and is in the history once",
        ),
        (CIRCLE, "No job comes before itself"),
        (f"{SECOND_JOB}; {EACH_OTHER}", "No job follows from itself"),
        *(
            (f"{APPROVED}; {damage}", "Every amendment that was decided is in the history once, as it was decided")
            for damage in (
                "SELECT 1",
                DECIDED.format(action="rejected"),
                f"{DECIDED.format(action='approved')}; {DECIDED.format(action='approved')}",
            )
        ),
        (WINDOW_BESIDE_DEPENDENCY, "What takes part in a dependency has no time window"),
        (
            "SET LOCAL session_replication_role = replica; UPDATE jobs SET stage = 3",
            "Every job is at the stage of its status",
        ),
        (
            "UPDATE job_crew SET state = 3",
            "Hours run for who travels or works on an active job, and for nobody else",
        ),
        (
            f"UPDATE job_crew SET state = 2; {BEGUN}",  # noqa: S608 (ours)
            "Hours run for who travels or works on an active job, and for nobody else",
        ),
        (HOURS, "Hours run for who travels or works on an active job, and for nobody else"),
        (
            f"{APART}; {HOURS}; {HOURS}",
            "Nobody is in two places at once, and no hours end before they begin",
        ),
        (
            f"{APART}; ALTER TABLE worked_hours DROP CONSTRAINT ck_worked_hours_order; {HOURS}; {BACKWARDS}",
            "Nobody is in two places at once, and no hours end before they begin",
        ),
        ("UPDATE jobs SET substate = 1", "A job is as far as its crew"),
        (f"{BEGUN}; UPDATE job_crew SET state = 1", "A job is as far as its crew"),  # noqa: S608 (ours)
        (SLOT, "Only the crew stands in a job's time slots, and the first begins when the job does"),
        (
            f"{SLOT}; {TODAY}; {STRANGER}",
            "Only the crew stands in a job's time slots, and the first begins when the job does",
        ),
        (
            "ALTER TABLE job_task_attachments DISABLE TRIGGER delete_unlinked; DELETE FROM job_task_attachments",
            "Every attachment is attached to one thing, and nothing else is attached",
        ),
        (
            """INSERT INTO assets (organisation_id, name) SELECT organisation_id, 'Boiler' FROM files; \
            INSERT INTO asset_attachments SELECT f.organisation_id, f.id, a.id FROM files f, assets a""",
            "Every attachment is attached to one thing, and nothing else is attached",
        ),
        (
            "UPDATE files SET purpose = 'photo'",
            "Every attachment is attached to one thing, and nothing else is attached",
        ),
        (
            "UPDATE files SET purpose = 'note'",
            "Every file of a note stands by one, and nothing else does",
        ),
        (NOTE, "Every case note has its creation in the history"),
        (
            f"{NOTE}; {NOTES_FILE}",
            "Every file of a note stands by one, and nothing else does",
        ),
        (
            f"{NOTE}; {SECOND_JOB}; {ASTRAY}",
            "A note answers one of its own job",
        ),
        (
            "UPDATE files SET purpose = 'photo'",
            "Every photo, variant and document stands by what it is for, and nothing else does",
        ),
        (
            "UPDATE files SET purpose = 'variant'",
            "Every photo, variant and document stands by what it is for, and nothing else does",
        ),
        (
            FILED,
            "Every photo, variant and document stands by what it is for, and nothing else does",
        ),
        ("UPDATE jobs SET photos_count = 1", "Every job counts the photos and documents that it has"),
        (FILED, "Every job counts the photos and documents that it has"),
        ("UPDATE jobs SET documents_count = 1", "Every job counts the photos and documents that it has"),
        ("DELETE FROM document_types", "Nobody has permission keys of document types that there are not"),
        (
            "UPDATE files SET purpose = 'signature'",
            "Every picture of a signature stands by a job, and nothing else does",
        ),
        (
            "UPDATE files SET state = 'processing'",
            "A film is being made, or has failed, where its task says so, and nowhere else",
        ),
        (
            f"{FILM}; {FILM_TASK}",
            "A film is being made, or has failed, where its task says so, and nowhere else",
        ),
        (FILM, "A film that is ready has a variant at each usual height up to its own, and none above"),
        (
            f"{FILM}; {VARIANT}; {LOWER}",
            "A film that is ready has a variant at each usual height up to its own, and none above",
        ),
        ("UPDATE file_usage SET used_bytes = 4", "The room that files take is counted as it is"),
        ("DELETE FROM file_usage", "The room that files take is counted as it is"),
        (
            "INSERT INTO file_removals SELECT organisation_id, storage_key, now() FROM files",
            "No content that a file has waits to be removed",
        ),
        (
            """UPDATE jobs SET field_values = '{"999": "x"}'""",
            "Every value is of a field of its class, and one that the field takes",
        ),
        (
            """INSERT INTO custom_fields (organisation_id, entity_class, name, kind, position)
            SELECT id, 'Asset', 'Keys', 'Number', 0 FROM organisations;
            UPDATE locations SET field_values = jsonb_build_object((SELECT max(id) FROM custom_fields)::text, '1')""",
            "Every value is of a field of its class, and one that the field takes",
        ),
        *(
            (
                f"""INSERT INTO custom_fields (organisation_id, entity_class, name, kind, options, position)
                SELECT id, 'Job', 'Field', '{kind}', '{{Red}}', 0 FROM organisations;
                UPDATE jobs SET field_values
                = jsonb_build_object((SELECT max(id) FROM custom_fields)::text, {value}::jsonb)""",  # noqa: S608
                "Every value is of a field of its class, and one that the field takes",
            )
            for kind, value in (
                ("Text", "'true'"),
                ("Number", "'12'"),
                ("Number", """'"1.50"'"""),
                ("CheckBox", """'"true"'"""),
                ("Dropdown", """'"Blue"'"""),
                ("Date", """'"2026-02-30"'"""),
                ("Time", """'"25:00"'"""),
            )
        ),
        (
            f"{DECIDED_ONCE}; {DECISION}; {DECISION}",
            "Every gate is decided once at most, and a job tells of the decision that there was",
        ),
        *(
            (damage, "Every gate is decided once at most, and a job tells of the decision that there was")
            for damage in (DECIDED, f"{DECISION}; {DECIDED}", f"{DECISION}; {DECIDED.replace('rejected', 'pending')}")
        ),
        (IS_RECALL, "A job has one open recall at most, and says whether it has one"),
        (RECALL, "A job has one open recall at most, and says whether it has one"),
        (
            f"DROP INDEX uq_recalls_open; {IS_RECALL}; {RECALL}; {RECALL}",
            "A job has one open recall at most, and says whether it has one",
        ),
        *(
            (damage, "Every mail tells of an event, and of each notification asked for in a year there is a mail")
            for damage in (MAIL, ASKED_FOR)
        ),
        (
            f"""CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz RETURN now() - interval '1 day';
            SET LOCAL search_path = public, pg_catalog;
            {SENDING}""",
            "No mail is being sent for longer than its lease",
        ),
        *(
            (f"{MAIL}; {damage}", "Of an event a recipient has one mail, by one name")
            for damage in ("UPDATE outbox SET message_id = '<another@example.com>'", SAME_MAIL)
        ),
        ("DELETE FROM job_crew", "Every lead is in the crew, and nobody stands in one place with another"),
    ],
)
def test_each_finds_what_breaks_it(connection: Connection, keys: KeyRing, damage: str, sentence: str) -> None:
    connection.execute(text("ALTER TABLE jobs ADD CONSTRAINT by_id UNIQUE (id)"))
    for statement in damage.split(";"):
        connection.exec_driver_sql(statement)

    assert sentence in broken(connection, keys)
