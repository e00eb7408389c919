-- Files that came with case notes.

ALTER TABLE case_note_attachments ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON case_note_attachments USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- A link that goes, with its note or with the job, takes its file along, as those of tasks do.
CREATE TRIGGER delete_unlinked AFTER DELETE ON case_note_attachments REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION delete_unlinked_files();
