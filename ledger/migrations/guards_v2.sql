-- Adds to guards_v1.sql: into a frozen account money may come if the freeze says so; out of it none goes.
CREATE OR REPLACE FUNCTION ledger_entry_apply() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE ledger_account SET balance = balance + NEW.amount
    WHERE id = NEW.account_id AND balance IS NOT NULL AND currency = NEW.currency
      AND (state = 'open' OR (state = 'frozen' AND frozen_credits AND NEW.amount > 0));
    IF FOUND THEN
        RETURN NULL;
    END IF;
    -- A house account has no running balance; its row is only read, so postings to it do not wait for each other.
    PERFORM FROM ledger_account
    WHERE id = NEW.account_id AND balance IS NULL AND currency = NEW.currency
      AND (state = 'open' OR (state = 'frozen' AND frozen_credits AND NEW.amount > 0));
    IF NOT FOUND OR NEW.balance_after IS NOT NULL THEN
        RAISE EXCEPTION 'entry %: account % is not open in %', NEW.id, NEW.account_id, NEW.currency
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
