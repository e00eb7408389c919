-- The day on which the works should end follows the time slots. Looked for first: most slots, a new job's above all, change
-- nothing, and an update of no rows costs as much as all else here, with the triggers of its statement.
CREATE OR REPLACE FUNCTION follow_slots() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_organisations bigint[];
    job_ids bigint[];
    ends timestamptz[];
BEGIN
    SELECT array_agg(works.organisation_id), array_agg(works.id), array_agg(works.due_at)
    INTO of_organisations, job_ids, ends
    FROM (
        SELECT j.organisation_id, j.id, j.works_due_at, end_of_works(j.organisation_id, j.branch_id, NULL,
            max(s.starts_at + make_interval(mins => s.minutes))) AS due_at
        FROM moved JOIN jobs j ON j.organisation_id = moved.organisation_id AND j.id = moved.job_id
        LEFT JOIN time_slots s ON s.organisation_id = j.organisation_id AND s.job_id = j.id
        WHERE j.works_end_on IS NULL GROUP BY j.organisation_id, j.id
    ) AS works
    WHERE works.works_due_at IS DISTINCT FROM works.due_at;
    IF job_ids IS NOT NULL THEN
        UPDATE jobs SET works_due_at = works.due_at
        FROM unnest(of_organisations, job_ids, ends) AS works (organisation_id, id, due_at)
        WHERE jobs.organisation_id = works.organisation_id AND jobs.id = works.id
          AND jobs.works_due_at IS DISTINCT FROM works.due_at;
    END IF;
    RETURN NULL;
END $$;
