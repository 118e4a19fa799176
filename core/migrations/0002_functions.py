from django.db import migrations

from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("core", "0001_tables")]
    operations = [
        run_sql_file(
            __file__,
            "refusals_v1.sql",
            reverse="DROP FUNCTION core_append_only; DROP FUNCTION core_refuse;",
        ),
        run_sql_file(
            __file__,
            "idempotency_v1.sql",
            reverse="DROP FUNCTION core_idempotency_end; DROP FUNCTION core_idempotency_begin;",
        ),
    ]
