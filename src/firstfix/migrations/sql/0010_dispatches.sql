-- Deferred jobs: row-level security, the worker's claim on what is due in any organisation, and word of it.

ALTER TABLE dispatches ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON dispatches
    USING (organisation_id = (SELECT {current_organisation})) WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- What was dispatched stays dispatched. The key to a deleted job is let go by its owner.
REVOKE UPDATE, DELETE ON dispatches FROM {app_role};

-- Lock the job that has been due for longest, and set its organisation for the transaction. What others have locked is
-- passed over. Due times go by the database's clock.
CREATE FUNCTION claim_due_job(passing_over bigint[])
    RETURNS TABLE (organisation_id bigint, job_id bigint, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    due record;
BEGIN
    SELECT j.organisation_id, j.id INTO due FROM jobs j
    WHERE j.dispatch_due_at <= now() AND NOT j.id = ANY (passing_over)
    ORDER BY j.dispatch_due_at, j.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', due.organisation_id::text, true);
        RETURN QUERY SELECT due.organisation_id, due.id, now();
    END IF;
END $$;

-- How long the longest overdue job has been waiting, in seconds; 0 where none is overdue.
CREATE FUNCTION longest_overdue_seconds() RETURNS double precision
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(greatest(0, extract(epoch FROM now() - (
        SELECT dispatch_due_at FROM jobs WHERE dispatch_due_at IS NOT NULL ORDER BY dispatch_due_at, id LIMIT 1
    ))), 0)::double precision
$$;

-- A job that a change makes due at once is told of; what becomes due with time the worker finds by looking.
CREATE FUNCTION tell_of_due_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('firstfix_due_jobs', '');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_when_due AFTER INSERT OR UPDATE ON jobs
    FOR EACH ROW WHEN (NEW.dispatch_due_at <= now()) EXECUTE FUNCTION tell_of_due_job();
