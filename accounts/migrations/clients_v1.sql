-- Any part of a name, an address or a tax id (accounts.queries.clients). Kept, not worked out by the index alone: what
-- most rows have in common is found by looking at rows, and making their trigrams anew takes a hundred times as long.
ALTER TABLE accounts_client ADD COLUMN trigrams text[] GENERATED ALWAYS AS (
    core_trigrams(core_fold(full_name || ' ' || email || ' ' || tax_id))) STORED;
CREATE INDEX accounts_client_search ON accounts_client USING gin (trigrams);

-- Grows with every change of a client, across clients: whoever takes over a tax id has a higher one than who had it.
CREATE SEQUENCE accounts_client_revision;

-- An inactive client holds no money. Who deactivates one locks the client's row and finds every account empty; an
-- account that stops being empty asks that row, waiting for whoever has it locked. KEY SHARE stands in nobody else's way,
-- and accounts that have money already do not ask: their client is active.
CREATE FUNCTION accounts_no_money_for_the_inactive() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_active boolean;
BEGIN
    SELECT is_active INTO v_active FROM accounts_client WHERE id = NEW.holder_id FOR KEY SHARE;
    IF NOT v_active THEN
        PERFORM core_refuse('account_not_open', jsonb_build_object('number', NEW.number));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER accounts_no_money_for_the_inactive AFTER UPDATE OF balance ON ledger_account
    FOR EACH ROW WHEN (OLD.balance = 0 AND NEW.balance <> 0 AND NEW.holder_id IS NOT NULL)
    EXECUTE FUNCTION accounts_no_money_for_the_inactive();
