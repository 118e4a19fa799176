"""The pages of the directory of companies."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from accounts.models import Company, User
from accounts.services.companies import CompanyChanges, create_company
from conftest import Cast
from events.models import Event

NEW = {"name": "Café de los Andes", "city": "quito", "description": "Tostaduría\r\nde altura", "is_active": "on"}


def browser(user: User | None) -> Browser:
    assert user
    signed_in = Browser()
    signed_in.force_login(user)
    return signed_in


def made(user: User | None, name: str = "Café de los Andes", **more: object) -> Company:
    assert user
    wanted: CompanyChanges = {"name": name, **more}  # type: ignore[typeddict-item]
    return create_company(wanted=wanted, actor_id=user.pk, role=user.role)


def text_of(html: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.decode()).split())


def directory() -> tuple[object, ...]:
    return list(Company.objects.order_by("pk").values()), Event.objects.count()


def test_an_owner_creates_changes_and_deletes_a_company(cast: Cast, browser_of_ana: Browser) -> None:
    assert "Aún no hay empresas." in text_of(browser_of_ana.get("/empresas/").content)
    page = browser_of_ana.get("/empresas/nueva/")
    assert '<optgroup label="Pichincha">' in page.content.decode()
    page = browser_of_ana.post("/empresas/nueva/", NEW, follow=True)
    assert page.redirect_chain == [("/empresas/", 302)]
    assert "Empresa creada." in text_of(page.content)
    assert "Café de los Andes" in text_of(page.content)
    assert "Quito, Pichincha" in text_of(page.content)
    form = browser_of_ana.get("/empresas/cafe-de-los-andes/editar/").content.decode()
    assert 'value="Café de los Andes"' in form
    assert '<option value="quito" selected>' in form
    changed = {"name": "Té del Valle", "city": "", "description": ""}
    page = browser_of_ana.post("/empresas/cafe-de-los-andes/editar/", changed, follow=True)
    assert "Cambios guardados." in text_of(page.content)
    company = Company.objects.get()
    assert (company.name, company.slug, company.city, company.is_active) == (
        "Té del Valle", "cafe-de-los-andes", None, False,
    )  # fmt: skip
    question = browser_of_ana.get("/empresas/cafe-de-los-andes/eliminar/")
    assert "¿Eliminar esta empresa?" in text_of(question.content)
    assert Company.objects.exists()
    page = browser_of_ana.post("/empresas/cafe-de-los-andes/eliminar/", follow=True)
    assert "Empresa eliminada." in text_of(page.content)
    assert not Company.objects.exists()
    assert browser_of_ana.post("/empresas/cafe-de-los-andes/eliminar/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Este campo"),
        ("name", "a" * 10_000, "200"),
        ("name", "Vuelta\u202e", "El nombre tiene caracteres que no se pueden mostrar."),
        ("name", "Nulo\u0000", "nulos"),
        ("name", "---", "Escriba un nombre con letras o números."),
        ("name", "OTRA  mas", "Ya hay una empresa con este nombre."),
        ("city", "atlantida", "atlantida"),
        ("description", "a" * 2001, "2000"),
        ("description", "\u001b[31m", "La descripción tiene caracteres que no se pueden mostrar."),
    ],
)
def test_a_fault_is_said_beside_its_field_and_nothing_changes(
    cast: Cast, browser_of_ana: Browser, field: str, value: str, said: str
) -> None:
    made(cast.ana.user)
    made(cast.beto.user, "Otra más")
    before = directory()
    for address in ("/empresas/nueva/", "/empresas/cafe-de-los-andes/editar/"):
        page = browser_of_ana.post(address, {**NEW, "name": "Nueva", field: value})
        assert page.status_code == 400
        words = text_of(page.content)
        assert said in words
        assert "Revise el formulario." in words
        assert f'id="id_{field}_error"' in page.content.decode()
    assert directory() == before


def test_somebody_elses_company_is_not_there(cast: Cast, browser_of_ana: Browser) -> None:
    made(cast.beto.user, "De Beto")
    before = directory()
    for address in ("/empresas/de-beto/editar/", "/empresas/de-beto/eliminar/", "/empresas/nunca/editar/"):
        assert browser_of_ana.get(address).status_code == 404
        assert browser_of_ana.post(address, NEW).status_code == 404
    assert "De Beto" not in text_of(browser_of_ana.get("/empresas/").content)
    assert directory() == before


def test_staff_see_all_and_only_administrators_are_offered_to_change(cast: Cast) -> None:
    made(cast.ana.user)
    before = directory()
    for user, may in ((cast.reader, False), (cast.support, False), (cast.admin, True)):
        staff = browser(user)
        page = staff.get("/empresas/")
        assert "Ana Gómez" in text_of(page.content)
        assert (b"/empresas/cafe-de-los-andes/editar/" in page.content) is may
        assert staff.get("/empresas/cafe-de-los-andes/editar/").status_code == (200 if may else 404)
        if not may:
            assert staff.post("/empresas/cafe-de-los-andes/eliminar/").status_code == 404
    reader = browser(cast.reader)
    assert b"/empresas/nueva/" not in reader.get("/empresas/").content
    assert reader.post("/empresas/nueva/", {**NEW, "name": "Otra"}).status_code == 403
    assert directory() == before


@pytest.mark.parametrize("address", ["/empresas/", "/empresas/nueva/", "/empresas/x/editar/", "/empresas/x/eliminar/"])
def test_a_visitor_is_asked_to_sign_in(cast: Cast, address: str) -> None:
    assert Browser().get(address).headers["Location"] == f"/cuenta/ingreso/?next={address}"


def test_companies_are_searched_and_paged(cast: Cast, browser_of_ana: Browser) -> None:
    for number in range(21):
        made(cast.ana.user, f"Ñandú {number:02}")
    first = browser_of_ana.get("/empresas/?search=nandu")
    assert first.content.count(b"/editar/") == 20
    found = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    assert found
    second = browser_of_ana.get("/empresas/" + found[1].replace("&amp;", "&"))
    assert "Ñandú 20" in text_of(second.content)
    assert 'rel="prev"' in second.content.decode()
    assert "Ninguna empresa coincide" in text_of(browser_of_ana.get("/empresas/?search=nada").content)
    for query in ("skip=-1", "skip=1e9", "skip=" + "9" * 500, "search=" + "a" * 10_000, "search=%00"):
        assert browser_of_ana.get(f"/empresas/?{query}").status_code == 400


def test_markup_in_a_name_is_shown_as_text(cast: Cast, browser_of_ana: Browser) -> None:
    name = "<script>alert('1')</script>"
    made(cast.ana.user, name, description="<img src=x onerror=alert(2)>")
    for address in ("", "script-alert-1-script/editar/", "script-alert-1-script/eliminar/"):
        page = browser_of_ana.get(f"/empresas/{address}").content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert" in page
