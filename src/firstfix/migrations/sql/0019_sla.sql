-- What is promised about jobs: row-level security, working time, and the triggers that keep deadlines.

DO $$
DECLARE
    owned text;
BEGIN
    FOREACH owned IN ARRAY ARRAY['sla_policies', 'working_weeks', 'days_off', 'working_spans', 'sla_refreshes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
        EXECUTE format(
            $policy$CREATE POLICY organisation ON %I USING (organisation_id = (SELECT {current_organisation}))
            WITH CHECK (organisation_id = (SELECT {current_organisation}))$policy$, owned);
    END LOOP;
END $$;

-- Working time -------------------------------------------------------------------------------------------------------

-- How much working time a branch's calendar has until a moment, in seconds. Two of these make what lies between.
CREATE FUNCTION working_seconds_until(organisation bigint, branch bigint, moment timestamptz) RETURNS bigint
    LANGUAGE sql STABLE
RETURN coalesce((
    SELECT seconds_before + extract(epoch FROM least(moment, ends_at) - starts_at)::bigint FROM working_spans
    WHERE organisation_id = organisation AND branch_id = branch AND starts_at <= moment
    ORDER BY starts_at DESC LIMIT 1
), 0);

-- The first moment by which a branch's calendar has so much working time: the end of a day, not the next day's beginning.
-- Past the calendar's end it is that end.
CREATE FUNCTION working_moment(organisation bigint, branch bigint, seconds bigint) RETURNS timestamptz
    LANGUAGE sql STABLE
RETURN (
    SELECT least(starts_at + (seconds - seconds_before) * interval '1 second', ends_at) FROM working_spans
    WHERE organisation_id = organisation AND branch_id = branch AND seconds_before < seconds
    ORDER BY seconds_before DESC LIMIT 1
);

-- Deadlines ----------------------------------------------------------------------------------------------------------

-- The end of the day, in a branch's time zone, on which works should end: what was set, else the day of a moment.
CREATE FUNCTION end_of_works(organisation bigint, branch bigint, ends_on date, ends_at timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE
RETURN (
    SELECT (coalesce(ends_on, (ends_at AT TIME ZONE zone)::date) + 1)::timestamp AT TIME ZONE zone
    FROM (
        SELECT coalesce(b.time_zone, o.time_zone) AS zone FROM branches b JOIN organisations o ON o.id = b.organisation_id
        WHERE b.organisation_id = organisation AND b.id = branch
    ) AS local
);

-- The end of the day on which the works of a job should end: what was set, else the day of its last time slot.
CREATE FUNCTION works_due_at(job jobs) RETURNS timestamptz
    LANGUAGE sql STABLE
RETURN end_of_works(job.organisation_id, job.branch_id, job.works_end_on, (
    SELECT max(s.starts_at + make_interval(mins => s.minutes)) FROM time_slots s
    WHERE s.organisation_id = job.organisation_id AND s.job_id = job.id
));

-- Whether the clock of a job that is not done stands: it is deferred, or its status says so.
CREATE FUNCTION is_clock_paused(job jobs) RETURNS boolean
    LANGUAGE sql STABLE
RETURN job.notification_delta IS NOT NULL OR (
    SELECT s.pauses_sla FROM statuses s WHERE s.organisation_id = job.organisation_id AND s.id = job.status_id
);

-- The deadlines of a job that nobody has answered yet, and is not done, as the policy that fits it says now. The one that
-- is for its branch comes before one for all, then the one for its type. A deferred job has none: it waits to begin.
CREATE FUNCTION deadlines_of(job jobs)
    RETURNS TABLE (response_due_at timestamptz, resolution_due_at timestamptz, warning_due_at timestamptz)
    LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT
        working_moment(job.organisation_id, job.branch_id, began + 60 * p.response_minutes),
        working_moment(job.organisation_id, job.branch_id, began + 60 * p.resolution_minutes),
        working_moment(job.organisation_id, job.branch_id, began + 60 * (p.resolution_minutes - p.warning_minutes))
    FROM (
        SELECT * FROM sla_policies
        WHERE organisation_id = job.organisation_id AND priority_id = job.priority_id
          AND (branch_id = job.branch_id OR branch_id IS NULL)
          AND (job_type_id = job.job_type_id OR job_type_id IS NULL)
        ORDER BY branch_id IS NULL, job_type_id IS NULL LIMIT 1
    ) AS p, (
        SELECT working_seconds_until(job.organisation_id, job.branch_id, job.created_at) + job.paused_seconds AS began
    ) AS counted
    WHERE job.notification_delta IS NULL;
END;

-- Whether what is stored for an open job is not what its policy, its calendar, its status and its slots say now.
CREATE FUNCTION is_out_of_step(job jobs) RETURNS boolean
    LANGUAGE sql STABLE
RETURN job.works_due_at IS DISTINCT FROM works_due_at(job)
    OR is_clock_paused(job) <> (job.clock_stopped_at IS NOT NULL)
    OR (SELECT due.resolution_due_at IS DISTINCT FROM job.resolution_due_at
            OR due.warning_due_at IS DISTINCT FROM job.warning_due_at
            OR (job.responded_at IS NULL AND due.response_due_at IS DISTINCT FROM job.response_due_at)
        FROM (VALUES (1)) AS one LEFT JOIN deadlines_of(job) AS due ON true);

-- Keep what is promised about a job in step with the job, whoever writes it. Reads compare what this stores with the
-- time, so that time passing needs no writing.
CREATE FUNCTION set_deadlines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := date_trunc('second', now());
    is_new boolean := TG_OP = 'INSERT';
    was_done boolean := TG_OP = 'UPDATE' AND OLD.stage >= 3;
    is_done boolean := NEW.stage >= 3;
    was_paused boolean;
    is_paused boolean;
    is_answered_now boolean;
    due record;
BEGIN
    -- Until the commit: a refresh begins when everybody who may have read an older policy is through.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('sla ' || NEW.organisation_id, 0));
    IF is_new THEN
        -- Its first slot is written after it, and ends then.
        NEW.works_due_at := end_of_works(NEW.organisation_id, NEW.branch_id, NEW.works_end_on,
            NEW.scheduled_at + make_interval(mins => coalesce(NEW.estimated_minutes, 0)));
    ELSE
        NEW.works_due_at := works_due_at(NEW);
        IF NEW.created_at <> OLD.created_at THEN -- dispatched: what is promised begins now
            NEW.responded_at := NULL;
            NEW.clock_stopped_at := NULL;
            NEW.paused_seconds := 0;
            NEW.alarms_raised := 0;
        END IF;
    END IF;

    -- The clock stands while a status pauses it, and when the job is done. How long it stood counts once it goes on, or
    -- stands for the other reason.
    was_paused := NEW.clock_stopped_at IS NOT NULL AND NOT was_done AND NOT (is_new AND is_done);
    is_paused := NOT is_done AND is_clock_paused(NEW);
    IF was_paused <> is_paused OR was_done <> is_done THEN
        IF NEW.clock_stopped_at IS NOT NULL AND NOT is_new THEN
            NEW.paused_seconds := NEW.paused_seconds + greatest(0,
                working_seconds_until(NEW.organisation_id, NEW.branch_id, CASE WHEN is_done THEN
                    coalesce(NEW.completed_at, moment) ELSE moment END)
                - working_seconds_until(NEW.organisation_id, NEW.branch_id, NEW.clock_stopped_at));
            NEW.clock_stopped_at := NULL;
        END IF;
        IF is_done THEN
            NEW.clock_stopped_at := coalesce(NEW.clock_stopped_at, NEW.completed_at, moment);
        ELSIF is_paused THEN
            NEW.clock_stopped_at := coalesce(NEW.clock_stopped_at, moment);
        END IF;
    END IF;

    -- What is answered, or done, is judged by what was promised then: it no longer moves.
    is_answered_now := NEW.responded_at IS NULL AND NEW.stage BETWEEN 1 AND 5;
    IF is_answered_now THEN
        NEW.responded_at := least(moment, NEW.started_at);
    END IF;
    is_answered_now := NEW.responded_at IS NOT NULL AND (is_new OR OLD.responded_at IS NULL
        OR NEW.created_at <> OLD.created_at);
    IF NOT (was_done AND is_done) THEN
        SELECT * INTO due FROM deadlines_of(NEW);
        NEW.resolution_due_at := due.resolution_due_at;
        NEW.warning_due_at := due.warning_due_at;
        IF NEW.responded_at IS NULL OR is_answered_now THEN
            NEW.response_due_at := due.response_due_at;
        END IF;
        IF is_answered_now AND is_paused AND NEW.response_due_at IS NOT NULL THEN
            NEW.response_due_at := working_moment(NEW.organisation_id, NEW.branch_id,
                working_seconds_until(NEW.organisation_id, NEW.branch_id, NEW.response_due_at)
                + greatest(0, working_seconds_until(NEW.organisation_id, NEW.branch_id, NEW.responded_at)
                - working_seconds_until(NEW.organisation_id, NEW.branch_id, NEW.clock_stopped_at)));
        END IF;
        -- A deadline that moves is told of anew where its time is still to come, and only there.
        NEW.alarms_raised := CASE
            WHEN coalesce(NEW.warning_due_at, NEW.resolution_due_at) > moment THEN 0
            WHEN NEW.resolution_due_at > moment THEN least(NEW.alarms_raised, 1)
            ELSE NEW.alarms_raised END;
    END IF;
    RETURN NEW;
END $$;
-- One that comes with its deadline keeps it.
CREATE TRIGGER set_deadlines_of_new BEFORE INSERT ON jobs
    FOR EACH ROW WHEN (NEW.resolution_due_at IS NULL) EXECUTE FUNCTION set_deadlines();
CREATE TRIGGER set_deadlines BEFORE UPDATE OF branch_id, priority_id, job_type_id, status_id, stage, works_end_on,
    notification_delta, created_at, responded_at ON jobs
    FOR EACH ROW EXECUTE FUNCTION set_deadlines();

-- The day on which the works should end follows the time slots.
CREATE FUNCTION follow_slots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE jobs SET works_due_at = works.due_at
    FROM (
        SELECT j.organisation_id, j.id, end_of_works(j.organisation_id, j.branch_id, NULL,
            max(s.starts_at + make_interval(mins => s.minutes))) AS due_at
        FROM moved JOIN jobs j ON j.organisation_id = moved.organisation_id AND j.id = moved.job_id
        LEFT JOIN time_slots s ON s.organisation_id = j.organisation_id AND s.job_id = j.id
        WHERE j.works_end_on IS NULL GROUP BY j.organisation_id, j.id
    ) AS works
    WHERE jobs.organisation_id = works.organisation_id AND jobs.id = works.id
      AND jobs.works_due_at IS DISTINCT FROM works.due_at;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_added AFTER INSERT ON time_slots REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION follow_slots();
CREATE TRIGGER follow_changed AFTER UPDATE ON time_slots REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION follow_slots();
CREATE TRIGGER follow_removed AFTER DELETE ON time_slots REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION follow_slots();

-- Refreshing ---------------------------------------------------------------------------------------------------------

-- Note that an organisation's open jobs are to be looked at, and with an argument that its calendars are first.
CREATE FUNCTION ask_for_sla_refresh() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    organisation bigint;
BEGIN
    IF TG_TABLE_NAME = 'organisations' THEN
        organisation := NEW.id;
    ELSIF TG_OP = 'DELETE' THEN
        organisation := OLD.organisation_id;
    ELSE
        organisation := NEW.organisation_id;
    END IF;
    INSERT INTO sla_refreshes AS r (organisation_id, is_calendar_due, after_job_id) VALUES (organisation, TG_NARGS > 0, -1)
    ON CONFLICT (organisation_id) DO UPDATE
        SET is_calendar_due = r.is_calendar_due OR excluded.is_calendar_due, after_job_id = -1;
    RETURN NULL;
END $$;
CREATE TRIGGER ask_for_sla_refresh AFTER INSERT OR UPDATE OR DELETE ON sla_policies
    FOR EACH ROW EXECUTE FUNCTION ask_for_sla_refresh();
CREATE TRIGGER ask_for_sla_refresh AFTER INSERT OR UPDATE OR DELETE ON working_weeks
    FOR EACH ROW EXECUTE FUNCTION ask_for_sla_refresh('calendar');
CREATE TRIGGER ask_for_sla_refresh AFTER INSERT OR UPDATE OR DELETE ON days_off
    FOR EACH ROW EXECUTE FUNCTION ask_for_sla_refresh('calendar');
CREATE TRIGGER ask_for_sla_refresh AFTER INSERT OR UPDATE OF time_zone ON branches
    FOR EACH ROW EXECUTE FUNCTION ask_for_sla_refresh('calendar');
CREATE TRIGGER ask_for_sla_refresh AFTER UPDATE OF time_zone ON organisations
    FOR EACH ROW EXECUTE FUNCTION ask_for_sla_refresh('calendar');
CREATE TRIGGER ask_for_sla_refresh AFTER UPDATE OF pauses_sla ON statuses
    FOR EACH ROW WHEN (OLD.pauses_sla <> NEW.pauses_sla) EXECUTE FUNCTION ask_for_sla_refresh();

-- Have every organisation's calendars looked at: a day has passed, or the holidays that are known have changed.
CREATE FUNCTION ask_for_calendars() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    INSERT INTO sla_refreshes (organisation_id, is_calendar_due) SELECT id, true FROM organisations
    ON CONFLICT (organisation_id) DO UPDATE SET is_calendar_due = true
$$;

-- Lock what is to be refreshed for one organisation, and set that for the transaction. What others do is passed over.
CREATE FUNCTION claim_sla_refresh() RETURNS TABLE (organisation_id bigint, at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_id bigint;
BEGIN
    SELECT r.organisation_id INTO found_id FROM sla_refreshes r
    ORDER BY r.organisation_id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM set_config('firstfix.organisation', found_id::text, true);
        RETURN QUERY SELECT found_id, now();
    END IF;
END $$;

-- Lock jobs whose alarms have been due for longest, all of one organisation, and set that for the transaction.
CREATE FUNCTION claim_due_alarms(most integer) RETURNS TABLE (organisation_id bigint, job_ids bigint[], at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_id bigint;
    found_ids bigint[];
BEGIN
    SELECT j.organisation_id INTO found_id FROM jobs j WHERE j.alarm_at <= now()
    ORDER BY j.alarm_at, j.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        SELECT array_agg(due.id) INTO found_ids FROM (
            SELECT j.id FROM jobs j WHERE j.alarm_at <= now() AND j.organisation_id = found_id
            ORDER BY j.alarm_at, j.id LIMIT most FOR UPDATE SKIP LOCKED
        ) AS due;
        PERFORM set_config('firstfix.organisation', found_id::text, true);
        RETURN QUERY SELECT found_id, found_ids, now();
    END IF;
END $$;

-- Organisations that were there before: the hours that new ones begin with.
INSERT INTO working_weeks (organisation_id, hours)
SELECT id, '[[0, 480, 1080], [1, 480, 1080], [2, 480, 1080], [3, 480, 1080], [4, 480, 1080]]' FROM organisations;
