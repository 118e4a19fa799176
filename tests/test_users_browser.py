"""Profile and directory of users in a real browser: judged by axe, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Role, User
from accounts.tests.codes import set_up_app
from conftest import Cast
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_every_page_is_fit_for_everybody(visit: Visit, watch: Watch, cast: Cast, width: int, theme: str) -> None:
    for number in range(25):
        User.objects.create(
            username=f"persona-con-un-nombre-largo-{number}",
            email=f"persona.con.un.correo.bastante.largo.{number}@ejemplo-de-empresa.com.co",
            full_name=f"Persona de Nombre Bastante Largo y Apellidos {number}",
            role=list(Role)[number % 4],
            is_active=bool(number % 5),
            xp_total=number * 1000,
        )
    page = visit(cast.ana.user, width=width, theme=theme)
    page.goto("/perfil/")
    judge(page, f"profile-{width}-{theme}")
    page.get_by_label("Nombre completo").fill("")
    page.get_by_label("Correo electrónico", exact=True).first.fill("beto@example.com")
    page.get_by_label("Fecha de nacimiento").fill("2999-01-01")
    page.get_by_role("button", name="Guardar cambios").click()
    page.get_by_role("alert").wait_for()
    judge(page, f"profile-faults-{width}-{theme}")
    set_up_app(cast.ana.user)
    staff = visit(cast.admin, width=width, theme=theme)
    for address, name in (
        ("/perfil/", "profile-staff"),
        ("/directorio/usuarios/", "list"),
        ("/directorio/usuarios/?page=2&role=", "list-2"),
        ("/directorio/usuarios/?search=nadie", "nothing"),
        ("/directorio/usuarios/?search=" + "a" * 101, "refused"),
        ("/directorio/usuarios/ana/", "detail"),
        ("/directorio/usuarios/persona-con-un-nombre-largo-5/", "detail-inactive"),
        ("/directorio/usuarios/ana/rol/", "role"),
        ("/directorio/usuarios/ana/segundo-factor/", "second-factor"),
        ("/directorio/usuarios/ana/desactivar/", "deactivate"),
        ("/directorio/usuarios/persona-con-un-nombre-largo-5/reactivar/", "reactivate"),
        ("/directorio/usuarios/admin/desactivar/", "deactivate-self"),
    ):
        staff.goto(address)
        judge(staff, f"{name}-{width}-{theme}")
    staff.goto("/directorio/usuarios/ana/rol/")
    staff.get_by_label("Consulta").check()
    judge(staff, f"role-chosen-{width}-{theme}")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_profile_from_the_menu(visit: Visit, cast: Cast, javascript: bool) -> None:
    page = visit(cast.ana.user, width=390, javascript=javascript)
    page.goto("/panel/")
    page.locator("summary", has=page.locator(".avatar")).click()
    page.get_by_role("link", name="Perfil").click()
    page.get_by_label("Género").select_option(label="Prefiero no decir")
    page.get_by_label("Mensaje de texto (SMS)").check()
    page.get_by_label("Correo o celular para los avisos").fill("+57 300 123 4567")
    page.get_by_role("button", name="Guardar cambios").click()
    expect(page.get_by_role("status")).to_contain_text("Cambios guardados.")
    expect(page.get_by_label("Correo o celular para los avisos")).to_have_value("+57 300 123 4567")


@pytest.mark.parametrize("javascript", [True, False])
def test_an_administrator_gives_a_role_and_closes_a_door(visit: Visit, cast: Cast, javascript: bool) -> None:
    page = visit(cast.admin, javascript=javascript)
    page.goto("/directorio/clientes/")
    page.get_by_role("link", name="Usuarios").click()
    page.get_by_label("Nombre, correo o usuario").fill("gomez")
    page.get_by_role("button", name="Buscar").click()
    page.get_by_role("link", name="Ana Gómez").click()
    page.get_by_role("link", name="Cambiar el rol").click()
    page.get_by_label("Soporte", exact=True).check()
    page.get_by_role("button", name="Cambiar el rol").click()
    expect(page.get_by_role("status")).to_contain_text("Rol cambiado.")
    page.get_by_role("link", name="Desactivar").click()
    page.get_by_role("button", name="Desactivar").click()
    expect(page.get_by_role("status")).to_contain_text("Usuario desactivado.")
    page.get_by_role("link", name="Reactivar").click()
    page.get_by_role("button", name="Reactivar").click()
    expect(page.get_by_role("status")).to_contain_text("Usuario reactivado.")
    ana = User.objects.get(username="ana")
    assert (ana.role, ana.is_active) == (Role.SUPPORT, True)
