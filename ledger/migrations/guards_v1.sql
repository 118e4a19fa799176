-- What the books promise, kept by the tables themselves, whoever writes to them. The functions look for tables in
-- `public` and last in the session's own temporary schema: one that shadowed the books would blind them.

-- An entry moves its account's balance by its own amount; ledger_account_guard lets no balance move otherwise.
CREATE FUNCTION ledger_entry_apply() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE ledger_account SET balance = balance + NEW.amount
    WHERE id = NEW.account_id AND balance IS NOT NULL AND state = 'open' AND currency = NEW.currency;
    IF FOUND THEN
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
-- (so nothing can be appended to a transaction of yesterday). The transaction comes first: one that another session has
-- not committed yet could be complete by the time that the foreign key looks, and take these entries in as well.
CREATE FUNCTION ledger_entries_balance() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_transaction uuid;
BEGIN
    SELECT transaction_id INTO v_transaction FROM written
    GROUP BY transaction_id, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction % does not sum to zero', v_transaction
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- One by one, each by index: the planner does not know how little `written` holds, and joined to it the tables would
    -- be read whole.
    FOR v_transaction IN SELECT DISTINCT transaction_id FROM written LOOP
        IF (SELECT entry_count FROM ledger_transaction WHERE id = v_transaction)
           IS DISTINCT FROM (SELECT count(*) FROM ledger_entry WHERE transaction_id = v_transaction) THEN
            RAISE EXCEPTION 'transaction % does not have the entries it announced', v_transaction
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ledger_entries_balance();

-- At commit a transaction has its entries, and one that reverses another is its opposite, account by account.
CREATE FUNCTION ledger_transaction_complete() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.entry_count < 2
       OR NEW.entry_count <> (SELECT count(*) FROM ledger_entry WHERE transaction_id = NEW.id) THEN
        RAISE EXCEPTION 'transaction % is without its entries', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.reverses_id IS NOT NULL AND EXISTS (
        SELECT FROM ledger_entry WHERE transaction_id IN (NEW.id, NEW.reverses_id)
        GROUP BY account_id HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'transaction % is not the opposite of %', NEW.id, NEW.reverses_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_transaction_complete AFTER INSERT ON ledger_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_complete();

-- An account is born empty, keeps what it is, and is closed empty and for good. Its balance is always what its newest
-- entry says: so it moves only when an entry is applied, each entry moves it once, and the entries chain in the order of
-- their ids. (It follows that one statement writes at most one entry of an account.)
CREATE FUNCTION ledger_account_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_fault text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        v_fault := CASE WHEN NEW.balance <> 0 THEN 'is born with money' END;
    ELSIF TG_OP = 'DELETE' THEN
        v_fault := 'is never deleted';
    ELSE
        v_fault := CASE
            WHEN NEW.balance IS DISTINCT FROM OLD.balance AND NEW.balance IS DISTINCT FROM (
                    SELECT balance_after FROM ledger_entry WHERE account_id = NEW.id ORDER BY id DESC LIMIT 1)
                THEN 'moves only with its newest entry, to the balance_after of that'
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

-- The order of an account's entries is the order of their ids: nobody chooses one. GENERATED ALWAYS catches the mistake,
-- the trigger the intent (OVERRIDING SYSTEM VALUE, COPY): an id far ahead would let no other entry follow.
ALTER TABLE ledger_entry ALTER COLUMN id SET GENERATED ALWAYS;

CREATE FUNCTION ledger_entry_id() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entry %: nobody chooses the id of an entry', NEW.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER ledger_entry_id BEFORE INSERT ON ledger_entry
    FOR EACH ROW WHEN (NEW.id <> currval('ledger_entry_id_seq')) EXECUTE FUNCTION ledger_entry_id();
