-- Row-level security of signatures, and what becomes of their pictures.

ALTER TABLE job_signatures ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON job_signatures USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- A signature that goes, most often with its job, takes its picture along.
CREATE TRIGGER delete_unlinked AFTER DELETE ON job_signatures REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION delete_unlinked_files();
