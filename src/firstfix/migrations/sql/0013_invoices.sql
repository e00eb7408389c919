-- Invoices: row-level security, numbers of an organisation's own, keys of roles that were there before.

DO $$
DECLARE
    owned text;
    organisation bigint;
BEGIN
    FOREACH owned IN ARRAY ARRAY['invoices', 'invoice_lines'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
    FOR organisation IN SELECT id FROM organisations LOOP
        EXECUTE format('CREATE SEQUENCE invoice_numbers_%s', organisation);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION prepare_organisation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    EXECUTE format('CREATE SEQUENCE job_numbers_%s', NEW.id);
    EXECUTE format('CREATE SEQUENCE invoice_numbers_%s', NEW.id);
    INSERT INTO event_positions (organisation_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

-- The next invoice number of the current organisation, in eight digits. Never waits for another transaction; a number
-- may stay unused.
CREATE FUNCTION next_invoice_number() RETURNS text
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT to_char(nextval(('invoice_numbers_' || current_setting('firstfix.organisation'))::regclass), 'FM00000000')
$$;

-- Everything that holds values of custom fields, invoices too.
CREATE OR REPLACE VIEW field_holders WITH (security_invoker = true) AS
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
    UNION ALL SELECT field_values FROM invoices
) AS holders WHERE field_values <> '{}';

-- Who works in the office already, by the keys that they hold.
UPDATE roles SET permission_keys = permission_keys || ARRAY['api.invoices.view', 'api.invoices.manage']
WHERE 'api.jobs.amend_request.decide' = ANY (permission_keys);
