"""The SQL part: running `sql/` as psql would, and keeping, restoring and rolling back its schema, without PostgreSQL's
own programs."""
