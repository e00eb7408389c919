-- Row-level security of custom fields, and functions that look for values by index: the policy would let none be used.

ALTER TABLE custom_fields ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON custom_fields USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

-- Everything that holds values, once; the ids of fields tell organisations apart.
CREATE VIEW field_holders WITH (security_invoker = true) AS
SELECT field_values, jsonb_path_query_array(field_values, '$.keyvalue().key') AS field_keys
FROM (
    SELECT field_values FROM jobs
    UNION ALL SELECT field_values FROM job_tasks
    UNION ALL SELECT field_values FROM customers
    UNION ALL SELECT field_values FROM locations
    UNION ALL SELECT field_values FROM contacts
    UNION ALL SELECT field_values FROM assets
    UNION ALL SELECT field_values FROM catalogue_tasks
    UNION ALL SELECT field_values FROM catalogue_items
) AS holders WHERE field_values <> '{}';

-- Whether anything holds a value in a field of the current organisation. The planner, who expects to find one soon,
-- would read the tables from their beginnings, and where there is none read all of them.
CREATE FUNCTION is_field_held(field bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
AS $$
    SELECT EXISTS (SELECT FROM custom_fields WHERE id = field AND organisation_id = {current_organisation})
        AND EXISTS (SELECT FROM field_holders WHERE field_keys ? field::text)
$$;

-- Whether anything holds one of some options in a field of the current organisation.
CREATE FUNCTION is_option_held(field bigint, options text[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
AS $$
    SELECT EXISTS (SELECT FROM custom_fields WHERE id = field AND organisation_id = {current_organisation})
        AND EXISTS (
            SELECT FROM unnest(options) AS wanted (option), field_holders
            WHERE field_values @> jsonb_build_object(field::text, option))
$$;

-- Jobs of the current organisation that hold all of some values, given by the keys of their fields.
CREATE FUNCTION find_jobs_by_fields(wanted jsonb) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    known jsonb;
BEGIN
    SELECT jsonb_object_agg(custom_fields.id, value) INTO known FROM jsonb_each(wanted) JOIN custom_fields
        ON organisation_id = {current_organisation} AND entity_class = 'Job' AND custom_fields.key = jsonb_each.key;
    IF (SELECT count(*) FROM jsonb_object_keys(known)) = (SELECT count(*) FROM jsonb_object_keys(wanted)) THEN
        RETURN QUERY EXECUTE
            'SELECT id FROM jobs WHERE organisation_id = $1 AND field_values @> $2 AND field_values <> ''{}'''
            USING {current_organisation}, known;
    END IF;
END $$;
