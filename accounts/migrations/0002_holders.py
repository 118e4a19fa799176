from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_tables"), ("ledger", "0002_functions")]
    operations = [
        # The ledger knows holders by id only; that they are clients is known here.
        migrations.RunSQL(
            """
            ALTER TABLE ledger_account ADD CONSTRAINT accounts_holder FOREIGN KEY (holder_id)
                REFERENCES accounts_client (id) DEFERRABLE INITIALLY DEFERRED
            """,
            reverse_sql="ALTER TABLE ledger_account DROP CONSTRAINT accounts_holder",
        ),
    ]
