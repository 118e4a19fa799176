"""SQL objects live in versioned `.sql` files beside the migration that creates them."""

from __future__ import annotations

import re
from pathlib import Path

from django.db.migrations.operations import RunSQL


def run_sql_file(migration_file: str, name: str, *, reverse: str) -> RunSQL:
    """Run `name` from the folder of `migration_file` (pass `__file__`); `reverse` undoes it."""
    return RunSQL((Path(migration_file).parent / name).read_text(encoding="utf-8"), reverse_sql=reverse)


def former(migration_file: str, name: str, *functions: str) -> str:
    """The text that puts `functions` back to what `name`, an older file in the same folder, made them."""
    text = (Path(migration_file).parent / name).read_text(encoding="utf-8")
    found = [
        re.search(rf"CREATE (?:OR REPLACE )?FUNCTION {one}\(.*?^(?:END )?\$\$;", text, re.M | re.S) for one in functions
    ]
    return "\n".join(re.sub(r"^CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", one[0]) for one in found if one)
