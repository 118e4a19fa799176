-- Schema, tables, seed and query, in this order. \ir is relative to this file, wherever it is called from.

\ir 00_schema.sql
\ir 01_tables.sql
\ir 02_seed.sql
\ir 03_query.sql
