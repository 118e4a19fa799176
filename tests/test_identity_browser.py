"""Second factors in a real browser: an app's code, and a passkey from Chromium's own virtual authenticator."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from conftest import PASSWORD, Cast
from tests.axe import judge
from tests.conftest import Visit, Watch

pytestmark = pytest.mark.browser
LOOKS = [(1280, 900, "light"), (390, 844, "dark")]


def clean(page: Page, name: str = "") -> None:
    """No fault that axe can see, wide and light, narrow and dark."""
    for width, height, theme in reversed(LOOKS):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        judge(page, name and f"{name}-{width}-{theme}")


def sign_in(page: Page) -> None:
    page.goto("/cuenta/ingreso/")
    page.get_by_label("Correo electrónico o usuario").fill("ana")
    page.get_by_label("Contraseña").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Iniciar sesión", exact=True).click()


def confirm(page: Page) -> None:
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Confirmar").click()


def app_code(page: Page) -> str:
    secret = page.locator(".pairs code").inner_text()
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_an_app_is_activated_and_asked_for(visit: Visit, cast: Cast) -> None:
    page = visit()
    sign_in(page)
    page.goto("/seguridad/")
    clean(page, "security")
    page.get_by_role("link", name="Activar la aplicación").click()
    page.wait_for_url("**/cuenta/confirmar/**")
    clean(page, "reauthenticate")
    confirm(page)
    page.wait_for_url("**/totp/activate/")
    clean(page, "totp")
    page.get_by_label("Código de 6 cifras").fill(app_code(page))
    secret = page.locator(".pairs code").inner_text()
    page.get_by_role("button", name="Activar").click()
    page.wait_for_url("**/recovery-codes/")
    clean(page, "codes")
    recovery = page.locator(".codes code").first.inner_text()
    page.goto("/seguridad/")
    clean(page, "security-on")
    page.goto("/seguridad/contrasena/")
    clean(page, "password")
    page.goto("/seguridad/segundo-factor/totp/deactivate/")
    clean(page)
    page.goto("/seguridad/segundo-factor/recovery-codes/generate/")
    clean(page)

    other = visit(javascript=False)
    sign_in(other)
    assert other.get_by_role("heading").inner_text() == "Segundo paso"
    other.get_by_label("Código").fill(recovery)
    other.get_by_role("button", name="Entrar", exact=True).click()
    other.wait_for_url("**/panel/")

    third = visit()
    sign_in(third)
    clean(third, "second-step")
    third.get_by_label("Código").fill("123")
    third.get_by_role("button", name="Entrar", exact=True).click()
    third.get_by_role("alert").first.wait_for()
    clean(third)
    assert secret


def test_a_passkey_is_added_and_signs_in_alone(visit: Visit, watch: Watch, cast: Cast) -> None:
    # WebAuthn wants a name, not a number; both are this machine.
    watch.site = here = watch.site.replace("127.0.0.1", "localhost")
    page = visit()
    control = page.context.new_cdp_session(page)
    control.send("WebAuthn.enable")
    control.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{here}/cuenta/ingreso/?next=/seguridad/")
    page.get_by_label("Correo electrónico o usuario").fill("ana")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Iniciar sesión", exact=True).click()
    page.wait_for_url("**/seguridad/")
    page.get_by_role("link", name="Agregar una llave").click()
    confirm(page)
    page.wait_for_url("**/webauthn/add/")
    clean(page, "passkey")
    page.get_by_label("Entrar con ella sin contraseña").check()
    page.get_by_role("button", name="Agregar").click()
    page.wait_for_url("**/recovery-codes/")
    page.goto(f"{here}/seguridad/segundo-factor/webauthn/")
    clean(page, "passkeys")
    page.get_by_role("link", name=re.compile("^Cambiar el nombre")).click()
    page.wait_for_url("**/edit/")
    clean(page)
    page.go_back()
    page.get_by_role("link", name=re.compile("^Quitar")).click()
    page.wait_for_url("**/remove/")
    clean(page)

    page.context.clear_cookies()
    page.goto(f"{here}/panel/")
    clean(page, "sign-in")
    page.get_by_role("button", name="Entrar con una llave de acceso").click()
    expect(page.get_by_role("heading", name="Hola, Ana")).to_be_visible()

    # As the second step after a password, too.
    page.context.clear_cookies()
    page.goto(f"{here}/cuenta/ingreso/")
    page.get_by_label("Correo electrónico o usuario").fill("ana")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Iniciar sesión", exact=True).click()
    page.wait_for_url("**/authenticate/")
    page.get_by_role("button", name="Usar una llave de acceso").click()
    expect(page.get_by_role("heading", name="Hola, Ana")).to_be_visible()


def test_a_passkey_that_is_not_given_is_said_on_the_page(visit: Visit, watch: Watch, cast: Cast) -> None:
    watch.site = here = watch.site.replace("127.0.0.1", "localhost")
    page = visit()
    control = page.context.new_cdp_session(page)
    control.send("WebAuthn.enable")
    page.add_init_script("navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError'))")
    page.goto(f"{here}/cuenta/ingreso/")
    page.get_by_role("button", name="Entrar con una llave de acceso").click()
    page.get_by_text("No se pudo usar la llave").wait_for()
    assert page.url.endswith("/cuenta/ingreso/")


def test_recovering_a_password_reads_well(visit: Visit, cast: Cast) -> None:
    page = visit()
    page.goto("/cuenta/ingreso/")
    page.get_by_role("link", name="¿Olvidó su contraseña?").click()
    page.wait_for_url("**/recuperar/")
    clean(page, "reset")
    page.get_by_label("Correo electrónico").fill("ana@example.com")
    page.get_by_role("button", name="Enviar el enlace").click()
    page.wait_for_url("**/enviado/")
    clean(page)
    page.goto("/cuenta/recuperar/x-y/")
    clean(page)
