-- Words of jobs, where searches look for them.

-- What a job is found by.
CREATE FUNCTION words_of(reference text, title text, description text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE
RETURN to_tsvector('simple', firstfix_fold(reference || ' ' || title || ' ' || description));

INSERT INTO job_words (organisation_id, job_id, branch_id, created_at, words)
SELECT organisation_id, id, branch_id, created_at, search_words FROM jobs;
CREATE INDEX ix_job_words_words ON job_words USING gin (words);

ALTER TABLE job_words ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation ON job_words USING (organisation_id = (SELECT {current_organisation}))
    WITH CHECK (organisation_id = (SELECT {current_organisation}));

CREATE FUNCTION keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_words (organisation_id, job_id, branch_id, created_at, words)
    SELECT a.organisation_id, a.id, a.branch_id, a.created_at, words_of(a.reference, a.title, a.description) FROM added a;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_words AFTER INSERT ON jobs REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_words();

CREATE FUNCTION follow_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE job_words SET branch_id = NEW.branch_id, created_at = NEW.created_at,
        words = words_of(NEW.reference, NEW.title, NEW.description)
    WHERE organisation_id = NEW.organisation_id AND job_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_words AFTER UPDATE OF reference, title, description, branch_id, created_at ON jobs
    FOR EACH ROW WHEN (
        (OLD.reference, OLD.title, OLD.description, OLD.branch_id, OLD.created_at)
        IS DISTINCT FROM (NEW.reference, NEW.title, NEW.description, NEW.branch_id, NEW.created_at)
    ) EXECUTE FUNCTION follow_words();

CREATE OR REPLACE FUNCTION search_jobs(phrases text[], prefix text) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT job_id FROM job_words WHERE organisation_id = $1 AND words @@ $2'
        USING {current_organisation}, words_query(phrases, prefix);
END $$;

CREATE OR REPLACE FUNCTION find_newest_jobs(phrases text[], prefix text, of_branches bigint[], wanted bigint)
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
            SELECT job_id, created_at FROM job_words
            WHERE organisation_id = own AND words @@ query AND (of_branches IS NULL OR branch_id = ANY (of_branches))
        )
        SELECT ARRAY(SELECT job_id FROM matched ORDER BY created_at DESC, job_id DESC LIMIT wanted),
            (SELECT count(*) FROM matched);
END $$;
