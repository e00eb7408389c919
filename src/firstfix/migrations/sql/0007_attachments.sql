-- Files attached to tasks of jobs.

ALTER TABLE job_task_attachments ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON job_task_attachments USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- A link that goes, by whatever statement, takes its file along: that of a task that is deleted, alone or with its job.
CREATE FUNCTION delete_unlinked_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM files USING removed
    WHERE files.organisation_id = removed.organisation_id AND files.id = removed.file_id;
    RETURN NULL;
END $$;
CREATE TRIGGER delete_unlinked AFTER DELETE ON job_task_attachments REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION delete_unlinked_files();
