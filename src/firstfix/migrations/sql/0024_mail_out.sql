-- Mail that goes out: row-level security, partitions, and what looks across organisations for the worker and for mail
-- that comes in.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['outbox', 'reply_addresses', 'status_reminders'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;
REVOKE DELETE ON outbox FROM {app_role};

-- Make the partitions of this month and the next two, of what grows without bound. The default ones catch what no clock
-- foresaw.
CREATE OR REPLACE FUNCTION make_event_partitions() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    parent text;
    month timestamptz;
    part text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['events', 'outbox'] LOOP
        month := date_trunc('month', now(), 'UTC');
        FOR step IN 0..2 LOOP
            part := parent || '_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
            IF to_regclass(part) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
                    first_uuid_of(month), first_uuid_of(date_trunc('month', month + interval '32 days', 'UTC')));
                -- The policy is the parent's: a partition asked by its own name would show every organisation's rows.
                EXECUTE format('REVOKE ALL ON %I FROM {app_role}', part);
            END IF;
            month := date_trunc('month', month + interval '32 days', 'UTC');
        END LOOP;
    END LOOP;
END $$;
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
REVOKE ALL ON outbox_default FROM {app_role};
SELECT make_event_partitions();

-- Lease the mail that has been due for longest, of any organisation, and set that one for the transaction. What others
-- hold is passed over; one whose lease ran out is taken again, under the next number.
CREATE FUNCTION claim_due_mail(lease_lasts interval)
    RETURNS TABLE (
        organisation_id bigint, event_id uuid, recipient_kind smallint, recipient_id bigint, uuid uuid, kind text,
        job_id bigint, case_note_id bigint, message_id text, created_at timestamptz, lease integer, attempts integer,
        first_attempt_at timestamptz, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    due record;
    claimed record;
BEGIN
    SELECT o.organisation_id, o.event_id, o.recipient_kind, o.recipient_id INTO due FROM outbox o
    WHERE o.next_at <= now() ORDER BY o.next_at, o.event_id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE outbox o SET state = 'sending', lease = o.lease + 1, attempts = o.attempts + 1,
        next_at = now() + lease_lasts, first_attempt_at = coalesce(o.first_attempt_at, now())
    WHERE (o.organisation_id, o.event_id, o.recipient_kind, o.recipient_id)
        = (due.organisation_id, due.event_id, due.recipient_kind, due.recipient_id)
    RETURNING o.* INTO claimed;
    PERFORM set_config('firstfix.organisation', claimed.organisation_id::text, true);
    RETURN QUERY SELECT claimed.organisation_id, claimed.event_id, claimed.recipient_kind, claimed.recipient_id,
        claimed.uuid, claimed.kind, claimed.job_id, claimed.case_note_id, claimed.message_id, claimed.created_at,
        claimed.lease, claimed.attempts, claimed.first_attempt_at, now();
END $$;

-- Give back what nobody holds any more, where no mail can be sent: it waits again.
CREATE FUNCTION release_lost_mail() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH lost AS (
        SELECT organisation_id, event_id, recipient_kind, recipient_id FROM outbox
        WHERE state = 'sending' AND next_at <= now() FOR UPDATE SKIP LOCKED
    ), released AS (
        UPDATE outbox SET state = 'waiting', next_at = now() FROM lost
        WHERE (outbox.organisation_id, outbox.event_id, outbox.recipient_kind, outbox.recipient_id)
            = (lost.organisation_id, lost.event_id, lost.recipient_kind, lost.recipient_id)
        RETURNING 1
    )
    SELECT count(*) FROM released
$$;

-- Find the reply address of a token and set its organisation for the transaction. One that is over, or whose job is
-- closed, is not found.
CREATE FUNCTION find_reply_address(wanted_hash bytea)
    RETURNS TABLE (organisation_id bigint, reply_address_id bigint, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_row record;
BEGIN
    SELECT a.organisation_id, a.id INTO found_row FROM reply_addresses a
    JOIN jobs j ON j.organisation_id = a.organisation_id AND j.id = a.job_id
    WHERE a.token_hash = wanted_hash AND a.ended_at IS NULL AND a.expires_at > now() AND j.stage < 4;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', found_row.organisation_id::text, true);
        RETURN QUERY SELECT found_row.organisation_id, found_row.id, now();
    END IF;
END $$;

-- Find which organisation's mail this is, by the secret part of its return path, and set it for the transaction.
CREATE FUNCTION find_returned_mail(wanted_uuid uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    found_id bigint;
BEGIN
    SELECT o.organisation_id INTO found_id FROM outbox o WHERE o.uuid = wanted_uuid;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', found_id::text, true);
    END IF;
    RETURN found_id;
END $$;

-- Lock a reminder that is due, of any organisation, and set that one for the transaction.
CREATE FUNCTION claim_due_reminder()
    RETURNS TABLE (organisation_id bigint, job_id bigint, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    due record;
BEGIN
    SELECT r.organisation_id, r.job_id INTO due FROM status_reminders r
    WHERE r.due_at <= now() ORDER BY r.due_at, r.job_id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', due.organisation_id::text, true);
        RETURN QUERY SELECT due.organisation_id, due.job_id, now();
    END IF;
END $$;
