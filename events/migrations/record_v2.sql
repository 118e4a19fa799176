-- The one way an event is written. It is remembered as unsealed until the relay has given it its place in the chain.
--
-- NOTIFY makes every transaction that uses it wait for one lock at its commit, so money would queue for the bell. It is
-- rung only if a relay sleeps: a sleeping relay holds the lock that this asks for, and cannot fall asleep while a
-- transaction that has asked is still open (events.relay).
CREATE OR REPLACE FUNCTION events_record(
    p_id uuid, p_name text, p_version int, p_actor uuid, p_payload jsonb, p_context jsonb,
    p_at timestamptz DEFAULT core_now()
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_seq bigint;
BEGIN
    INSERT INTO events_event (id, name, version, actor_id, payload, context, recorded_at)
    VALUES (p_id, p_name, p_version, p_actor, p_payload, p_context, p_at)
    RETURNING seq INTO v_seq;
    INSERT INTO events_unsealed (seq) VALUES (v_seq);
    IF NOT pg_try_advisory_xact_lock_shared(events_bell()) THEN
        PERFORM pg_notify('events', '');
    END IF;
END $$;

CREATE TRIGGER events_seal_append_only BEFORE UPDATE OR DELETE ON events_seal
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER events_seal_no_truncate BEFORE TRUNCATE ON events_seal
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();

-- What was recorded before there was a chain is sealed first.
INSERT INTO events_unsealed (seq) SELECT seq FROM events_event;
