-- Files attached to assets.

ALTER TABLE asset_attachments ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON asset_attachments USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- A link that goes takes its file along, as those of tasks do.
CREATE TRIGGER delete_unlinked AFTER DELETE ON asset_attachments REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION delete_unlinked_files();
