"""The funds that a new installation offers. Ids are what clients of the API know."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection, transaction

from funds.models import Category, Fund

FUNDS = (
    (1, "FPV_BTG_PACTUAL_RECAUDADORA", Decimal("75000.00"), Category.FPV),
    (2, "FPV_BTG_PACTUAL_ECOPETROL", Decimal("125000.00"), Category.FPV),
    (3, "DEUDAPRIVADA", Decimal("50000.00"), Category.FIC),
    (4, "FDO-ACCIONES", Decimal("250000.00"), Category.FIC),
    (5, "FPV_BTG_PACTUAL_DINAMICA", Decimal("100000.00"), Category.FPV),
)


def seed_funds() -> int:
    """Add the funds that are missing and leave the others as operators have made them. Returns how many were added."""
    with transaction.atomic():
        added = sum(
            Fund.objects.get_or_create(pk=pk, defaults={"name": name, "minimum": minimum, "category": category})[1]
            for pk, name, minimum, category in FUNDS
        )
        with connection.cursor() as cursor:  # the next fund made in the admin gets the next free id
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('funds_fund', 'id'), (SELECT max(id) FROM funds_fund))"
            )
    return added
