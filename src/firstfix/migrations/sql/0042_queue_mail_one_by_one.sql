-- Queue mail by one look-up after the other. Where nearly all organisations are tiny, the planner takes each for one: it would
-- rather read all jobs of one that is not than look three up, or find each by an index of something else. So a row is looked
-- up as the first one from its id on, which no join can give, and, as sorting is off, no other index.

-- Queue mail to whoever is told of some events of a transaction, and note what follows from moved jobs. `told` is
-- [{number, rank, kind, party, job_id, case_note_id, author_contact_id, is_asked_for}]: which event by its place, and to
-- whom. Returns the ids of all the events, in their order. Nobody hears of what they did themselves, of a kind that they or
-- their organisation do not want, of deferred jobs, or twice of the same; at one address the lowest rank wins.
CREATE OR REPLACE FUNCTION queue_mail(
    events_count integer, told_parties jsonb, actor bigint, moved_job_ids bigint[], mail_domain text, is_awaited boolean)
    RETURNS uuid[]
    LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
    event_ids uuid[];
    author_email text;
    closed_job_id bigint;
BEGIN
    FOR number IN 1..events_count LOOP
        event_ids := event_ids || uuidv7();
    END LOOP;

    IF jsonb_array_length(told_parties) > 0 THEN
        SELECT lower(people.email) INTO author_email FROM people WHERE people.id = actor;
        WITH given AS MATERIALIZED (
            SELECT number, rank, kind, party, case_note_id, is_asked_for, author_contact_id,
                coalesce(parties.job_id, (
                    SELECT case_notes.job_id FROM case_notes WHERE case_notes.id = parties.case_note_id)) AS job_id
            FROM jsonb_to_recordset(told_parties) AS parties (
                number integer, rank integer, kind text, party text, job_id bigint, case_note_id bigint,
                author_contact_id bigint, is_asked_for boolean)
            WHERE is_asked_for OR kind <> ALL (SELECT unnest(organisations.mails_off) FROM organisations)
        ), told AS MATERIALIZED (
            SELECT event_ids[given.number] AS event_id, given.rank, given.kind, given.party, given.case_note_id,
                given.is_asked_for, given.author_contact_id, jobs.id AS job_id, jobs.branch_id,
                CASE given.party WHEN 'contractor' THEN jobs.contractor_id WHEN 'lead' THEN jobs.lead_id
                    WHEN 'agent' THEN jobs.agent_id WHEN 'office' THEN (
                        SELECT maker.id FROM people AS maker
                        WHERE maker.id = jobs.created_by_id AND maker.account_type = 1 AND maker.archived_at IS NULL)
                    END AS person_id
            FROM given
            CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id >= given.job_id ORDER BY jobs.id LIMIT 1) AS jobs
            WHERE jobs.id = given.job_id AND jobs.notification_delta IS NULL
        ), recipients AS (
            SELECT told.*, 1 AS recipient_kind, people.id AS recipient_id, lower(people.email) AS email
            FROM told
            CROSS JOIN LATERAL (
                SELECT * FROM people WHERE people.id >= told.person_id ORDER BY people.id LIMIT 1) AS people
            WHERE people.id = told.person_id AND people.archived_at IS NULL AND (told.is_asked_for OR told.kind <> ALL (people.mails_off))
            UNION ALL
            SELECT told.*, 1, people.id, lower(people.email)
            FROM told JOIN people ON people.role_id IN (SELECT roles.id FROM roles WHERE roles.is_administrator)
            WHERE told.party = 'office' AND told.person_id IS NULL AND people.archived_at IS NULL
                AND coalesce(people.branch_id, told.branch_id) = told.branch_id AND told.kind <> ALL (people.mails_off)
            UNION ALL
            SELECT told.*, 2, contacts.id, lower(contacts.email)
            FROM told
            CROSS JOIN LATERAL (
                SELECT job_contacts.contact_id FROM job_contacts WHERE job_contacts.job_id = told.job_id OFFSET 0) AS on_job
            CROSS JOIN LATERAL (
                SELECT * FROM contacts WHERE contacts.id >= on_job.contact_id ORDER BY contacts.id LIMIT 1) AS contacts
            WHERE told.party = 'tenant' AND contacts.id = on_job.contact_id AND contacts.takes_mail AND contacts.archived_at IS NULL AND contacts.email <> ''
                AND contacts.id IS DISTINCT FROM told.author_contact_id AND contacts.person_id IS DISTINCT FROM actor
                AND told.kind <> ALL (coalesce(
                    (SELECT people.mails_off FROM people WHERE people.id = contacts.person_id), '{}'))
        )
        INSERT INTO outbox (event_id, recipient_kind, recipient_id, kind, job_id, case_note_id, message_id)
        SELECT event_id, recipient_kind, recipient_id, kind, job_id, case_note_id,
            '<' || event_id || '.' || recipient_kind || '.' || recipient_id || '@' || mail_domain || '>'
        FROM (
            SELECT DISTINCT ON (event_id, email) * FROM recipients
            WHERE email IS DISTINCT FROM author_email AND (recipient_kind = 2 OR recipient_id IS DISTINCT FROM actor)
            ORDER BY event_id, email, rank, recipient_kind, recipient_id
        ) AS recipient;
        IF is_awaited AND FOUND THEN
            PERFORM pg_notify('firstfix_outbox', '');
        END IF;
    END IF;

    IF cardinality(moved_job_ids) > 0 THEN
        INSERT INTO status_reminders (job_id, status_id, due_at)
        SELECT jobs.id, jobs.status_id, now() + make_interval(hours => statuses.reminder_hours)
        FROM (SELECT DISTINCT unnest(moved_job_ids) AS id) AS moved
        CROSS JOIN LATERAL (SELECT * FROM jobs WHERE jobs.id >= moved.id ORDER BY jobs.id LIMIT 1) AS jobs
        JOIN statuses ON statuses.id = jobs.status_id
        WHERE jobs.id = moved.id AND statuses.reminder_hours IS NOT NULL AND jobs.notification_delta IS NULL
        ON CONFLICT (organisation_id, job_id) DO UPDATE SET status_id = excluded.status_id, due_at = excluded.due_at;
        -- Nobody replies to notes of a closed job, not even when it is opened again.
        FOR closed_job_id IN
            SELECT moved.id FROM unnest(moved_job_ids) AS moved (id)
            WHERE (SELECT jobs.stage FROM jobs WHERE jobs.id = moved.id) >= 4
        LOOP
            UPDATE reply_addresses SET ended_at = now()
            WHERE reply_addresses.job_id = closed_job_id AND reply_addresses.ended_at IS NULL;
        END LOOP;
    END IF;
    RETURN event_ids;
END $$;
