from django.db import migrations

from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("events", "0001_tables"), ("core", "0002_functions")]
    operations = [
        run_sql_file(
            __file__,
            "record_v1.sql",
            reverse="""
                DROP TRIGGER events_no_truncate ON events_event;
                DROP TRIGGER events_append_only ON events_event;
                DROP FUNCTION events_record;
            """,
        ),
    ]
