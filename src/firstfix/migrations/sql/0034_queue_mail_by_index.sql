-- Queue mail without reading all jobs: under the policy, an id that a subquery gives finds no row by index.

-- Queue mail to whoever is told of some events of a transaction, and note what follows from moved jobs. `told` is
-- [{number, rank, kind, party, job_id, case_note_id, author_contact_id, is_asked_for}]: which event by its place, and to
-- whom. Returns the ids of all the events, in their order. Nobody hears of what they did themselves, of a kind that they or
-- their organisation do not want, of deferred jobs, or twice of the same; at one address the lowest rank wins.
CREATE OR REPLACE FUNCTION queue_mail(
    events_count integer, told_parties jsonb, actor bigint, moved_job_ids bigint[], mail_domain text, is_awaited boolean)
    RETURNS uuid[]
    LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    event_ids uuid[];
    author_email text;
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
        ), told AS MATERIALIZED (
            SELECT event_ids[given.number] AS event_id, given.rank, given.kind, given.party, given.case_note_id,
                given.is_asked_for, given.author_contact_id, jobs.id AS job_id, jobs.branch_id,
                CASE given.party WHEN 'contractor' THEN jobs.contractor_id WHEN 'lead' THEN jobs.lead_id
                    WHEN 'agent' THEN jobs.agent_id WHEN 'office' THEN (
                        SELECT maker.id FROM people AS maker
                        WHERE maker.id = jobs.created_by_id AND maker.account_type = 1 AND maker.archived_at IS NULL)
                    END AS person_id
            FROM given JOIN jobs ON jobs.id = given.job_id
            WHERE jobs.notification_delta IS NULL AND (given.is_asked_for OR given.kind <> ALL (
                SELECT unnest(organisations.mails_off) FROM organisations))
        ), recipients AS (
            SELECT told.*, 1 AS recipient_kind, people.id AS recipient_id, lower(people.email) AS email
            FROM told JOIN people ON people.id = told.person_id
            WHERE people.archived_at IS NULL AND (told.is_asked_for OR told.kind <> ALL (people.mails_off))
            UNION ALL
            SELECT told.*, 1, people.id, lower(people.email)
            FROM told JOIN people ON people.role_id IN (SELECT roles.id FROM roles WHERE roles.is_administrator)
            WHERE told.party = 'office' AND told.person_id IS NULL AND people.archived_at IS NULL
                AND coalesce(people.branch_id, told.branch_id) = told.branch_id AND told.kind <> ALL (people.mails_off)
            UNION ALL
            SELECT told.*, 2, contacts.id, lower(contacts.email)
            FROM told
            JOIN job_contacts ON job_contacts.job_id = told.job_id
            JOIN contacts ON contacts.id = job_contacts.contact_id
            WHERE told.party = 'tenant' AND contacts.takes_mail AND contacts.archived_at IS NULL AND contacts.email <> ''
                AND contacts.id IS DISTINCT FROM told.author_contact_id AND contacts.person_id IS DISTINCT FROM actor
                AND NOT EXISTS (
                    SELECT FROM people WHERE people.id = contacts.person_id AND told.kind = ANY (people.mails_off))
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
        FROM jobs JOIN statuses ON statuses.id = jobs.status_id
        WHERE jobs.id = ANY (moved_job_ids) AND statuses.reminder_hours IS NOT NULL
            AND jobs.notification_delta IS NULL
        ON CONFLICT (organisation_id, job_id) DO UPDATE SET status_id = excluded.status_id, due_at = excluded.due_at;
        -- Nobody replies to notes of a closed job, not even when it is opened again.
        UPDATE reply_addresses SET ended_at = now()
        FROM jobs
        WHERE reply_addresses.job_id = ANY (moved_job_ids) AND reply_addresses.ended_at IS NULL
            AND jobs.id = reply_addresses.job_id AND jobs.stage >= 4;
    END IF;
    RETURN event_ids;
END $$;
