"""Who lives in the demonstration's small world, what they hold and what they do: data for `fundsite.demo_world`.

Everything recurs or lies some days back from the day on which the world is made, so that it is never out of date.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from accounts.models import Gender, Language
from accounts.models.clients import TaxIdKind
from banking.models import Frequency


class Person(NamedTuple):
    """Who became a client `joined` days ago. `city` is a slug of the catalogue of places, or empty."""

    username: str
    full_name: str
    language: Language
    gender: Gender
    birth_date: date
    time_zone: str
    joined: int
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
    Person(
        "camila.torres", "Camila Torres Vélez", ES, HER, date(1988, 3, 14), "America/Bogota", 196,
        "", CC, "52418903",
    ),
    Person(
        "andres.mejia", "Andrés Mejía Duarte", ES, HIM, date(1979, 11, 2), "America/Bogota", 194,
        "", CC, "79645218",
    ),
    Person(
        "paola.cevallos", "Paola Cevallos Andrade", ES, HER, date(1991, 7, 23), "America/Guayaquil", 189,
        "quito", RUC, "1713048575001",
    ),
    Person(
        "jorge.zambrano", "Jorge Zambrano Intriago", ES, HIM, date(1983, 1, 9), "America/Guayaquil", 171,
        "guayaquil", RUC, "0915223648001",
    ),
    Person(
        "mariana.lopez", "Mariana López Herrera", ES, HER, date(1984, 6, 12), "America/Mexico_City", 183,
        "", RFC, "LOHM840612Q74",
    ),
    Person(
        "diego.sanchez", "Diego Sánchez Villa", ES, HIM, date(1991, 3, 5), "America/Monterrey", 158,
        "", RFC, "SAVD910305J2A",
    ),
    Person(
        "beatriz.almeida", "Beatriz Almeida Rocha", PT, HER, date(1986, 9, 30), "America/Sao_Paulo", 192,
        "", CPF, "284.915.736-82",
    ),
    Person(
        "rafael.moreira", "Rafael Moreira Lima", PT, HIM, date(1994, 12, 18), "America/Manaus", 147,
        "", CPF, "715.203.948-88",
    ),
    Person(
        "joao.figueiredo", "João Figueiredo Conceição", PT, HIM, date(1972, 4, 21), "America/Guayaquil", 120,
        "manta", CPF, "396.820.154-05",
    ),
    Person("emily.carter", "Emily Carter", EN, HER, date(1969, 8, 7), "America/Guayaquil", 178, "cuenca"),
    Person("daniel.brooks", "Daniel Brooks", EN, HIM, date(1990, 2, 28), "America/New_York", 187),
    Person("priya.nair", "Priya Nair", EN, HER, date(1996, 5, 16), "Europe/London", 64),
)  # fmt: skip


class Income(NamedTuple):
    """What is there from the first day, and what arrives on a day of every month.

    In pesos on everybody's first account; in another currency on an account of its own, with that `alias`.
    """

    username: str
    currency: str
    alias: str
    opening: str
    monthly: str
    day: int


INCOMES = (
    Income("camila.torres", "COP", "", "1850000", "1150000", 1),
    Income("andres.mejia", "COP", "", "5750000", "1400000", 28),
    Income("paola.cevallos", "COP", "", "1900000", "350000", 15),
    Income("jorge.zambrano", "COP", "", "850000", "180000", 5),
    Income("beatriz.almeida", "COP", "", "2400000", "250000", 12),
    Income("daniel.brooks", "COP", "", "6100000", "900000", 3),
    Income("camila.torres", "USD", "Ahorro en dólares", "1850", "120", 2),
    Income("paola.cevallos", "USD", "Ventas del café", "2320", "1480", 20),
    Income("jorge.zambrano", "USD", "Sueldo", "640", "1275", 27),
    Income("emily.carter", "USD", "Pension", "3640", "1910", 4),
    Income("daniel.brooks", "USD", "Savings", "2980", "450", 10),
    Income("priya.nair", "USD", "Travel", "760", "200", 18),
    Income("mariana.lopez", "MXN", "Nómina", "12500", "28400", 14),
    Income("diego.sanchez", "MXN", "Gastos de casa", "12300", "16800", 16),
    Income("beatriz.almeida", "BRL", "Conta do dia a dia", "3400", "7850", 6),
    Income("rafael.moreira", "BRL", "Reserva", "5200", "3100", 8),
    Income("joao.figueiredo", "BRL", "Aposentadoria", "7150", "4020", 25),
)


class Freeze(NamedTuple):
    """`days` ago, by the operator."""

    username: str
    currency: str
    reason: str
    days: int


class Habit(NamedTuple):
    """A transfer on a day of every month; the amount is off by up to `swing` per cent."""

    giver: str
    taker: str
    currency: str
    amount: str
    memo: str
    day: int
    swing: int = 0


HABITS = (
    Habit("camila.torres", "andres.mejia", "COP", "380000", "Arriendo de la oficina", 4),
    Habit("camila.torres", "jorge.zambrano", "COP", "92000", "Clases de guitarra", 19),
    Habit("andres.mejia", "camila.torres", "COP", "64500", "Almuerzos del equipo", 26, 30),
    Habit("daniel.brooks", "camila.torres", "COP", "420000", "Spanish lessons, four weeks", 7),
    Habit("andres.mejia", "paola.cevallos", "COP", "135000", "Café para la oficina", 11, 20),
    Habit("emily.carter", "paola.cevallos", "USD", "86.40", "Coffee beans, 4 kg", 9, 15),
    Habit("paola.cevallos", "emily.carter", "USD", "520", "Arriendo del local en Cuenca", 2),
    Habit("jorge.zambrano", "emily.carter", "USD", "210", "Cuota del préstamo familiar", 28),
    Habit("daniel.brooks", "emily.carter", "USD", "95", "Storage room", 12),
    Habit("mariana.lopez", "diego.sanchez", "MXN", "2350", "Luz y agua", 17, 25),
    Habit("mariana.lopez", "diego.sanchez", "MXN", "6400", "Renta del departamento", 3),
    Habit("diego.sanchez", "mariana.lopez", "MXN", "1180", "Despensa", 22, 35),
    Habit("beatriz.almeida", "rafael.moreira", "BRL", "1250", "Projeto gráfico", 13, 10),
    Habit("rafael.moreira", "joao.figueiredo", "BRL", "640", "Aluguel da vaga", 5),
    Habit("joao.figueiredo", "beatriz.almeida", "BRL", "320", "Aulas de desenho da neta", 21),
)


class Gift(NamedTuple):
    """A transfer made once, some `days` ago."""

    giver: str
    taker: str
    currency: str
    amount: str
    memo: str
    days: int


GIFTS = (
    Gift("andres.mejia", "jorge.zambrano", "COP", "150000.00", "Repuestos de la moto", 96),
    Gift("camila.torres", "paola.cevallos", "COP", "210000.00", "Regalo de matrimonio", 61),
    Gift("jorge.zambrano", "paola.cevallos", "USD", "35.00", "Regalo de cumpleaños de Sofía", 43),
    Gift("daniel.brooks", "priya.nair", "USD", "140.25", "Half of the cabin", 33),
    Gift("priya.nair", "daniel.brooks", "USD", "52.80", "Fuel and tolls", 31),
    Gift("diego.sanchez", "mariana.lopez", "MXN", "899.90", "Boletos del concierto", 25),
    Gift("rafael.moreira", "joao.figueiredo", "BRL", "310.50", "Conserto da bicicleta", 18),
    Gift("joao.figueiredo", "beatriz.almeida", "BRL", "72.00", "Livros usados", 6),
    Gift("emily.carter", "daniel.brooks", "USD", "64.00", "Concert ticket", 2),
)


class Stake(NamedTuple):
    """A subscription made some `days` ago, and, if so, cancelled later."""

    username: str
    fund_id: int
    amount: str
    days: int
    cancelled: int | None = None


STAKES = (
    Stake("camila.torres", 1, "750000", 170),
    Stake("camila.torres", 3, "120000", 139, 84),
    Stake("camila.torres", 5, "600000", 52),
    Stake("andres.mejia", 4, "2500000", 186),
    Stake("andres.mejia", 2, "1000000", 122),
    Stake("andres.mejia", 5, "300000", 90, 38),
    Stake("andres.mejia", 1, "1800000", 27),
    Stake("paola.cevallos", 5, "450000", 151),
    Stake("paola.cevallos", 3, "200000", 70),
    Stake("jorge.zambrano", 3, "80000", 112),
    Stake("jorge.zambrano", 1, "240000", 15),
    Stake("mariana.lopez", 1, "150000", 144),
    Stake("mariana.lopez", 3, "110000", 47),
    Stake("diego.sanchez", 3, "60000", 101, 59),
    Stake("beatriz.almeida", 4, "900000", 163),
    Stake("beatriz.almeida", 1, "200000", 75),
    Stake("rafael.moreira", 2, "125000", 88, 21),
    Stake("rafael.moreira", 3, "90000", 56),
    Stake("emily.carter", 5, "200000", 134),
    Stake("daniel.brooks", 4, "3000000", 155),
    Stake("daniel.brooks", 2, "500000", 110, 66),
    Stake("daniel.brooks", 5, "700000", 11),
    Stake("priya.nair", 3, "150000", 40),
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

# Longer ago than mail is sent about (NOTIFY_WITHIN_DAYS), and nothing leaves the account afterwards.
FROZEN = Freeze("priya.nair", "USD", "Documento de identidad vencido; la clienta ya fue avisada.", 9)

COMPANIES = (
    ("paola.cevallos", "Café Sierra Alta", "Tostamos café de altura de Loja y Pichincha.", "quito"),
    ("beatriz.almeida", "Estúdio Almeida Rocha", "Identidade visual e embalagens.", None),
    ("emily.carter", "Carter Guesthouse", "Six rooms by the river.", "cuenca"),
)
