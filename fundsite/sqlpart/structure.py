"""What the schema `btg` consists of, read from PostgreSQL's catalogs and written as the SQL that makes it again.

Carried: the schema, enumerations, sequences, tables (types, collations, defaults, identity and generated columns,
NOT NULL, storage options, UNLOGGED), primary, unique, foreign, check and exclusion constraints, indexes, comments,
rows, and where the sequences stand. Anything else in the schema (a view, a function, a trigger...) is refused by name
rather than lost. Owners and grants are not carried: whoever restores owns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from psycopg2.extensions import cursor as Cursor

from core.errors import DomainError

SCHEMA = "btg"
# Names come out qualified, and values the same everywhere.
SETTINGS = """
    SET LOCAL search_path = pg_catalog; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';
    SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex';
    SET LOCAL standard_conforming_strings = on; SET LOCAL client_encoding = 'UTF8'; SET LOCAL xmloption = 'content'
"""


class CannotCarry(DomainError):
    code = "sql_cannot_carry"
    message = _(
        "El esquema btg tiene objetos que la copia no sabe llevar: %(objects)s. No se hizo nada; quítelos o guárdelos "
        "con pg_dump."
    )


@dataclass(frozen=True)
class Table:
    """A table and its columns that are stored and given (not generated), as SQL names."""

    name: str
    columns: list[str]

    @property
    def copied(self) -> str:
        """What COPY is told to copy."""
        return f"{self.name} ({', '.join(self.columns)})" if self.columns else self.name


@dataclass(frozen=True)
class Sequence:
    name: str
    last_value: int
    is_called: bool


@dataclass(frozen=True)
class Structure:
    """The statements before the rows and after them; without any, there is no schema."""

    before_rows: list[str]
    after_rows: list[str]
    tables: list[Table]
    sequences: list[Sequence]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Structure:
        """What `as_dict` gave. Raises `KeyError` or `TypeError` if it did not."""
        return cls(
            list(given["before_rows"]),
            list(given["after_rows"]),
            [Table(**table) for table in given["tables"]],
            [Sequence(**sequence) for sequence in given["sequences"]],
        )


ABSENT = Structure([], [], [], [])


def read(cursor: Cursor) -> Structure:
    """The schema as it is in the caller's transaction, its tables locked against being changed; `ABSENT` if it is not
    there. Raises `CannotCarry`."""
    cursor.execute(SETTINGS)
    if not _rows(cursor, "SELECT 1 FROM pg_namespace WHERE nspname = %(schema)s"):
        return ABSENT
    names = _column(cursor, _TABLE_NAMES)
    if names:
        cursor.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS SHARE MODE")
    if strange := _column(cursor, _STRANGE):
        raise CannotCarry(objects=", ".join(strange))
    own = [*_column(cursor, _ENUMS), *_column(cursor, _FREE_SEQUENCES)]
    tables = [Table(name, _column(cursor, _GIVEN_COLUMNS, table=name)) for name in names]
    return Structure(
        before_rows=[f"CREATE SCHEMA {SCHEMA}", *own, *(_create_table(cursor, name) for name in names)],
        after_rows=[
            *_column(cursor, _OWNED_SEQUENCES),
            *_column(cursor, _INDEXES),
            *_column(cursor, _CONSTRAINTS),
            *_column(cursor, _COMMENTS),
        ],
        tables=tables,
        sequences=[_sequence(cursor, name) for name in _column(cursor, _SEQUENCE_NAMES)],
    )


def drop(cursor: Cursor) -> None:
    """Remove the schema, but nothing outside that leans on it: PostgreSQL then refuses."""
    cursor.execute(SETTINGS)
    if not _rows(cursor, "SELECT 1 FROM pg_namespace WHERE nspname = %(schema)s"):
        return
    for kind, names in (("TABLE", _TABLE_NAMES), ("SEQUENCE", _SEQUENCE_NAMES), ("TYPE", _TYPE_NAMES)):
        if found := _column(cursor, names):
            cursor.execute(f"DROP {kind} {', '.join(found)} RESTRICT")
    cursor.execute(f"DROP SCHEMA {SCHEMA} RESTRICT")


def _rows(cursor: Cursor, sql: str, **values: str) -> list[tuple[object, ...]]:
    cursor.execute(sql, {"schema": SCHEMA, **values})
    found: list[tuple[object, ...]] = cursor.fetchall()
    return found


def _column(cursor: Cursor, sql: str, **values: str) -> list[str]:
    return [str(row[0]) for row in _rows(cursor, sql, **values)]


def _create_table(cursor: Cursor, name: str) -> str:
    ((unlogged, options),) = _rows(cursor, _TABLE_OPTIONS, table=name)
    columns = ",\n    ".join(_column(cursor, _COLUMNS, table=name))
    stored = f" WITH ({options})" if options else ""
    return f"CREATE {'UNLOGGED ' if unlogged else ''}TABLE {name} (\n    {columns}\n){stored}"


def _sequence(cursor: Cursor, name: str) -> Sequence:
    cursor.execute(f"SELECT last_value, is_called FROM {name}")
    ((last_value, is_called),) = cursor.fetchall()
    return Sequence(name, last_value, is_called)


_IN_SCHEMA = "(SELECT oid FROM pg_namespace WHERE nspname = %(schema)s)"
_NAME = "format('%%I.%%I', %(schema)s::text, c.relname)"
_TABLE_NAMES = f"SELECT {_NAME} FROM pg_class c WHERE relnamespace = {_IN_SCHEMA} AND relkind = 'r' ORDER BY oid"
_SEQUENCE_NAMES = f"SELECT {_NAME} FROM pg_class c WHERE relnamespace = {_IN_SCHEMA} AND relkind = 'S' ORDER BY oid"
_TYPE_NAMES = f"""
    SELECT format('%%I.%%I', %(schema)s::text, typname) FROM pg_type
    WHERE typnamespace = {_IN_SCHEMA} AND typtype = 'e' ORDER BY oid"""

# Whatever lives in the schema, whatever kind of thing PostgreSQL may ever have; and what a table may have besides.
_STRANGE = f"""
    SELECT pg_describe_object(classid, objid, 0) FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = {_IN_SCHEMA}
      AND NOT (classid = 'pg_class'::regclass AND objid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'S')))
      AND NOT (classid = 'pg_type'::regclass AND objid IN (SELECT oid FROM pg_type WHERE typtype = 'e'))
    UNION ALL
    SELECT pg_describe_object('pg_trigger'::regclass, t.oid, 0)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = {_IN_SCHEMA} AND NOT t.tgisinternal
    UNION ALL
    SELECT pg_describe_object('pg_rewrite'::regclass, r.oid, 0)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = {_IN_SCHEMA} AND c.relkind = 'r'
    UNION ALL
    SELECT pg_describe_object('pg_policy'::regclass, p.oid, 0)
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = {_IN_SCHEMA}
    UNION ALL
    SELECT 'row security of ' || {_NAME} FROM pg_class c WHERE c.relnamespace = {_IN_SCHEMA} AND c.relrowsecurity
    UNION ALL
    SELECT 'inheritance of ' || {_NAME}
    FROM pg_class c WHERE c.relnamespace = {_IN_SCHEMA}
      AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) AND c.relkind = 'r'
    ORDER BY 1"""

_ENUMS = f"""
    SELECT format('CREATE TYPE %%I.%%I AS ENUM (%%s)', %(schema)s::text, t.typname,
                  (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                   FROM pg_enum WHERE enumtypid = t.oid))
    FROM pg_type t WHERE typnamespace = {_IN_SCHEMA} AND typtype = 'e' ORDER BY oid"""

_SEQUENCE_OPTIONS = """
    format('START WITH %%s INCREMENT BY %%s MINVALUE %%s MAXVALUE %%s CACHE %%s %%s',
           s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
           CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END)"""
# The column that the sequence c belongs to: internally ('i') for an identity, automatically ('a') for OWNED BY.
_BELONGS = """
    d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0"""
_FREE_SEQUENCES = f"""
    SELECT format('CREATE SEQUENCE %%s AS %%s %%s', {_NAME}, format_type(s.seqtypid, NULL), {_SEQUENCE_OPTIONS})
    FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
    WHERE c.relnamespace = {_IN_SCHEMA} AND NOT EXISTS (SELECT FROM pg_depend d WHERE {_BELONGS} AND d.deptype = 'i')
    ORDER BY c.oid"""
_OWNED_SEQUENCES = f"""
    SELECT format('ALTER SEQUENCE %%s OWNED BY %%s.%%I', {_NAME}, d.refobjid::regclass, a.attname)
    FROM pg_class c
    JOIN pg_depend d ON {_BELONGS} AND d.deptype = 'a'
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relnamespace = {_IN_SCHEMA} AND c.relkind = 'S' ORDER BY c.oid"""

_TABLE_OPTIONS = """
    SELECT relpersistence = 'u', array_to_string(reloptions, ', ') FROM pg_class WHERE oid = %(table)s::regclass"""
_GIVEN_COLUMNS = """
    SELECT quote_ident(attname) FROM pg_attribute
    WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
_COLUMNS = f"""
    SELECT concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || a.attcollation::regcollation END,
        CASE WHEN a.attgenerated = 's'
             THEN format('GENERATED ALWAYS AS (%%s) STORED', pg_get_expr(e.adbin, e.adrelid))
             WHEN a.attgenerated = 'v'
             THEN format('GENERATED ALWAYS AS (%%s) VIRTUAL', pg_get_expr(e.adbin, e.adrelid))
             WHEN e.adbin IS NOT NULL THEN 'DEFAULT ' || pg_get_expr(e.adbin, e.adrelid) END,
        CASE WHEN a.attidentity <> '' THEN format('GENERATED %%s AS IDENTITY (SEQUENCE NAME %%s %%s)',
             CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, {_NAME}, {_SEQUENCE_OPTIONS}) END,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END)
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
    LEFT JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
                         AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
    LEFT JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
    LEFT JOIN pg_sequence s ON s.seqrelid = c.oid
    WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum"""

_INDEXES = f"""
    SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = {_IN_SCHEMA} AND i.indisvalid
      AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x'))
    ORDER BY i.indexrelid"""
# Foreign keys last: they want the keys that they refer to. NOT NULL is with the columns.
_CONSTRAINTS = f"""
    SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = {_IN_SCHEMA} AND conrelid <> 0 AND contype IN ('p', 'u', 'x', 'c', 'f')
    ORDER BY contype = 'f', contype <> 'p', oid"""

_COMMENTS = f"""
    SELECT format('COMMENT ON %%s IS %%L', o.name, o.comment) FROM (
        SELECT 1 AS kind, oid, format('SCHEMA %%I', nspname) AS name, obj_description(oid, 'pg_namespace') AS comment
        FROM pg_namespace WHERE nspname = %(schema)s
        UNION ALL
        SELECT 2, oid, format('TYPE %%s', oid::regtype), obj_description(oid, 'pg_type')
        FROM pg_type WHERE typnamespace = {_IN_SCHEMA} AND typtype = 'e'
        UNION ALL
        SELECT 3, oid, format('%%s %%s', CASE relkind WHEN 'r' THEN 'TABLE' WHEN 'S' THEN 'SEQUENCE' ELSE 'INDEX' END,
                              oid::regclass), obj_description(oid, 'pg_class')
        FROM pg_class WHERE relnamespace = {_IN_SCHEMA} AND relkind IN ('r', 'S', 'i')
        UNION ALL
        SELECT 4, c.oid, format('COLUMN %%s.%%I', c.oid::regclass, a.attname), col_description(c.oid, a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = {_IN_SCHEMA} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT 5, oid, format('CONSTRAINT %%I ON %%s', conname, conrelid::regclass),
               obj_description(oid, 'pg_constraint')
        FROM pg_constraint WHERE connamespace = {_IN_SCHEMA} AND conrelid <> 0 AND contype <> 'n'
    ) o WHERE o.comment IS NOT NULL ORDER BY o.kind, o.oid, o.name"""
