from django.db import migrations

from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("funds", "0001_tables"), ("accounts", "0002_holders"), ("ledger", "0002_functions")]
    operations = [
        run_sql_file(
            __file__,
            "subscribe_v1.sql",
            reverse="""
                DROP TRIGGER funds_no_bare_reversal ON ledger_transaction; DROP FUNCTION funds_no_bare_reversal;
                DROP TRIGGER funds_position_no_truncate ON funds_position;
                DROP TRIGGER funds_position_append_only ON funds_position;
                DROP TRIGGER funds_subscription_no_truncate ON funds_subscription;
                DROP TRIGGER funds_subscription_cancelled_once ON funds_subscription;
                DROP TRIGGER funds_subscription_append_only ON funds_subscription;
                DROP TRIGGER funds_movement_no_truncate ON funds_movement;
                DROP TRIGGER funds_movement_append_only ON funds_movement;
                DROP FUNCTION funds_cancel; DROP FUNCTION funds_subscribe; DROP FUNCTION funds_move;
                DROP FUNCTION funds_position_account; DROP FUNCTION funds_receipt;
            """,
        ),
    ]
