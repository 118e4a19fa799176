"""Which server the SQL part talks to. Python standard library only: `manage.py` asks before Django is there."""

from __future__ import annotations

import os

PG_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")
COMMANDS = ("run_sql", "backup_sql", "restore_sql", "rollback_sql")


def as_psql() -> bool:
    """Whether one of PostgreSQL's own variables is set. Then all of it is as psql would have it, and DATABASE_URL,
    whose password may be for another server, is left alone."""
    return any(os.environ.get(name) for name in PG_VARIABLES)


def needs_no_other(command: str) -> bool:
    """Whether this command of `manage.py` has its server, so that none has to be started for it."""
    return command in COMMANDS and as_psql()
