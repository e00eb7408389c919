-- Films that have to be made at other sizes: row-level security, and how workers share them.

ALTER TABLE film_tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON film_tasks USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- Those that are there already.
INSERT INTO film_tasks (organisation_id, photo_id)
SELECT files.organisation_id, files.id FROM files JOIN job_photos
    ON job_photos.organisation_id = files.organisation_id AND job_photos.file_id = files.id
WHERE files.state = 'processing';

-- Lease the film that has been due for longest, of any organisation. What others hold is passed over; one whose lease
-- ran out is taken again, under the next number, and counts as an attempt that failed. Deleted films wait until somebody
-- restores them.
CREATE FUNCTION claim_film(lease_lasts interval)
    RETURNS TABLE (
        organisation_id bigint, photo_id bigint, uuid uuid, lease integer, attempts integer,
        storage_key uuid, size_bytes bigint, file_name text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    due record;
BEGIN
    SELECT t.organisation_id, t.photo_id, f.uuid, f.storage_key, f.size_bytes, f.file_name INTO due
    FROM film_tasks t JOIN files f ON f.organisation_id = t.organisation_id AND f.id = t.photo_id
    WHERE t.next_at <= now() AND f.archived_at IS NULL
    ORDER BY t.next_at, t.photo_id LIMIT 1 FOR UPDATE OF t SKIP LOCKED;
    IF FOUND THEN
        RETURN QUERY UPDATE film_tasks t SET state = 'running', lease = t.lease + 1, percent = 0,
            attempts = t.attempts + (t.state = 'running')::integer, next_at = now() + lease_lasts
        WHERE t.organisation_id = due.organisation_id AND t.photo_id = due.photo_id
        RETURNING t.organisation_id, t.photo_id, due.uuid, t.lease, t.attempts, due.storage_key, due.size_bytes,
            due.file_name;
    END IF;
END $$;
