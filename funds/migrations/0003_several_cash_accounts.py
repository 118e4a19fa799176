from django.db import migrations

from core.sql_files import former, run_sql_file


class Migration(migrations.Migration):
    dependencies = [("funds", "0002_functions"), ("ledger", "0004_freezes")]
    operations = [
        run_sql_file(
            __file__, "subscribe_v2.sql", reverse=former(__file__, "subscribe_v1.sql", "funds_receipt", "funds_move")
        ),
    ]
