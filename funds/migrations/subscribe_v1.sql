-- What a movement of a fund answers, whether it has just happened or is asked for again.
CREATE FUNCTION funds_receipt(p_transaction uuid, p_client uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'transaction_id', m.transaction_id, 'type', m.type, 'fund_id', m.fund_id, 'fund_name', f.name,
        'amount', m.amount::text, 'currency', m.currency, 'balance_after', e.balance_after::text,
        'correlation_id', m.correlation_id, 'recorded_at', m.recorded_at)
    FROM funds_movement m
    JOIN funds_fund f ON f.id = m.fund_id
    JOIN accounts_client c ON c.id = m.client_id
    JOIN ledger_entry e ON e.transaction_id = m.transaction_id AND e.account_id = c.cash_account_id
    WHERE m.transaction_id = p_transaction AND m.client_id = p_client;
$$;

-- The account that holds what a client has in a fund, opened with the first subscription. The client's row is locked
-- while that happens, before any account is, so two first subscriptions cannot open two.
CREATE FUNCTION funds_position_account(p_client uuid, p_fund int, p_currency text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_account bigint;
BEGIN
    SELECT account_id INTO v_account FROM funds_position WHERE client_id = p_client AND fund_id = p_fund;
    IF FOUND THEN
        RETURN v_account;
    END IF;
    PERFORM FROM accounts_client WHERE id = p_client FOR NO KEY UPDATE;
    SELECT account_id INTO v_account FROM funds_position WHERE client_id = p_client AND fund_id = p_fund;
    IF FOUND THEN
        RETURN v_account;
    END IF;
    v_account := ledger_open_account('position', p_client, p_currency);
    INSERT INTO funds_position (client_id, fund_id, account_id) VALUES (p_client, p_fund, v_account);
    RETURN v_account;
END $$;

-- Posts a movement of a fund, positive into it, and writes its line of the history.
CREATE FUNCTION funds_move(
    p_transaction uuid, p_client uuid, p_fund funds_fund, p_type text, p_amount numeric, p_currency text,
    p_correlation uuid, p_event_id uuid, p_event text, p_actor uuid, p_context jsonb
) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    v_cash ledger_account;
    v_at timestamptz;
    v_signed numeric := CASE p_type WHEN 'SUBSCRIPTION' THEN p_amount ELSE -p_amount END;
BEGIN
    SELECT a.* INTO v_cash FROM accounts_client c JOIN ledger_account a ON a.id = c.cash_account_id
    WHERE c.id = p_client;
    IF NOT FOUND THEN
        PERFORM core_refuse('not_a_client');
    ELSIF v_cash.currency <> p_currency THEN
        PERFORM core_refuse('currency_mismatch', jsonb_build_object(
            'account_currency', v_cash.currency, 'fund_currency', p_currency));
    END IF;
    v_at := ledger_post(
        p_transaction, p_type, ARRAY[v_cash.id, funds_position_account(p_client, p_fund.id, p_currency)],
        ARRAY[-v_signed, v_signed], p_event_id, p_event, 1, p_actor,
        jsonb_build_object(
            'transaction_id', p_transaction, 'client_id', p_client, 'fund_id', p_fund.id, 'fund_name', p_fund.name,
            'amount', p_amount::numeric(19, 2)::text, 'currency', p_currency, 'correlation_id', p_correlation),
        p_context, p_correlation, CASE p_type WHEN 'CANCELLATION' THEN p_correlation END, p_fund.name);
    INSERT INTO funds_movement (transaction_id, client_id, fund_id, type, amount, currency, correlation_id, recorded_at)
    VALUES (p_transaction, p_client, p_fund.id, p_type, p_amount, p_currency, p_correlation, v_at);
    RETURN v_at;
END $$;

CREATE FUNCTION funds_subscribe(
    p_transaction uuid, p_client uuid, p_fund int, p_amount numeric,
    p_event_id uuid, p_actor uuid, p_context jsonb, p_key text, p_request bytea
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb := core_idempotency_begin(p_actor, p_key, p_request);
    v_fund funds_fund;
    v_at timestamptz;
BEGIN
    IF v_answer IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_fund FROM funds_fund WHERE id = p_fund;
    IF NOT FOUND THEN
        PERFORM core_refuse('fund_not_found');
    ELSIF NOT v_fund.is_active THEN
        PERFORM core_refuse('fund_inactive', jsonb_build_object('fund', v_fund.name));
    ELSIF p_amount < v_fund.minimum THEN
        PERFORM core_refuse('below_minimum', jsonb_build_object(
            'fund', v_fund.name, 'minimum', v_fund.minimum::text, 'currency', v_fund.currency));
    END IF;
    v_at := funds_move(
        p_transaction, p_client, v_fund, 'SUBSCRIPTION', p_amount, v_fund.currency, p_transaction,
        p_event_id, 'funds.subscribed', p_actor, p_context);
    INSERT INTO funds_subscription (id, client_id, fund_id, amount, currency, opened_at)
    VALUES (p_transaction, p_client, p_fund, p_amount, v_fund.currency, v_at);
    v_answer := funds_receipt(p_transaction, p_client);
    PERFORM core_idempotency_end(p_actor, p_key, p_request, v_answer);
    RETURN v_answer;
END $$;

-- Cancels a subscription as a whole. Cancelled already: moves nothing and gives the first answer again.
CREATE FUNCTION funds_cancel(
    p_transaction uuid, p_client uuid, p_subscription uuid,
    p_event_id uuid, p_actor uuid, p_context jsonb, p_key text, p_request bytea
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_answer jsonb := core_idempotency_begin(p_actor, p_key, p_request);
    v_subscription funds_subscription;
    v_fund funds_fund;
    v_at timestamptz;
BEGIN
    IF v_answer IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_subscription FROM funds_subscription
    WHERE id = p_subscription AND client_id = p_client FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core_refuse('subscription_not_found');
    END IF;
    IF v_subscription.cancellation_id IS NOT NULL THEN
        v_answer := funds_receipt(v_subscription.cancellation_id, p_client) || '{"replayed": true}';
    ELSE
        SELECT * INTO v_fund FROM funds_fund WHERE id = v_subscription.fund_id;
        v_at := funds_move(
            p_transaction, p_client, v_fund, 'CANCELLATION', v_subscription.amount, v_subscription.currency,
            p_subscription, p_event_id, 'funds.cancelled', p_actor, p_context);
        UPDATE funds_subscription SET cancellation_id = p_transaction, cancelled_at = v_at WHERE id = p_subscription;
        v_answer := funds_receipt(p_transaction, p_client);
    END IF;
    PERFORM core_idempotency_end(p_actor, p_key, p_request, v_answer);
    RETURN v_answer;
END $$;

CREATE TRIGGER funds_movement_append_only BEFORE UPDATE OR DELETE ON funds_movement
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER funds_movement_no_truncate BEFORE TRUNCATE ON funds_movement
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();

-- A subscription is what it was when it was opened; the one thing that happens to it is that it is cancelled, once.
CREATE TRIGGER funds_subscription_append_only BEFORE DELETE ON funds_subscription
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER funds_subscription_cancelled_once BEFORE UPDATE ON funds_subscription
    FOR EACH ROW WHEN (
        OLD.cancellation_id IS NOT NULL
        OR (NEW.id, NEW.client_id, NEW.fund_id, NEW.amount, NEW.currency, NEW.opened_at)
           IS DISTINCT FROM (OLD.id, OLD.client_id, OLD.fund_id, OLD.amount, OLD.currency, OLD.opened_at))
    EXECUTE FUNCTION core_append_only();
CREATE TRIGGER funds_subscription_no_truncate BEFORE TRUNCATE ON funds_subscription
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER funds_position_append_only BEFORE UPDATE OR DELETE ON funds_position
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER funds_position_no_truncate BEFORE TRUNCATE ON funds_position
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();

-- A movement of a fund is undone by the funds' own operation, which keeps subscription and history with it; a bare
-- reversal in the ledger would leave a subscription without its money.
CREATE FUNCTION funds_no_bare_reversal() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM funds_movement WHERE transaction_id = NEW.reverses_id)
       AND NOT EXISTS (SELECT FROM funds_movement WHERE transaction_id = NEW.id) THEN
        PERFORM core_refuse('not_reversible');
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER funds_no_bare_reversal AFTER INSERT ON ledger_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL)
    EXECUTE FUNCTION funds_no_bare_reversal();
