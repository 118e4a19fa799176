"""What the tests of the SQL part share: the files, how to run them, and all that a schema is, by PostgreSQL's word."""

from __future__ import annotations

from contextlib import closing
from io import StringIO
from pathlib import Path

import psycopg2
from django.core.management import call_command
from psycopg2.extensions import connection as Session

from fundsite.sqlpart import sessions

ROOT = Path(__file__).resolve().parents[3]
SQL = ROOT / "sql"

_STATE = """
    SELECT 'column', table_schema, table_name,
           row_number() OVER (PARTITION BY table_schema, table_name ORDER BY ordinal_position)::text, column_name,
           concat_ws('/', column_default, is_nullable, data_type, udt_schema, udt_name, character_maximum_length,
                     numeric_precision, numeric_scale, collation_name, is_identity, identity_generation,
                     generation_expression)
    FROM information_schema.columns WHERE table_schema IN ({0})
    UNION ALL
    SELECT 'constraint', n.nspname, o.conname, o.conrelid::regclass::text, o.contype::text, pg_get_constraintdef(o.oid)
    FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE n.nspname IN ({0})
    UNION ALL
    SELECT 'index', schemaname, tablename, indexname, '', indexdef FROM pg_indexes WHERE schemaname IN ({0})
    UNION ALL
    SELECT 'sequence', schemaname, sequencename, data_type::text, last_value::text,
           concat_ws('/', start_value, min_value, max_value, increment_by, cycle, cache_size)
    FROM pg_sequences WHERE schemaname IN ({0})
    UNION ALL
    SELECT 'owned sequence', c.relnamespace::regnamespace::text, c.relname, d.refobjid::regclass::text,
           d.refobjsubid::text, d.deptype::text
    FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
    WHERE c.relkind = 'S' AND c.relnamespace::regnamespace::text IN ({0})
    UNION ALL
    SELECT 'enum', n.nspname, t.typname, row_number() OVER (PARTITION BY t.oid ORDER BY e.enumsortorder)::text,
           e.enumlabel, ''
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname IN ({0})
    UNION ALL
    SELECT 'relation', relnamespace::regnamespace::text, relname, relkind::text, relpersistence::text, reloptions::text
    FROM pg_class WHERE relnamespace::regnamespace::text IN ({0})
    UNION ALL
    SELECT 'comment', '', pg_describe_object(classoid, objoid, objsubid), '', '', description
    FROM pg_description WHERE objoid >= 16384 AND pg_describe_object(classoid, objoid, objsubid) ~ 'btg'
    ORDER BY 1, 2, 3, 4, 5, 6"""


def state(session: Session, *schemas: str) -> list[tuple[object, ...]]:
    """Structure, comments, rows and sequences of the schemas (`btg` and what is kept for a rollback)."""
    wanted = ", ".join(f"'{schema}'" for schema in schemas or ("btg", "btg_undo"))
    with session.cursor() as cursor:
        cursor.execute(_STATE.format(wanted))
        found: list[tuple[object, ...]] = cursor.fetchall()
        cursor.execute(
            f"SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ({wanted}) ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT %s, one::text FROM {table} AS one ORDER BY 2", [table])
            found += cursor.fetchall()
        return found


def connect(database: dict[str, str]) -> closing[Session]:
    """For tests that cannot have an environment of their own."""
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    session = psycopg2.connect(**{names[variable]: value for variable, value in database.items()})
    sessions.prepare(session)
    return closing(session)


def run_sql(*arguments: str | Path, **options: object) -> str:
    """The command, in this process; files without a folder are of `sql/`. What it wrote."""
    out = StringIO()
    here = {path.name: str(path) for path in SQL.glob("*.sql")}
    call_command("run_sql", *(here.get(str(one), str(one)) for one in arguments), stdout=out, stderr=out, **options)
    return out.getvalue()


def rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    with session.cursor() as cursor:
        cursor.execute(sql)
        found: list[tuple[object, ...]] = cursor.fetchall()
        return found


def do(session: Session, sql: str) -> None:
    with session.cursor() as cursor:
        cursor.execute(sql)
