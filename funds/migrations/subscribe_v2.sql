-- A client may have several cash accounts and choose which one the funds take from: a movement's own entry says which it
-- was, and what was taken from an account goes back to it.
CREATE OR REPLACE FUNCTION funds_receipt(p_transaction uuid, p_client uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'transaction_id', m.transaction_id, 'type', m.type, 'fund_id', m.fund_id, 'fund_name', f.name,
        'amount', m.amount::text, 'currency', m.currency, 'balance_after', e.balance_after::text,
        'correlation_id', m.correlation_id, 'recorded_at', m.recorded_at)
    FROM funds_movement m
    JOIN funds_fund f ON f.id = m.fund_id
    JOIN ledger_entry e ON e.transaction_id = m.transaction_id
    JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'cash'
    WHERE m.transaction_id = p_transaction AND m.client_id = p_client;
$$;

-- Posts a movement of a fund, positive into it, and writes its line of the history. A subscription is paid from the
-- client's default account; a cancellation pays back to the account that paid, or, if that has been closed, to the
-- default: no reversal then, for a reversal touches the same accounts.
CREATE OR REPLACE FUNCTION funds_move(
    p_transaction uuid, p_client uuid, p_fund funds_fund, p_type text, p_amount numeric, p_currency text,
    p_correlation uuid, p_event_id uuid, p_event text, p_actor uuid, p_context jsonb
) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    v_cash ledger_account;
    v_reverses uuid;
    v_at timestamptz;
    v_signed numeric := CASE p_type WHEN 'SUBSCRIPTION' THEN p_amount ELSE -p_amount END;
BEGIN
    IF p_type = 'CANCELLATION' THEN
        SELECT a.* INTO v_cash FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
        WHERE e.transaction_id = p_correlation AND a.kind = 'cash' AND a.state <> 'closed';
        IF FOUND THEN
            v_reverses := p_correlation;
        END IF;
    END IF;
    IF v_reverses IS NULL THEN
        SELECT a.* INTO v_cash FROM accounts_client c JOIN ledger_account a ON a.id = c.cash_account_id
        WHERE c.id = p_client;
        IF NOT FOUND THEN
            PERFORM core_refuse('not_a_client');
        END IF;
    END IF;
    IF v_cash.currency <> p_currency THEN
        PERFORM core_refuse('currency_mismatch', jsonb_build_object(
            'account_currency', v_cash.currency, 'fund_currency', p_currency));
    END IF;
    v_at := ledger_post(
        p_transaction, p_type, ARRAY[v_cash.id, funds_position_account(p_client, p_fund.id, p_currency)],
        ARRAY[-v_signed, v_signed], p_event_id, p_event, 1, p_actor,
        jsonb_build_object(
            'transaction_id', p_transaction, 'client_id', p_client, 'fund_id', p_fund.id, 'fund_name', p_fund.name,
            'amount', p_amount::numeric(19, 2)::text, 'currency', p_currency, 'correlation_id', p_correlation),
        p_context, p_correlation, v_reverses, p_fund.name);
    -- Movements of different cash accounts meet at no account: the history's own lock, taken last and held to the commit,
    -- keeps `seq` growing in the order of commits.
    PERFORM pg_advisory_xact_lock(hashtextextended('funds_movement:' || p_client::text, 0));
    INSERT INTO funds_movement (transaction_id, client_id, fund_id, type, amount, currency, correlation_id, recorded_at)
    VALUES (p_transaction, p_client, p_fund.id, p_type, p_amount, p_currency, p_correlation, v_at);
    RETURN v_at;
END $$;
