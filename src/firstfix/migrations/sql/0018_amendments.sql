-- Row-level security of amendments and remedial links.

ALTER TABLE amendments ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON amendments USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

ALTER TABLE remedial_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON remedial_links USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));
