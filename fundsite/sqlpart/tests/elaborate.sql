-- What the exercise has no use for, and a schema may have all the same.

CREATE SEQUENCE btg.turno AS smallint START 7 INCREMENT BY -2 MINVALUE -5 MAXVALUE 9 CACHE 1 CYCLE;
CREATE TYPE btg."Ánimo ""x""" AS ENUM ('it''s', 'b', 'a');
ALTER TYPE btg."Ánimo ""x""" ADD VALUE 'before' BEFORE 'b';
CREATE TABLE btg."Año ""x""" (
    "sélect" bigserial,
    siempre integer GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5),
    n numeric(19, 2) DEFAULT -1.50, f double precision, t text COLLATE "C" NOT NULL DEFAULT E'a\\\n''',
    v varchar(7)[] , j jsonb, b bytea, ts timestamptz DEFAULT now(), i interval, r int4range, m btg."Ánimo ""x""",
    doble numeric GENERATED ALWAYS AS (n * 2) STORED, fue text, padre bigint,
    turno smallint DEFAULT nextval('btg.turno'),
    PRIMARY KEY ("sélect"), UNIQUE (siempre, n) DEFERRABLE INITIALLY DEFERRED,
    EXCLUDE USING gist (r WITH &&), CONSTRAINT "n, y más" CHECK (n < 100) NOT VALID,
    FOREIGN KEY (padre) REFERENCES btg."Año ""x""" ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE
) WITH (fillfactor = 70, autovacuum_enabled = false);
ALTER TABLE btg."Año ""x""" DROP COLUMN fue;
CREATE UNLOGGED TABLE btg.vacía (id integer, cliente integer REFERENCES btg.cliente ON DELETE CASCADE);
CREATE UNIQUE INDEX por_letra ON btg."Año ""x""" (lower(t) DESC NULLS LAST) WHERE n > 0;
CREATE TABLE btg.sin_columnas ();
COMMENT ON TABLE btg."Año ""x""" IS E'con ''comillas'' y \\ barra';
COMMENT ON COLUMN btg."Año ""x"""."sélect" IS 'columna';
COMMENT ON CONSTRAINT "n, y más" ON btg."Año ""x""" IS 'regla';
COMMENT ON INDEX btg.por_letra IS 'índice';
COMMENT ON SEQUENCE btg.turno IS 'secuencia';
INSERT INTO btg."Año ""x""" (n, f, t, v, j, b, ts, i, r, m) VALUES
    (1.00, 'NaN', E'tab\t new\n back\\ \\. ñ😀', '{a,NULL,"b c"}', '{"k": [1, null]}', '\x00ff5c', 'infinity', '1 mon -3 days', '[1,3)', 'it''s'),
    (NULL, 0.1::float8 + 0.2, '', '{}', 'null', '', '0044-03-15 12:00:00.123456+00 BC', NULL, 'empty', 'before'),
    (99.99, '-Infinity', '\N', NULL, NULL, NULL, NULL, '-00:00:00.000001', '[5,)', NULL);
UPDATE btg."Año ""x""" SET padre = 1 WHERE "sélect" > 1;
