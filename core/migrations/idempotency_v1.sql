-- The first half of an idempotent operation. Answers the stored answer when this actor has used the key for the same
-- request, NULL when the operation should go ahead (or no key was sent); refuses a key used for another request, or one
-- whose first use has not ended. The lock lives as long as the transaction, so the key and the money are stored together.
CREATE FUNCTION core_idempotency_begin(p_actor uuid, p_key text, p_request bytea) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_stored core_idempotencykey;
BEGIN
    IF p_key IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_key, hashtextextended(p_actor::text, 0))) THEN
        PERFORM core_refuse('idempotency_in_flight');
    END IF;
    SELECT * INTO v_stored FROM core_idempotencykey WHERE actor_id = p_actor AND key = p_key;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF v_stored.request <> p_request THEN
        PERFORM core_refuse('idempotency_key_reused');
    END IF;
    RETURN v_stored.answer || '{"replayed": true}';
END $$;

-- The second half: remembers the answer beside whatever the operation wrote.
CREATE FUNCTION core_idempotency_end(p_actor uuid, p_key text, p_request bytea, p_answer jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO core_idempotencykey (actor_id, key, request, answer, created_at)
    SELECT p_actor, p_key, p_request, p_answer, clock_timestamp() WHERE p_key IS NOT NULL;
$$;
