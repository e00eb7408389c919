-- Whose an address for replies was stays known when its note, or all of its job, is deleted: what is still written to it
-- is that organisation's to look at.

ALTER TABLE former_addresses ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON former_addresses USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- The job is kept as long as there is one.
CREATE FUNCTION keep_former_addresses() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO former_addresses (organisation_id, token_hash, job_id)
    SELECT gone.organisation_id, gone.token_hash, jobs.id
    FROM gone LEFT JOIN jobs ON jobs.organisation_id = gone.organisation_id AND jobs.id = gone.job_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_former_addresses AFTER DELETE ON reply_addresses REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION keep_former_addresses();

DROP FUNCTION find_former_reply_address(bytea);

-- Find whose reply address a token was, whether or not it still lets anybody in, and set that organisation for the
-- transaction. Gives its job and its note, as far as there are such.
CREATE FUNCTION find_former_address(wanted_hash bytea) RETURNS TABLE (job_id bigint, case_note_id bigint)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_row record;
BEGIN
    SELECT a.organisation_id, a.job_id, a.case_note_id INTO found_row
    FROM reply_addresses a WHERE a.token_hash = wanted_hash;
    IF NOT FOUND THEN
        SELECT a.organisation_id, a.job_id, NULL::bigint AS case_note_id INTO found_row
        FROM former_addresses a WHERE a.token_hash = wanted_hash;
    END IF;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', found_row.organisation_id::text, true);
        RETURN QUERY SELECT found_row.job_id, found_row.case_note_id;
    END IF;
END $$;

-- Delete what has been in quarantine for so long, of all organisations, and what is known of letters, and of addresses
-- that are gone, that long ago.
CREATE OR REPLACE FUNCTION drop_old_mail(kept interval, known interval) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM inbound_mails WHERE received_at < now() - known;
    DELETE FROM former_addresses WHERE ended_at < now() - known;
    DELETE FROM mail_attempts WHERE last_at < now() - kept;
    WITH dropped AS (DELETE FROM quarantined_mails WHERE received_at < now() - kept RETURNING 1)
    SELECT count(*) FROM dropped
$$;
