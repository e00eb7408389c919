-- Row-level security of tasks, items and labor of jobs, and of what labor rates apply to.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['labor_rate_people', 'labor_rate_taxes', 'job_tasks', 'job_task_items', 'job_labor']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;
