-- The one-time link of a first start. The app's role sees no link: it asks by these two functions.

REVOKE ALL ON set_up_links FROM {app_role};

CREATE FUNCTION set_up_is_open(wanted_hash bytea) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM set_up_links WHERE secret_hash = wanted_hash AND expires_at > now())
       AND NOT EXISTS (SELECT FROM organisations)
$$;

-- Use a link: make the first organisation, and work for it from now on in this transaction. No row where that is not
-- to be. Of many who come at once the first takes the link's row. The lock waits for whoever founds an organisation at
-- this moment in another way, so that there is none when we look.
CREATE FUNCTION found_by_set_up(
    wanted_hash bytea, wanted_name text, wanted_slug text, wanted_time_zone text, wanted_currency text)
    RETURNS TABLE (id bigint, uuid uuid)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM set_up_links WHERE secret_hash = wanted_hash AND expires_at > now();
    IF NOT FOUND THEN
        RETURN;
    END IF;
    LOCK TABLE organisations IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM organisations) THEN
        RETURN;
    END IF;
    RETURN QUERY
        INSERT INTO organisations (name, slug, time_zone, currency)
        VALUES (wanted_name, wanted_slug, wanted_time_zone, wanted_currency)
        RETURNING organisations.id, organisations.uuid;
    PERFORM set_config('firstfix.organisation', (SELECT organisations.id::text FROM organisations), true);
END $$;
