from django.db import migrations

from core.sql_files import former, run_sql_file


class Migration(migrations.Migration):
    dependencies = [("banking", "0003_statement_documents"), ("accounts", "0011_time_zone_changes")]
    operations = [
        run_sql_file(__file__, "transfer_v2.sql", reverse=former(__file__, "transfer_v1.sql", "banking_sent_today")),
    ]
