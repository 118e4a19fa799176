from __future__ import annotations

from typing import Any

import pytest

from ledger.models import Entry
from ledger.tests.books import Books


@pytest.fixture
def books(cast: Any) -> Books:
    grant = Entry.objects.get(account_id=cast.ana.cash_account_id)
    house = Entry.objects.exclude(pk=grant.pk).get(transaction_id=grant.transaction_id)
    return Books(
        ana=cast.ana.cash_account_id,
        beto=cast.beto.cash_account_id,
        house=house.account_id,
        ana_holder=cast.ana.pk,
        grant=grant.transaction_id,
    )
