-- Row-level security of what jobs refer to, markups of prices that were there before, keys of roles that were.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['skills', 'job_type_skills', 'service_areas', 'unavailability_types',
                                 'working_exceptions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;

UPDATE catalogue_tasks SET markup_value = unit_price - unit_cost;
UPDATE catalogue_items SET markup_value = unit_price - unit_cost;

-- Who sees all jobs' customers and catalogue already, by the keys that they hold.
UPDATE roles SET permission_keys = permission_keys || ARRAY['api.places.view']
WHERE 'api.jobs.manage.manage' = ANY (permission_keys);
UPDATE roles SET permission_keys = permission_keys
    || ARRAY['api.places.manage', 'api.catalogue.view', 'api.catalogue.manage', 'api.office.view']
WHERE 'api.jobs.amend_request.decide' = ANY (permission_keys);
