import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import accounts.models.users


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_places"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="city",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="residents",
                to="accounts.city",
                verbose_name="ciudad",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(
                max_length=64,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator("^[\\w.+-]+\\Z", "Use letras, números y los signos . + - _"),
                    accounts.models.users.validate_username,
                ],
                verbose_name="usuario",
            ),
        ),
    ]
