-- When a client last moved to another time zone: whoever counts by their days has to know that one of them was cut short.
-- Kept by the table, so that no way of changing the zone goes round it.
CREATE FUNCTION accounts_time_zone_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.time_zone_changed_at := CASE
        WHEN NEW.time_zone <> OLD.time_zone THEN clock_timestamp() ELSE OLD.time_zone_changed_at END;
    RETURN NEW;
END $$;

CREATE TRIGGER accounts_time_zone_changed BEFORE UPDATE OF time_zone, time_zone_changed_at ON accounts_client
    FOR EACH ROW EXECUTE FUNCTION accounts_time_zone_changed();
