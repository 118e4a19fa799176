-- The one way an event is written, by this app's service and by the SQL functions of the apps above.
CREATE FUNCTION events_record(
    p_id uuid, p_name text, p_version int, p_actor uuid, p_payload jsonb, p_context jsonb,
    p_at timestamptz DEFAULT clock_timestamp()
) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO events_event (id, name, version, actor_id, payload, context, recorded_at)
    VALUES (p_id, p_name, p_version, p_actor, p_payload, p_context, p_at);
$$;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events_event
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events_event
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
