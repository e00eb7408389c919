-- The same as before, in fewer steps: every request authenticates, and every new job asks for its deadlines.

-- Find whose credential this is, set the organisation for the transaction, and tell whether one of the keys is held.
-- One query joins credential, person and role, so that a lowered role or a disabled account counts at once. What follows
-- from that is assigned, which PL/pgSQL does without a statement of its own.
CREATE OR REPLACE FUNCTION authenticate(wanted_kind text, wanted_hash bytea, operation_keys text[])
    RETURNS TABLE (
        credential_id bigint, organisation_id bigint, person_id bigint, person_uuid uuid, account_type smallint,
        is_administrator boolean, branch_ids bigint[], is_permitted boolean,
        role_keys text[], granted_keys text[], denied_keys text[], at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    used_at timestamptz;
    organisation text;
    key text;
BEGIN
    SELECT c.id, c.organisation_id, c.last_used_at, p.id, p.uuid, p.account_type, r.is_administrator, r.permission_keys,
           p.granted_keys, p.denied_keys
    INTO credential_id, organisation_id, used_at, person_id, person_uuid, account_type, is_administrator, role_keys,
         granted_keys, denied_keys
    FROM credentials c
    JOIN people p ON p.organisation_id = c.organisation_id AND p.id = c.person_id AND p.archived_at IS NULL
    JOIN roles r ON r.organisation_id = p.organisation_id AND r.id = p.role_id
    WHERE c.secret_hash = wanted_hash AND c.kind = wanted_kind
      AND (c.expires_at IS NULL OR c.expires_at > now())
      AND (c.idle_seconds IS NULL OR c.last_used_at + make_interval(secs => c.idle_seconds) > now());
    IF NOT FOUND THEN
        RETURN;
    END IF;

    organisation := set_config('firstfix.organisation', organisation_id::text, true);

    branch_ids := '{}';
    IF account_type IN (2, 3) THEN
        SELECT coalesce(array_agg(b.branch_id ORDER BY b.branch_id), '{}') INTO branch_ids FROM person_branches b
        WHERE b.organisation_id = authenticate.organisation_id AND b.person_id = authenticate.person_id;
    END IF;

    is_permitted := operation_keys = '{}';
    FOREACH key IN ARRAY operation_keys LOOP
        is_permitted := is_permitted
            OR (key = ANY (role_keys) OR key = ANY (granted_keys)) AND NOT key = ANY (denied_keys);
    END LOOP;

    -- At most once a minute, and never waiting for a twin that does the same. Not on a read-only replica.
    IF used_at < now() - interval '1 minute' AND NOT pg_is_in_recovery() THEN
        UPDATE credentials SET last_used_at = now() WHERE (organisation_id, id) = (
            SELECT c.organisation_id, c.id FROM credentials c
            WHERE c.organisation_id = authenticate.organisation_id AND c.id = authenticate.credential_id
            FOR UPDATE SKIP LOCKED);
    END IF;

    at := now();
    RETURN NEXT;
END $$;

-- The deadlines of a job that nobody has answered yet, and is not done, as the policy that fits it says now. The one that
-- is for its branch comes before one for all, then the one for its type. A deferred job has none: it waits to begin.
-- OFFSET 0: else the working time until it was made would be looked up once for each deadline.
CREATE OR REPLACE FUNCTION deadlines_of(job jobs)
    RETURNS TABLE (response_due_at timestamptz, resolution_due_at timestamptz, warning_due_at timestamptz)
    LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT
        working_moment(job.organisation_id, job.branch_id, began + 60 * p.response_minutes),
        working_moment(job.organisation_id, job.branch_id, began + 60 * p.resolution_minutes),
        working_moment(job.organisation_id, job.branch_id, began + 60 * (p.resolution_minutes - p.warning_minutes))
    FROM (
        SELECT * FROM sla_policies
        WHERE organisation_id = job.organisation_id AND priority_id = job.priority_id
          AND (branch_id = job.branch_id OR branch_id IS NULL)
          AND (job_type_id = job.job_type_id OR job_type_id IS NULL)
        ORDER BY branch_id IS NULL, job_type_id IS NULL LIMIT 1
    ) AS p, (
        SELECT working_seconds_until(job.organisation_id, job.branch_id, job.created_at) + job.paused_seconds AS began
        OFFSET 0
    ) AS counted
    WHERE job.notification_delta IS NULL;
END;
