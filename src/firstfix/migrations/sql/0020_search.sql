-- The newest jobs of the current organisation that a search finds, as search_jobs does, and how many it finds. Each is
-- looked at once: who joins all that are found to jobs under the policy pays for each several times.
-- The plan is made once for whatever words come: the index of words is the only way there is, and with all the other
-- indexes of jobs to be weighed, planning takes longer than a search that finds little.
CREATE FUNCTION find_newest_jobs(phrases text[], prefix text, of_branches bigint[], wanted bigint)
    RETURNS TABLE (ids bigint[], jobs_count bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
    SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    own bigint := {current_organisation};
    query tsquery := words_query(phrases, prefix);
BEGIN
    RETURN QUERY
        WITH matched AS MATERIALIZED (
            SELECT id, created_at FROM jobs
            WHERE organisation_id = own AND search_words @@ query
              AND (of_branches IS NULL OR branch_id = ANY (of_branches))
        )
        SELECT ARRAY(SELECT id FROM matched ORDER BY created_at DESC, id DESC LIMIT wanted),
            (SELECT count(*) FROM matched);
END $$;
