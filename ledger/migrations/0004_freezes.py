from django.db import migrations

from core.sql_files import former, run_sql_file


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_frozen_credits"), ("core", "0005_clock")]
    operations = [
        run_sql_file(__file__, "guards_v2.sql", reverse=former(__file__, "guards_v1.sql", "ledger_entry_apply")),
        run_sql_file(
            __file__,
            "post_v2.sql",
            reverse="DROP FUNCTION ledger_reverse;"
            + former(__file__, "post_v1.sql", "ledger_post", "ledger_open_account"),
        ),
    ]
