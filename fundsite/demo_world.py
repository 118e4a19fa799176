"""A small world beside the demonstration's logins: people of three languages, what they hold and what they did.

Everything goes through the services, as if each had done it: dates are of the moment, because the ledger records when
it was told and nothing else. Nobody signs in as them, and the demonstration's logins receive nothing from them.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Gender, Language, NotifyChannel, Role, User
from accounts.models.clients import TaxIdKind
from accounts.queries.places import city_by_slug
from accounts.services.clients import CURRENCY, update_client
from accounts.services.companies import create_company
from accounts.services.registration import register
from accounts.services.users import ProfileChanges, update_profile
from banking.models import Frequency
from banking.queries.accounts import BankAccount, accounts_of
from banking.services.accounts import open_account
from banking.services.schedules import schedule_transfer
from banking.services.staff import freeze_account
from banking.services.transfers import transfer
from core.errors import DomainError
from core.ids import uuid7
from core.periods import today_in, zone_of
from funds.services import cancel, subscribe
from fundsite.demo_logins import OPERATOR
from ledger import services as ledger
from ledger.services import Leg, Posting

log = structlog.get_logger(__name__)


class Person(NamedTuple):
    """`city` is a slug of the catalogue of places, or empty."""

    username: str
    full_name: str
    language: Language
    gender: Gender
    birth_date: date
    time_zone: str
    city: str = ""
    tax_id_kind: str = ""
    tax_id: str = ""

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"


ES, PT, EN = Language.ES, Language.PT_BR, Language.EN
HER, HIM = Gender.FEMALE, Gender.MALE
CC, RUC, RFC, CPF = TaxIdKind.CC, TaxIdKind.RUC, TaxIdKind.RFC, TaxIdKind.CPF
PEOPLE = (
    Person("camila.torres", "Camila Torres Vélez", ES, HER, date(1988, 3, 14), "America/Bogota", "", CC, "52418903"),
    Person("andres.mejia", "Andrés Mejía Duarte", ES, HIM, date(1979, 11, 2), "America/Bogota", "", CC, "79645218"),
    Person(
        "paola.cevallos", "Paola Cevallos Andrade", ES, HER, date(1991, 7, 23), "America/Guayaquil",
        "quito", RUC, "1713048575001",
    ),
    Person(
        "jorge.zambrano", "Jorge Zambrano Intriago", ES, HIM, date(1983, 1, 9), "America/Guayaquil",
        "guayaquil", RUC, "0915223648001",
    ),
    Person(
        "mariana.lopez", "Mariana López Herrera", ES, HER, date(1984, 6, 12), "America/Mexico_City",
        "", RFC, "LOHM840612Q74",
    ),
    Person(
        "diego.sanchez", "Diego Sánchez Villa", ES, HIM, date(1991, 3, 5), "America/Monterrey",
        "", RFC, "SAVD910305J2A",
    ),
    Person(
        "beatriz.almeida", "Beatriz Almeida Rocha", PT, HER, date(1986, 9, 30), "America/Sao_Paulo",
        "", CPF, "284.915.736-82",
    ),
    Person(
        "rafael.moreira", "Rafael Moreira Lima", PT, HIM, date(1994, 12, 18), "America/Manaus",
        "", CPF, "715.203.948-88",
    ),
    Person(
        "joao.figueiredo", "João Figueiredo Conceição", PT, HIM, date(1972, 4, 21), "America/Guayaquil",
        "manta", CPF, "396.820.154-05",
    ),
    Person("emily.carter", "Emily Carter", EN, HER, date(1969, 8, 7), "America/Guayaquil", "cuenca"),
    Person("daniel.brooks", "Daniel Brooks", EN, HIM, date(1990, 2, 28), "America/New_York"),
    Person("priya.nair", "Priya Nair", EN, HER, date(1996, 5, 16), "Europe/London"),
)  # fmt: skip

# Whose, currency, alias, what arrives there. In pesos it is the account that everybody has.
FUNDING = (
    ("camila.torres", "COP", "", 3_200_000),
    ("andres.mejia", "COP", "", 5_750_000),
    ("paola.cevallos", "COP", "", 1_900_000),
    ("jorge.zambrano", "COP", "", 850_000),
    ("beatriz.almeida", "COP", "", 2_400_000),
    ("daniel.brooks", "COP", "", 6_100_000),
    ("camila.torres", "USD", "Ahorro en dólares", 1_850),
    ("paola.cevallos", "USD", "Ventas del café", 4_320),
    ("jorge.zambrano", "USD", "Sueldo", 1_275),
    ("emily.carter", "USD", "Pension", 3_640),
    ("daniel.brooks", "USD", "Savings", 2_980),
    ("priya.nair", "USD", "Travel", 760),
    ("mariana.lopez", "MXN", "Nómina", 48_500),
    ("diego.sanchez", "MXN", "Gastos de casa", 12_300),
    ("beatriz.almeida", "BRL", "Conta do dia a dia", 9_400),
    ("rafael.moreira", "BRL", "Reserva", 5_200),
    ("joao.figueiredo", "BRL", "Aposentadoria", 7_150),
)

# Who, fund, amount, and whether they took it back.
SUBSCRIPTIONS = (
    ("camila.torres", 1, 750_000, False),
    ("camila.torres", 3, 120_000, True),
    ("andres.mejia", 4, 2_500_000, False),
    ("andres.mejia", 2, 1_000_000, False),
    ("andres.mejia", 5, 300_000, True),
    ("paola.cevallos", 5, 450_000, False),
    ("jorge.zambrano", 3, 80_000, False),
    ("mariana.lopez", 1, 150_000, False),
    ("diego.sanchez", 3, 60_000, True),
    ("beatriz.almeida", 4, 900_000, False),
    ("beatriz.almeida", 1, 200_000, False),
    ("rafael.moreira", 2, 125_000, True),
    ("rafael.moreira", 3, 90_000, False),
    ("emily.carter", 5, 200_000, False),
    ("daniel.brooks", 4, 3_000_000, False),
    ("daniel.brooks", 2, 500_000, True),
)

# From whom, to whom, currency, amount, what for.
TRANSFERS = (
    ("camila.torres", "andres.mejia", "COP", "380000.00", "Arriendo de la oficina"),
    ("andres.mejia", "camila.torres", "COP", "64500.00", "Almuerzo del equipo"),
    ("daniel.brooks", "camila.torres", "COP", "420000.00", "Spanish lessons, four weeks"),
    ("andres.mejia", "jorge.zambrano", "COP", "150000.00", "Repuestos de la moto"),
    ("emily.carter", "paola.cevallos", "USD", "86.40", "Coffee beans, 4 kg"),
    ("jorge.zambrano", "paola.cevallos", "USD", "35.00", "Regalo de cumpleaños de Sofía"),
    ("paola.cevallos", "emily.carter", "USD", "520.00", "Arriendo del local en Cuenca"),
    ("daniel.brooks", "priya.nair", "USD", "140.25", "Half of the cabin"),
    ("mariana.lopez", "diego.sanchez", "MXN", "2350.00", "Luz y agua del bimestre"),
    ("diego.sanchez", "mariana.lopez", "MXN", "899.90", "Boletos del concierto"),
    ("beatriz.almeida", "rafael.moreira", "BRL", "1250.00", "Sinal do projeto gráfico"),
    ("rafael.moreira", "joao.figueiredo", "BRL", "310.50", "Conserto da bicicleta"),
    ("joao.figueiredo", "beatriz.almeida", "BRL", "72.00", "Livros usados"),
)


class Order(NamedTuple):
    """A transfer for the days to come; the first in so many `days`."""

    giver: str
    taker: str
    currency: str
    amount: str
    memo: str
    frequency: Frequency
    days: int


ORDERS = (
    Order("mariana.lopez", "diego.sanchez", "MXN", "1200.00", "Internet de la casa", Frequency.MONTHLY, 9),
    Order("beatriz.almeida", "joao.figueiredo", "BRL", "180.00", "Mesada do Pedro", Frequency.WEEKLY, 4),
    Order("daniel.brooks", "emily.carter", "USD", "250.00", "Rent deposit", Frequency.ONCE, 20),
)

FROZEN = ("priya.nair", "USD", "Documento de identidad vencido; la clienta ya fue avisada.")

COMPANIES = (
    ("paola.cevallos", "Café Sierra Alta", "Tostamos café de altura de Loja y Pichincha.", "quito"),
    ("beatriz.almeida", "Estúdio Almeida Rocha", "Identidade visual e embalagens.", None),
    ("emily.carter", "Carter Guesthouse", "Six rooms by the river.", "cuenca"),
)


def seed_world() -> int:
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
            _World(operator.pk).make()
    except DomainError as refusal:
        log.warning("demo_world_not_made", code=refusal.code)
        return 0
    return len(PEOPLE)


class _World:
    def __init__(self, operator_id: uuid.UUID) -> None:
        self._operator_id = operator_id
        self._users: dict[str, User] = {}
        self._accounts: dict[tuple[str, str], BankAccount] = {}

    def make(self) -> None:
        for person in PEOPLE:
            self._settle(person)
        for username, currency, alias, amount in FUNDING:
            self._fund(username, currency, alias, Decimal(amount))
        for username, fund_id, amount, cancelled in SUBSCRIPTIONS:
            self._subscribe(username, fund_id, Decimal(amount), cancelled=cancelled)
        for giver, taker, currency, amount_text, memo in TRANSFERS:
            client_id, user_id = self._ids(giver)
            transfer(
                client_id=client_id,
                source=self._accounts[giver, currency].number,
                target=self._accounts[taker, currency].number,
                amount=Decimal(amount_text),
                memo=memo,
                actor_id=user_id,
            )
        for order in ORDERS:
            self._order(order)
        for username, name, description, city in COMPANIES:
            create_company(
                wanted={"name": name, "description": description, "city": city and _known(city)},
                actor_id=self._users[username].pk,
                role=Role.USER,
            )
        username, currency, reason = FROZEN
        number = self._accounts[username, currency].number
        freeze_account(number=number, reason=reason, credits_allowed=True, actor_id=self._operator_id)

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
        self._users[person.username] = made.user
        self._accounts[person.username, CURRENCY] = accounts_of(made.client.pk)[0]

    def _ids(self, username: str) -> tuple[uuid.UUID, uuid.UUID]:
        """Of the client and of the user."""
        user = self._users[username]
        return user.client.pk, user.pk

    def _fund(self, username: str, currency: str, alias: str, amount: Decimal) -> None:
        client_id, user_id = self._ids(username)
        if currency != CURRENCY:
            opened = open_account(client_id=client_id, currency=currency, alias=alias, actor_id=user_id)
            self._accounts[username, currency] = opened
        id = uuid7()
        ledger.post(
            Posting(
                id=id,
                kind="DEPOSIT",
                legs=[
                    Leg(ledger.house_account("imports", currency), -amount),
                    Leg(self._accounts[username, currency].id, amount),
                ],
                event="ledger.imported",
                payload={"transaction_id": id, "client_id": client_id, "amount": amount, "currency": currency},
            ),
            actor_id=self._operator_id,
        )

    def _subscribe(self, username: str, fund_id: int, amount: Decimal, *, cancelled: bool) -> None:
        client_id, user_id = self._ids(username)
        receipt = subscribe(client_id=client_id, fund_id=fund_id, amount=amount, actor_id=user_id)
        if cancelled:
            cancel(client_id=client_id, subscription_id=receipt.transaction_id, actor_id=user_id)

    def _order(self, order: Order) -> None:
        client_id, user_id = self._ids(order.giver)
        zone = next(one.time_zone for one in PEOPLE if one.username == order.giver)
        schedule_transfer(
            client_id=client_id,
            source=self._accounts[order.giver, order.currency].number,
            target=self._accounts[order.taker, order.currency].number,
            amount=Decimal(order.amount),
            memo=order.memo,
            frequency=order.frequency,
            starts_on=today_in(zone_of(zone), timezone.now()) + timedelta(days=order.days),
            actor_id=user_id,
        )


def _known(slug: str) -> str | None:
    """What operators have taken out of the catalogue is nobody's address."""
    return slug if city_by_slug(slug) else None
