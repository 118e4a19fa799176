"""Coming in, one's own profile, going out."""

from __future__ import annotations

from fundsite.request_steps.step import Step, expects, keep

KEEP_TOKENS = (
    keep("access_token", "pm.response.json().access_token"),
    keep("refresh_token", "pm.response.json().refresh_token"),
)
COMING_IN = (
    Step(
        folder="Ingreso",
        operation="register",
        status=201,
        body={"email": "{{email}}", "notify_destination": "{{email}}"},
        before=(keep("email", 'pm.variables.replaceIn("u-{{$timestamp}}-{{$randomInt}}@test.com")'),),
        tests=(expects("empieza con 500000.00", 'pm.expect(pm.response.json().balance).to.eql("500000.00");'),),
    ),
    Step(
        folder="Ingreso",
        operation="login",
        status=200,
        body={"email": "{{email}}"},
        tests=(
            expects(
                "da los dos tokens", 'pm.expect(pm.response.json()).to.include.keys("access_token", "refresh_token");'
            ),
            *KEEP_TOKENS,
        ),
    ),
    Step(
        folder="Ingreso",
        operation="me",
        status=200,
        tests=(expects("soy yo", 'pm.expect(pm.response.json().email).to.eql(pm.collectionVariables.get("email"));'),),
    ),
)
PROFILE = (
    Step(
        folder="Perfil",
        operation="update_me",
        status=200,
        body={"email": "{{email}}"},
        tests=(expects("cambió el nombre", 'pm.expect(pm.response.json().full_name).to.eql("Juan Carlos Pérez");'),),
    ),
    Step(folder="Perfil", operation="patch_me", status=200, body={"email": "{{email}}"}),
    Step(folder="Perfil", operation="change_password", status=204),
    Step(
        folder="Perfil",
        operation="token_create",
        status=200,
        body={"username": "{{email}}", "password": "Otra_Secreta_456"},
        name="Iniciar sesión con la contraseña nueva, por formulario",
        tests=KEEP_TOKENS,
    ),
)
GOING_OUT = (
    Step(
        folder="Sesión",
        operation="login_second_factor",
        status=401,
        name="Un tiquete inventado no abre nada",
    ),
    Step(
        folder="Sesión",
        operation="refresh_token",
        status=200,
        bearer="access_token",
        tests=(keep("access_token", "pm.response.json().access_token"),),
    ),
    Step(
        folder="Sesión",
        operation="refresh",
        status=200,
        body={"refresh_token": "{{refresh_token}}"},
        tests=KEEP_TOKENS,
    ),
    Step(folder="Sesión", operation="logout", status=204),
    Step(folder="Sesión", operation="me", status=401, name="Después de salir, el token no sirve"),
)
