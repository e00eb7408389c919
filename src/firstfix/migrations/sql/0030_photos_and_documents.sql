-- Row-level security of photos and documents, what becomes of their files, and what organisations that are there
-- already need: types of documents, and for who worked with documents before, the keys to all of them.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['document_types', 'job_photos', 'photo_variants', 'job_documents'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
    -- A link that goes takes its file along, as those of tasks do.
    FOREACH owned IN ARRAY ARRAY['job_photos', 'photo_variants', 'job_documents'] LOOP
        EXECUTE format(
            'CREATE TRIGGER delete_unlinked AFTER DELETE ON %I REFERENCING OLD TABLE AS removed'
            ' FOR EACH STATEMENT EXECUTE FUNCTION delete_unlinked_files()', owned);
    END LOOP;
END $$;

INSERT INTO document_types (organisation_id, name, key, position)
SELECT organisations.id, types.name, types.key, types.position FROM organisations CROSS JOIN (VALUES
    ('Certificate', 'certificate', 1), ('Quote', 'quote', 2), ('Invoice', 'invoice', 3), ('Report', 'report', 4),
    ('Risk assessment', 'risk_assessment', 5), ('Other', 'other', 6)) AS types (name, key, position);

UPDATE roles SET permission_keys = permission_keys || ARRAY(
    SELECT 'document.' || types.key || '.' || act
    FROM document_types AS types CROSS JOIN unnest(ARRAY['upload', 'read', 'delete']) WITH ORDINALITY AS acts (act, place)
    WHERE types.organisation_id = roles.organisation_id ORDER BY types.position, acts.place)
WHERE 'api.jobs.documents.manage' = ANY (permission_keys);
