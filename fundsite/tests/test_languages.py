"""Every page and every refusal in the language that was chosen, and nothing left in another."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from accounts.models import City, User
from conftest import Cast
from funds.models import Fund
from funds.services import cancel, subscribe
from tests.api import Api, refused

LANGUAGES = ("es", "en", "pt-br")
CATALOGUES = {"en": "en", "pt-br": "pt_BR"}

# What is called the same in every language. Funds' and cities' names are added from the database.
NAMES = ("Español", "Português", "Ana Gómez", "Elisa Extraña")
# Words of ours that no other language here has, and those that Portuguese has too.
_SPANISH_ALONE = """
acción aparecerán apariencia aquí aún cancelación categoría cerrar clave comprobante comprobantes
concepto confirmación conservarla contraseña correo cualquier cuando cuenta cuentas cuánto cómo debe del
después devuelve dinero dirección disponible disponibles el elija empiece escriba fecha fechas fondo fondos
hasta hay historial hola hoy iniciar intentos intente invertido mensaje moneda monto movimiento movimientos más
ningún ninguna nombre nuevo operación operaciones oscura otra otro otros puede regístrese resumen sesión siguiente
solicitud su sus suscribir suscripción suscripciones suscrita suscríbase tiene todavía transacción transacciones un
una usted volver vuelva vuelve y ya
"""
_SHARED = """
activa automática avisos campo campos cancelada cancelar celular clara cliente clientes con continuar datos de desde
entre escoja espere este esta último últimos estado evento eventos filtrar formulario idioma la las los mínimo número
números para permiso por principal que saldo se sin tipo todo todos usuario usuarios valor valores ver página páginas
"""
SPANISH_ALONE = set(_SPANISH_ALONE.split())
ANY_BUT_ENGLISH = SPANISH_ALONE | set(_SHARED.split())


class _Said(HTMLParser):
    """What a page says to somebody who reads it or has it read to them."""

    SPOKEN = {"alt", "aria-label", "data-label", "placeholder", "title"}

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.words += [value for name, value in attrs if value and name in self.SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def said(answer: HttpResponse) -> str:
    parser = _Said()
    parser.feed(answer.content.decode())
    return " ".join(" ".join(parser.words).replace("\xa0", " ").split())


def foreign(text: str, words: set[str] = ANY_BUT_ENGLISH, names: tuple[str, ...] = NAMES) -> set[str]:
    """The Spanish words in a text that should have none."""
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", " ", text)
    found = set(re.findall(r"\b[^\W\d_]+\b", text.lower())) & words
    return found | set(re.findall(r"[¿¡«»ñ]", text))


def speaking(language: str, user: User | None = None) -> Browser:
    """A browser on which the language was chosen; its own wish for another must not matter."""
    browser = Browser(headers={"Accept-Language": "fr"})
    if user:
        browser.force_login(user)
    answer = browser.post("/preferencias/idioma/", {"language": language, "next": "/fondos/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/fondos/")
    return browser


# --- Every page of the main job -------------------------------------------------------------------------------------

Opened = Callable[[Cast, str], HttpResponse]


def _visit(address: str) -> Opened:
    return lambda cast, language: speaking(language).get(address)


def _sent(address: str, form: dict[str, str]) -> Opened:
    return lambda cast, language: speaking(language).post(address, form)


def _as_ana(address: str) -> Opened:
    """`address` may name what Ana has: `{kept}` and `{left}`, two subscriptions, and `{back}`, a cancellation."""

    def open_it(cast: Cast, language: str) -> HttpResponse:
        return speaking(language, cast.ana.user).get(address.format(**_history_of_ana(cast)))

    return open_it


def _history_of_ana(cast: Cast) -> dict[str, object]:
    ana, user_id = cast.ana.pk, cast.ana.user_id
    assert user_id
    kept = subscribe(client_id=ana, fund_id=2, amount=Decimal("125000.00"), actor_id=user_id).transaction_id
    left = subscribe(client_id=ana, fund_id=3, amount=Decimal("50000.00"), actor_id=user_id).transaction_id
    back = cancel(client_id=ana, subscription_id=left, actor_id=user_id).transaction_id
    return {"kept": kept, "left": left, "back": back}


def _confirmed(cast: Cast, language: str) -> HttpResponse:
    browser = speaking(language, cast.ana.user)
    form = {"amount": "125000.00", "idempotency_key": "k"}
    return browser.post("/fondos/2/suscribir/", form, follow=True)


def _cancelled(cast: Cast, language: str) -> HttpResponse:
    address = f"/suscripciones/{_history_of_ana(cast)['kept']}/cancelar/"
    return speaking(language, cast.ana.user).post(address, {"idempotency_key": "k"}, follow=True)


def _expired(cast: Cast, language: str) -> HttpResponse:
    browser = Browser(enforce_csrf_checks=True)
    browser.cookies["idioma"] = language
    browser.force_login(cast.ana.user)
    return browser.post("/fondos/2/suscribir/", {"amount": "125000.00", "idempotency_key": "k"})


def _too_many(cast: Cast, language: str) -> HttpResponse:
    browser = speaking(language)
    for _ in range(31):
        answer = browser.post("/cuenta/ingreso/", {})
    return answer


def _as_staff(cast: Cast, language: str) -> HttpResponse:
    return speaking(language, cast.support).get("/fondos/")


def _as_admin(address: str) -> Opened:
    """`address` may name a client: `{client}`."""
    return lambda cast, language: speaking(language, cast.admin).get(address.format(client=cast.ana.pk))


def _with_nothing_yet(address: str) -> Opened:
    return lambda cast, language: speaking(language, cast.beto.user).get(address)


ASKED_TWICE = {"full_name": "", "email": "", "password1": "", "password2": "", "notify_channel": "email"}
PAGES: dict[str, tuple[Opened, int, tuple[str, str, str]]] = {
    "landing": (_visit("/"), 200, ("Abrir una cuenta", "Open an account", "Abrir uma conta")),
    "sign in": (_visit("/cuenta/ingreso/"), 200, ("Iniciar sesión", "Keep me signed in", "Manter a sessão aberta")),
    "sign in refused": (
        _sent("/cuenta/ingreso/", {"login": "ana", "password": "no"}),
        200,
        ("no son correctos", "is incorrect", "estão incorretos"),
    ),
    "sign up": (_visit("/cuenta/registro/"), 200, ("Nombre completo", "Full name", "Nome completo")),
    "sign up refused": (
        _sent("/cuenta/registro/", ASKED_TWICE),
        200,
        ("Hay 4 campos por corregir.", "There are 4 fields to correct.", "Há 4 campos para corrigir."),
    ),
    "sign out": (_as_ana("/cuenta/salida/"), 200, ("¿Cerrar la sesión?", "Sign out?", "Deseja sair?")),
    "dashboard": (_as_ana("/panel/"), 200, ("en 1 fondo", "in 1 fund", "em 1 fundo")),
    "dashboard, new": (
        _with_nothing_yet("/panel/"),
        200,
        ("Empiece por elegir un fondo.", "Start by choosing a fund.", "Comece escolhendo um fundo."),
    ),
    "funds": (_as_ana("/fondos/"), 200, ("Su saldo disponible es", "Your available balance is", "saldo disponível é")),
    "amount": (_as_ana("/fondos/2/suscribir/"), 200, ("Monto (COP)", "Amount (COP)", "Valor (COP)")),
    "preview": (
        _as_ana("/fondos/2/suscribir/?amount=125000"),
        200,
        ("Usted escribió 125000 y entendimos:", "You typed 125000 and we understood:", "Você digitou 125000 e"),
    ),
    "below the minimum": (
        _as_ana("/fondos/2/suscribir/?amount=1"),
        400,
        ("El monto mínimo para vincularse", "The minimum amount to join the fund", "O valor mínimo para aderir"),
    ),
    "beyond the balance": (
        _as_ana("/fondos/2/suscribir/?amount=400000"),
        400,
        (
            "No tiene saldo disponible para vincularse al fondo FPV_BTG_PACTUAL_ECOPETROL",
            "You do not have enough available balance to join the fund FPV_BTG_PACTUAL_ECOPETROL",
            "Você não tem saldo disponível para aderir ao fundo FPV_BTG_PACTUAL_ECOPETROL",
        ),
    ),
    "no amount": (
        _as_ana("/fondos/2/suscribir/?amount="),
        400,
        ("Escriba el monto.", "Enter the amount.", "Digite o valor."),
    ),
    "an unclear amount": (
        _as_ana("/fondos/2/suscribir/?amount=1.2,3.4"),
        400,
        ("No es claro cuánto es", "It is not clear how much", "Não está claro quanto"),
    ),
    "confirmed": (_confirmed, 200, ("Suscripción confirmada.", "Subscription confirmed.", "Subscrição confirmada.")),
    "receipt": (_as_ana("/comprobantes/{kept}/"), 200, ("Comprobante TX-", "Receipt TX-", "Comprovante TX-")),
    "receipt of a cancelled one": (_as_ana("/comprobantes/{left}/"), 200, ("Cancelada", "Cancelled", "Cancelada")),
    "receipt of a cancellation": (_as_ana("/comprobantes/{back}/"), 200, ("Completada", "Completed", "Concluída")),
    "cancel": (
        _as_ana("/suscripciones/{kept}/cancelar/"),
        200,
        ("¿Cancelar esta suscripción?", "Cancel this subscription?", "Cancelar esta subscrição?"),
    ),
    "cancelled": (_cancelled, 200, ("Suscripción cancelada.", "Subscription cancelled.", "Subscrição cancelada.")),
    "history": (_as_ana("/historial/"), 200, ("Filtrar movimientos", "Filter movements", "Filtrar movimentações")),
    "history, nothing found": (
        _as_ana("/historial/?until=2020-01-01"),
        200,
        ("Ningún movimiento coincide", "No movement matches", "Nenhuma movimentação corresponde"),
    ),
    "history, new": (
        _with_nothing_yet("/historial/"),
        200,
        ("Aún no hay movimientos.", "There are no movements yet.", "Ainda não há movimentações."),
    ),
    "history refused": (
        _as_ana("/historial/?since=2026-02-02&until=2026-02-01&type=THEFT"),
        400,
        ("igual o posterior", "the same as the start date or later", "igual ou posterior"),
    ),
    "a lost place": (
        _as_ana("/historial/?cursor=nonsense"),
        400,
        ("ya no es válido", "is no longer valid", "não é mais válido"),
    ),
    "profile": (_as_ana("/perfil/"), 200, ("Datos personales", "Personal details", "Dados pessoais")),
    "security": (_as_ana("/seguridad/"), 200, ("Sesiones abiertas", "Open sessions", "Sessões abertas")),
    "password": (
        _as_ana("/seguridad/contrasena/"),
        200,
        ("Contraseña actual", "Current password", "Senha atual"),
    ),
    "forgotten password": (
        _visit("/cuenta/recuperar/"),
        200,
        ("Recuperar la contraseña", "Recover your password", "Recuperar a senha"),
    ),
    "forgotten password, sent": (
        _visit("/cuenta/recuperar/enviado/"),
        200,
        ("Revise su correo", "Check your email", "Confira o seu e-mail"),
    ),
    "forgotten password, a spent link": (
        _visit("/cuenta/recuperar/1-spent/"),
        200,
        ("Este enlace ya no sirve", "This link no longer works", "Este link não vale mais"),
    ),
    "forgotten password, chosen": (
        _visit("/cuenta/recuperar/lista/"),
        200,
        ("Inicie sesión con la nueva.", "Sign in with the new one.", "Entre com a nova."),
    ),
    "account not available": (
        _visit("/cuenta/inactiva/"),
        200,
        ("Cuenta no disponible", "Account not available", "Conta indisponível"),
    ),
    "companies, none": (
        _as_ana("/empresas/"),
        200,
        ("Aún no hay empresas.", "There are no companies yet.", "Ainda não há empresas."),
    ),
    "new company": (_as_ana("/empresas/nueva/"), 200, ("Nueva empresa", "New company", "Nova empresa")),
    "clients": (_as_admin("/directorio/clientes/"), 200, ("Buscar clientes", "Search clients", "Pesquisar clientes")),
    "clients, nothing found": (
        _as_admin("/directorio/clientes/?search=zzzz"),
        200,
        ("Ningún cliente coincide", "No client matches", "Nenhum cliente corresponde"),
    ),
    "client": (
        _as_admin("/directorio/clientes/{client}/"),
        200,
        ("Cuentas del cliente", "The client's accounts", "Contas do cliente"),
    ),
    "new client": (
        _as_admin("/directorio/clientes/nuevo/"),
        200,
        ("Tipo de identificación", "Type of identification", "Tipo de identificação"),
    ),
    "edit a client": (
        _as_admin("/directorio/clientes/{client}/editar/"),
        200,
        ("Este cliente inicia sesión.", "This client signs in.", "Este cliente entra no site."),
    ),
    "deactivate a client": (
        _as_admin("/directorio/clientes/{client}/desactivar/"),
        200,
        ("¿Desactivar a Ana Gómez?", "Deactivate Ana Gómez?", "Desativar Ana Gómez?"),
    ),
    "users": (_as_admin("/directorio/usuarios/"), 200, ("Buscar usuarios", "Search users", "Pesquisar usuários")),
    "user": (
        _as_admin("/directorio/usuarios/ana/"),
        200,
        ("Puntos de experiencia", "Experience points", "Pontos de experiência"),
    ),
    "role": (
        _as_admin("/directorio/usuarios/ana/rol/"),
        200,
        ("¿Qué rol tendrá Ana Gómez?", "Which role will Ana Gómez have?", "Qual função Ana Gómez terá?"),
    ),
    "deactivate a user": (
        _as_admin("/directorio/usuarios/ana/desactivar/"),
        200,
        ("Desactivar usuario", "Deactivate user", "Desativar usuário"),
    ),
    "for clients only": (_as_staff, 403, ("Esto es para clientes", "This is for clients", "Isto é para clientes")),
    "not found": (
        _visit("/nada/"),
        404,
        ("No encontramos esta página", "We could not find this page", "Não encontramos esta página"),
    ),
    "expired": (_expired, 403, ("El formulario venció", "The form has expired", "O formulário expirou")),
    "too many": (_too_many, 429, ("Demasiados intentos", "Too many attempts", "Muitas tentativas")),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_speaks_the_language_chosen_and_no_other(cast: Cast, page: str, language: str) -> None:
    opened, status, words = PAGES[page]
    answer = opened(cast, language)
    text = said(answer)
    assert answer.status_code == status
    assert words[LANGUAGES.index(language)] in text
    assert answer.headers["Content-Language"] == language
    assert f'<html lang="{language}"' in answer.content.decode()
    if language != "es":
        names = (*NAMES, *Fund.objects.values_list("name", flat=True), *City.objects.values_list("name", flat=True))
        assert not foreign(text, ANY_BUT_ENGLISH if language == "en" else SPANISH_ALONE, names), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_we_fail_we_say_so_in_the_language_chosen(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def fail() -> None:
        raise RuntimeError("a disk is full")

    browser = speaking(language)
    browser.raise_request_exception = False
    monkeypatch.setattr("funds.queries.funds_on_offer", fail)
    answer = browser.get("/")
    words = {"es": "Algo falló de nuestro lado", "en": "went wrong on our side", "pt-br": "Algo deu errado"}
    assert answer.status_code == 500
    assert words[language] in said(answer)
    assert f'<html lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "pt-br"])
@pytest.mark.parametrize("address", ["", "funds/fund/", "accounts/user/", "ledger/transaction/", "events/event/"])
def test_the_operations_desk_speaks_the_language_chosen(cast: Cast, address: str, language: str) -> None:
    answer = speaking(language, cast.admin).get(f"/admin/{address}")
    names = (*NAMES, *Fund.objects.values_list("name", flat=True), *User.objects.values_list("full_name", flat=True))
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.content.decode()
    assert not foreign(said(answer), ANY_BUT_ENGLISH if language == "en" else SPANISH_ALONE, names)


# --- Choosing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["landing", "sign in", "sign up", "not found"])
@pytest.mark.parametrize("wished", ["en-US,en;q=0.9", "pt-BR", "fr"])
def test_a_browser_that_wishes_for_another_language_gets_spanish_until_one_is_chosen(
    cast: Cast, page: str, wished: str
) -> None:
    address = {"landing": "/", "sign in": "/cuenta/ingreso/", "sign up": "/cuenta/registro/", "not found": "/nada/"}
    answer = Browser(headers={"Accept-Language": wished}).get(address[page])
    assert answer.headers["Content-Language"] == "es"
    assert PAGES[page][2][0] in said(answer)


def test_the_choice_is_kept_through_signing_in_and_may_be_taken_back(cast: Cast) -> None:
    browser = speaking("pt-br")
    browser.force_login(cast.ana.user)
    assert "Painel" in said(browser.get("/panel/"))
    browser.post("/preferencias/idioma/", {"language": "es", "next": "/"})
    assert "Panel" in said(browser.get("/panel/"))


@pytest.mark.parametrize("language", ["", "fr", "EN", "es-co", "../en", "x" * 500])
def test_a_language_we_do_not_speak_changes_nothing(cast: Cast, language: str) -> None:
    browser = speaking("en")
    browser.post("/preferencias/idioma/", {"language": language, "next": "/"})
    assert browser.get("/").headers["Content-Language"] == "en"
    stranger = Browser()
    stranger.cookies["idioma"] = language
    assert stranger.get("/").headers["Content-Language"] == "es"


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com/", "javascript:alert(1)", ""])
def test_choosing_a_language_leads_nowhere_else(cast: Cast, target: str) -> None:
    answer = Browser().post("/preferencias/idioma/", {"language": "en", "next": target})
    assert answer.headers["Location"] == "/"


def test_pages_are_cached_apart_by_cookie_and_api_answers_by_the_language_asked_for(cast: Cast) -> None:
    assert "Cookie" in Browser().get("/").headers["Vary"]
    assert "Accept-Language" in Api().get("funds").headers["Vary"]


# --- The API --------------------------------------------------------------------------------------------------------

NO_BALANCE = {
    "es": "No tiene saldo disponible para vincularse al fondo FPV_BTG_PACTUAL_ECOPETROL",
    "en": "You do not have enough available balance to join the fund FPV_BTG_PACTUAL_ECOPETROL",
    "pt-br": "Você não tem saldo disponível para aderir ao fundo FPV_BTG_PACTUAL_ECOPETROL",
}
ASKED = [
    ("es-CO", "es"),
    ("en", "en"),
    ("en-GB,en;q=0.9", "en"),
    ("fr, pt-BR;q=0.8, en;q=0.5", "pt-br"),
    ("pt", "pt-br"),
    ("fr", "es"),
    ("*", "es"),
    ("nonsense;;q", "es"),
]


@pytest.mark.parametrize(("asked", "language"), ASKED)
def test_a_refusal_of_the_api_is_in_the_language_asked_for_and_its_code_is_not(
    cast: Cast, asked: str, language: str
) -> None:
    answer = Api(cast.ana.user, **{"Accept-Language": asked}).subscribe(2, "500000.01")
    problem = refused(answer, 400, "insufficient_funds")
    assert problem["detail"] == NO_BALANCE[language]
    titles = {"es": "Solicitud no válida", "en": "Invalid request", "pt-br": "Solicitação inválida"}
    assert problem["title"] == titles[language]
    assert answer.headers["Content-Language"] == language


def test_the_api_speaks_spanish_when_no_language_is_asked_for_whatever_the_cookie_says(cast: Cast) -> None:
    api = Api(cast.ana.user)
    api.browser.cookies["idioma"] = "en"
    assert refused(api.subscribe(2, "500000.01"), 400, "insufficient_funds")["detail"] == NO_BALANCE["es"]


REFUSALS: dict[str, tuple[Callable[[Api], HttpResponse], int, str]] = {
    "nobody": (lambda api: Api(**_spoken(api)).get("users/me"), 401, "not_authenticated"),
    "bad token": (lambda api: api.get("users/me", Authorization="Bearer x"), 401, "invalid_token"),
    "bad password": (
        lambda api: Api(**_spoken(api)).post("auth/login", {"username": "ana", "password": "no"}),
        401,
        "invalid_credentials",
    ),
    "unknown address": (lambda api: api.get("nothing"), 404, "not_found"),
    "unknown fund": (lambda api: api.subscribe(77), 404, "fund_not_found"),
    "wrong method": (lambda api: api.post("funds"), 405, "method_not_allowed"),
    "not JSON": (lambda api: api.post("subscriptions/2", b"{"), 400, "parse_error"),
    "nothing sent": (lambda api: api.post("subscriptions/2", {}), 400, "required"),
    "no money": (lambda api: api.subscribe(2, "-1"), 400, "invalid_amount"),
    "too little": (lambda api: api.subscribe(2, "1"), 400, "below_minimum"),
    "bad key": (lambda api: api.subscribe(2, **{"Idempotency-Key": "ñ" * 300}), 400, "invalid_idempotency_key"),
    "bad filter": (lambda api: api.get("transactions?type=THEFT"), 400, "invalid_choice"),
    "lost place": (lambda api: api.get("transactions?cursor=x"), 400, "invalid_cursor"),
    "several faults": (lambda api: Api(**_spoken(api)).post("auth/register", {"email": "x"}), 400, "invalid"),
}


def _spoken(api: Api) -> dict[str, str]:
    return {"Accept-Language": api.headers["Accept-Language"]}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_every_kind_of_refusal_is_worded_three_times(cast: Cast, refusal: str) -> None:
    call, status, code = REFUSALS[refusal]
    worded: dict[str, list[str]] = {}
    for language in LANGUAGES:
        problem = refused(call(Api(cast.ana.user, **{"Accept-Language": language})), status, code)
        texts = [text for listed in problem.get("errors", {}).values() for text in listed]
        worded[language] = [problem["title"], problem["detail"], *texts]
    names = tuple(Fund.objects.values_list("name", flat=True))
    assert not foreign(" ".join(worded["en"]), names=names)
    assert not foreign(" ".join(worded["pt-br"]), SPANISH_ALONE, names)
    for spanish, english, portuguese in zip(*(worded[language] for language in LANGUAGES), strict=True):
        assert len({spanish, english, portuguese}) == 3


# --- Amounts --------------------------------------------------------------------------------------------------------

WRITTEN = {"es": "$ 125.000,00", "en": "COP 125,000.00", "pt-br": "COP 125.000,00"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["landing", "dashboard", "funds", "amount", "preview", "receipt", "cancel", "history"])
def test_amounts_are_written_as_the_language_writes_them(cast: Cast, page: str, language: str) -> None:
    text = said(PAGES[page][0](cast, language))
    assert WRITTEN[language] in text
    for other in set(WRITTEN.values()) - {WRITTEN[language]}:
        assert other not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_in_refusals_of_the_api_are_written_for_people_and_in_data_for_programs(
    cast: Cast, language: str
) -> None:
    api = Api(cast.ana.user, **{"Accept-Language": language})
    detail = refused(api.subscribe(2, "1"), 400, "below_minimum")["detail"]
    assert WRITTEN[language] in detail.replace("\xa0", " ")
    assert api.balance() == "500000.00"


@pytest.mark.parametrize(
    ("language", "typed", "understood"),
    [
        ("es", "125.000,50", "$ 125.000,50"),
        ("pt-br", "125.000,50", "COP 125.000,50"),
        ("en", "125,000.50", "COP 125,000.50"),
        ("es", "125,000.50", None),
        ("pt-br", "125,000.50", None),
        ("en", "125.000,50", None),
        ("en", "125.000", None),
    ],
)
def test_amounts_are_read_as_the_language_writes_them(
    cast: Cast, language: str, typed: str, understood: str | None
) -> None:
    answer = speaking(language, cast.ana.user).get("/fondos/2/suscribir/", {"amount": typed})
    assert answer.status_code == (200 if understood else 400)
    if understood:
        assert understood in said(answer)
    else:
        assert ("125,000.50" if language == "en" else "125.000,50") in said(answer)


# --- The catalogues -------------------------------------------------------------------------------------------------


def _catalogue(language: str, root: Path | None = None) -> Catalog:
    path = (root or site.BASE_DIR) / "locale" / CATALOGUES[language] / "LC_MESSAGES" / "django.po"
    return read_po(io.BytesIO(path.read_bytes()))


def _pairs(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    """Each translation with a text it translates: of plurals, whichever form has the same place in its list."""
    for message in catalogue:
        if isinstance(message.id, tuple):
            yield from zip(message.id, message.string, strict=True)
        elif message.id:
            yield message.id, message.string


def _marks(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[a-z]|</?\w[^>]*>", text))


def test_every_text_is_translated_and_compiled() -> None:
    call_command("messages", "--check")


@pytest.mark.parametrize("language", CATALOGUES)
def test_translations_keep_what_is_filled_in_and_the_full_stop(language: str) -> None:
    for spanish, translated in _pairs(_catalogue(language)):
        assert _marks(spanish) == _marks(translated), spanish
        assert spanish.endswith((".", ":", "?")) == translated.endswith((".", ":", "?")), spanish


def test_no_spanish_word_is_left_in_the_english_texts() -> None:
    for _spanish, english in _pairs(_catalogue("en")):
        assert not foreign(re.sub(r"%\(\w+\)s", " ", english)), english


def test_no_word_that_only_spanish_has_is_left_in_the_portuguese_texts() -> None:
    for _spanish, portuguese in _pairs(_catalogue("pt-br")):
        assert not foreign(re.sub(r"%\(\w+\)s", " ", portuguese), SPANISH_ALONE), portuguese


@pytest.fixture
def copied(tmp_path: Path, settings: Settings) -> Path:
    """The product with translations of its own to spoil."""
    for name in ("accounts", "core", "events", "funds", "fundsite", "ledger", "notifications", "templates"):
        (tmp_path / name).symlink_to(site.BASE_DIR / name, target_is_directory=True)
    shutil.copytree(site.BASE_DIR / "locale", tmp_path / "locale")
    settings.BASE_DIR = tmp_path
    return tmp_path


def test_collecting_again_another_day_changes_nothing(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=1)

    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in copied.glob("locale/*/*/*") if path.is_file()}

    call_command("messages", stdout=io.StringIO())
    before = everything()
    assert len(before) == 4
    monkeypatch.setattr("babel.messages.catalog.datetime", SimpleNamespace(datetime=Tomorrow, time=time))
    call_command("messages", stdout=io.StringIO())
    assert everything() == before


def _spoil(root: Path, old: str, new: str) -> None:
    path = root / "locale" / "en" / "LC_MESSAGES" / "django.po"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('msgstr "Dashboard"', 'msgstr ""', "en: no translation of 'Panel'"),
        ('msgstr[1] "in %(n)s funds"', 'msgstr[1] ""', "en: no translation of \"('en %(n)s fondo'"),
        ('msgstr "Dashboard"', 'msgstr "Panel of control"', "en: django.mo is not up to date"),
        ('msgid "Panel"', 'msgid "Tablero"', "en: no translation of 'Panel'"),
        ("# Written by", "# Edited by", "en: django.po is not up to date"),
    ],
)
def test_the_check_finds_what_is_missing_or_not_compiled(copied: Path, old: str, new: str, complaint: str) -> None:
    _spoil(copied, old, new)
    with pytest.raises(CommandError) as refusal:
        call_command("messages", "--check")
    assert complaint in str(refusal.value)


def test_a_doubtful_translation_counts_as_missing_and_an_unused_one_goes(copied: Path) -> None:
    _spoil(copied, 'msgid "Panel"', '#, fuzzy\nmsgid "Panel"')
    _spoil(copied, 'msgid "Panel"', 'msgid "Ya no se usa"\nmsgstr "No longer used"\n\n#, fuzzy\nmsgid "Panel"')
    call_command("messages", stdout=io.StringIO())
    catalogue = _catalogue("en", copied)
    assert catalogue.get("Ya no se usa") is None
    panel = catalogue.get("Panel")
    assert isinstance(panel, Message)
    assert not panel.string
