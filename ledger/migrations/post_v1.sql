-- An account number a person can type: the id in nine digits and a check digit (Luhn, ISO/IEC 7812-1), so that one
-- wrong or two swapped digits are caught.
CREATE FUNCTION ledger_account_number(p_id bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_digits text := lpad(p_id::text, greatest(9, length(p_id::text)), '0');
    v_sum int := 0;
    v_digit int;
BEGIN
    FOR i IN 1..length(v_digits) LOOP
        v_digit := substr(v_digits, length(v_digits) - i + 1, 1)::int * (1 + i % 2);
        v_sum := v_sum + v_digit / 10 + v_digit % 10;
    END LOOP;
    RETURN v_digits || (10 - v_sum % 10) % 10;
END $$;

CREATE FUNCTION ledger_open_account(
    p_kind text, p_holder uuid, p_currency text, p_floor numeric DEFAULT 0
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint := nextval(pg_get_serial_sequence('ledger_account', 'id'));
BEGIN
    INSERT INTO ledger_account (id, number, kind, holder_id, currency, balance, floor, state, opened_at)
    VALUES (v_id, ledger_account_number(v_id), p_kind, p_holder, p_currency, 0, p_floor, 'open', clock_timestamp());
    RETURN v_id;
END $$;

-- The house's own account for a purpose, made on first use.
CREATE FUNCTION ledger_house_account(p_purpose text, p_currency text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_number text := p_purpose || ':' || p_currency;
    v_id bigint;
BEGIN
    LOOP
        SELECT id INTO v_id FROM ledger_account WHERE number = v_number;
        IF FOUND THEN
            RETURN v_id;
        END IF;
        INSERT INTO ledger_account (number, kind, currency, state, opened_at)
        VALUES (v_number, 'house', p_currency, 'open', clock_timestamp())
        ON CONFLICT (number) DO NOTHING;
    END LOOP;
END $$;

-- THE DOOR. Posts one transaction: the amounts, signed, to the accounts, position by position. Locks what it reverses,
-- then the holders' accounts in id order (so two postings never wait for each other in a circle), refuses what the rules
-- refuse, writes transaction, entries and event, and answers the moment it recorded.
CREATE FUNCTION ledger_post(
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
        SELECT a.number, a.state, a.currency, a.balance, a.floor, p_amounts[array_position(p_accounts, a.id)] AS amount
        FROM ledger_account a WHERE a.id = ANY (p_accounts) AND a.balance IS NOT NULL
        ORDER BY a.id FOR NO KEY UPDATE
    LOOP
        v_seen := v_seen + 1;
        IF v_account.state <> 'open' THEN
            PERFORM core_refuse('account_not_open', jsonb_build_object('number', v_account.number));
        END IF;
        IF v_account.balance + v_account.amount < v_account.floor THEN
            PERFORM core_refuse('insufficient_funds', jsonb_build_object(
                'number', v_account.number, 'currency', v_account.currency, 'memo', p_memo,
                'available', (v_account.balance - v_account.floor)::text));
        END IF;
    END LOOP;
    IF v_seen < cardinality(p_accounts) THEN
        SELECT count(*) + v_seen INTO v_seen
        FROM ledger_account WHERE id = ANY (p_accounts) AND balance IS NULL AND state = 'open';
    END IF;
    IF v_seen <> cardinality(p_accounts) OR cardinality(p_amounts) <> cardinality(p_accounts) THEN
        PERFORM core_refuse('account_not_found');
    END IF;

    IF p_amounts <> p_amounts::numeric(19, 2)[] THEN
        RAISE EXCEPTION 'amounts have two places: %', p_amounts USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    v_at := clock_timestamp();
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

-- Many transactions in one statement, all or none; each element has the arguments of ledger_post by name. All locks are
-- taken before the first posting, in the order of ledger_post.
CREATE FUNCTION ledger_post_batch(p_batch jsonb, p_actor uuid, p_context jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_one record;
    v_count int := 0;
BEGIN
    PERFORM FROM ledger_transaction
    WHERE id IN (SELECT (one ->> 'reverses')::uuid FROM jsonb_array_elements(p_batch) one)
    ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM ledger_account
    WHERE balance IS NOT NULL AND id IN (
        SELECT account::bigint FROM jsonb_array_elements(p_batch) one, jsonb_array_elements_text(one -> 'accounts') account)
    ORDER BY id FOR NO KEY UPDATE;
    FOR v_one IN
        SELECT id, kind, accounts, amounts, event_id, event, event_version, payload, correlation, reverses, memo
        FROM jsonb_to_recordset(p_batch) AS one (
            id uuid, kind text, accounts bigint[], amounts numeric[], event_id uuid, event text, event_version int,
            payload jsonb, correlation uuid, reverses uuid, memo text)
    LOOP
        PERFORM ledger_post(
            v_one.id, v_one.kind, v_one.accounts, v_one.amounts, v_one.event_id, v_one.event, v_one.event_version,
            p_actor, v_one.payload, p_context, v_one.correlation, v_one.reverses, v_one.memo);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END $$;
