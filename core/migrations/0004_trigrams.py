from django.db import migrations

from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("core", "0003_fold")]
    operations = [run_sql_file(__file__, "trigrams_v1.sql", reverse="DROP FUNCTION core_trigrams;")]
