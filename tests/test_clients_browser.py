"""The directory of clients in a real browser: judged by axe, wide and narrow, and without JavaScript."""

from __future__ import annotations

import pytest

from accounts.services.clients import create_client
from conftest import Cast
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_the_pages_are_without_fault(visit: Visit, watch: Watch, cast: Cast, width: int, theme: str) -> None:
    watch.expected |= {409}
    client = create_client(
        actor_id=cast.support.pk,
        wanted={"full_name": "Carlos Perez", "email": "carlos@example.com", "tax_id": "PEPJ800101HNE"},
    )
    page = visit(cast.support, width=width, theme=theme)
    here = f"/directorio/clientes/{client.pk}/"
    for path, name in (
        ("/directorio/clientes/", "list"),
        ("/directorio/clientes/?search=nadie", "nobody"),
        ("/directorio/clientes/?search=%00", "refused"),
        (here, "client"),
        (f"{here}editar/", "edit"),
        (f"{here}desactivar/", "deactivate"),
        ("/directorio/clientes/nuevo/", "new"),
    ):
        page.goto(path)
        judge(page, f"clients-{name}-{width}-{theme}")
    page.get_by_role("button", name="Crear cliente").click()
    page.get_by_role("alert").wait_for()
    judge(page, f"clients-faults-{width}-{theme}")
    page.goto(f"/directorio/clientes/{cast.ana.pk}/desactivar/")
    page.get_by_role("button", name="Desactivar").click()
    page.get_by_text(cast.ana.cash_account.number).wait_for()
    judge(page, f"clients-money-{width}-{theme}")


def test_a_client_is_made_found_and_let_go_without_javascript(visit: Visit, cast: Cast) -> None:
    page = visit(cast.support, javascript=False)
    page.goto("/directorio/clientes/")
    page.get_by_role("link", name="Nuevo cliente").click()
    page.get_by_label("Nombre completo").fill("João Silva")
    page.get_by_label("Correo electrónico").first.fill("joao@example.com")
    page.get_by_role("button", name="Crear cliente").click()
    page.get_by_role("heading", name="João Silva").wait_for()
    page.get_by_role("link", name="Directorio").click()
    page.get_by_label("Nombre, correo o identificación").fill("joao sil")
    page.get_by_role("button", name="Buscar").click()
    page.get_by_role("link", name="João Silva").click()
    page.get_by_role("link", name="Desactivar").click()
    page.get_by_role("button", name="Desactivar").click()
    page.get_by_text("Cliente desactivado.").wait_for()
    page.get_by_role("link", name="Reactivar").wait_for()
