-- What fails for one thing alone costs no other: the worker passes over it for a while, as it does with jobs to dispatch.

DROP FUNCTION claim_sla_refresh();
DROP FUNCTION claim_due_alarms(integer);
DROP FUNCTION claim_due_reminder();

-- Lock what is to be refreshed of one organisation, none of those named, and set that one for the transaction.
CREATE FUNCTION claim_sla_refresh(passing_over bigint[]) RETURNS TABLE (organisation_id bigint, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_id bigint;
BEGIN
    SELECT r.organisation_id INTO found_id FROM sla_refreshes r WHERE NOT r.organisation_id = ANY (passing_over)
    ORDER BY r.organisation_id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', found_id::text, true);
        RETURN QUERY SELECT found_id, now();
    END IF;
END $$;

-- Lock jobs whose alarms have been due for longest, all of one organisation and none of those named, and set that one
-- for the transaction.
CREATE FUNCTION claim_due_alarms(most integer, passing_over bigint[])
    RETURNS TABLE (organisation_id bigint, job_ids bigint[], at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_id bigint;
    found_ids bigint[];
BEGIN
    SELECT j.organisation_id INTO found_id FROM jobs j WHERE j.alarm_at <= now() AND NOT j.id = ANY (passing_over)
    ORDER BY j.alarm_at, j.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        SELECT array_agg(due.id) INTO found_ids FROM (
            SELECT j.id FROM jobs j
            WHERE j.alarm_at <= now() AND j.organisation_id = found_id AND NOT j.id = ANY (passing_over)
            ORDER BY j.alarm_at, j.id LIMIT most FOR UPDATE SKIP LOCKED
        ) AS due;
        PERFORM set_config('firstfix.organisation', found_id::text, true);
        RETURN QUERY SELECT found_id, found_ids, now();
    END IF;
END $$;

-- Lock the reminder that has been due for longest, of none of the jobs named, and set its organisation for the
-- transaction.
CREATE FUNCTION claim_due_reminder(passing_over bigint[])
    RETURNS TABLE (organisation_id bigint, job_id bigint, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    due record;
BEGIN
    SELECT r.organisation_id, r.job_id INTO due FROM status_reminders r
    WHERE r.due_at <= now() AND NOT r.job_id = ANY (passing_over)
    ORDER BY r.due_at, r.job_id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', due.organisation_id::text, true);
        RETURN QUERY SELECT due.organisation_id, due.job_id, now();
    END IF;
END $$;
