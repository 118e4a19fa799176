"""Statements given out as PDFs: what is confirmed of them, and that a changed one is not."""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.utils import translation
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from banking.codes import ALPHABET, grouped, new_code, read_code
from banking.models import StatementDocument
from banking.queries.statements import held_account
from banking.services import statements as services
from banking.services.statements import Issued, StatementTooLong, issue
from banking.tests.statements import body, hourly, past_account, pdf_text
from banking.views import documents
from conftest import Cast
from core.periods import Period
from core.tests.threads import Background, in_parallel, other_session
from events.models import Event
from ledger.models import Account
from tests.api import Api, books, refused

BOGOTA = ZoneInfo("America/Bogota")
MARCH = Period(date(2025, 3, 1), date(2025, 3, 31), BOGOTA)
NOW = datetime(2025, 5, 1, 12, tzinfo=UTC)
VERIFY = "https://fondos.example.com/verificar/"


def issued(cast: Cast, account: Account, *, period: Period = MARCH, now: datetime = NOW) -> Issued:
    held = held_account(account.number, client_id=cast.ana.pk, role="user")
    return issue(held=held, period=period, verify_url=VERIFY, actor_id=cast.ana.user_id, now=now)


@pytest.fixture
def account(cast: Cast) -> Account:
    return past_account(cast.ana, hourly(datetime(2025, 3, 3, tzinfo=UTC), [1000, -250, 30]))


def upload(path: str, content: bytes) -> str:
    response = Browser().post(path, {"file": SimpleUploadedFile("extracto.pdf", content, "application/pdf")})
    return response.content.decode()


def test_the_code_is_confirmed_to_anybody_with_initials_and_figures_only(cast: Cast, account: Account) -> None:
    made = issued(cast, account)
    code = grouped(made.document.code)
    printed = pdf_text(made.pdf)
    assert code in printed
    assert f"fondos.example.com/verificar con el código {code}" in printed
    told = Api().get(f"statements/verify/{code}").json()
    assert told == {
        "code": code,
        "holder_initials": "A. G.",
        "account_ending": account.number[-4:],
        "currency": "COP",
        "from": "2025-03-01",
        "to": "2025-03-31",
        "zone": "America/Bogota",
        "opening": "0.00",
        "closing": "780.00",
        "issued_at": "2025-05-01T12:00:00+00:00",
        "sha256": hashlib.sha256(made.pdf).hexdigest(),
        "matches": None,
    }
    page = Browser().get(f"/verificar/{code}/").content.decode()
    assert "El código es nuestro." in page
    assert told["sha256"] in page
    for secret in ("Ana Gómez", account.number, "1.000,00"):
        assert secret not in page


@pytest.mark.parametrize("written", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_a_code_may_be_written_otherwise(cast: Cast, account: Account, written: object) -> None:
    code = written(grouped(issued(cast, account).document.code))  # type: ignore[operator]
    assert Api().get(f"statements/verify/{code}").status_code == 200
    assert Browser().get("/verificar/", {"code": code}, follow=True).status_code == 200


@pytest.mark.parametrize("code", ["0000-0000-0000", "x", "0000-0000-000U", "0" * 500, "%00", "é"])
def test_a_code_that_is_not_ours_is_said_to_be_so(cast: Cast, account: Account, code: str) -> None:
    issued(cast, account)
    refused(Api().get(f"statements/verify/{code}"), 404, "document_not_found")
    response = Browser().get(f"/verificar/{code}/")
    assert response.status_code == 404
    assert "Este código no es nuestro." in response.content.decode()


@pytest.mark.parametrize("typed", ["a/b", "/", "//example.com", ".", "..", "a b", "?x", "#", "é", "a\tb"])
def test_whatever_is_typed_for_a_code_is_said_not_to_be_ours(cast: Cast, typed: str) -> None:
    response = Browser().get("/verificar/", {"code": typed}, follow=True)
    assert response.status_code == 404
    assert "Este código no es nuestro." in response.content.decode()


def test_the_file_verifies_and_a_changed_one_does_not(cast: Cast, account: Account) -> None:
    made = issued(cast, account)
    before = books()
    here = f"/verificar/{grouped(made.document.code)}/"
    assert "El archivo es idéntico al que expedimos." in upload(here, made.pdf)
    assert "El archivo es idéntico al que expedimos." in upload("/verificar/", made.pdf)
    flipped = bytearray(made.pdf)
    flipped[len(flipped) // 2] ^= 1
    for changed in (bytes(flipped), made.pdf + b"\n", made.pdf[:-1], b"x"):
        assert "El archivo no es el que expedimos." in upload(here, changed)
        assert "Este archivo no es nuestro." in upload("/verificar/", changed)
        sha256 = hashlib.sha256(changed).hexdigest()
        assert Api().get(f"statements/verify/{made.document.code}?sha256={sha256}").json()["matches"] is False
    sha256 = hashlib.sha256(made.pdf).hexdigest().upper()
    assert Api().get(f"statements/verify/{made.document.code}?sha256={sha256}").json()["matches"] is True
    refused(Api().get(f"statements/verify/{made.document.code}?sha256=abc"), 400, "invalid")
    assert books() == before


def test_an_upload_is_bounded_in_size_and_number(
    cast: Cast, account: Account, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    made = issued(cast, account)
    monkeypatch.setattr(documents, "LARGEST_UPLOAD", 60_000)
    here = f"/verificar/{made.document.code}/"
    for path in ("/verificar/", here):
        response = Browser().post(path, {"file": SimpleUploadedFile("x.pdf", b"x" * 80_000)})
        assert response.status_code == 413
        assert Browser().post(path, {"file": SimpleUploadedFile("x.pdf", b"")}).status_code == 400
        assert Browser().post(path).status_code == 400
    settings.DOCUMENT_UPLOADS_PER_ADDRESS = "2/m"
    answers = [Browser().post(here, {"file": SimpleUploadedFile("x.pdf", b"x")}).status_code for _n in range(3)]
    assert answers == [200, 200, 429]


def test_an_upload_takes_the_pages_own_token(cast: Cast, account: Account) -> None:
    stranger = Browser(enforce_csrf_checks=True)
    for path in ("/verificar/", f"/verificar/{issued(cast, account).document.code}/"):
        assert stranger.post(path, {"file": SimpleUploadedFile("x.pdf", b"x")}).status_code == 403


def test_codes_cannot_be_guessed_at_without_end(cast: Cast, settings: Settings) -> None:
    settings.DOCUMENT_LOOKUPS_PER_ADDRESS = "2/m"
    assert Browser().get("/verificar/0000-0000-0001/").status_code == 404
    refused(Api().get("statements/verify/0000-0000-0002"), 404, "document_not_found")
    refused(Api().get("statements/verify/0000-0000-0003"), 429, "too_many_requests")
    assert Browser().get("/verificar/0000-0000-0004/").status_code == 429


def test_the_same_statement_is_the_same_document(cast: Cast, account: Account) -> None:
    first = issued(cast, account)
    events = Event.objects.filter(name="banking.statement_issued")
    assert events.count() == 1
    again = issued(cast, account, now=NOW + timedelta(days=900))
    assert (again.document.code, again.pdf) == (first.document.code, first.pdf)
    assert (StatementDocument.objects.count(), events.count()) == (1, 1)
    payload = events.get().payload
    assert payload["client_id"] == str(cast.ana.pk)
    assert payload["sha256"] == first.document.sha256


def test_what_prints_otherwise_is_another_document_and_both_hold(cast: Cast, account: Account) -> None:
    made = [issued(cast, account)]
    with translation.override("en"):
        made.append(issued(cast, account))
    made.append(issued(cast, account, period=Period(date(2025, 3, 1), date(2025, 3, 30), BOGOTA)))
    made.append(issued(cast, account, period=Period(MARCH.since, MARCH.until, ZoneInfo("UTC"))))
    today = Period(date(2025, 3, 1), date(2025, 5, 2), BOGOTA)
    made += [issued(cast, account, period=today, now=NOW + timedelta(days=n)) for n in (0, 1)]
    assert len({one.document.code for one in made}) == len({one.pdf for one in made}) == len(made)
    for one in made:
        told = Api().get(f"statements/verify/{one.document.code}").json()
        assert told["sha256"] == hashlib.sha256(one.pdf).hexdigest()


def test_a_document_asked_for_by_another_address_of_the_site_verifies_too(cast: Cast, account: Account) -> None:
    held = held_account(account.number, client_id=cast.ana.pk, role="user")
    for address in (VERIFY, VERIFY.replace("https", "http"), VERIFY.replace("fondos.", "www.")):
        made = issue(held=held, period=MARCH, verify_url=address, actor_id=cast.ana.user_id, now=NOW)
        assert hashlib.sha256(made.pdf).hexdigest() == made.document.sha256


def test_many_who_ask_at_once_hold_one_document(real_commits: None, cast: Cast) -> None:
    account = past_account(cast.ana, hourly(datetime(2025, 3, 3, tzinfo=UTC), [1000, -250, 30]))
    made = in_parallel([lambda: issued(cast, account).pdf] * 4)
    assert len(set(made)) == 1
    assert isinstance(made[0], bytes)
    assert StatementDocument.objects.get().sha256 == hashlib.sha256(made[0]).hexdigest()


def test_a_document_is_never_changed(cast: Cast, account: Account) -> None:
    made = issued(cast, account)
    for act in (
        lambda: StatementDocument.objects.update(closing=Decimal(1)),
        lambda: StatementDocument.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    assert StatementDocument.objects.get().closing == made.document.closing


def test_a_statement_too_long_for_paper_is_refused(
    cast: Cast, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LONGEST_PDF", 2)
    before = books()
    with pytest.raises(StatementTooLong):
        issued(cast, account)
    path = f"accounts/{account.number}/statement?from=2025-03-01&to=2025-03-31&format=pdf"
    told = refused(Api(cast.ana.user).get(path), 422, "statement_too_long")
    assert "3 movimientos" in told["detail"]
    assert {**books(), "Session": 0} == {**before, "Session": 0}
    assert not StatementDocument.objects.exists()


def test_documents_are_rate_limited(cast: Cast, account: Account, settings: Settings) -> None:
    settings.STATEMENT_PDFS_PER_ADDRESS = "1/m"
    ana = Api(cast.ana.user)
    assert ana.get(f"accounts/{account.number}/statement?format=pdf").status_code == 200
    refused(ana.get(f"accounts/{account.number}/statement?format=pdf"), 429, "too_many_requests")


def test_it_waits_for_a_posting_under_way(real_commits: None, cast: Cast) -> None:
    """Which may have taken its time just before the period's end and not have committed yet."""
    account = past_account(cast.ana, hourly(datetime(2025, 3, 3, tzinfo=UTC), [1000]))
    with closing(other_session()) as session:
        session.cursor().execute("SELECT FROM ledger_account WHERE id = %s FOR NO KEY UPDATE", [account.pk])
        made = Background(lambda: issued(cast, account))
        made.wait_until_blocked()
        session.rollback()
    assert isinstance(made.result(), Issued)


def test_many_pages_are_numbered_and_close_with_the_balance(cast: Cast) -> None:
    account = past_account(cast.ana, hourly(datetime(2025, 3, 1, 6, tzinfo=UTC), [10] * 60))
    text = pdf_text(issued(cast, account).pdf)
    assert [int(n) for n in re.findall(r"Página (\d+) de 4", text)] == [1, 2, 3, 4]
    assert text.count("Saldo final") == 2
    assert text.count("TX-") == 60


def test_names_of_any_alphabet_are_printed(cast: Cast, account: Account) -> None:
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(full_name="João Ñandú Łukasz 王 🎉 " + "Ñ" * 150)
    assert "João Ñandú Łukasz" in pdf_text(issued(cast, account).pdf)


def test_the_pdf_through_the_page_is_the_same(cast: Cast, account: Account, browser_of_ana: Browser) -> None:
    query = "zone=America/Bogota"
    api = body(
        Api(cast.ana.user).get(f"accounts/{account.number}/statement?from=2025-03-01&to=2025-03-31&{query}&format=pdf")
    )
    page = browser_of_ana.get(f"/cuentas/{account.number}/extracto/pdf/?since=2025-03-01&until=2025-03-31&{query}")
    assert page["Content-Disposition"].startswith('attachment; filename="extracto-')
    assert page.content == api


@given(st.text(max_size=50))
@hypothesis_settings(deadline=None)
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = read_code(text)
    assert code is None or (len(code) == 12 and set(code) <= set(ALPHABET))


def test_a_code_survives_being_read_aloud() -> None:
    codes = {new_code() for _n in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert read_code(grouped(code).lower()) == code
        assert read_code(code.replace("1", "l").replace("0", "O")) == code
