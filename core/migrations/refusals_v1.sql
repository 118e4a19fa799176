-- How a function of ours says no: SQLSTATE FS000, the code as message, the particulars as JSON in the detail.
CREATE FUNCTION core_refuse(code text, detail jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'FS000', MESSAGE = code, DETAIL = detail::text;
END $$;

-- For rows that are written once: neither changed nor removed, by anybody.
CREATE FUNCTION core_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
