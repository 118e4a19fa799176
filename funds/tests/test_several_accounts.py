"""Funds and a client with several cash accounts: which one pays, and which one is paid back."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client as Browser

from accounts.models import Client
from banking.services.accounts import set_default_account
from banking.tests.people import START, balance, cash, opened, send
from conftest import Cast
from core.tests.threads import Background, other_session
from funds import queries, services
from funds.verify import CHECKS as FUND_CHECKS
from ledger.tests.books import weakened
from ledger.verify import CHECKS as LEDGER_CHECKS
from ledger.verify import verify
from tests.api import Api, refused


def test_the_default_account_pays_the_funds(cast: Cast) -> None:
    other = opened(cast.ana)
    send(cast.ana, cash(cast.ana), other, 60_000)
    api = Api(cast.ana.user)
    old = api.subscribe(3, 50_000).json()
    chosen = api.post(f"accounts/{other}/default").json()
    assert chosen["is_default"]
    subscribed = api.subscribe(3, 50_000).json()
    assert (subscribed["balance_after"], balance(other)) == ("10000.00", 10_000)
    refused(api.subscribe(3, 50_000), 400, "insufficient_funds")
    shown = Browser()
    shown.force_login(cast.ana.user)
    page = shown.get(f"/suscripciones/{old['id']}/cancelar/").content.decode()
    assert "440.000,00" in page
    # What an account has paid goes back to it, and every receipt says what its own account had then.
    assert api.cancel(old["id"]).json()["balance_after"] == "440000.00"
    assert balance(cash(cast.ana)) == START - 60_000
    assert api.cancel(subscribed["id"]).json()["balance_after"] == "60000.00"
    assert api.get(f"transactions/{old['id']}").json()["balance_after"] == "390000.00"
    assert [found.first for found in verify(LEDGER_CHECKS + FUND_CHECKS) if found.broken] == []


def test_what_a_closed_account_paid_goes_back_to_the_default_one(cast: Cast) -> None:
    other = opened(cast.ana)
    api = Api(cast.ana.user)
    held = api.subscribe(3, 50_000).json()
    send(cast.ana, cash(cast.ana), other, 450_000)
    api.post(f"accounts/{other}/default")
    assert api.post(f"accounts/{cash(cast.ana)}/close").status_code == 200
    returned = api.cancel(held["id"]).json()
    assert (returned["balance_after"], balance(other)) == ("500000.00", START)
    assert api.cancel(held["id"]).json() == returned
    assert [found.first for found in verify(LEDGER_CHECKS + FUND_CHECKS) if found.broken] == []


def subscribe(client: Client, fund: int) -> queries.Receipt:
    return services.subscribe(client_id=client.pk, fund_id=fund, amount=Decimal(75_000), actor_id=client.user_id)


def overtaken(client: Client) -> bool:
    """Two subscriptions, from two accounts to two funds: the first has its place in the history, not committed yet.

    Returns whether the second, begun after it, had to wait.
    """
    other = opened(client)
    send(client, cash(client), other, 100_000)
    for fund in (1, 3):  # both positions exist: nothing else to meet at
        subscribe(client, fund)
    with closing(other_session()) as session:
        session.cursor().execute(
            "SELECT funds_subscribe(gen_random_uuid(), %s, 3, 75000, gen_random_uuid(), %s, '{}', NULL, NULL)",
            [str(client.pk), str(client.user_id)],
        )
        set_default_account(client_id=client.pk, number=other, actor_id=client.user_id)
        late = Background(partial(subscribe, client, 1))
        late.wait_until_settled()
        waited = late.outcome is None
        session.commit()
    assert isinstance(late.result(), queries.Receipt)
    return waited


@pytest.mark.usefixtures("real_commits")
def test_the_history_grows_in_the_order_of_commits_whichever_account_pays(cast: Cast) -> None:
    assert overtaken(cast.ana)


@pytest.mark.usefixtures("real_commits")
def test_it_would_not_without_a_lock_of_the_histories_own(cast: Cast) -> None:
    lock = "PERFORM pg_advisory_xact_lock(hashtextextended('funds_movement:' || p_client::text, 0));"
    with weakened("funds_move", (lock, "")):
        assert not overtaken(cast.ana)
