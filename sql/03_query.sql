-- The names of the clients enrolled in some product that is available only in the branches they visit.
--
-- "Only in the branches they visit" can be read in two ways:
--
--   exclusive   every branch that offers the product is one that the client visits (the default)
--   coverage    the product is offered in all the branches that the client visits
--
-- A product offered nowhere satisfies neither, nor does a client who visits nothing. The answer has one row per client:
-- two who are called the same are two rows. How often somebody visits a branch, and when, does not matter.
--
-- The setting btg.reading chooses:
--
--   manage.py run_sql --reading coverage sql/03_query.sql
--   PGOPTIONS='-c btg.reading=coverage' psql -f sql/03_query.sql
--   SET btg.reading = 'coverage';                                       -- before it, in any client

DO $$
BEGIN
    IF coalesce(current_setting('btg.reading', true), '') NOT IN ('', 'exclusive', 'coverage') THEN
        RAISE EXCEPTION 'btg.reading is exclusive or coverage, not %', current_setting('btg.reading');
    END IF;
END
$$;

WITH exclusive AS (
    SELECT i.id_cliente
    FROM btg.inscripcion AS i
    WHERE EXISTS (
        SELECT FROM btg.disponibilidad AS d WHERE d.id_producto = i.id_producto
    ) AND NOT EXISTS (
        -- a branch that offers it and that they do not visit
        SELECT
        FROM btg.disponibilidad AS d
        WHERE d.id_producto = i.id_producto AND NOT EXISTS (
            SELECT FROM btg.visitan AS v WHERE v.id_cliente = i.id_cliente AND v.id_sucursal = d.id_sucursal
        )
    )
),
coverage AS (
    SELECT i.id_cliente
    FROM btg.inscripcion AS i
    WHERE EXISTS (
        SELECT FROM btg.visitan AS v WHERE v.id_cliente = i.id_cliente
    ) AND NOT EXISTS (
        -- a branch that they visit and that does not offer it
        SELECT
        FROM btg.visitan AS v
        WHERE v.id_cliente = i.id_cliente AND NOT EXISTS (
            SELECT FROM btg.disponibilidad AS d WHERE d.id_producto = i.id_producto AND d.id_sucursal = v.id_sucursal
        )
    )
),
-- Of the two, PostgreSQL runs the chosen one alone.
chosen AS (
    SELECT id_cliente FROM exclusive WHERE coalesce(current_setting('btg.reading', true), '') <> 'coverage'
    UNION -- each client once, by however many products
    SELECT id_cliente FROM coverage WHERE current_setting('btg.reading', true) = 'coverage'
)
SELECT c.nombre, c.apellidos
FROM chosen
JOIN btg.cliente AS c ON c.id = chosen.id_cliente
ORDER BY c.apellidos, c.nombre, c.id;
