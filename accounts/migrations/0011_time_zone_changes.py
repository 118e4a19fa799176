from django.db import migrations, models

from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_time_zone")]
    operations = [
        migrations.AddField(
            model_name="client",
            name="time_zone_changed_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="cambio de zona horaria"),
        ),
        run_sql_file(
            __file__,
            "time_zone_v1.sql",
            reverse="""
                DROP TRIGGER accounts_time_zone_changed ON accounts_client;
                DROP FUNCTION accounts_time_zone_changed;
            """,
        ),
    ]
