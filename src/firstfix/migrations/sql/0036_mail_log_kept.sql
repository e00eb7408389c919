-- How long the log of mails is kept.

-- From when on the log is whole: the last twelve months, and this one.
CREATE FUNCTION outbox_begins_at() RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '12 months') AT TIME ZONE 'UTC'
$$;

-- Drop the months before, of all organisations, but those in which a mail still waits; returns how many. The tables are
-- locked before that is looked at: who asks for a mail again at the same moment gets it, or is told that it is gone.
-- Where somebody works in them for longer than a moment nothing is dropped this time.
CREATE FUNCTION drop_old_outbox() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s'
AS $$
DECLARE
    part text;
    still_waits boolean;
    dropped_count bigint := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'outbox'::regclass AND c.relname ~ '^outbox_\d{4}_\d{2}$'
          AND c.relname < 'outbox_' || to_char(outbox_begins_at() AT TIME ZONE 'UTC', 'YYYY_MM')
        ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE next_at IS NOT NULL)', part) INTO still_waits;
        CONTINUE WHEN still_waits;
        LOCK TABLE ONLY outbox IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE next_at IS NOT NULL)', part) INTO still_waits;
        CONTINUE WHEN still_waits;
        EXECUTE format('DROP TABLE %I', part);
        dropped_count := dropped_count + 1;
    END LOOP;
    RETURN dropped_count;
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $$;
