from django.db import migrations

from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("core", "0004_trigrams")]
    operations = [run_sql_file(__file__, "clock_v1.sql", reverse="DROP FUNCTION core_now;")]
