-- The audit log: row-level security, append-only for the app's role, and what looks across organisations for it.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['audit_log', 'audit_chains', 'refusals'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON audit_log FROM {app_role};
REVOKE INSERT, DELETE ON audit_chains FROM {app_role};
REVOKE INSERT, UPDATE ON refusals FROM {app_role};

-- A chain begins with its organisation.
CREATE FUNCTION begin_audit_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO audit_chains (organisation_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER begin_audit_chain AFTER INSERT ON organisations FOR EACH ROW EXECUTE FUNCTION begin_audit_chain();
INSERT INTO audit_chains (organisation_id) SELECT id FROM organisations;

-- Lock the chain that was left alone for longest and has something to take up, and set its organisation for the
-- transaction; which one that is, or nothing. What others have locked is passed over.
CREATE FUNCTION claim_audit_chain(passing_over bigint[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    claimed bigint;
BEGIN
    SELECT c.organisation_id INTO claimed FROM audit_chains c
    WHERE NOT c.organisation_id = ANY (passing_over) AND (
        EXISTS (SELECT FROM refusals r WHERE r.organisation_id = c.organisation_id)
        OR EXISTS (
            SELECT FROM events e WHERE e.organisation_id = c.organisation_id
            AND (e.position, e.id) > (c.position, c.event_id))
        OR EXISTS (
            SELECT FROM events e WHERE e.organisation_id = c.organisation_id
            AND e.position = 0 AND e.id > c.unpositioned_id))
    ORDER BY c.chained_at, c.organisation_id LIMIT 1 FOR UPDATE OF c SKIP LOCKED;
    IF claimed IS NOT NULL THEN
        PERFORM set_config('firstfix.organisation', claimed::text, true);
    END IF;
    RETURN claimed;
END $$;

-- Keep what was refused, of all organisations, for the audit log; how many of them somebody could be found for. Who
-- asked is known by the hash of their credential or by the address that they tried to sign in with.
CREATE FUNCTION keep_refusals(given jsonb) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH kept AS (
        INSERT INTO refusals (organisation_id, at, actor_id, address, source, request_id, operation, code, times)
        SELECT asked.organisation_id, r.at, asked.person_id, r.address, r.source, r.request_id, r.operation, r.code, r.times
        FROM jsonb_to_recordset(given) AS r (
            secret_hash text, email text, at timestamptz, address text, source text, request_id text, operation text,
            code text, times integer)
        CROSS JOIN LATERAL (
            SELECT c.organisation_id, c.person_id FROM credentials c WHERE c.secret_hash = decode(r.secret_hash, 'hex')
            UNION ALL
            SELECT p.organisation_id, p.id FROM people p WHERE lower(p.email) = lower(r.email)
        ) AS asked
        RETURNING 1
    )
    SELECT count(*) FROM kept
$$;
