"""Invariants that one query over the tables checks. Each lists its breaches, as a text for people."""

from typing import Final

from msgspec import Struct

from firstfix.domain.history.audit import CHANGES_HASH, CONTENT


class Invariant(Struct, frozen=True):
    """A rule and the query that finds what breaks it: one text column, a row for each breach."""

    name: str
    sentence: str
    breaches: str


_HOLDERS: Final = " UNION ALL ".join(
    f"SELECT organisation_id, '{table} ' || id AS holder, '{entity_class}' AS entity_class, field_values FROM {table}"  # noqa: S608 (names of ours)
    f" WHERE field_values <> '{{}}'"
    for table, entity_class in (
        ("jobs", "Job"),
        ("job_tasks", "Task"),
        ("invoices", "Invoice"),
        ("customers", "Customer"),
        ("locations", "Location"),
        ("contacts", "Contact"),
        ("assets", "Asset"),
        ("catalogue_tasks", "Task"),
        ("catalogue_items", "Item"),
    )
)
"""What holds values of custom fields, and the class whose fields those are."""

_ENTRY_SAYS: Final = (
    "at, actor_id, real_actor_id, address, source, request_id, action, entity, entity_id, entity_uuid, label"
)


def _of(row: str, columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns.split(", "))


ROW_INVARIANTS: Final = (
    Invariant(
        "I4",
        "The chain of every audit log holds from its first entry to its last",
        f"""
        SELECT 'organisation ' || organisation_id || ', entry ' || number FROM (
            SELECT *, lag(number) OVER chain AS number_before, lag(hash) OVER chain AS hash_before FROM audit_log
            WINDOW chain AS (PARTITION BY organisation_id ORDER BY number)
        ) AS entry
        WHERE number <> coalesce(number_before, 0) + 1 OR hash <> sha256(coalesce(hash_before, '') || {CONTENT})
        UNION ALL
        SELECT 'organisation ' || chain.organisation_id || ' ends at entry ' || coalesce(last.number, 0)
        FROM audit_chains AS chain LEFT JOIN LATERAL (
            SELECT number, hash FROM audit_log WHERE audit_log.organisation_id = chain.organisation_id
            ORDER BY number DESC LIMIT 1
        ) AS last ON true
        WHERE (chain.number, chain.hash) <> (coalesce(last.number, 0), coalesce(last.hash, ''))
        """,  # noqa: S608 (all of it is ours)
    ),
    Invariant(
        "I4",
        "Every event that the audit log has come to is in it, and is as it was then",
        f"""
        SELECT 'event ' || event.id || ' is not in the audit log' FROM events AS event
        JOIN audit_chains AS chain ON chain.organisation_id = event.organisation_id
        WHERE CASE WHEN event.position = 0 THEN event.id <= chain.unpositioned_id
                   ELSE (event.position, event.id) <= (chain.position, chain.event_id) END
          AND NOT EXISTS (
              SELECT FROM audit_log AS entry
              WHERE entry.organisation_id = event.organisation_id AND entry.event_id = event.id)
        UNION ALL
        SELECT 'event ' || entry.event_id || CASE WHEN event.id IS NULL THEN ' is gone' ELSE ' was changed' END
        FROM audit_log AS entry
        LEFT JOIN events AS event ON event.organisation_id = entry.organisation_id AND event.id = entry.event_id
        WHERE entry.event_id IS NOT NULL AND (
            event.id IS NULL OR entry.changes_hash <> {CHANGES_HASH}
            OR ({_of("entry", _ENTRY_SAYS)}) IS DISTINCT FROM ({_of("event", _ENTRY_SAYS)}))
        """,  # noqa: S608 (all of it is ours)
    ),
    Invariant(
        "I4",
        "No position of events is left out",
        """
        SELECT 'organisation ' || p.organisation_id || ': ' || p.last_position || ' positions, events have '
            || count(DISTINCT e.position)
        FROM event_positions p
        LEFT JOIN events e ON e.organisation_id = p.organisation_id AND e.position > 0
        GROUP BY p.organisation_id, p.last_position
        HAVING p.last_position <> count(DISTINCT e.position)
        """,
    ),
    Invariant(
        "I2",
        "Every job has its creation in the history",
        """
        SELECT 'job ' || j.reference FROM jobs j WHERE NOT EXISTS (
            SELECT FROM events e WHERE e.organisation_id = j.organisation_id AND e.entity = 'job'
            AND e.entity_id = j.id AND e.action = 'created')
        """,
    ),
    Invariant(
        "I2",
        "Every case note has its creation in the history",
        """
        SELECT 'note ' || n.id FROM case_notes n WHERE NOT EXISTS (
            SELECT FROM events e WHERE e.organisation_id = n.organisation_id AND e.entity = 'case_note'
            AND e.entity_id = n.id AND e.action = 'created')
        """,
    ),
    Invariant(
        "I3",
        "Every job's last change is in the history",
        """
        SELECT 'job ' || j.reference FROM jobs j
        WHERE j.updated_at > j.created_at AND NOT EXISTS (
            SELECT FROM events e WHERE e.organisation_id = j.organisation_id AND e.entity = 'job'
            AND e.entity_id = j.id AND e.action <> 'created')
        """,
    ),
    Invariant(
        "I3",
        "Every mail tells of an event, and of each notification asked for in a year there is a mail",
        """
        SELECT 'mail ' || o.uuid || ' tells of no event' FROM outbox o
        WHERE NOT EXISTS (SELECT FROM events e WHERE e.organisation_id = o.organisation_id AND e.id = o.event_id)
        UNION ALL
        SELECT 'event ' || e.id || ' was to be told' FROM events e
        JOIN people p ON p.organisation_id = e.organisation_id
            AND p.id = (e.changes -> 'notified_id' ->> 1)::bigint
        WHERE e.entity = 'job' AND e.action = 'assignment_notified' AND p.id IS DISTINCT FROM e.actor_id
          AND e.id >= first_uuid_of(outbox_begins_at())
          AND (p.archived_at IS NULL OR p.archived_at > e.at)
          AND NOT EXISTS (SELECT FROM outbox o WHERE o.organisation_id = e.organisation_id AND o.event_id = e.id
              AND o.recipient_kind = 1 AND o.recipient_id = p.id)
          AND NOT EXISTS (SELECT FROM jobs j WHERE j.organisation_id = e.organisation_id AND j.id = e.entity_id
              AND j.notification_delta IS NOT NULL)
        """,
    ),
    Invariant(
        "I15",
        "No mail is being sent for longer than its lease",
        """
        SELECT 'mail ' || uuid FROM outbox WHERE state = 'sending' AND next_at < now() - interval '2 minutes'
          AND pg_postmaster_start_time() < now() - interval '2 minutes' -- else no worker has had the time yet
        """,
    ),
    Invariant(
        "I16",
        "Of an event a recipient has one mail, by one name",
        """
        SELECT 'mail ' || message_id || ' is there ' || count(*) || ' times' FROM outbox
        GROUP BY organisation_id, message_id HAVING count(*) > 1
        UNION ALL
        SELECT 'mail ' || uuid || ' has the name of another' FROM outbox
        WHERE message_id NOT LIKE '<' || event_id || '.' || recipient_kind || '.' || recipient_id || '@%>'
        """,
    ),
    Invariant(
        "I13",
        "No event tells of another organisation's person",
        """
        SELECT 'event ' || e.id FROM events e JOIN people p ON p.id = e.actor_id
        WHERE p.organisation_id <> e.organisation_id
        """,
    ),
    Invariant(
        "I5",
        "No deferred job waits for more than a minute after it is due",
        """
        SELECT 'job ' || reference FROM jobs WHERE dispatch_due_at < now() - interval '60 seconds'
          AND pg_postmaster_start_time() < now() - interval '60 seconds' -- else no worker has had the time yet
        """,
    ),
    Invariant(
        "I5",
        "Every dispatch has made one job, under new names, and is in the history once",
        """
        SELECT 'job ' || d.deferred_reference || ' has another name, or is deferred again' FROM dispatches d
        JOIN jobs j ON j.organisation_id = d.organisation_id AND j.id = d.job_id
        WHERE j.uuid <> d.job_uuid OR j.notification_delta IS NOT NULL
        UNION ALL
        SELECT 'job ' || d.deferred_reference || ' is there under its old name' FROM dispatches d
        JOIN jobs j ON j.organisation_id = d.organisation_id AND j.uuid = d.deferred_uuid
        UNION ALL
        SELECT 'job ' || d.deferred_reference || ': ' || count(e.id) || ' in the history' FROM dispatches d
        LEFT JOIN events e ON e.organisation_id = d.organisation_id AND e.entity = 'deferred_job'
        AND e.entity_uuid = d.deferred_uuid AND e.action = 'dispatched'
        GROUP BY d.organisation_id, d.deferred_uuid, d.deferred_reference HAVING count(e.id) <> 1
        UNION ALL
        SELECT 'event ' || e.id || ' tells of no dispatch' FROM events e
        WHERE e.entity = 'deferred_job' AND e.action = 'dispatched' AND NOT EXISTS (
            SELECT FROM dispatches d WHERE d.organisation_id = e.organisation_id AND d.deferred_uuid = e.entity_uuid)
        """,
    ),
    Invariant(
        "I6",
        "Every gate is decided once at most, and a job tells of the decision that there was",
        """
        SELECT 'job ' || job_id || ': ' || count(*) || ' decisions' FROM gate_decisions
        GROUP BY organisation_id, job_id, asked_at HAVING count(*) > 1
        UNION ALL
        SELECT 'job ' || j.reference || ' is ' || j.gate_status FROM jobs j
        WHERE j.gate_status IS NOT NULL AND (
            SELECT CASE WHEN bool_or(d.is_approved) THEN 'approved' WHEN count(*) > 0 THEN 'rejected' ELSE 'pending' END
            FROM gate_decisions d WHERE d.organisation_id = j.organisation_id AND d.job_id = j.id
            AND d.asked_at = j.gate_asked_at) <> j.gate_status
        """,
    ),
    Invariant(
        "I7",
        "A job has one open recall at most, and says whether it has one",
        """
        SELECT 'job ' || j.reference || ': ' || r.open_count || ' open recalls' FROM jobs j
        JOIN LATERAL (SELECT count(*) AS open_count FROM recalls WHERE recalls.organisation_id = j.organisation_id
            AND recalls.job_id = j.id AND recalls.closed_at IS NULL) AS r ON r.open_count <> j.is_recall::integer
        """,
    ),
    Invariant(
        "I14",
        "No job comes before itself",
        """
        WITH RECURSIVE reached (organisation_id, id) AS (
            SELECT first.organisation_id, first.id FROM jobs j
            JOIN jobs first ON first.organisation_id = j.organisation_id AND first.id = j.predecessor_id
            WHERE first.predecessor_id IS NULL
            UNION ALL
            SELECT j.organisation_id, j.id FROM reached JOIN jobs j
            ON j.organisation_id = reached.organisation_id AND j.predecessor_id = reached.id
        )
        SELECT 'job ' || j.reference FROM jobs j
        WHERE j.predecessor_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM reached r WHERE r.organisation_id = j.organisation_id AND r.id = j.id)
        """,
    ),
    Invariant(
        "I6",
        "Every amendment that was decided is in the history once, as it was decided",
        """
        SELECT 'amendment ' || a.id || ': ' || count(e.id) || ' decisions in the history' FROM amendments a
        LEFT JOIN events e ON e.organisation_id = a.organisation_id AND e.entity = 'amendment'
        AND e.entity_id = a.id AND e.action IN ('approved', 'rejected')
        GROUP BY a.organisation_id, a.id, a.status
        HAVING count(e.id) <> (a.status <> 'pending')::integer OR max(e.action) <> a.status
        """,
    ),
    Invariant(
        "I14",
        "No job follows from itself",
        """
        WITH RECURSIVE reached (organisation_id, id) AS (
            SELECT l.organisation_id, l.remedial_id FROM remedial_links l
            WHERE NOT EXISTS (
                SELECT FROM remedial_links p
                WHERE p.organisation_id = l.organisation_id AND p.remedial_id = l.parent_id)
            UNION ALL
            SELECT l.organisation_id, l.remedial_id FROM reached JOIN remedial_links l
            ON l.organisation_id = reached.organisation_id AND l.parent_id = reached.id
        )
        SELECT 'job ' || l.remedial_id FROM remedial_links l
        WHERE NOT EXISTS (
            SELECT FROM reached r WHERE r.organisation_id = l.organisation_id AND r.id = l.remedial_id)
        """,
    ),
    Invariant(
        "windows",
        "What takes part in a dependency has no time window",
        """
        SELECT 'job ' || j.reference FROM jobs j
        WHERE (j.window_starts_at IS NOT NULL OR j.window_ends_at IS NOT NULL) AND (
            j.predecessor_id IS NOT NULL OR EXISTS (
                SELECT FROM jobs n WHERE n.organisation_id = j.organisation_id AND n.predecessor_id = j.id))
        """,
    ),
    Invariant(
        "I17",
        "At most 64 single-use tokens live in a session, and expired ones go",
        """
        SELECT 'credential ' || credential_id || ': ' || count(*) || ' tokens' FROM csrf_tokens
        WHERE expires_at > now() GROUP BY organisation_id, credential_id HAVING count(*) > 64
        UNION ALL
        SELECT 'credential ' || credential_id || ': expired tokens' FROM csrf_tokens
        WHERE expires_at < now() - interval '1 hour'
          AND pg_postmaster_start_time() < now() - interval '1 hour' -- else no worker has had the time yet
        GROUP BY organisation_id, credential_id
        """,
    ),
    Invariant(
        "I18",
        "Nobody who was archived has a session or a token",
        """
        SELECT 'credential ' || c.id || ' of person ' || p.uuid FROM credentials c
        JOIN people p ON p.organisation_id = c.organisation_id AND p.id = c.person_id
        WHERE p.archived_at IS NOT NULL AND c.kind IN ('session', 'bearer')
        """,
    ),
    Invariant(
        "I19",
        "Job references are unique",
        """
        SELECT 'reference ' || reference || ' of organisation ' || organisation_id FROM jobs
        GROUP BY organisation_id, reference HAVING count(*) > 1
        """,
    ),
    Invariant(
        "numbers",
        "Job numbers yet to come are free",
        """
        SELECT 'organisation ' || o.slug FROM organisations o JOIN pg_sequences s
        ON s.schemaname = 'public' AND s.sequencename = 'job_numbers_' || o.id
        WHERE coalesce(s.last_value, 0) < (SELECT max(number) FROM jobs j WHERE j.organisation_id = o.id)
        """,
    ),
    Invariant(
        "numbers",
        "Invoice numbers yet to come are free",
        """
        SELECT 'organisation ' || o.slug FROM organisations o JOIN pg_sequences s
        ON s.schemaname = 'public' AND s.sequencename = 'invoice_numbers_' || o.id
        WHERE coalesce(s.last_value, 0) < (SELECT max(number)::bigint FROM invoices i WHERE i.organisation_id = o.id)
        """,
    ),
    Invariant(
        "I20",
        "Every invoice is for completed jobs, and all its lines are theirs",
        """
        SELECT 'invoice ' || i.number || ': no job' FROM invoices i WHERE NOT EXISTS (
            SELECT FROM jobs j WHERE j.organisation_id = i.organisation_id AND j.invoice_uuid = i.uuid)
        UNION ALL
        SELECT 'job ' || j.reference || ': invoiced and not completed' FROM jobs j
        WHERE j.invoice_uuid IS NOT NULL AND j.completed_at IS NULL
        UNION ALL
        SELECT 'invoice ' || i.number || ': a line of a job that is not on it' FROM invoice_lines l
        JOIN invoices i ON i.organisation_id = l.organisation_id AND i.id = l.invoice_id
        JOIN jobs j ON j.organisation_id = l.organisation_id AND j.id = l.job_id
        WHERE j.invoice_uuid IS DISTINCT FROM i.uuid
        """,
    ),
    Invariant(
        "counters",
        "The kept counters of jobs are what there is",
        """
        SELECT 'organisation ' || organisation_id || ', branch ' || branch_id || ', status ' || status_id
               || ': kept ' || sum(kept) || ', there are ' || sum(real)
        FROM (
            SELECT organisation_id, branch_id, status_id, is_deferred, is_dated, jobs_count AS kept, 0 AS real
            FROM job_counts
            UNION ALL
            SELECT organisation_id, branch_id, status_id, notification_delta IS NOT NULL, scheduled_at IS NOT NULL,
                   0, count(*) FROM jobs GROUP BY 1, 2, 3, 4, 5
        ) AS counts
        GROUP BY organisation_id, branch_id, status_id, is_deferred, is_dated HAVING sum(kept) <> sum(real)
        """,
    ),
    Invariant(
        "stages",
        "Every job is at the stage of its status",
        """
        SELECT 'job ' || j.reference FROM jobs j
        JOIN statuses s ON s.organisation_id = j.organisation_id AND s.id = j.status_id WHERE s.stage <> j.stage
        """,
    ),
    Invariant(
        "crews",
        "Every lead is in the crew, and nobody stands in one place with another",
        """
        SELECT 'job ' || j.reference || ': the lead is not in the crew' FROM jobs j
        WHERE j.lead_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM job_crew c WHERE c.organisation_id = j.organisation_id AND c.job_id = j.id
            AND c.person_id = j.lead_id)
        UNION ALL
        SELECT 'job ' || job_id || ': two of the crew at place ' || position FROM job_crew
        GROUP BY organisation_id, job_id, position HAVING count(*) > 1
        """,
    ),
    Invariant(
        "contacts",
        "No two contacts of a job stand in one place",
        """
        SELECT 'job ' || job_id || ': two contacts at place ' || position FROM job_contacts
        GROUP BY organisation_id, job_id, position HAVING count(*) > 1
        """,
    ),
    Invariant(
        "tasks",
        "No two tasks of a job, and no two items of a task, stand in one place",
        """
        SELECT 'job ' || job_id || ': two tasks at place ' || position FROM job_tasks
        GROUP BY organisation_id, job_id, position HAVING count(*) > 1
        UNION ALL
        SELECT 'task ' || job_task_id || ': two items at place ' || position FROM job_task_items
        GROUP BY organisation_id, job_task_id, position HAVING count(*) > 1
        """,
    ),
    Invariant(
        "hours",
        "Hours run for who travels or works on an active job, and for nobody else",
        """
        SELECT 'job ' || j.reference || ', person ' || c.person_id || ' in state ' || c.state FROM jobs j
        JOIN job_crew c ON c.organisation_id = j.organisation_id AND c.job_id = j.id
        WHERE (c.state IN (1, 2, 3) AND j.state <> 1)
           OR CASE c.state WHEN 1 THEN ARRAY[true] WHEN 2 THEN ARRAY[false] ELSE '{}' END <> ARRAY(
              SELECT h.is_travel FROM worked_hours h WHERE h.organisation_id = c.organisation_id
              AND h.job_id = c.job_id AND h.person_id = c.person_id AND h.ends_at IS NULL)
        UNION ALL
        SELECT 'hours ' || h.id || ' run for who is not in the crew' FROM worked_hours h
        WHERE h.ends_at IS NULL AND NOT EXISTS (
            SELECT FROM job_crew c WHERE c.organisation_id = h.organisation_id AND c.job_id = h.job_id
            AND c.person_id = h.person_id)
        """,
    ),
    Invariant(
        "hours",
        "Nobody is in two places at once, and no hours end before they begin",
        """
        SELECT 'hours ' || id FROM (
            SELECT id, starts_at, ends_at, max(coalesce(ends_at, 'infinity')) OVER (
                PARTITION BY organisation_id, person_id ORDER BY starts_at, coalesce(ends_at, 'infinity'), id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
            FROM worked_hours
        ) AS hours
        WHERE starts_at < busy_until OR ends_at < starts_at
        """,
    ),
    Invariant(
        "substates",
        "A job is as far as its crew",
        """
        SELECT 'job ' || j.reference FROM jobs j
        WHERE j.substate IS DISTINCT FROM CASE WHEN j.state = 1 THEN (
            SELECT (ARRAY[1, 0, 2])[min(CASE c.state WHEN 2 THEN 1 WHEN 1 THEN 2 WHEN 3 THEN 3 END)] FROM job_crew c
            WHERE c.organisation_id = j.organisation_id AND c.job_id = j.id) END
        """,
    ),
    Invariant(
        "slots",
        "Only the crew stands in a job's time slots, and the first begins when the job does",
        """
        SELECT 'time slot ' || s.id || ', person ' || p.person_id FROM time_slot_people p
        JOIN time_slots s ON s.organisation_id = p.organisation_id AND s.id = p.time_slot_id
        WHERE NOT EXISTS (
            SELECT FROM job_crew c WHERE c.organisation_id = s.organisation_id AND c.job_id = s.job_id
            AND c.person_id = p.person_id)
        UNION ALL
        SELECT 'job ' || j.reference || ' begins another time than its slots' FROM jobs j
        JOIN (SELECT organisation_id, job_id, min(starts_at) AS starts_at FROM time_slots GROUP BY 1, 2) AS s
        ON s.organisation_id = j.organisation_id AND s.job_id = j.id
        WHERE s.starts_at IS DISTINCT FROM j.scheduled_at
        """,
    ),
    Invariant(
        "deadlines",
        "What is promised about open jobs is what policies, calendars, statuses and slots say",
        """
        SELECT 'job ' || reference FROM jobs
        WHERE stage < 3 AND is_out_of_step(jobs) AND NOT EXISTS ( -- else the worker is about to see to it
            SELECT FROM sla_refreshes r WHERE r.organisation_id = jobs.organisation_id)
        """,
    ),
    Invariant(
        "words",
        "Every job is found by the words that it has",
        """
        SELECT 'job ' || reference FROM jobs LEFT JOIN job_words AS kept
            ON kept.organisation_id = jobs.organisation_id AND kept.job_id = jobs.id
        WHERE (kept.branch_id, kept.created_at, kept.words) IS DISTINCT FROM
            (jobs.branch_id, jobs.created_at, words_of(jobs.reference, jobs.title, jobs.description))
        """,
    ),
    Invariant(
        "deadlines",
        "The clock of a job that is done stands, and an answered one was answered",
        """
        SELECT 'job ' || reference FROM jobs
        WHERE (stage >= 3 AND clock_stopped_at IS NULL) OR (stage BETWEEN 1 AND 5 AND responded_at IS NULL)
        """,
    ),
    Invariant(
        "alarms",
        "No job waits for more than a minute to be warned of, or told of when it is breached",
        """
        SELECT 'job ' || reference FROM jobs WHERE alarm_at < now() - interval '60 seconds'
          AND pg_postmaster_start_time() < now() - interval '60 seconds' -- else no worker has had the time yet
        """,
    ),
    Invariant(
        "calendars",
        "Working time is counted without a gap, and never twice",
        """
        SELECT 'branch ' || branch_id || ' at ' || starts_at FROM (
            SELECT *, lag(ends_at) OVER branch AS ended_at, coalesce(lag(seconds_before
                + extract(epoch FROM ends_at - starts_at)::bigint) OVER branch, 0) AS counted
            FROM working_spans WINDOW branch AS (PARTITION BY organisation_id, branch_id ORDER BY starts_at)
        ) AS spans WHERE starts_at <= ended_at OR seconds_before <> counted
        """,
    ),
    Invariant(
        "attachments",
        "Every attachment is attached to one thing, and nothing else is attached",
        """
        SELECT 'file ' || f.id || ' is for ' || f.purpose FROM files f
        WHERE (f.purpose = 'attachment')::integer <> (
            SELECT count(*) FROM job_task_attachments l
            WHERE l.organisation_id = f.organisation_id AND l.file_id = f.id
        ) + (
            SELECT count(*) FROM asset_attachments l
            WHERE l.organisation_id = f.organisation_id AND l.file_id = f.id)
        """,
    ),
    Invariant(
        "notes",
        "Every file of a note stands by one, and nothing else does",
        """
        SELECT 'file ' || f.id || ' is for ' || f.purpose FROM files f
        WHERE (f.purpose = 'note') <> EXISTS (
            SELECT FROM case_note_attachments l WHERE l.organisation_id = f.organisation_id AND l.file_id = f.id)
        """,
    ),
    Invariant(
        "notes",
        "A note answers one of its own job",
        """
        SELECT 'note ' || n.id FROM case_notes n
        JOIN case_notes answered ON answered.organisation_id = n.organisation_id AND answered.id = n.in_reply_to_id
        WHERE answered.job_id <> n.job_id
        """,
    ),
    Invariant(
        "photos",
        "Every photo, variant and document stands by what it is for, and nothing else does",
        """
        SELECT 'file ' || f.id || ' is for ' || f.purpose FROM files f
        LEFT JOIN job_photos p ON p.organisation_id = f.organisation_id AND p.file_id = f.id
        LEFT JOIN photo_variants v ON v.organisation_id = f.organisation_id AND v.file_id = f.id
        LEFT JOIN job_documents d ON d.organisation_id = f.organisation_id AND d.file_id = f.id
        WHERE (f.purpose = 'photo') <> (p.file_id IS NOT NULL) OR (f.purpose = 'variant') <> (v.file_id IS NOT NULL)
           OR (f.purpose = 'document') <> (d.file_id IS NOT NULL)
        """,
    ),
    Invariant(
        "counts of files",
        "Every job counts the photos and documents that it has",
        """
        SELECT 'job ' || j.reference || ': ' || j.photos_count || ' photos, ' || j.documents_count || ' documents'
        FROM jobs j
        LEFT JOIN (
            SELECT p.organisation_id, p.job_id, count(*) AS photos FROM job_photos p
            JOIN files f ON f.organisation_id = p.organisation_id AND f.id = p.file_id AND f.archived_at IS NULL
            GROUP BY 1, 2
        ) AS p ON p.organisation_id = j.organisation_id AND p.job_id = j.id
        LEFT JOIN (
            SELECT d.organisation_id, d.job_id, count(*) AS documents FROM job_documents d
            JOIN files f ON f.organisation_id = d.organisation_id AND f.id = d.file_id AND f.archived_at IS NULL
            GROUP BY 1, 2
        ) AS d ON d.organisation_id = j.organisation_id AND d.job_id = j.id
        WHERE (j.photos_count, j.documents_count) <> (coalesce(photos, 0), coalesce(documents, 0))
        """,
    ),
    Invariant(
        "document keys",
        "Nobody has permission keys of document types that there are not",
        """
        SELECT 'role ' || r.id || ' has ' || held.key FROM roles r CROSS JOIN unnest(r.permission_keys) AS held (key)
        WHERE held.key LIKE 'document.%' AND NOT EXISTS (
            SELECT FROM document_types t
            WHERE t.organisation_id = r.organisation_id AND t.key = split_part(held.key, '.', 2))
        """,
    ),
    Invariant(
        "signatures",
        "Every picture of a signature stands by a job, and nothing else does",
        """
        SELECT 'file ' || f.id || ' is for ' || f.purpose FROM files f
        WHERE (f.purpose = 'signature') <> EXISTS (
            SELECT FROM job_signatures s WHERE s.organisation_id = f.organisation_id AND s.file_id = f.id)
        """,
    ),
    Invariant(
        "films",
        "A film is being made, or has failed, where its task says so, and nowhere else",
        """
        SELECT 'film ' || f.id || ' is ' || f.state FROM files f
        LEFT JOIN film_tasks t ON t.organisation_id = f.organisation_id AND t.photo_id = f.id
        WHERE f.state <> CASE WHEN t.state IS NULL THEN 'ready' WHEN t.state = 'failed' THEN 'failed'
            ELSE 'processing' END
        """,
    ),
    Invariant(
        "variants",
        "A film that is ready has a variant at each usual height up to its own, and none above",
        """
        SELECT 'film ' || f.id || ' at ' || usual.height FROM files f
        JOIN job_photos p ON p.organisation_id = f.organisation_id AND p.file_id = f.id
        CROSS JOIN unnest(ARRAY[1080, 720, 480, 360]) AS usual (height)
        LEFT JOIN photo_variants v ON v.organisation_id = f.organisation_id AND v.photo_id = f.id
            AND v.label = usual.height || 'p'
        WHERE f.mime_type = 'video/mp4'
            AND (v.label IS NOT NULL) <> (f.state = 'ready' AND usual.height <= coalesce(p.height, 0))
        """,
    ),
    Invariant(
        "room",
        "The room that files take is counted as it is",
        """
        SELECT 'organisation ' || organisation_id || ': counted ' || sum(counted) || ', there are ' || sum(real)
        FROM (
            SELECT organisation_id, used_bytes AS counted, 0 AS real FROM file_usage
            UNION ALL
            SELECT organisation_id, 0, sum(size_bytes) FROM files GROUP BY 1
        ) AS bytes
        GROUP BY organisation_id HAVING sum(counted) <> sum(real)
        """,
    ),
    Invariant(
        "removals",
        "No content that a file has waits to be removed",
        "SELECT 'file ' || f.id FROM files f JOIN file_removals r ON r.storage_key = f.storage_key",
    ),
    Invariant(
        "fields",
        "Every value is of a field of its class, and one that the field takes",
        f"""
        SELECT holders.holder || ', field ' || held.key FROM ({_HOLDERS}) AS holders
        CROSS JOIN LATERAL jsonb_each(holders.field_values) AS held
        LEFT JOIN custom_fields f ON f.organisation_id = holders.organisation_id
            AND f.entity_class = holders.entity_class AND f.id::text = held.key
        WHERE f.id IS NULL OR NOT CASE
            WHEN f.kind = 'CheckBox' THEN jsonb_typeof(held.value) = 'boolean'
            WHEN jsonb_typeof(held.value) <> 'string' THEN false
            WHEN f.kind = 'Number' THEN held.value #>> '{{}}' ~ '^-?[0-9]{{1,12}}([.][0-9]{{0,3}}[1-9])?$'
            WHEN f.kind = 'Dropdown' THEN held.value #>> '{{}}' = ANY (f.options)
            WHEN f.kind = 'Date' THEN pg_input_is_valid(held.value #>> '{{}}', 'date')
            WHEN f.kind = 'Time' THEN pg_input_is_valid(held.value #>> '{{}}', 'time')
            ELSE true END
        """,  # noqa: S608 (names of ours)
    ),
)
