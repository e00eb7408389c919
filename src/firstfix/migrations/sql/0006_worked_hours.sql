-- Row-level security of worked hours.

ALTER TABLE worked_hours ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON worked_hours USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));
