-- When a movement is recorded: now, unless its transaction brings its own time along, as an import of the past does
-- (core.clock).
CREATE FUNCTION core_now() RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(nullif(current_setting('core.now', true), '')::timestamptz, clock_timestamp());
$$;
