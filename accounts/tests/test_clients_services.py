"""Tax ids, what the database keeps of clients whoever writes to it, and many hands at once."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts import tax_ids
from accounts.models import Client
from accounts.models.clients import TaxIdKind
from accounts.queries.clients import client as look
from accounts.queries.clients import clients as find
from accounts.services import clients
from accounts.services.clients import ClientEmailTaken, ClientHasMoney, TaxIdTaken
from conftest import Cast
from core.tests.snapshots import snapshot
from core.tests.threads import Background, in_parallel
from core.text import fold, trigrams
from ledger import services as ledger
from ledger.models import Account
from ledger.services import AccountNotOpen, Leg, Posting


@pytest.mark.parametrize(
    ("kind", "typed", "number", "verified"),
    [
        ("RFC", "PEPJ800101HNE", "PEPJ800101HNE", False),
        ("RFC", " gode-561231-gr8 ", "GODE561231GR8", True),
        ("RFC", "MAB 930714 8T4", "MAB9307148T4", True),
        ("RFC", "ñaño800101ab1", "ÑAÑO800101AB1", False),
        ("RFC", "N\u0303A&O800101AB1", "ÑA&O800101AB1", False),
        ("CURP", "BOXW310820HNERXN09", "BOXW310820HNERXN09", True),
        ("CURP", "boxw310820hnerxn08", "BOXW310820HNERXN08", False),
        ("NIT", "213.123.432-1", "2131234321", True),
        ("NIT", "900.123.456-9", "9001234569", False),
        ("CC", "1.032.456.789", "1032456789", True),
        ("CC", "123456", "123456", True),
        ("RUC", "1792060346-001", "1792060346001", True),
        ("RUC", "1792060347001", "1792060347001", False),
        ("RUC", "1710034065001", "1710034065001", True),
        ("CPF", "390.533.447-05", "39053344705", True),
        ("CPF", "３９０.５３３.４４７-０５", "39053344705", True),
        ("CPF", "39053344706", "39053344706", False),
        ("CNPJ", "16.727.230/0001-97", "16727230000197", True),
        ("CNPJ", "12.abc.345/01DE\u201335", "12ABC34501DE35", True),
        ("CNPJ", "12ABC34501DE36", "12ABC34501DE36", False),
    ],
)
def test_a_tax_id_has_one_spelling_and_a_wrong_check_digit_is_only_marked(
    kind: str, typed: str, number: str, verified: bool
) -> None:
    assert tax_ids.read(TaxIdKind(kind), typed) == tax_ids.TaxId(TaxIdKind(kind), number, verified)
    assert bool(tax_ids.warnings(kind, number, verified=verified)) is not verified


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("RFC", ""),
        ("RFC", "PEPJ800101"),
        ("RFC", "PEPJ801301HNE"),
        ("RFC", "PEPJ800230HNE"),
        ("RFC", "PUTO800101HNE"),
        ("RFC", "XAXX010101000"),
        ("RFC", "XEXX010101000"),
        ("RFC", "PEPJ80010١HNE"),
        ("RFC", "PEPß00101HNE"),
        ("RFC", "PEPJ800101HNE'--"),
        ("CURP", "BOXW310820HZZRXN09"),
        ("NIT", "12345"),
        ("NIT", "123456789012"),
        ("NIT", "00000000"),
        ("CC", "12345"),
        ("CC", "12345678901"),
        ("CC", "0123456"),
        ("CC", "11111111"),
        ("CC", "123A56"),
        ("RUC", "9999999999999"),
        ("RUC", "1792060346000"),
        ("RUC", "179206034601"),
        ("CPF", "11111111111"),
        ("CPF", "000.000.000-00"),
        ("CPF", "3905334470"),
        ("CPF", "٣٩٠٥٣٣٤٤٧٠٥"),
        ("CNPJ", "00000000000000"),
        ("CNPJ", "11111111111111"),
        ("CNPJ", "12ABC34501DEAA"),
        ("CNPJ", "12ÁBC34501DE35"),
    ],
)
def test_a_number_of_another_form_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(tax_ids.InvalidTaxId):
        tax_ids.read(TaxIdKind(kind), typed)


def made(cast: Cast, name: str = "Carlos Perez", **wanted: object) -> Client:
    given = {"full_name": name, "email": f"{uuid.uuid4().hex}@example.com", **wanted}
    return clients.create_client(actor_id=cast.support.pk, wanted=given)  # type: ignore[arg-type]


def deposit(account_id: int, amount: str = "10.00") -> None:
    house = ledger.house_account("opening-grants", "COP")
    legs = [Leg(house, -Decimal(amount)), Leg(account_id, Decimal(amount))]
    payload = {"transaction_id": uuid.uuid4(), "reverses": uuid.uuid4(), "reason": "test"}
    ledger.post(Posting(kind="TEST", legs=legs, event="ledger.reversed", payload=payload), actor_id=None)


def test_no_money_comes_to_an_inactive_client(cast: Cast) -> None:
    client = made(cast, is_active=False)
    before = snapshot()
    with pytest.raises(AccountNotOpen):
        deposit(client.cash_account_id)
    assert snapshot() == before
    clients.reactivate_client(client_id=client.pk, actor_id=cast.support.pk)
    deposit(client.cash_account_id)
    assert Account.objects.get(pk=client.cash_account_id).balance == 10


def test_the_refusal_names_every_account_and_counts_when_there_are_many(cast: Cast) -> None:
    client = made(cast)
    for _turn in range(6):
        deposit(ledger.open_account(kind="cash", holder_id=client.pk, currency="COP"))
    with pytest.raises(ClientHasMoney) as refusal:
        clients.deactivate_client(client_id=client.pk, actor_id=cast.support.pk)
    numbers = Account.objects.filter(holder_id=client.pk, balance__gt=0).order_by("id").values_list("number", flat=True)
    assert all(number in str(refusal.value) for number in numbers[:5])
    assert "y 1 más" in str(refusal.value)


@pytest.mark.usefixtures("real_commits")
@pytest.mark.parametrize("own_account", [True, False])
def test_money_on_its_way_stops_a_deactivation(cast: Cast, own_account: bool) -> None:
    """Also money on its way into an account that nobody else can see yet."""
    client = made(cast)
    with transaction.atomic():
        account = client.cash_account_id
        if not own_account:
            account = ledger.open_account(kind="cash", holder_id=client.pk, currency="COP")
        deposit(account)
        leaving = Background(lambda: clients.deactivate_client(client_id=client.pk, actor_id=cast.support.pk))
        leaving.wait_until_blocked()
    assert isinstance(leaving.result(), ClientHasMoney)
    assert look(client.pk).is_active


@pytest.mark.usefixtures("real_commits")
def test_a_deactivation_on_its_way_stops_money(cast: Cast) -> None:
    client = made(cast)
    other = ledger.open_account(kind="cash", holder_id=client.pk, currency="COP")
    for account in (client.cash_account_id, other):
        clients.reactivate_client(client_id=client.pk, actor_id=cast.support.pk)
        with transaction.atomic():
            clients.deactivate_client(client_id=client.pk, actor_id=cast.support.pk)
            coming = Background(lambda account=account: deposit(account))  # type: ignore[misc]
            coming.wait_until_blocked()
        assert isinstance(coming.result(), AccountNotOpen)
    assert not Account.objects.filter(holder_id=client.pk).exclude(balance=0).exists()


@pytest.mark.usefixtures("real_commits")
def test_money_that_moves_does_not_wait_for_whoever_edits_a_name(cast: Cast) -> None:
    client = made(cast)
    with transaction.atomic():
        clients.update_client(client_id=client.pk, actor_id=cast.support.pk, changes={"full_name": "Otro"})
        assert in_parallel([lambda: deposit(client.cash_account_id)]) == [None]


@pytest.mark.usefixtures("real_commits")
def test_of_two_who_make_the_same_client_at_once_one_is_told(cast: Cast) -> None:
    wanted = {"full_name": "Carlos", "email": "carlos@example.com"}
    rfc = {"tax_id": "PEPJ800101HNE", "tax_id_kind": "RFC"}
    for both, refusal in (
        ([wanted, wanted], ClientEmailTaken),
        ([{**wanted, **rfc, "email": "1@example.com"}, {**wanted, **rfc, "email": "2@example.com"}], TaxIdTaken),
    ):
        before = Account.objects.count()
        outcomes = in_parallel(
            [
                lambda one=one: clients.create_client(actor_id=cast.support.pk, wanted=one)  # type: ignore[misc,arg-type]
                for one in both
            ]
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == sorted(["Client", refusal.__name__])
        assert Account.objects.count() == before + 1, "no account without a client"


@pytest.mark.parametrize(
    "sets",
    [
        "is_active = false",
        "deactivated_at = now()",
        "tax_id = 'X'",
        "tax_id_kind = 'RFC'",
        "tax_id = 'X', tax_id_kind = 'SSN'",
        "tax_id_verified = true",
        "email = 'BETO@example.com'",
    ],
)
def test_the_tables_keep_their_word_whoever_writes(cast: Cast, sets: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE accounts_client SET {sets} WHERE id = %s", [cast.ana.pk])


def test_searching_uses_its_index(cast: Cast) -> None:
    """Whatever the table's size: with sequential scans forbidden, there is a way that is none."""
    query = find(search="joão si").rows  # it runs
    assert query == []
    words = fold("joão si").split()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT id FROM accounts_client WHERE trigrams @> %s::text[]", [trigrams(words)])
        plan = " ".join(line for (line,) in cursor.fetchall())
        assert "accounts_client_search" in plan
        cursor.execute("EXPLAIN SELECT id FROM accounts_client ORDER BY sort_name, id LIMIT 20")
        plan = " ".join(line for (line,) in cursor.fetchall())
        assert "accounts_clients_by_name" in plan
        assert "Sort" not in plan.replace("sort_name", "")


def test_what_is_asked_for_is_what_the_database_indexes(cast: Cast) -> None:
    for text in ("joao silva", "a b", "x", "", "maria-jose o'neil 東京", '100% _x_ {a,b} "q" null \\\\\\'):
        with connection.cursor() as cursor:
            cursor.execute("SELECT core_trigrams(%s)", [fold(text)])
            indexed = set(cursor.fetchone()[0])
        assert set(trigrams(fold(text).split())) <= indexed, text


def test_verify_still_adds_up(cast: Cast) -> None:
    made(cast, is_active=False)
    call_command("verify")
