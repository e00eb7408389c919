-- Mail that comes in: row-level security, and what looks across organisations.

ALTER TABLE blocked_senders ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON blocked_senders USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- What names no organisation may be written while none is set, and is read by the owner alone.
ALTER TABLE quarantined_mails ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON quarantined_mails USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id IS NOT DISTINCT FROM (SELECT {current_organisation}));

-- Find whose reply address a token was, whether or not it still lets anybody in, and set that organisation for the
-- transaction.
CREATE FUNCTION find_former_reply_address(wanted_hash bytea) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    found_row record;
BEGIN
    SELECT a.organisation_id, a.id INTO found_row FROM reply_addresses a WHERE a.token_hash = wanted_hash;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', found_row.organisation_id::text, true);
    END IF;
    RETURN found_row.id;
END $$;

-- How much is in the quarantine of the transaction's organisation, or of none.
CREATE FUNCTION quarantine_usage() RETURNS TABLE (mails_count bigint, used_bytes bigint)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
    SELECT count(*), coalesce(sum(size_bytes), 0)::bigint FROM quarantined_mails
    WHERE organisation_id IS NOT DISTINCT FROM {current_organisation}
$$;

-- Delete what has been in quarantine for so long, of all organisations, and what is known of letters that long ago.
CREATE FUNCTION drop_old_mail(kept interval, known interval) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM inbound_mails WHERE received_at < now() - known;
    DELETE FROM mail_attempts WHERE last_at < now() - kept;
    WITH dropped AS (DELETE FROM quarantined_mails WHERE received_at < now() - kept RETURNING 1)
    SELECT count(*) FROM dropped
$$;
