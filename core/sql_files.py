"""SQL objects live in versioned `.sql` files beside the migration that creates them."""

from __future__ import annotations

from pathlib import Path

from django.db.migrations.operations import RunSQL


def run_sql_file(migration_file: str, name: str, *, reverse: str) -> RunSQL:
    """Run `name` from the folder of `migration_file` (pass `__file__`); `reverse` undoes it."""
    return RunSQL((Path(migration_file).parent / name).read_text(encoding="utf-8"), reverse_sql=reverse)
