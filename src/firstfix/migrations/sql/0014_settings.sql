-- Let the next job of the current organisation have this number, unless it is past; gives the next one as it was.
CREATE FUNCTION advance_job_numbers(wanted bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    numbers text := 'job_numbers_' || current_setting('firstfix.organisation');
    last bigint;
BEGIN
    -- Changes nothing, and lets whoever takes a number wait: none is taken between the look and the move.
    EXECUTE format('ALTER SEQUENCE %I INCREMENT BY 1', numbers);
    SELECT greatest(coalesce(pg_sequence_last_value(numbers::regclass), 0), coalesce(max(number), 0)) INTO last
    FROM jobs WHERE organisation_id = {current_organisation};
    IF wanted - 1 > last THEN
        PERFORM setval(numbers::regclass, wanted - 1);
    END IF;
    RETURN last + 1;
END $$;
