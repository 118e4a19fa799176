-- The schema and its enumeration. Safe to repeat.
--
-- These files are plain PostgreSQL (15 or later). Run them with `manage.py run_sql`, which does everything in one
-- transaction, or with `psql -v ON_ERROR_STOP=1 -f sql/run_all.sql` (add -1 for one transaction).

CREATE SCHEMA IF NOT EXISTS btg;
COMMENT ON SCHEMA btg IS 'Clients, branches and products: who visits what, and who is enrolled in what.';

-- There is no CREATE TYPE IF NOT EXISTS.
DO $$
BEGIN
    IF to_regtype('btg.tipo_producto') IS NULL THEN
        CREATE TYPE btg.tipo_producto AS ENUM ('FPV', 'FIC', 'CUENTA', 'CREDITO', 'SEGURO');
    END IF;
END
$$;
COMMENT ON TYPE btg.tipo_producto IS
    'FPV: voluntary pension fund; FIC: collective investment fund; account, loan, insurance.';
