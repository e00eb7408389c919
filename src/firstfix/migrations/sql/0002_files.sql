-- Row-level security, counters and removals of files, and what the sweep needs to see across organisations.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['files', 'file_removals', 'file_usage'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;

-- Content never changes in place: what tells of it cannot be changed either.
REVOKE UPDATE ON files FROM {app_role};
GRANT UPDATE (caption, state, archived_at) ON files TO {app_role};

CREATE FUNCTION count_added_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO file_usage AS usage (organisation_id, used_bytes)
    SELECT organisation_id, sum(size_bytes) FROM added GROUP BY 1 ORDER BY 1
    ON CONFLICT (organisation_id) DO UPDATE SET used_bytes = usage.used_bytes + excluded.used_bytes;
    RETURN NULL;
END $$;

-- A row that goes, by whatever statement, takes its bytes out of the count and leaves word of its content. 48 hours:
-- a backup of the database that still has the row copies the files after it.
CREATE FUNCTION part_with_removed_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO file_removals (organisation_id, storage_key, not_before)
    SELECT organisation_id, storage_key, now() + interval '48 hours' FROM removed;
    INSERT INTO file_usage AS usage (organisation_id, used_bytes)
    SELECT organisation_id, -sum(size_bytes) FROM removed GROUP BY 1 ORDER BY 1
    ON CONFLICT (organisation_id) DO UPDATE SET used_bytes = usage.used_bytes + excluded.used_bytes;
    RETURN NULL;
END $$;
CREATE TRIGGER count_added AFTER INSERT ON files REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_added_files();
CREATE TRIGGER part_with_removed AFTER DELETE ON files REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION part_with_removed_files();

-- The sweep, over all organisations ---------------------------------------------------------------------------------

-- Delete what was archived 30 days ago.
CREATE FUNCTION delete_expired_files() RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH expired AS (DELETE FROM files WHERE archived_at < now() - interval '30 days' RETURNING 1)
    SELECT count(*) FROM expired
$$;

-- Content that may go. Never one that a row tells of, however that came about.
CREATE FUNCTION due_file_removals(most bigint) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT storage_key FROM file_removals AS removal
    WHERE not_before <= now()
      AND NOT EXISTS (SELECT FROM files WHERE files.storage_key = removal.storage_key)
    ORDER BY not_before LIMIT most
$$;

CREATE FUNCTION forget_file_removals(keys uuid[]) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ DELETE FROM file_removals WHERE storage_key = ANY (keys) AND not_before <= now() $$;

-- Which of these keys no row and no removal knows.
CREATE FUNCTION unknown_storage_keys(keys uuid[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT seen FROM unnest(keys) AS seen
    WHERE NOT EXISTS (SELECT FROM files WHERE files.storage_key = seen)
      AND NOT EXISTS (SELECT FROM file_removals WHERE file_removals.storage_key = seen)
$$;
