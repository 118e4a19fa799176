"""The small world beside the demonstration's logins."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import City, Client, Company, User
from banking.models import ScheduledTransfer, Transfer
from conftest import Cast
from core.tests.snapshots import snapshot
from funds.models import Fund, Movement, MovementType
from fundsite.demo import seed_demo
from fundsite.demo_logins import CLIENT, LIVELY, OLDER_CLIENT
from fundsite.demo_people import FROZEN, PEOPLE
from fundsite.demo_world import seed_world
from ledger.models import Account, AccountState, Entry
from notifications.models import Delivery, DeliveryState
from notifications.tests.mailing import arrive

pytestmark = pytest.mark.usefixtures("cast")
NAMES = [one.username for one in PEOPLE]


@pytest.fixture
def logins(cast: Cast) -> None:
    seed_demo()


def test_people_of_three_languages_do_what_clients_do(logins: None) -> None:
    assert seed_world() == len(PEOPLE) == 12
    people = User.objects.filter(username__in=NAMES).select_related("client")
    assert {user.language for user in people} == {"es", "pt-br", "en"}
    assert len({user.client.time_zone for user in people}) > 5
    assert all(user.client.tax_id_verified for user in people if user.client.tax_id)
    assert City.objects.filter(residents__in=people).exists()
    assert set(Account.objects.filter(kind="cash").values_list("currency", flat=True)) == {"COP", "USD", "MXN", "BRL"}
    assert set(Movement.objects.values_list("type", flat=True)) == set(MovementType.values)
    assert Transfer.objects.count() > 10
    assert ScheduledTransfer.objects.filter(state="active").count() == 3
    assert Company.objects.count() == 3
    frozen = Account.objects.get(state=AccountState.FROZEN)
    assert (frozen.currency, frozen.holder_id) == (FROZEN.currency, people.get(username=FROZEN.username).client.pk)
    assert [user.username for user in people if is_password_usable(user.password)] == [LIVELY.sign_in_as]
    call_command("verify", stdout=StringIO())


def test_their_movements_fill_half_a_year_in_order(logins: None) -> None:
    now = timezone.now()
    seed_world(now)
    theirs = Account.objects.filter(holder_id__in=Client.objects.filter(user__username__in=NAMES).values("pk"))
    moments = set(Entry.objects.filter(account__in=theirs).values_list("transaction__recorded_at", flat=True))
    assert max(moments) < now
    assert len({(moment.year, moment.month) for moment in moments}) >= 6
    for account in theirs:
        entries = list(account.entries.select_related("transaction").order_by("pk"))
        times = [entry.transaction.recorded_at for entry in entries]
        assert times == sorted(times)
        assert entries[-1].balance_after == sum(entry.amount for entry in entries) == account.balance
        assert all(account.opened_at <= time for time in times)


def test_nobody_is_sent_mail_about_what_was_days_or_months_ago(logins: None) -> None:
    seed_world()
    arrive()
    sent = Delivery.objects.filter(user__username__in=NAMES, state=DeliveryState.SENT)
    assert list(sent.values_list("kind", flat=True)) == []


def test_the_logins_keep_what_they_have(logins: None) -> None:
    seed_world()
    for login in (CLIENT, OLDER_CLIENT):
        account = Client.objects.get(user__username=login.sign_in_as).cash_account
        assert account.balance == Decimal("500000.00")
        assert Entry.objects.filter(account=account).count() == 1


def test_a_second_time_adds_nothing(logins: None) -> None:
    seed_world()
    User.objects.filter(username=NAMES[0]).update(username="otra", email="otra@example.com")
    before = snapshot()
    assert seed_world() == 0
    assert snapshot() == before


def test_production_has_no_made_up_money(logins: None, settings: Settings) -> None:
    settings.PRODUCTION = True
    before = snapshot()
    with pytest.raises(ImproperlyConfigured):
        seed_world()
    assert snapshot() == before


def test_what_stands_in_the_way_stays_and_the_world_is_not_made_by_half(logins: None) -> None:
    Fund.objects.filter(pk=2).update(is_active=False)
    before = snapshot()
    assert seed_world() == 0
    assert snapshot() == before
