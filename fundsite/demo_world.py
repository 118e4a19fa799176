"""A small world beside the demonstration's logins: half a year of people of three languages (`fundsite.demo_people`).

Everything goes through the services, as if each had done it then. One of them signs in (`demo_logins.LIVELY`), nobody
is sent mail about these movements, and the other logins receive nothing from them.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

import structlog
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Client, NotifyChannel, Role, User
from accounts.queries.places import city_by_slug
from accounts.services.clients import CURRENCY, update_client
from accounts.services.companies import create_company
from accounts.services.registration import register
from accounts.services.users import ProfileChanges, update_profile
from banking.queries.accounts import BankAccount, accounts_of
from banking.services.accounts import open_account
from banking.services.schedules import schedule_transfer
from banking.services.staff import freeze_account
from banking.services.transfers import transfer
from core.clock import recording_at
from core.errors import DomainError
from core.ids import uuid7
from core.periods import today_in, zone_of
from funds.services import cancel, subscribe
from fundsite.demo_logins import LIVELY, OPERATOR
from fundsite.demo_people import (
    COMPANIES,
    FROZEN,
    GIFTS,
    HABITS,
    INCOMES,
    ORDERS,
    PEOPLE,
    STAKES,
    Income,
    Order,
    Person,
    Stake,
)
from ledger import services as ledger
from ledger.services import Leg, Posting
from notifications.models import MANDATORY, Topic
from notifications.services.preferences import update_preferences

log = structlog.get_logger(__name__)

Deed = tuple[datetime, Callable[[], object]]
OPEN = time(8), time(20)  # when people do things, on their own clocks
CENT = Decimal("0.01")


def seed_world(now: datetime | None = None) -> int:
    """Make the world, all of it or nothing; returns how many clients were made, 0 where it has been made already.

    Where somebody has one of its names, or a fund or a limit stands in the way, what is there stays and the world is
    not made. `fundsite.demo.seed_demo` comes first. Raises `ImproperlyConfigured` in production.
    """
    if settings.PRODUCTION:
        raise ImproperlyConfigured("the demonstration's money is made up: not in production")
    names = Q(username__in=[one.username for one in PEOPLE]) | Q(email__in=[one.email for one in PEOPLE])
    if User.objects.filter(names).exists():
        return 0
    operator = User.objects.filter(username__iexact=OPERATOR.sign_in_as).first()
    if operator is None:
        return 0
    try:
        with transaction.atomic():
            _World(operator.pk, now or timezone.now()).make()
    except DomainError as refusal:
        log.warning("demo_world_not_made", code=refusal.code)
        return 0
    return len(PEOPLE)


class _World:
    def __init__(self, operator_id: uuid.UUID, now: datetime) -> None:
        self._operator_id = operator_id
        self._now = now
        self._dice = random.Random(2026)  # noqa: S311 - the same world every time
        self._people = {one.username: one for one in PEOPLE}
        self._users: dict[str, User] = {}
        self._accounts: dict[tuple[str, str], BankAccount] = {}

    def make(self) -> None:
        for moment, deed in sorted(self._deeds(), key=lambda one: one[0]):
            with recording_at(moment):
                deed()
        for order in ORDERS:
            self._order(order)
        for username, name, description, city in COMPANIES:
            create_company(
                wanted={"name": name, "description": description, "city": city and _known(city)},
                actor_id=self._users[username].pk,
                role=Role.USER,
            )

    def _deeds(self) -> Iterator[Deed]:
        """What happened and when, in no order; what needs something else comes on a later day."""
        for person in PEOPLE:
            yield self._then(person.username, person.joined, partial(self._settle, person))
        for income in INCOMES:
            first = self._people[income.username].joined - 1
            yield self._then(income.username, first, partial(self._open, income))
            for days in self._monthly(income.day, first):
                yield self._then(income.username, days, partial(self._receive, income, Decimal(income.monthly)))
        for habit in HABITS:
            both = min(self._people[habit.giver].joined, self._people[habit.taker].joined)
            for days in self._monthly(habit.day, both - 2):
                percent = 100 + self._dice.randint(-habit.swing, habit.swing)
                amount = (Decimal(habit.amount) * percent / 100).quantize(CENT)
                send = partial(self._send, habit.giver, habit.taker, habit.currency, amount, habit.memo)
                yield self._then(habit.giver, days, send)
        for gift in GIFTS:
            send = partial(self._send, gift.giver, gift.taker, gift.currency, Decimal(gift.amount), gift.memo)
            yield self._then(gift.giver, gift.days, send)
        for stake in STAKES:
            yield from self._invest(stake)
        yield self._then(FROZEN.username, FROZEN.days, self._freeze)

    def _then(self, username: str, days: int, deed: Callable[[], object]) -> Deed:
        """That many days ago, at some hour of the person's own day."""
        zone = zone_of(self._people[username].time_zone)
        begins, ends = (datetime.combine(self._day(username, days), hour, zone) for hour in OPEN)
        return begins + (ends - begins) * self._dice.random(), deed

    def _day(self, username: str, days: int) -> date:
        return today_in(zone_of(self._people[username].time_zone), self._now) - timedelta(days=days)

    def _monthly(self, day: int, since: int) -> Iterator[int]:
        """How many days ago each such day of a month was, up to yesterday."""
        return (days for days in range(since - 1, 0, -1) if (self._now - timedelta(days=days)).day == day)

    def _invest(self, stake: Stake) -> Iterator[Deed]:
        made: list[uuid.UUID] = []

        def put() -> None:
            client_id, user_id = self._ids(stake.username)
            receipt = subscribe(
                client_id=client_id, fund_id=stake.fund_id, amount=Decimal(stake.amount), actor_id=user_id
            )
            made.append(receipt.transaction_id)

        def take() -> None:
            client_id, user_id = self._ids(stake.username)
            cancel(client_id=client_id, subscription_id=made[0], actor_id=user_id)

        yield self._then(stake.username, stake.days, put)
        if stake.cancelled is not None:
            yield self._then(stake.username, stake.cancelled, take)

    def _freeze(self) -> None:
        number = self._accounts[FROZEN.username, FROZEN.currency].number
        freeze_account(number=number, reason=FROZEN.reason, credits_allowed=True, actor_id=self._operator_id)

    def _settle(self, person: Person) -> None:
        made = register(
            email=person.email,
            full_name=person.full_name,
            password=None,
            notify_channel=NotifyChannel.EMAIL,
            notify_destination=person.email,
            username=person.username,
            language=person.language,
        )
        profile = ProfileChanges(gender=person.gender, birth_date=person.birth_date, time_zone=person.time_zone)
        if city := city_by_slug(person.city):
            profile["city"] = city
        update_profile(user_id=made.user.pk, changes=profile)
        if person.tax_id:
            update_client(
                client_id=made.client.pk,
                actor_id=self._operator_id,
                changes={"tax_id": person.tax_id, "tax_id_kind": person.tax_id_kind},
            )
        then = self._now - timedelta(days=person.joined)
        # Past the validators, like the other logins of the demonstration (fundsite.demo).
        password = LIVELY.password if person.username == LIVELY.sign_in_as else None
        User.objects.filter(pk=made.user.pk).update(date_joined=then, password=make_password(password))
        Client.objects.filter(pk=made.client.pk).update(created_at=then)
        update_preferences(user_id=made.user.pk, changes={"declined": set(Topic) - MANDATORY})
        self._users[person.username] = made.user
        self._accounts[person.username, CURRENCY] = accounts_of(made.client.pk)[0]

    def _ids(self, username: str) -> tuple[uuid.UUID, uuid.UUID]:
        """Of the client and of the user."""
        user = self._users[username]
        return user.client.pk, user.pk

    def _open(self, income: Income) -> None:
        client_id, user_id = self._ids(income.username)
        if income.currency != CURRENCY:
            opened = open_account(client_id=client_id, currency=income.currency, alias=income.alias, actor_id=user_id)
            self._accounts[income.username, income.currency] = opened
        self._receive(income, Decimal(income.opening))

    def _receive(self, income: Income, amount: Decimal) -> None:
        client_id, _ = self._ids(income.username)
        account, id = self._accounts[income.username, income.currency], uuid7()
        ledger.post(
            Posting(
                id=id,
                kind="DEPOSIT",
                legs=[Leg(ledger.house_account("imports", income.currency), -amount), Leg(account.id, amount)],
                event="ledger.imported",
                payload={
                    "transaction_id": id,
                    "client_id": client_id,
                    "amount": amount,
                    "currency": income.currency,
                },
            ),
            actor_id=self._operator_id,
        )

    def _send(self, giver: str, taker: str, currency: str, amount: Decimal, memo: str) -> None:
        client_id, user_id = self._ids(giver)
        transfer(
            client_id=client_id,
            source=self._accounts[giver, currency].number,
            target=self._accounts[taker, currency].number,
            amount=amount,
            memo=memo,
            actor_id=user_id,
        )

    def _order(self, order: Order) -> None:
        client_id, user_id = self._ids(order.giver)
        schedule_transfer(
            client_id=client_id,
            source=self._accounts[order.giver, order.currency].number,
            target=self._accounts[order.taker, order.currency].number,
            amount=Decimal(order.amount),
            memo=order.memo,
            frequency=order.frequency,
            starts_on=self._day(order.giver, -order.days),
            actor_id=user_id,
        )


def _known(slug: str) -> str | None:
    """What operators have taken out of the catalogue is nobody's address."""
    return slug if city_by_slug(slug) else None
