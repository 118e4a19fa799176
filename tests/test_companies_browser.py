"""The directory of companies in a real browser: with a keyboard, on a phone, and judged by axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Company
from accounts.services.companies import create_company
from conftest import Cast
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_page_is_fit_for_everybody(visit: Visit, watch: Watch, cast: Cast, width: int, theme: str) -> None:
    assert cast.ana.user
    page = visit(cast.ana.user, width=width, theme=theme)
    page.goto("/empresas/")
    judge(page, f"empty-{width}-{theme}")
    for name, city in (("Café de los Andes", "quito"), ("Almacenes " + "Unión" * 20, "santo-domingo"), ("Zeta", None)):
        create_company(
            wanted={
                "name": name,
                "city": city,
                "description": "Tostaduría de altura. " * 8,
                "is_active": name != "Zeta",
            },
            actor_id=cast.ana.user.pk,
            role=cast.ana.user.role,
        )
    for address, name in (
        ("/empresas/", "list"),
        ("/empresas/?search=nada", "nothing"),
        ("/empresas/?search=" + "a" * 101, "refused"),
        ("/empresas/nueva/", "new"),
        ("/empresas/cafe-de-los-andes/editar/", "edit"),
        ("/empresas/cafe-de-los-andes/eliminar/", "delete"),
    ):
        page.goto(address)
        judge(page, f"{name}-{width}-{theme}")
    page.goto("/empresas/nueva/")
    page.get_by_role("button", name="Crear empresa").click()
    page.get_by_role("alert").wait_for()
    judge(page, f"faults-{width}-{theme}")
    staff = visit(cast.admin, width=width, theme=theme)
    staff.goto("/empresas/")
    judge(staff, f"staff-{width}-{theme}")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_company_from_the_menu_to_its_end(visit: Visit, cast: Cast, javascript: bool) -> None:
    page = visit(cast.ana.user, width=390, javascript=javascript)
    page.goto("/panel/")
    page.locator("summary", has=page.locator(".avatar")).click()
    page.get_by_role("link", name="Empresas").click()
    page.get_by_role("link", name="Nueva empresa").click()
    page.get_by_label("Nombre").fill("Café de los Andes")
    page.get_by_label("Ciudad").select_option(label="Otavalo")
    page.get_by_role("button", name="Crear empresa").click()
    expect(page.get_by_role("status")).to_contain_text("Empresa creada.")
    page.get_by_role("link", name="Editar: Café de los Andes").click()
    page.get_by_label("Nombre").fill("Té del Valle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Cambios guardados.")
    page.get_by_role("link", name="Editar: Té del Valle").click()
    page.get_by_role("link", name="Eliminar empresa").click()
    assert Company.objects.get().slug == "cafe-de-los-andes"
    page.get_by_role("button", name="Eliminar empresa").click()
    expect(page.get_by_role("status")).to_contain_text("Empresa eliminada.")
    expect(page.get_by_text("Aún no hay empresas.")).to_be_visible()
    assert not Company.objects.exists()
