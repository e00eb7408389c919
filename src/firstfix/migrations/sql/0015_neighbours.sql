-- People of the current organisation whose name, address, phone or trades hold all phrases and a word that starts with
-- the prefix; as search_jobs.
CREATE FUNCTION search_people(phrases text[], prefix text) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT id FROM people WHERE organisation_id = $1 AND search_words @@ $2'
        USING {current_organisation}, words_query(phrases, prefix);
END $$;

-- Contacts of the current organisation; as search_people.
CREATE FUNCTION search_contacts(phrases text[], prefix text) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT id FROM contacts WHERE organisation_id = $1 AND search_words @@ $2'
        USING {current_organisation}, words_query(phrases, prefix);
END $$;
