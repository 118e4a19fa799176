-- What the books promise, kept by the tables themselves, whoever writes to them.

-- An entry moves its account's balance by its own amount: there is no other way for a balance to move.
CREATE FUNCTION ledger_entry_apply() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_balance numeric(19, 2);
BEGIN
    UPDATE ledger_account SET balance = balance + NEW.amount
    WHERE id = NEW.account_id AND balance IS NOT NULL AND state = 'open' AND currency = NEW.currency
    RETURNING balance INTO v_balance;
    IF FOUND THEN
        IF v_balance IS DISTINCT FROM NEW.balance_after THEN
            RAISE EXCEPTION 'entry %: balance_after is %, the account has %', NEW.id, NEW.balance_after, v_balance
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END IF;
    -- A house account has no running balance; its row is only read, so postings to it do not wait for each other.
    PERFORM FROM ledger_account
    WHERE id = NEW.account_id AND balance IS NULL AND state = 'open' AND currency = NEW.currency;
    IF NOT FOUND OR NEW.balance_after IS NOT NULL THEN
        RAISE EXCEPTION 'entry %: account % is not open in %', NEW.id, NEW.account_id, NEW.currency
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entry_apply AFTER INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_apply();

-- A statement that writes entries writes whole transactions: zero-sum per currency, and as many as announced at birth
-- (so nothing can be appended to a transaction of yesterday).
CREATE FUNCTION ledger_entries_balance() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_transaction uuid;
BEGIN
    SELECT transaction_id INTO v_transaction FROM written
    GROUP BY transaction_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction % does not sum to zero', v_transaction
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT w.transaction_id INTO v_transaction FROM (SELECT DISTINCT transaction_id FROM written) w
    JOIN ledger_transaction t ON t.id = w.transaction_id
    WHERE t.entry_count <> (SELECT count(*) FROM ledger_entry e WHERE e.transaction_id = t.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction % does not have the entries it announced', v_transaction
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_balance();

-- At commit a transaction has its entries.
CREATE FUNCTION ledger_transaction_complete() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.entry_count < 2
       OR NEW.entry_count <> (SELECT count(*) FROM ledger_entry WHERE transaction_id = NEW.id) THEN
        RAISE EXCEPTION 'transaction % is without its entries', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_transaction_complete AFTER INSERT ON ledger_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_complete();

-- An account is born empty, keeps what it is, and is closed empty and for good. Its balance moves only from within
-- ledger_entry_apply: a trigger of the entry table, hence the depth.
CREATE FUNCTION ledger_account_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_fault text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        v_fault := CASE WHEN NEW.balance <> 0 THEN 'is born with money' END;
    ELSIF TG_OP = 'DELETE' THEN
        v_fault := 'is never deleted';
    ELSE
        v_fault := CASE
            WHEN NEW.balance IS DISTINCT FROM OLD.balance AND pg_trigger_depth() < 2
                THEN 'moves only with an entry'
            WHEN (NEW.id, NEW.number, NEW.kind, NEW.currency, NEW.opened_at)
                 IS DISTINCT FROM (OLD.id, OLD.number, OLD.kind, OLD.currency, OLD.opened_at)
                 OR NEW.holder_id IS DISTINCT FROM OLD.holder_id OR NEW.floor IS DISTINCT FROM OLD.floor
                THEN 'keeps number, kind, holder, currency and floor'
            WHEN OLD.state = 'closed' AND NEW.state <> 'closed' THEN 'stays closed'
            WHEN NEW.state = 'closed' AND NEW.balance <> 0 THEN 'is closed empty'
        END;
    END IF;
    IF v_fault IS NOT NULL THEN
        RAISE EXCEPTION 'account % %', COALESCE(NEW.number, OLD.number), v_fault
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER ledger_account_guard BEFORE INSERT OR UPDATE OR DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_guard();
CREATE TRIGGER ledger_account_no_truncate BEFORE TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();

CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER ledger_transaction_no_truncate BEFORE TRUNCATE ON ledger_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();

-- The order of an account's entries is the order of their ids: nobody chooses one.
ALTER TABLE ledger_entry ALTER COLUMN id SET GENERATED ALWAYS;
