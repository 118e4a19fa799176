-- THE DOOR, second version: a frozen account lets nothing out, and in only what its freeze allows; a house account that
-- is not open is said to be so. Each movement of a client's account is recorded after the one before, also by a server
-- whose clock was put back: a statement of a period that is over would change otherwise. Everything else is as in
-- post_v1.sql.
CREATE OR REPLACE FUNCTION ledger_post(
    p_id uuid, p_kind text, p_accounts bigint[], p_amounts numeric[],
    p_event_id uuid, p_event text, p_event_version int, p_actor uuid, p_payload jsonb, p_context jsonb,
    p_correlation uuid DEFAULT NULL, p_reverses uuid DEFAULT NULL, p_memo text DEFAULT ''
) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    v_account record;
    v_seen int := 0;
    v_at timestamptz;
BEGIN
    IF p_reverses IS NOT NULL THEN
        -- Two reversals meet here: between house accounts there is no other row to meet at.
        PERFORM FROM ledger_transaction WHERE id = p_reverses FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM ledger_transaction WHERE reverses_id = p_reverses) THEN
            PERFORM core_refuse('already_reversed');
        END IF;
    END IF;

    FOR v_account IN
        SELECT a.number, a.state, a.frozen_credits, a.currency, a.balance, a.floor,
               p_amounts[array_position(p_accounts, a.id)] AS amount
        FROM ledger_account a WHERE a.id = ANY (p_accounts) AND a.balance IS NOT NULL
        ORDER BY a.id FOR NO KEY UPDATE
    LOOP
        v_seen := v_seen + 1;
        IF v_account.state <> 'open'
           AND NOT (v_account.state = 'frozen' AND v_account.frozen_credits AND v_account.amount > 0) THEN
            PERFORM core_refuse('account_not_open', jsonb_build_object(
                'number', v_account.number, 'state', v_account.state));
        END IF;
        IF v_account.balance + v_account.amount < v_account.floor THEN
            PERFORM core_refuse('insufficient_funds', jsonb_build_object(
                'number', v_account.number, 'currency', v_account.currency, 'memo', p_memo,
                'available', (v_account.balance - v_account.floor)::text));
        END IF;
    END LOOP;
    IF v_seen < cardinality(p_accounts) THEN
        FOR v_account IN
            SELECT a.number, a.state, a.frozen_credits, p_amounts[array_position(p_accounts, a.id)] AS amount
            FROM ledger_account a WHERE a.id = ANY (p_accounts) AND a.balance IS NULL
        LOOP
            v_seen := v_seen + 1;
            IF v_account.state <> 'open'
               AND NOT (v_account.state = 'frozen' AND v_account.frozen_credits AND v_account.amount > 0) THEN
                PERFORM core_refuse('account_not_open', jsonb_build_object(
                    'number', v_account.number, 'state', v_account.state));
            END IF;
        END LOOP;
    END IF;
    IF v_seen <> cardinality(p_accounts) OR cardinality(p_amounts) <> cardinality(p_accounts) THEN
        PERFORM core_refuse('account_not_found');
    END IF;

    IF p_amounts <> p_amounts::numeric(19, 2)[] THEN
        RAISE EXCEPTION 'amounts have two places: %', p_amounts USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    -- By a range of one account: by equality, entries would be gone through from the newest on, whosesoever they are,
    -- where a few accounts have most of them.
    v_at := greatest(core_now(), (
        SELECT max(last.recorded_at) + interval '1 microsecond' FROM ledger_account a, LATERAL (
            SELECT t.recorded_at FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
            WHERE e.account_id BETWEEN a.id AND a.id ORDER BY e.account_id, e.id DESC LIMIT 1) last
        WHERE a.id = ANY (p_accounts) AND a.balance IS NOT NULL));
    INSERT INTO ledger_transaction (id, kind, correlation_id, reverses_id, entry_count, memo, recorded_at)
    VALUES (p_id, p_kind, COALESCE(p_correlation, p_id), p_reverses, cardinality(p_accounts), p_memo, v_at);
    INSERT INTO ledger_entry (transaction_id, account_id, currency, amount, balance_after)
    SELECT p_id, a.id, a.currency, leg.amount, a.balance + leg.amount
    FROM unnest(p_accounts, p_amounts) AS leg (account_id, amount)
    JOIN ledger_account a ON a.id = leg.account_id
    ORDER BY a.id;
    PERFORM events_record(p_event_id, p_event, p_event_version, p_actor, p_payload, p_context, v_at);
    RETURN v_at;
END $$;

-- Corrects a transaction by its opposite, once, and answers for a retry with the same key what it answered first. What
-- the apps above have to say about it (a fund's movement is not undone from here) is asked at once, not at the commit.
CREATE FUNCTION ledger_reverse(
    p_id uuid, p_transaction uuid, p_reason text, p_event_id uuid, p_event_version int, p_actor uuid, p_context jsonb,
    p_key text, p_request bytea
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb := core_idempotency_begin(p_actor, p_key, p_request);
    v_accounts bigint[];
    v_amounts numeric[];
    v_correlation uuid;
    v_at timestamptz;
BEGIN
    IF v_answer IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT correlation_id INTO v_correlation FROM ledger_transaction WHERE id = p_transaction;
    IF NOT FOUND THEN
        PERFORM core_refuse('transaction_not_found');
    END IF;
    SELECT array_agg(account_id ORDER BY account_id), array_agg(-amount ORDER BY account_id)
    INTO v_accounts, v_amounts FROM ledger_entry WHERE transaction_id = p_transaction;
    v_at := ledger_post(
        p_id, 'REVERSAL', v_accounts, v_amounts, p_event_id, 'ledger.reversed', p_event_version, p_actor,
        jsonb_build_object('transaction_id', p_id, 'reverses', p_transaction, 'reason', p_reason),
        p_context, v_correlation, p_transaction, p_reason);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    v_answer := jsonb_build_object(
        'transaction_id', p_id, 'reverses', p_transaction, 'reason', p_reason, 'recorded_at', v_at);
    PERFORM core_idempotency_end(p_actor, p_key, p_request, v_answer);
    RETURN v_answer;
END $$;

CREATE OR REPLACE FUNCTION ledger_open_account(
    p_kind text, p_holder uuid, p_currency text, p_floor numeric DEFAULT 0
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint := nextval(pg_get_serial_sequence('ledger_account', 'id'));
BEGIN
    INSERT INTO ledger_account (id, number, kind, holder_id, currency, balance, floor, state, opened_at)
    VALUES (v_id, ledger_account_number(v_id), p_kind, p_holder, p_currency, 0, p_floor, 'open', core_now());
    RETURN v_id;
END $$;
