from django.db import migrations

from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("banking", "0001_tables"),
        ("accounts", "0010_time_zone"),
        ("core", "0002_functions"),
        ("ledger", "0004_freezes"),
    ]
    operations = [
        run_sql_file(
            __file__,
            "transfer_v1.sql",
            reverse="""
                DROP TRIGGER banking_scheduledrun_no_truncate ON banking_scheduledrun;
                DROP TRIGGER banking_scheduledrun_append_only ON banking_scheduledrun;
                DROP TRIGGER banking_transfer_no_truncate ON banking_transfer;
                DROP TRIGGER banking_transfer_append_only ON banking_transfer;
                DROP FUNCTION banking_transfer; DROP FUNCTION banking_sent_today; DROP FUNCTION banking_receipt;
                DROP FUNCTION banking_masked_number; DROP FUNCTION banking_masked_name;
            """,
        ),
    ]
