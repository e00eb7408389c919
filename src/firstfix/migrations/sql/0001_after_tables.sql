-- Row-level security, the owner's functions that look across organisations, counters, partitions, grants.
-- A policy asks for the organisation in a subquery: the planner then does not evaluate the setting while it estimates
-- (a statement that authenticates by itself is planned before the setting is made, and would be planned for no rows).
-- {app_role} is the role that web and worker log in as.

DO $$
DECLARE
    owned text;
BEGIN
    FOR owned IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND a.attname = 'organisation_id' AND NOT a.attisdropped
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;

ALTER TABLE organisations ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON organisations
    USING (id = (SELECT {current_organisation})) WITH CHECK (id = (SELECT {current_organisation}));

-- Credentials -------------------------------------------------------------------------------------------------------

-- Find whose credential this is, set the organisation for the transaction, and tell whether one of the keys is held.
-- One query joins credential, person and role, so that a lowered role or a disabled account counts at once.
CREATE FUNCTION authenticate(wanted_kind text, wanted_hash bytea, operation_keys text[])
    RETURNS TABLE (
        credential_id bigint, organisation_id bigint, person_id bigint, person_uuid uuid, account_type smallint,
        is_administrator boolean, branch_ids bigint[], is_permitted boolean,
        role_keys text[], granted_keys text[], denied_keys text[], at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_row record;
BEGIN
    SELECT c.id AS credential_id, c.organisation_id, c.last_used_at, p.id AS person_id, p.uuid AS person_uuid,
           p.account_type, r.is_administrator, r.permission_keys, p.granted_keys, p.denied_keys,
           CASE WHEN p.account_type IN (2, 3) THEN
               (SELECT coalesce(array_agg(b.branch_id ORDER BY b.branch_id), '{}') FROM person_branches b
                WHERE b.organisation_id = p.organisation_id AND b.person_id = p.id)
           ELSE '{}'::bigint[] END AS branch_ids,
           operation_keys = '{}' OR EXISTS (
               SELECT 1 FROM unnest(operation_keys) AS k
               WHERE (k = ANY (r.permission_keys) OR k = ANY (p.granted_keys)) AND NOT k = ANY (p.denied_keys)
           ) AS is_permitted
    INTO found_row
    FROM credentials c
    JOIN people p ON p.organisation_id = c.organisation_id AND p.id = c.person_id AND p.archived_at IS NULL
    JOIN roles r ON r.organisation_id = p.organisation_id AND r.id = p.role_id
    WHERE c.secret_hash = wanted_hash AND c.kind = wanted_kind
      AND (c.expires_at IS NULL OR c.expires_at > now())
      AND (c.idle_seconds IS NULL OR c.last_used_at + make_interval(secs => c.idle_seconds) > now());
    IF NOT FOUND THEN
        RETURN;
    END IF;

    PERFORM set_config('firstfix.organisation', found_row.organisation_id::text, true);

    -- At most once a minute, and never waiting for a twin that does the same. Not on a read-only replica.
    IF found_row.last_used_at < now() - interval '1 minute' AND NOT pg_is_in_recovery() THEN
        UPDATE credentials SET last_used_at = now() WHERE (organisation_id, id) = (
            SELECT organisation_id, id FROM credentials
            WHERE organisation_id = found_row.organisation_id AND id = found_row.credential_id
            FOR UPDATE SKIP LOCKED);
    END IF;

    RETURN QUERY SELECT found_row.credential_id, found_row.organisation_id, found_row.person_id, found_row.person_uuid,
        found_row.account_type, found_row.is_administrator, found_row.branch_ids, found_row.is_permitted,
        found_row.permission_keys, found_row.granted_keys, found_row.denied_keys, now();
END $$;

-- Spend a single-use token of the credential that comes with it. Run alone it is its own transaction: whatever happens
-- afterwards, the token is gone. One DELETE decides, so that of fifty at once one is told that it was the first.
CREATE FUNCTION spend_csrf_token(wanted_kind text, wanted_hash bytea, operation_keys text[], token_hash bytea)
    RETURNS TABLE (person_id bigint, account_type smallint, is_permitted boolean, is_spent boolean)
    LANGUAGE plpgsql VOLATILE ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    me record;
    spent bytea;
BEGIN
    SELECT * INTO me FROM authenticate(wanted_kind, wanted_hash, operation_keys);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF me.is_permitted THEN
        DELETE FROM csrf_tokens WHERE organisation_id = me.organisation_id AND secret_hash = token_hash
            AND credential_id = me.credential_id AND expires_at > now() RETURNING secret_hash INTO spent;
    END IF;
    RETURN QUERY SELECT me.person_id, me.account_type, me.is_permitted, spent IS NOT NULL;
END $$;

-- Issue a single-use token to the credential that comes with it; at most so many of one live, the oldest go. Nothing
-- where the credential lets nobody in. A token that a crash loses is fetched again, so nobody waits for the disk.
CREATE FUNCTION issue_csrf_token(wanted_kind text, wanted_hash bytea, token_hash bytea, lasts interval, most integer)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
AS $$
DECLARE
    me record;
BEGIN
    SELECT * INTO me FROM authenticate(wanted_kind, wanted_hash, '{}');
    -- The row's lock puts those who fetch at once in a line, so that each counts what the one before has added.
    PERFORM FROM credentials WHERE organisation_id = me.organisation_id AND id = me.credential_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM csrf_tokens WHERE organisation_id = me.organisation_id AND secret_hash IN (
        SELECT secret_hash FROM csrf_tokens
        WHERE organisation_id = me.organisation_id AND credential_id = me.credential_id
        ORDER BY issued_at DESC, secret_hash OFFSET most - 1);
    INSERT INTO csrf_tokens (organisation_id, secret_hash, credential_id, expires_at)
    VALUES (me.organisation_id, token_hash, me.credential_id, clock_timestamp() + lasts);
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN true;
END $$;

-- Take requests from a minute's allowance for one web process to serve: how many are taken now by all, or nothing
-- where none is left.
CREATE FUNCTION lease_requests(wanted_subject bytea, wanted_minute bigint, wanted bigint, allowance bigint)
    RETURNS bigint
    LANGUAGE sql VOLATILE SET search_path = public, pg_temp
AS $$
    INSERT INTO request_leases AS lease (subject_hash, minute, taken) VALUES (wanted_subject, wanted_minute, wanted)
    ON CONFLICT (subject_hash, minute) DO UPDATE SET taken = lease.taken + excluded.taken WHERE lease.taken < allowance
    RETURNING taken
$$;

-- Find the account of an e-mail address and set its organisation for the transaction. Archived ones are found too:
-- the caller refuses them in the same time as a wrong password.
CREATE FUNCTION find_sign_in(wanted_email text)
    RETURNS TABLE (
        organisation_id bigint, person_id bigint, person_uuid uuid, password_hash text, second_factor_sealed text,
        is_open boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT p.organisation_id, p.id, p.uuid, p.password_hash, p.second_factor_sealed,
               p.archived_at IS NULL AND p.email_verified_at IS NOT NULL
        FROM people p WHERE lower(p.email) = lower(wanted_email);
    PERFORM set_config('firstfix.organisation',
        (SELECT p.organisation_id::text FROM people p WHERE lower(p.email) = lower(wanted_email)), true);
END $$;

-- Jobs --------------------------------------------------------------------------------------------------------------

-- What every organisation needs from its first moment: numbers for its jobs, and positions for its events.
CREATE FUNCTION prepare_organisation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    EXECUTE format('CREATE SEQUENCE job_numbers_%s', NEW.id);
    INSERT INTO event_positions (organisation_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER prepare_organisation AFTER INSERT ON organisations
    FOR EACH ROW EXECUTE FUNCTION prepare_organisation();

-- The next job number of the current organisation. Never waits for another transaction; a number may stay unused.
CREATE FUNCTION next_job_number() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT nextval(('job_numbers_' || current_setting('firstfix.organisation'))::regclass) $$;

-- The same, past all numbers in use: for when the next one makes a reference that a job has already, because jobs came
-- in with numbers of their own or the prefix changed.
CREATE FUNCTION next_free_job_number() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    numbers regclass := 'job_numbers_' || current_setting('firstfix.organisation');
    taken bigint;
    number bigint := nextval(numbers);
BEGIN
    SELECT max(jobs.number) INTO taken FROM jobs WHERE organisation_id = {current_organisation};
    IF number <= taken THEN
        PERFORM setval(numbers, taken);
        number := nextval(numbers);
    END IF;
    RETURN number;
END $$;

-- All phrases, and a word that starts with the prefix. No words at all match nothing.
CREATE FUNCTION words_query(phrases text[], prefix text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp
AS $$
DECLARE
    wanted tsquery := ''::tsquery;
    phrase text;
    last_words text[];
BEGIN
    FOREACH phrase IN ARRAY phrases LOOP
        wanted := wanted && phraseto_tsquery('simple', firstfix_fold(phrase));
    END LOOP;
    -- A last word such as "gas-saf" folds to two: both are wanted in a row, the second by its beginning.
    last_words := string_to_array(btrim(firstfix_fold(coalesce(prefix, ''))), ' ');
    IF cardinality(last_words) > 0 THEN
        wanted := wanted && to_tsquery('simple', array_to_string(last_words, ' <-> ') || ':*');
    END IF;
    RETURN wanted;
END $$;

-- Jobs of the current organisation whose reference, title and description hold all phrases and a word that starts
-- with the prefix. `@@` is not leakproof and would not use its index under the policy, so it is asked here.
CREATE FUNCTION search_jobs(phrases text[], prefix text) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT id FROM jobs WHERE organisation_id = $1 AND search_words @@ $2'
        USING {current_organisation}, words_query(phrases, prefix);
END $$;

-- Addresses of the current organisation that hold all phrases and a word that starts with the prefix; as search_jobs.
CREATE FUNCTION search_locations(phrases text[], prefix text) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT id FROM locations WHERE organisation_id = $1 AND search_words @@ $2'
        USING {current_organisation}, words_query(phrases, prefix);
END $$;

-- Counters: each statement on jobs adds what it changed; the worker folds. Summing gives the exact number.
CREATE FUNCTION count_added_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_counts (organisation_id, branch_id, status_id, is_deferred, is_dated, jobs_count)
    SELECT organisation_id, branch_id, status_id, notification_delta IS NOT NULL, scheduled_at IS NOT NULL, count(*)
    FROM added GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION count_removed_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_counts (organisation_id, branch_id, status_id, is_deferred, is_dated, jobs_count)
    SELECT organisation_id, branch_id, status_id, notification_delta IS NOT NULL, scheduled_at IS NOT NULL, -count(*)
    FROM removed GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION count_changed_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_counts (organisation_id, branch_id, status_id, is_deferred, is_dated, jobs_count)
    SELECT organisation_id, branch_id, status_id, is_deferred, is_dated, sum(change) FROM (
        SELECT organisation_id, branch_id, status_id, notification_delta IS NOT NULL AS is_deferred,
               scheduled_at IS NOT NULL AS is_dated, 1 AS change FROM added
        UNION ALL
        SELECT organisation_id, branch_id, status_id, notification_delta IS NOT NULL,
               scheduled_at IS NOT NULL, -1 FROM removed
    ) AS changes GROUP BY 1, 2, 3, 4, 5 HAVING sum(change) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER count_added AFTER INSERT ON jobs REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_added_jobs();
CREATE TRIGGER count_removed AFTER DELETE ON jobs REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removed_jobs();
CREATE TRIGGER count_changed AFTER UPDATE ON jobs REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_jobs();

-- Fold the counters of every organisation that has more than a page of rows. Harmless when two do it at once.
CREATE FUNCTION fold_job_counts() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH crowded AS (
        SELECT organisation_id FROM job_counts GROUP BY organisation_id
        HAVING count(*) > 2 * count(DISTINCT (branch_id, status_id, is_deferred, is_dated)) + 16
    ), taken AS (
        DELETE FROM job_counts WHERE organisation_id IN (SELECT organisation_id FROM crowded) RETURNING *
    ), kept AS (
        INSERT INTO job_counts (organisation_id, branch_id, status_id, is_deferred, is_dated, jobs_count)
        SELECT organisation_id, branch_id, status_id, is_deferred, is_dated, sum(jobs_count) FROM taken
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(jobs_count) <> 0
    )
    SELECT count(*) FROM taken;
$$;

-- Upkeep ------------------------------------------------------------------------------------------------------------

-- Make the partitions of this month and the next two. The default one catches what no clock foresaw.
CREATE FUNCTION make_event_partitions() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    month timestamptz := date_trunc('month', now(), 'UTC');
    part text;
BEGIN
    FOR step IN 0..2 LOOP
        part := 'events_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)', part,
                first_uuid_of(month), first_uuid_of(date_trunc('month', month + interval '32 days', 'UTC')));
            -- The policy is the parent's: a partition asked by its own name would show every organisation's events.
            EXECUTE format('REVOKE ALL ON %I FROM {app_role}', part);
        END IF;
        month := date_trunc('month', month + interval '32 days', 'UTC');
    END LOOP;
END $$;
CREATE FUNCTION first_uuid_of(at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
CREATE TABLE events_default PARTITION OF events DEFAULT;
SELECT make_event_partitions();

-- Drop what has run out, of all organisations.
CREATE FUNCTION drop_expired_access() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH tokens AS (DELETE FROM csrf_tokens WHERE expires_at < now() RETURNING 1),
         sessions AS (
            DELETE FROM credentials WHERE expires_at < now()
               OR last_used_at + make_interval(secs => idle_seconds) < now() RETURNING 1),
         answers AS (DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours' RETURNING 1),
         failures AS (DELETE FROM sign_in_failures WHERE failed_at < now() - interval '1 hour' RETURNING 1),
         codes AS (DELETE FROM one_time_codes WHERE used_at < now() - interval '1 hour' RETURNING 1),
         leases AS (DELETE FROM request_leases WHERE minute < extract(epoch FROM now()) / 60 - 5 RETURNING 1)
    SELECT (SELECT count(*) FROM tokens) + (SELECT count(*) FROM sessions)
         + (SELECT count(*) FROM answers) + (SELECT count(*) FROM failures)
         + (SELECT count(*) FROM codes) + (SELECT count(*) FROM leases);
$$;

-- Rights of the app's role: it owns nothing, and events are append-only for it ------------------------------------

GRANT USAGE ON SCHEMA public TO {app_role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app_role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app_role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app_role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app_role};
REVOKE UPDATE, DELETE ON events FROM {app_role};
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {app_role};
REVOKE UPDATE, DELETE ON sealing_keys FROM {app_role};
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM {app_role}', part);
    END LOOP;
END $$;
