-- What organisations allow their accounts, and leases that no request waits for the disk for.

ALTER TABLE rate_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON rate_limits
    USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- The limits of all organisations: every web process reads them every few seconds, whoever asks for something.
CREATE FUNCTION limits_of_all() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(organisation_id, limits), '{}') FROM (
        SELECT organisation_id, jsonb_object_agg(operation, requests) AS limits FROM rate_limits GROUP BY 1
    ) AS by_organisation
$$;

-- As it was, without waiting for the disk: what a crash loses is counted anew.
CREATE OR REPLACE FUNCTION lease_requests(wanted_subject bytea, wanted_minute bigint, wanted bigint, allowance bigint)
    RETURNS bigint
    LANGUAGE sql VOLATILE SET search_path = public, pg_temp
AS $$
    SELECT set_config('synchronous_commit', 'off', true);
    INSERT INTO request_leases AS lease (subject_hash, minute, taken) VALUES (wanted_subject, wanted_minute, wanted)
    ON CONFLICT (subject_hash, minute) DO UPDATE SET taken = lease.taken + excluded.taken WHERE lease.taken < allowance
    RETURNING taken
$$;
