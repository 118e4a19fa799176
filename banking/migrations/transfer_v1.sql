-- What one party may learn of another: `A** G****`, and the end of an account number.
CREATE FUNCTION banking_masked_name(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(left(word, 1) || repeat('*', least(greatest(char_length(word) - 1, 1), 9)), ' ' ORDER BY place)
    FROM regexp_split_to_table(btrim(p_name), '\s+') WITH ORDINALITY AS words (word, place);
$$;

CREATE FUNCTION banking_masked_number(p_number text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT '...' || right(p_number, 4);
$$;

-- A transfer as one of its parties sees it. Who sends knows the number they sent to; who receives, of the sender's only
-- the end.
CREATE FUNCTION banking_receipt(p_transaction uuid, p_client uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'transaction_id', t.transaction_id,
        'direction', CASE WHEN t.sender_id = t.receiver_id THEN 'own' WHEN t.sender_id = p_client THEN 'sent'
                          ELSE 'received' END,
        'amount', t.amount::text, 'currency', t.currency, 'memo', t.memo,
        'source', CASE WHEN t.sender_id = p_client THEN source.number ELSE banking_masked_number(source.number) END,
        'target', target.number,
        'counterparty', CASE WHEN t.sender_id <> t.receiver_id THEN banking_masked_name(other.full_name) END,
        'balance_after', mine.balance_after::text, 'recorded_at', t.recorded_at,
        'reversed_by', reversal.id, 'reversed_at', reversal.recorded_at)
    FROM banking_transfer t
    JOIN ledger_account source ON source.id = t.source_id
    JOIN ledger_account target ON target.id = t.target_id
    JOIN accounts_client other ON other.id = CASE WHEN t.sender_id = p_client THEN t.receiver_id ELSE t.sender_id END
    JOIN ledger_entry mine ON mine.transaction_id = t.transaction_id
     AND mine.account_id = CASE WHEN t.sender_id = p_client THEN t.source_id ELSE t.target_id END
    LEFT JOIN ledger_transaction reversal ON reversal.reverses_id = t.transaction_id
    WHERE t.transaction_id = p_transaction AND p_client IN (t.sender_id, t.receiver_id);
$$;

-- What a client has sent to others today, on their own calendar. A day has at most 25 hours; the statement may have begun
-- before it (its own time bounds the index, which a clock that moves could not), the day is that of the clock.
CREATE FUNCTION banking_sent_today(p_client uuid, p_zone text, p_currency text) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(amount), 0) FROM banking_transfer
    WHERE sender_id = p_client AND NOT (sender_id = receiver_id) AND currency = p_currency
      AND recorded_at > statement_timestamp() - interval '30 hours'
      AND (recorded_at AT TIME ZONE p_zone)::date = (clock_timestamp() AT TIME ZONE p_zone)::date;
$$;

-- Moves money from one of the client's accounts to an account with a number: one statement, all or nothing. The client's
-- row is locked before any account, so that what they sent today is counted one transfer at a time; the accounts are
-- locked by ledger_post in the order of their ids; the parties' histories last of all, in an order too, so that `seq`
-- grows in the order of commits.
CREATE FUNCTION banking_transfer(
    p_transaction uuid, p_client uuid, p_source text, p_target text, p_amount numeric, p_memo text, p_limits jsonb,
    p_event_id uuid, p_other_event_id uuid, p_actor uuid, p_context jsonb, p_key text, p_request bytea
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb := core_idempotency_begin(p_actor, p_key, p_request);
    v_client accounts_client;
    v_other accounts_client;
    v_source ledger_account;
    v_target ledger_account;
    v_limit numeric;
    v_sent numeric;
    v_told jsonb;
    v_at timestamptz;
BEGIN
    IF v_answer IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_client FROM accounts_client WHERE id = p_client FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core_refuse('not_a_client');
    END IF;
    SELECT * INTO v_source FROM ledger_account WHERE number = p_source AND holder_id = p_client AND kind = 'cash';
    IF NOT FOUND THEN
        PERFORM core_refuse('source_not_found');
    END IF;
    SELECT * INTO v_target FROM ledger_account WHERE number = p_target AND kind = 'cash';
    IF NOT FOUND THEN
        PERFORM core_refuse('account_not_found');
    ELSIF v_target.id = v_source.id THEN
        PERFORM core_refuse('same_account');
    ELSIF v_target.currency <> v_source.currency THEN
        PERFORM core_refuse('currency_mismatch', jsonb_build_object(
            'source_currency', v_source.currency, 'target_currency', v_target.currency));
    END IF;
    v_limit := (p_limits ->> v_source.currency)::numeric;
    IF v_target.holder_id <> p_client AND v_limit IS NOT NULL THEN
        v_sent := banking_sent_today(p_client, v_client.time_zone, v_source.currency);
        IF v_sent + p_amount > v_limit THEN
            PERFORM core_refuse('daily_limit_exceeded', jsonb_build_object(
                'limit', v_limit::text, 'available', greatest(v_limit - v_sent, 0)::text,
                'currency', v_source.currency));
        END IF;
    END IF;

    SELECT * INTO v_other FROM accounts_client WHERE id = v_target.holder_id;
    v_told := jsonb_build_object(
        'transaction_id', p_transaction, 'client_id', p_client, 'amount', p_amount::numeric(19, 2)::text,
        'currency', v_source.currency, 'account', banking_masked_number(p_source),
        'counterparty_account', banking_masked_number(p_target), 'correlation_id', p_transaction);
    IF v_other.id <> p_client THEN
        v_told := v_told || jsonb_build_object('counterparty', banking_masked_name(v_other.full_name));
    END IF;
    v_at := ledger_post(
        p_transaction, 'TRANSFER', ARRAY[v_source.id, v_target.id], ARRAY[-p_amount, p_amount], p_event_id,
        CASE WHEN v_other.id = p_client THEN 'banking.transfer_made' ELSE 'banking.transfer_sent' END, 1, p_actor,
        v_told, p_context, p_transaction, NULL, p_memo);
    IF v_other.id <> p_client THEN
        PERFORM events_record(
            p_other_event_id, 'banking.transfer_received', 1, p_actor,
            v_told || jsonb_build_object(
                'client_id', v_other.id, 'account', banking_masked_number(p_target),
                'counterparty_account', banking_masked_number(p_source),
                'counterparty', banking_masked_name(v_client.full_name)),
            p_context, v_at);
    END IF;

    PERFORM pg_advisory_xact_lock(history.key) FROM (
        SELECT DISTINCT hashtextextended('banking_transfer:' || party::text, 0) AS key
        FROM unnest(ARRAY[p_client, v_other.id]) party ORDER BY key) history;
    INSERT INTO banking_transfer (
        transaction_id, sender_id, receiver_id, source_id, target_id, amount, currency, memo, recorded_at)
    VALUES (
        p_transaction, p_client, v_other.id, v_source.id, v_target.id, p_amount, v_source.currency, p_memo, v_at);
    v_answer := banking_receipt(p_transaction, p_client);
    PERFORM core_idempotency_end(p_actor, p_key, p_request, v_answer);
    RETURN v_answer;
END $$;

CREATE TRIGGER banking_transfer_append_only BEFORE UPDATE OR DELETE ON banking_transfer
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER banking_transfer_no_truncate BEFORE TRUNCATE ON banking_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER banking_scheduledrun_append_only BEFORE UPDATE OR DELETE ON banking_scheduledrun
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER banking_scheduledrun_no_truncate BEFORE TRUNCATE ON banking_scheduledrun
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
