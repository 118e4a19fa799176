import django.db.models.functions.text
from django.db import migrations, models

import core.text
from core.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_city_of_user"),
        ("core", "0004_trigrams"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="deactivated_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="baja"),
        ),
        migrations.AddField(
            model_name="client",
            name="is_active",
            field=models.BooleanField(default=True, editable=False, verbose_name="activo"),
        ),
        migrations.AddField(
            model_name="client",
            name="revision",
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="client",
            name="tax_id",
            field=models.CharField(blank=True, default="", max_length=18, verbose_name="identificación tributaria"),
        ),
        migrations.AddField(
            model_name="client",
            name="tax_id_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("RFC", "RFC (México)"),
                    ("CURP", "CURP (México)"),
                    ("NIT", "NIT (Colombia)"),
                    ("CC", "Cédula de ciudadanía (Colombia)"),
                    ("RUC", "RUC (Ecuador)"),
                    ("CPF", "CPF (Brasil)"),
                    ("CNPJ", "CNPJ (Brasil)"),
                ],
                default="",
                max_length=4,
                verbose_name="tipo de identificación",
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="tax_id_verified",
            field=models.BooleanField(default=False, editable=False, verbose_name="dígito de control correcto"),
        ),
        migrations.AddField(
            model_name="client",
            name="sort_name",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Left(core.text.Folded(models.F("full_name")), 100),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="searched",
            field=models.GeneratedField(
                db_persist=True,
                expression=core.text.Folded(
                    django.db.models.functions.text.Concat(
                        "full_name",
                        models.Value(" "),
                        "email",
                        models.Value(" "),
                        "tax_id",
                        output_field=models.TextField(),
                    )
                ),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddIndex(
            model_name="client",
            index=models.Index(fields=["sort_name", "id"], name="accounts_clients_by_name"),
        ),
        migrations.AddIndex(
            model_name="client",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["sort_name", "id"], name="accounts_inactive_clients"
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(
                condition=models.Q(("tax_id", ""), _negated=True),
                fields=("tax_id", "tax_id_kind"),
                name="accounts_unique_tax_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("is_active", True)),
                name="accounts_unique_client_email",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("tax_id", ""), ("tax_id_kind", ""), ("tax_id_verified", False)),
                    models.Q(
                        models.Q(("tax_id", ""), _negated=True),
                        ("tax_id_kind__in", ["RFC", "CURP", "NIT", "CC", "RUC", "CPF", "CNPJ"]),
                    ),
                    _connector="OR",
                ),
                name="accounts_tax_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("deactivated_at__isnull", True), ("is_active", True)),
                    models.Q(("deactivated_at__isnull", False), ("is_active", False)),
                    _connector="OR",
                ),
                name="accounts_deactivated",
            ),
        ),
        run_sql_file(
            __file__,
            "clients_v1.sql",
            reverse="""
                DROP TRIGGER accounts_no_money_for_the_inactive ON ledger_account;
                DROP FUNCTION accounts_no_money_for_the_inactive;
                ALTER TABLE accounts_client DROP COLUMN trigrams;
                DROP SEQUENCE accounts_client_revision;
            """,
        ),
    ]
