-- Row-level security of decided gates and of recalls, and what jobs say of theirs so far.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['gate_decisions', 'recalls'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;

-- Nobody could decide a gate or recall a job so far; what says otherwise is of a demonstration, and has nothing behind it.
UPDATE jobs SET gate_status = NULL, gate_wanted_status_id = NULL, gate_asked_by_id = NULL
WHERE gate_status IN ('approved', 'rejected');
UPDATE jobs SET is_recall = false WHERE is_recall;

-- When those were asked for that wait, the history tells.
UPDATE jobs SET gate_asked_at = coalesce((
    SELECT max(events.at) FROM events
    WHERE events.organisation_id = jobs.organisation_id AND events.entity = 'job' AND events.entity_id = jobs.id
        AND events.changes -> 'gate_status' ->> 1 = 'pending'
), jobs.updated_at)
WHERE gate_status IS NOT NULL;
