-- What a document was confirmed to say yesterday it says tomorrow.
CREATE TRIGGER banking_statementdocument_append_only BEFORE UPDATE OR DELETE ON banking_statementdocument
    FOR EACH ROW EXECUTE FUNCTION core_append_only();
CREATE TRIGGER banking_statementdocument_no_truncate BEFORE TRUNCATE ON banking_statementdocument
    FOR EACH STATEMENT EXECUTE FUNCTION core_append_only();
