from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0004_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="Progress",
            fields=[
                ("consumer", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("position", models.BigIntegerField(default=0)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "events_progress",
            },
        ),
    ]
