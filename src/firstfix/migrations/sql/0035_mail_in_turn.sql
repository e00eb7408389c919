-- Whose mail is sent next.

DROP FUNCTION claim_due_mail(interval);

-- Lease the mail that has been due for longest, of the next organisation behind one, by their ids and round again, and set
-- it for the transaction. What others hold is passed over; one whose lease ran out is taken again, under the next number.
-- Each step is a search in the index, and no more where much is due, or much is not yet: it skips from one organisation to
-- the next. Sorting is off because what has to be sorted has to be read first.
CREATE FUNCTION claim_due_mail(lease_lasts interval, after_organisation bigint, passing_over bigint[])
    RETURNS TABLE (
        organisation_id bigint, event_id uuid, recipient_kind smallint, recipient_id bigint, uuid uuid, kind text,
        job_id bigint, case_note_id bigint, message_id text, created_at timestamptz, lease integer, attempts integer,
        first_attempt_at timestamptz, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
    SET enable_sort = off SET enable_incremental_sort = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    turn bigint;
    due record;
    claimed record;
BEGIN
    <<round>>
    FOREACH turn IN ARRAY ARRAY[after_organisation, 0] LOOP
        LOOP
            SELECT o.organisation_id INTO turn FROM outbox o
            WHERE o.organisation_id > turn AND o.next_at <= now() ORDER BY o.organisation_id, o.next_at LIMIT 1;
            CONTINUE round WHEN NOT FOUND;
            CONTINUE WHEN turn = ANY (passing_over);
            SELECT o.event_id, o.recipient_kind, o.recipient_id INTO due FROM outbox o
            WHERE o.organisation_id = turn AND o.next_at <= now()
            ORDER BY o.next_at, o.event_id LIMIT 1 FOR UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            UPDATE outbox o SET state = 'sending', lease = o.lease + 1, attempts = o.attempts + 1,
                next_at = now() + lease_lasts, first_attempt_at = coalesce(o.first_attempt_at, now())
            WHERE (o.organisation_id, o.event_id, o.recipient_kind, o.recipient_id)
                = (turn, due.event_id, due.recipient_kind, due.recipient_id)
            RETURNING o.* INTO claimed;
            PERFORM set_config('firstfix.organisation', turn::text, true);
            RETURN QUERY SELECT claimed.organisation_id, claimed.event_id, claimed.recipient_kind, claimed.recipient_id,
                claimed.uuid, claimed.kind, claimed.job_id, claimed.case_note_id, claimed.message_id,
                claimed.created_at, claimed.lease, claimed.attempts, claimed.first_attempt_at, now();
            RETURN;
        END LOOP;
    END LOOP;
END $$;
