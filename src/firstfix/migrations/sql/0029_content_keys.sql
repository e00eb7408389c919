-- Keys that organisations' files are sealed with.

ALTER TABLE content_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON content_keys
    USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- Whose key is lost has lost their files: the app makes one, and never takes it away or puts another in its place.
REVOKE UPDATE, DELETE ON content_keys FROM {app_role};
